import { hasItsPlace } from "../keeping/returning.js";
import { candidatesFor, type Candidate, type Occasion } from "../seats/candidates.js";
import type { User } from "../directory.js";
import { requirementFor, type Wish } from "../entitlement.js";
import { whenFull } from "../seats/full.js";
import { keptOf, roomFor, seatOf, waitingOf } from "../waiting/queue.js";
import type { RuleGives } from "../rules.js";
import type { Extent } from "../seats/seats.js";
import { wishNamed } from "../seats/wish.js";
import type { Context, World } from "../world.js";

/**
 * Products that a rule gives together, all or none (I25). It is about giving: what somebody holds already is not taken away because
 * another part of the bundle is lost.
 */

export interface BundleVerdict {
  /** Could be given now, but would come alone. */
  readonly withheld: ReadonlySet<string>;
  /** What the others are waiting for; a free seat of it is given only together with them. */
  readonly awaited: ReadonlySet<string>;
  /** Asked for at the door, as one of them was, and not had yet: open are the pools that give seats at a sign-in, too. */
  readonly atTheDoor: ReadonlySet<string>;
}

interface How {
  readonly occasion: Occasion;
  readonly extent: Extent;
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING: BundleVerdict = { withheld: NONE, awaited: NONE, atTheDoor: NONE };

const known = new WeakMap<World["rules"], World["rules"]>();

/** Mostly there are none; the rules are looked through once, not for each person. */
export function atomicRules({ rules }: Pick<World, "rules">): World["rules"] {
  const found = known.get(rules) ?? rules.filter(({ gives }) => gives.bundle === "atomic");
  known.set(rules, found);
  return found;
}

/** The products to which the rule gives a claim of its own. */
export function productsOf(
  { tierFloors = [], tierChoices = [], pools = [] }: RuleGives,
  productByPool: ReadonlyMap<string, string>,
): string[] {
  const named = pools.flatMap((pool) => productByPool.get(pool) ?? []);
  const all = [...tierFloors, ...tierChoices].map(({ product }) => product);
  return [...new Set([...all, ...named])].sort();
}

export function bundleVerdict(
  world: World,
  ctx: Pick<Context, "catalogue">,
  user: User,
  how: How,
): BundleVerdict {
  const { id: userId, active } = user;
  const atomic = atomicRules(world);
  if (atomic.length === 0 || !active) return NOTHING;
  const sources = new Set(
    world.facts.group(userId).map(({ source }) => (source.type === "rule" ? source.ruleId : "")),
  );
  const withheld = new Set<string>();
  const awaited = new Set<string>();
  const atTheDoor = new Set<string>();
  for (const { id, gives } of atomic.filter((rule) => sources.has(rule.id))) {
    const missing = lackingOf(world, ctx, user, gives).filter(
      (wish) => !keepsPlace(world, wish, how),
    );
    const isAtTheDoor = missing.some((wish) => waitsAtTheDoor(world, wish));
    if (isAtTheDoor) missing.forEach(({ product }) => atTheDoor.add(product.id));
    const full = missing.filter((wish) => !canHave(world, wish, { ...how, isAtTheDoor }));
    if (full.length === 0) continue;
    for (const wish of missing) {
      if (hasOtherClaim(world, ctx, wish, id)) continue;
      (full.includes(wish) ? awaited : withheld).add(wish.product.id);
    }
  }
  return { withheld, awaited, atTheDoor };
}

/** What the rule gives together and the person has no seat of. A bundle of one is none. */
export function lackingOf(
  world: World,
  ctx: Pick<Context, "catalogue">,
  user: User,
  gives: RuleGives,
): Wish[] {
  const parts = productsOf(gives, productByPool(world))
    .flatMap((product) => wishNamed(world, ctx, user, product) ?? [])
    .filter((wish) => !isForUnitsAlone(world, wish));
  if (parts.length < 2) return [];
  return parts.filter(({ product }) => seatOf(world, user.id, product.id) === undefined);
}

/** A session or device has its lease when it asks: there is no seat that the person could have, or wait for, with the others. */
function isForUnitsAlone(world: World, wish: Wish): boolean {
  const tier = wish.requirement?.tier ?? null;
  if (tier === null) return false;
  const opensOn = (occasion: Occasion) => candidatesFor(world, wish, occasion, tier).length > 0;
  return opensOn("unit") && !opensOn("signIn");
}

/** Asking for one of them is asking for all, so who waits for one at the door stands there for the others, too. */
function waitsAtTheDoor(world: World, { user, product }: Wish): boolean {
  const entry = waitingOf(world, user.id, product.id);
  return entry?.atTheDoor === true && entry.reason === "Bundle";
}

/** The place of who was away and that stayed taken is held like any seat: withheld, it would be paid for and give no access. */
function keepsPlace(world: World, wish: Wish, { occasion }: How): boolean {
  const { user, product, requirement } = wish;
  const kept = keptOf(world, user.id, product.id);
  if (kept === undefined || kept.kept?.state === "pending") return false;
  return hasItsPlace(kept, candidatesFor(world, wish, occasion, requirement?.tier ?? null));
}

/** A seat now, or an invitation to one, by any means that the pools know, or where there is room without them. */
function canHave(
  world: World,
  wish: Wish,
  { occasion, extent, isAtTheDoor }: How & { readonly isAtTheDoor: boolean },
): boolean {
  const { user, product, requirement } = wish;
  if (requirement?.tier == null) return false;
  if (keptOf(world, user.id, product.id)?.kept?.state === "pending") return true;
  const entry = waitingOf(world, user.id, product.id);
  const open = isAtTheDoor ? "signIn" : occasion;
  const hasRoom = ({ pool }: Candidate): boolean => roomFor(world, user.id, entry, pool);
  if (candidatesFor(world, wish, open, requirement.tier).some(hasRoom)) return true;
  return extent === "all" && canMakeRoom(world, wish, occasion);
}

/** Never as if the person stood at the door: nobody is displaced for somebody who may have left. */
function canMakeRoom(world: World, wish: Wish, occasion: Occasion): boolean {
  const { user, product, requirement } = wish;
  const entry = waitingOf(world, user.id, product.id);
  const candidates = candidatesFor(world, wish, occasion, requirement?.tier ?? null);
  const { type } = whenFull(world, { wish, entry, candidates, occasion });
  return type === "displace" || type === "extend" || type === "fallBack";
}

/** Whoever would have the seat without the rule is not held up by it. */
function hasOtherClaim(
  world: World,
  { catalogue }: Pick<Context, "catalogue">,
  { user, product }: Wish,
  ruleId: string,
): boolean {
  const others = world.facts
    .group(user.id)
    .filter(({ source }) => source.type !== "rule" || source.ruleId !== ruleId);
  return requirementFor(catalogue, product, others, productByPool(world)) !== null;
}

function productByPool(world: World): Map<string, string> {
  return new Map(world.allPools().map(({ name, product }) => [name, product]));
}
