import { boundUntil } from "../keeping/bound.js";
import type { Candidate } from "./candidates.js";
import type { Id, Pool, Seat, WaitingEntry } from "../directory.js";
import { exchangeSeats } from "./moves.js";
import { seatOf, waitingFor } from "../waiting/queue.js";
import { mayTakeOver } from "../pools/reservations.js";
import { leaveOrStayListed } from "../waiting/served.js";
import type { Context, World } from "../world.js";

/**
 * Holders who change places: each wants a seat of the pool in which the next one sits, and all those pools are full
 * (I14). Nobody releases first, no free seat is taken, and so nobody on a list is passed by.
 */

/** Somebody who holds a seat and would be better off in one of the targets, best first. */
export interface Move {
  readonly seat: Seat;
  readonly targets: readonly Candidate[];
  readonly entry: WaitingEntry | undefined;
  /** Because of which request; undefined: of none in this batch. */
  readonly ctx: Context | undefined;
}

interface Step {
  readonly move: Move;
  readonly target: Candidate;
}

/** Pool left -> pool wanted -> who would go that way first. */
type Ways = Map<Id, Map<Id, Step>>;

/**
 * Lets one ring of holders change places, if there is one.
 * @param open those who are being settled now, in order; what the list says of them may be out of date
 */
export function trade(world: World, ctx: Context, open: readonly Move[]): boolean {
  const ways: Ways = new Map();
  for (const move of [...open, ...movesListed(world, open)]) {
    for (const target of move.targets) addWay(world, ways, { move, target });
  }
  for (const wanted of ways.values()) {
    for (const step of wanted.values()) {
      const ring = ringFrom(world, ways, step);
      if (ring === null) continue;
      for (const { move, target } of ring) {
        if (move.entry === undefined) continue;
        leaveOrStayListed(world, move.ctx ?? ctx, move.entry, target.pool);
      }
      exchangeSeats(
        world,
        ring.map(({ move, target }) => ({
          ctx: move.ctx ?? ctx,
          seat: move.seat,
          target: { ...target, entry: move.entry },
        })),
      );
      return true;
    }
  }
  return false;
}

/** Who holds a seat and is on a list for another one, in the order of the lists. */
function movesListed(world: World, open: readonly Move[]): Move[] {
  if (!world.isAwaited) return [];
  const isOpen = new Set(open.map(({ seat }) => seat.id));
  return world.allPools().flatMap((pool) =>
    waitingFor(world, pool).flatMap((entry): Move[] => {
      const seat = seatOf(world, entry.userId, pool.product);
      if (seat === undefined || isOpen.has(seat.id)) return [];
      return [{ seat, entry, ctx: undefined, targets: [{ pool, tier: entry.tier }] }];
    }),
  );
}

/** Only the first of those who would go the same way can be next. A licence that is bound goes to nobody, in exchange neither. */
function addWay(world: World, ways: Ways, step: Step): void {
  const { seat } = step.move;
  if (seat.poolId === step.target.pool.id || boundUntil(world, seat) !== null) return;
  const wanted = ways.get(seat.poolId) ?? new Map<Id, Step>();
  ways.set(seat.poolId, wanted);
  if (!wanted.has(step.target.pool.id)) wanted.set(step.target.pool.id, step);
}

/** The shortest ring that begins with the step: from the pool that it wants back to the one that it leaves. */
function ringFrom(world: World, ways: Ways, first: Step): Step[] | null {
  const home = first.move.seat.poolId;
  if (!mayExchange(world, world.pools.get(home))) return null;
  const paths: Step[][] = [[first]];
  const seen = new Set<Id>();
  for (const path of paths) {
    const at = path.at(-1)?.target.pool;
    if (at === undefined || at.id === home) return leavesNoneShort(world, path) ? path : null;
    if (seen.has(at.id) || !mayExchange(world, at)) continue;
    seen.add(at.id);
    paths.push(...stepsFrom(ways, at.id).map((step) => [...path, step]));
  }
  return null;
}

/** I11: who comes takes the place of who goes, also where that one filled a reservation. */
function leavesNoneShort(world: World, ring: readonly Step[]): boolean {
  return ring.every(({ move, target }, index) => {
    const going = ring[(index + 1) % ring.length]?.move.seat;
    return going === undefined || mayTakeOver(world, target.pool, going, move.seat.userId);
  });
}

function stepsFrom(ways: Ways, poolId: Id): Step[] {
  return [...(ways.get(poolId)?.values() ?? [])];
}

/** Above a lowered capacity nothing new is given, not even in exchange (I1). */
function mayExchange(world: World, pool: Pool | undefined): boolean {
  return pool !== undefined && world.room(pool) >= 0;
}
