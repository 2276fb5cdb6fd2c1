import type { Context, World } from "../world.js";
import type { Seat } from "../directory.js";
import type { Wish } from "../entitlement.js";
import type { LeaseAsked } from "../leases/borrowing.js";
import { acquireUnit, needsUnit } from "../leases/units.js";
import { atomicRules, bundleVerdict, lackingOf } from "../pools/bundles.js";
import { refuse, type Verdict } from "../verdict.js";
import { seatOf } from "../waiting/queue.js";
import { touchSeat } from "./ledger.js";
import { settleWithin, type SeatOutcome } from "./seats.js";
import { settleAlone, settleInPerson } from "./settle.js";
import { wishFor, wishNamed } from "./wish.js";

/** The application asks for a seat of one product, for somebody who is there. */

/** Who had the seat before uses it; a lease gets a new generation. */
export function useAtTheDoor(world: World, seat: Seat, held: Seat | undefined): Seat {
  world.recordUse(seat, held);
  return held === undefined ? seat : touchSeat(world, seat, true);
}

/** A seat of the usual kind is enough everywhere; only who gets none needs a lease for one session or device. */
export function settleAtTheDoor(
  world: World,
  ctx: Context,
  { user, product }: Pick<Wish, "user" | "product">,
  { unit, borrowSeconds = 0 }: LeaseAsked,
): Verdict<SeatOutcome> {
  const wish: Wish = { ...wishFor(world, user, product), borrowSeconds };
  const usual = settleAsked(world, ctx, wish);
  if (usual.type === "held" || !needsUnit(world, wish)) return { ok: usual };
  if (unit !== undefined) return { ok: acquireUnit(world, ctx, wish, unit) };
  return refuse("InvalidValue", {
    field: "unit",
    sentence:
      "Each session or device takes a seat of its own here, so the request must say in unit for which one it is.",
  });
}

/** For everybody but who gets the product together with others this is about the one product. */
function settleAsked(world: World, ctx: Context, wish: Wish): SeatOutcome {
  const others = givenWith(world, ctx, wish);
  if (others.size > 0) return settleWithOthers(world, ctx, wish, others);
  return settleInPerson(world, ctx, wish, (extent) =>
    settleWithin(world, ctx, wish, extent, "signIn"),
  );
}

/**
 * What the person is to get only together with this product, and lacks (I25): by the rules that give both, and by those that
 * give one of these with yet another. Who holds the product is given nothing, so there is nothing to give with it.
 */
function givenWith(world: World, ctx: Context, { user, product }: Wish): ReadonlySet<string> {
  const found = new Set<string>();
  if (atomicRules(world).length === 0) return found;
  if (seatOf(world, user.id, product.id) !== undefined) return found;
  const concerned = new Set(
    world.facts.group(user.id).map(({ source }) => (source.type === "rule" ? source.ruleId : "")),
  );
  const bundles = atomicRules(world)
    .filter(({ id }) => concerned.has(id))
    .map(({ gives }) => lackingOf(world, ctx, user, gives).map((wish) => wish.product.id));
  // A set hands out what is added to it while it is gone through.
  found.add(product.id);
  for (const id of found) {
    for (const bundle of bundles) if (bundle.includes(id)) bundle.forEach((one) => found.add(one));
  }
  found.delete(product.id);
  return found;
}

/**
 * Asking for one of them is asking for all. The others follow where this one is given, or waits for them or with them: who is
 * refused it, or waits for a reason of its own, has asked for nothing else.
 */
function settleWithOthers(
  world: World,
  ctx: Context,
  wish: Wish,
  others: ReadonlySet<string>,
): SeatOutcome {
  const { user, product } = wish;
  const how = { occasion: "signIn", extent: "all" } as const;
  const { withheld, awaited } = bundleVerdict(world, ctx, user, how);
  const outcome = settleAlone(world, ctx, wish, "signIn");
  const waitsToo = outcome.type === "waiting" && awaited.has(product.id);
  if (outcome.type !== "held" && !waitsToo && !withheld.has(product.id)) return outcome;
  // In the order of the catalogue, like everything else of a person.
  for (const id of ctx.catalogue.products.keys()) {
    const other = others.has(id) ? wishNamed(world, ctx, user, id) : undefined;
    if (other !== undefined) settleAlone(world, ctx, other, "signIn");
  }
  return outcome;
}
