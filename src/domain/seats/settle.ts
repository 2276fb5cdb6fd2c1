import { bundleVerdict, type BundleVerdict } from "../pools/bundles.js";
import { glassesEnded, OVERDUE } from "../emergency/breakGlass.js";
import { holdBack } from "../brake/braking.js";
import { betterThan, candidatesFor, type Occasion } from "./candidates.js";
import type { Product } from "../catalogue.js";
import { losesClaim } from "./claimEnd.js";
import type { Id, Seat, User } from "../directory.js";
import { drain } from "../waiting/drain.js";
import type { Wish } from "../entitlement.js";
import { rebind } from "../keeping/keep.js";
import { keptOf, seatOf, waitingOf } from "../waiting/queue.js";
import { settleWithin, type Extent, type SeatOutcome } from "./seats.js";
import { trade, type Move } from "./trade.js";
import { settleUnits } from "../leases/units.js";
import { leaveList } from "../waiting/waitingList.js";
import { wishFor, wishNamed } from "./wish.js";
import type { Context, World } from "../world.js";

/**
 * The seats of everybody whom one change set touches, judged by its net effect (I14): what is given back counts
 * before anything is bought, displaced or waited for, whoever is looked at first.
 */

/** What became of one user's seats, by product. Products that do not concern the user are missing. */
export type Outcomes = ReadonlyMap<string, SeatOutcome>;

export interface Due {
  readonly userId: Id;
  /** The request that touched the user. */
  readonly ctx: Context;
}

interface Open {
  readonly user: User;
  readonly product: Product;
  readonly wish: Wish;
  readonly ctx: Context;
}

/**
 * First holders move where there is room, until nobody can; then come those who have nothing, then those who hold more than
 * they need, then rings of holders who change places; what is left is settled as each pool does when it is full. Each in the
 * order of the accounts' age, so the last seat goes to the same person however the requests were ordered.
 */
export function settleTogether(world: World, ctx: Context, due: readonly Due[]): Map<Id, Outcomes> {
  const users = inOrder(world, due);
  const settling = new Settling(world, ctx, new Set(due.map((one) => one.ctx)).size > 1);
  const isHolder = ({ id }: User): boolean =>
    world.seats.group(id).length + world.kept.group(id).length > 0;
  const before = new Set(users.filter(([user]) => isHolder(user)).map(([user]) => user));
  const open = users.flatMap(([user, cause]) =>
    [...cause.catalogue.products.values()].map((product): Open => ({
      user,
      product,
      wish: wishFor(world, user, product),
      ctx: cause,
    })),
  );
  let holders = open.filter(({ user }) => before.has(user));
  let others = open.filter(({ user }) => !before.has(user));
  holdBack(world, ctx, losingOf(world, holders));
  for (;;) {
    const left = holders.length + others.length;
    const isStuck = () => holders.length + others.length === left;
    holders = settling.pass(holders, "free");
    if (!isStuck()) continue;
    others = settling.pass(others, "free");
    if (isStuck()) holders = settling.pass(holders, "lower");
    if (!isStuck()) continue;
    // Last: who moves to a free seat leaves one to the first on the list, who in exchange passes that one by.
    if (!settling.trade(holders)) break;
  }
  settling.pass([...holders, ...others], "all");
  drain(world, ctx, settling.freedBy, new Set(users.map(([{ id }]) => id)));
  return new Map(users.map(([{ id }]) => [id, settling.outcomes.get(id) ?? new Map()]));
}

/** The seats whose claim has ended, and nobody has decided that it should: by hand now, or with the end of an emergency. */
function losingOf(world: World, holders: readonly Open[]): Seat[] {
  const losing = holders.flatMap(({ user, product, wish, ctx: { cause } }) => {
    if (cause.type === "admin") return [];
    const seat = seatOf(world, user.id, product.id);
    return seat !== undefined && losesClaim(world, wish, seat) ? [{ seat, cause }] : [];
  });
  if (losing.length === 0) return [];
  const ended = glassesEnded(world);
  return losing.flatMap(({ seat, cause }) => {
    const isOver = ended.has(`${seat.userId} ${seat.product}`);
    return isOver && cause.action === OVERDUE.action ? [] : [seat];
  });
}

function inOrder(world: World, due: readonly Due[]): (readonly [User, Context])[] {
  const causes = new Map(due.map(({ userId, ctx }) => [userId, ctx]));
  return [...causes]
    .flatMap(([id, ctx]): (readonly [User, Context])[] => {
      const user = world.users.get(id);
      return user === undefined ? [] : [[user, ctx]];
    })
    .sort(([a], [b]) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

class Settling {
  readonly outcomes = new Map<Id, Map<string, SeatOutcome>>();
  /** Pool id -> the last request because of which somebody gave back a seat of it. */
  readonly freedBy = new Map<Id, Context>();
  readonly #world: World;
  readonly #ctx: Context;
  readonly #hasManyCauses: boolean;

  constructor(world: World, ctx: Context, hasManyCauses: boolean) {
    this.#world = world;
    this.#ctx = ctx;
    this.#hasManyCauses = hasManyCauses;
  }

  /** @returns those whose turn has not come */
  pass(open: readonly Open[], extent: Extent): Open[] {
    return open.filter((one) => !this.#settle(one, extent));
  }

  trade(holders: readonly Open[]): boolean {
    if (holders.length === 0) return false;
    return trade(
      this.#world,
      this.#ctx,
      holders.flatMap((one) => moveOf(this.#world, one, "provision")),
    );
  }

  #settle({ user, product, wish, ctx }: Open, extent: Extent): boolean {
    const world = this.#world;
    const used = this.#hasManyCauses ? usedNow(world) : null;
    const outcome = settleOne(world, ctx, wish, extent);
    used?.forEach((count, id) => {
      if (world.used(id) < count) this.freedBy.set(id, ctx);
    });
    if (outcome === null) return false;
    if (outcome.type !== "none" || wish.requirement !== null) {
      const outcomes = this.outcomes.get(user.id) ?? new Map<string, SeatOutcome>();
      this.outcomes.set(user.id, outcomes.set(product.id, outcome));
    }
    return true;
  }
}

function usedNow(world: World): Map<Id, number> {
  return new Map(world.allPools().map(({ id }) => [id, world.used(id)]));
}

function moveOf(
  world: World,
  { user, product, wish, ctx }: Omit<Open, "ctx"> & Pick<Move, "ctx">,
  occasion: Occasion,
): Move[] {
  const seat = seatOf(world, user.id, product.id);
  if (seat === undefined) return [];
  const candidates = candidatesFor(world, wish, occasion, wish.requirement?.tier ?? null);
  const { targets } = betterThan(world, { wish, seat, candidates });
  const entry = waitingOf(world, user.id, product.id);
  return targets.length === 0 ? [] : [{ seat, targets, entry, ctx }];
}

/** One person's seat of one product, and what hangs on it. @returns null when it takes more than `extent` allows */
function settleOne(
  world: World,
  ctx: Context,
  wish: Wish,
  extent: Extent,
  occasion: Occasion = "provision",
): SeatOutcome | null {
  rebind(world, ctx, wish.user.id, wish.product.id);
  const outcome = settleInBundle(world, ctx, wish, extent, occasion);
  if (outcome !== null) settleUnits(world, ctx, wish);
  return outcome;
}

/**
 * Where a rule gives the product only together with others (I25): all of them in one pass, or none. They follow one another
 * there, so nobody else takes one of them in between.
 */
function settleInBundle(
  world: World,
  ctx: Context,
  wish: Wish,
  extent: Extent,
  occasion: Occasion,
): SeatOutcome | null {
  const { user, product } = wish;
  const how = { occasion, extent };
  const verdict = bundleVerdict(world, ctx, user, how);
  const { withheld, awaited, atTheDoor } = verdict;
  const isAwaited = awaited.has(product.id);
  if (extent !== "all" && (isAwaited || withheld.has(product.id))) return null;
  if (withheld.has(product.id)) return leaveOut(world, ctx, wish);
  const isAtTheDoor = atTheDoor.has(product.id);
  if (isAtTheDoor && !isAwaited) takeFree(world, ctx, user, verdict);
  const asked = { ...wish, isBundled: isAwaited, isAtTheDoor };
  return settleWithin(world, ctx, asked, extent, occasion);
}

/**
 * What is open at the door, to whoever still waits there: free seats, and nothing that is taken from anybody. All of them at
 * once, because the place on the list that says so goes with the first.
 */
function takeFree(world: World, ctx: Context, user: User, verdict: BundleVerdict): void {
  for (const id of verdict.atTheDoor) {
    if (verdict.awaited.has(id) || verdict.withheld.has(id)) continue;
    const wish = wishNamed(world, ctx, user, id);
    const has = seatOf(world, user.id, id) ?? keptOf(world, user.id, id);
    if (wish !== undefined && has === undefined) settleWithin(world, ctx, wish, "free", "signIn");
  }
}

/** It would come without the others that it is given with. */
function leaveOut(world: World, ctx: Context, { user, product }: Wish): SeatOutcome {
  const entry = waitingOf(world, user.id, product.id);
  if (entry !== undefined) leaveList(world, ctx, entry, "bundle");
  return { type: "none", reason: "PoolFull" };
}

/** Now and altogether, for one person who is no part of a change set. */
export function settleAlone(
  world: World,
  ctx: Context,
  wish: Wish,
  occasion: Occasion,
): SeatOutcome {
  const settle = (extent: Extent) => settleOne(world, ctx, wish, extent, occasion);
  return occasion === "signIn" ? settleInPerson(world, ctx, wish, settle) : wholly(settle);
}

/**
 * For who stands at the door. Pools that give seats at the sign-in alone are open now and at no other time, so this is when a
 * holder can change places with somebody who sits in one: after what is free, and before anybody is displaced, as in a change set.
 */
export function settleInPerson(
  world: World,
  ctx: Context,
  wish: Wish,
  settle: (extent: Extent) => SeatOutcome | null,
): SeatOutcome {
  const { user, product } = wish;
  if (seatOf(world, user.id, product.id) === undefined) return wholly(settle);
  const outcome = settle("lower");
  if (outcome !== null) return outcome;
  const isTraded = trade(world, ctx, moveOf(world, { user, product, wish, ctx }, "signIn"));
  const seat = isTraded ? seatOf(world, user.id, product.id) : undefined;
  return seat === undefined ? wholly(settle) : { type: "held", seat };
}

function wholly(settle: (extent: Extent) => SeatOutcome | null): SeatOutcome {
  const outcome = settle("all");
  if (outcome === null) throw new Error("a seat that is settled altogether has an outcome");
  return outcome;
}

/** What the batch has put off so far: before anybody looks at seats, and at the end. */
export function catchUp(world: World): void {
  const { putOff } = world;
  if (!putOff.isOn) return;
  const { due, last } = putOff.take();
  if (last === null) return;
  putOff.isOn = false;
  settleTogether(
    world,
    last,
    due.map(([userId, ctx]) => ({ userId, ctx })),
  );
  putOff.isOn = true;
}
