import { standingInLine } from "./ageing.js";
import type { Pool, WaitingEntry } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { candidatesFor } from "../seats/candidates.js";
import { announce } from "../seats/seatEntry.js";
import { whyWaiting } from "./queue.js";
import { namedIn, naming } from "./serves.js";
import { namedGroups } from "../pools/ownTerms.js";
import type { Context, World } from "../world.js";

/** The only place where somebody comes on the waiting list or leaves it: the row, the ledger entry and the event together. */

export interface Wait {
  readonly wish: Wish;
  readonly entry: WaitingEntry | undefined;
  readonly tier: string;
  readonly atTheDoor: boolean;
  /** The place of a new entry; at the end unless it is said otherwise. */
  readonly since?: number;
  /** PoolFull unless it is said otherwise. */
  readonly reason?: WaitingEntry["reason"];
}

/** Who waits already keeps the place, whatever else has changed. */
export function waitForSeat(world: World, ctx: Context, wait: Wait): WaitingEntry {
  const { wish, entry, tier, atTheDoor, reason = "PoolFull", since = world.now } = wait;
  const { user, product } = wish;
  const { id, since: from } = entry ?? { id: ctx.nextId(), since };
  const asked: WaitingEntry = {
    id,
    since: from,
    organisationId: user.organisationId,
    userId: user.id,
    product: product.id,
    tier,
    ...poolsWanted(world, wait),
    atTheDoor,
    reason,
    ...standingInLine(world, user.id, product.id, from),
    ...groupsOf(world, wish),
  };
  const wanted = { ...asked, reason: whyWaiting(world, asked) };
  if (entry !== undefined && sameWait(entry, wanted)) return entry;
  world.list(wanted);
  if (entry === undefined) writeWaiting(world, ctx, "waiting.added", wanted, wanted.reason);
  return wanted;
}

/**
 * Whoever is to have a seat of one of several pools waits in all of them that can give the tier: who comes later to one of them must
 * not be served before (I10), and no seat may stay free beside somebody who waits for it (I26).
 */
function poolsWanted(
  world: World,
  { wish, tier, atTheDoor }: Wait,
): Pick<WaitingEntry, "poolId" | "alsoPools"> {
  const { product, directPools, requirement } = wish;
  const isNamed = ({ name, product: of }: Pool) => directPools.includes(name) && of === product.id;
  const named = world.allPools().filter(isNamed);
  if (named.length < 2) return naming(named.map(({ id }) => id));
  const occasion = atTheDoor ? "signIn" : "provision";
  const open = candidatesFor(world, wish, occasion, requirement?.tier ?? null)
    .filter((one) => one.tier === tier)
    .map(({ pool }) => pool);
  const [first] = named.filter(({ tiers }) => tiers.includes(tier)).concat(named);
  return naming((open.length > 0 ? open : [first]).flatMap((pool) => pool?.id ?? []));
}

function groupsOf(world: World, { user, product }: Wish): Pick<WaitingEntry, "reservedIn"> {
  const groups = namedGroups(world, user.id, product.id);
  return groups.length === 0 ? {} : { reservedIn: groups };
}

export function leaveList(world: World, ctx: Context, entry: WaitingEntry, reason: string): void {
  world.waiting.delete(entry.id);
  writeWaiting(world, ctx, "waiting.removed", entry, reason);
}

function sameWait(a: WaitingEntry, b: WaitingEntry): boolean {
  return (
    a.tier === b.tier &&
    String(namedIn(a)) === String(namedIn(b)) &&
    a.atTheDoor === b.atTheDoor &&
    a.reason === b.reason &&
    a.priority === b.priority &&
    a.turn === b.turn &&
    String(a.reservedIn) === String(b.reservedIn)
  );
}

function writeWaiting(
  world: World,
  ctx: Context,
  kind: "waiting.added" | "waiting.removed",
  entry: WaitingEntry,
  reason: string,
): void {
  const { userId, product, poolId, tier } = entry;
  world.record({
    id: ctx.nextId(),
    kind,
    userId,
    product,
    poolId,
    seatId: null,
    tier,
    delta: 0,
    reason,
    cause: ctx.cause,
    details: {},
  });
  announce(world, ctx, kind, userId, { product, tier, reason });
}
