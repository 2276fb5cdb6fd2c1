import type { Catalogue } from "../catalogue.js";
import type { Id, Seat, Timestamp, User } from "../directory.js";
import type { Kept } from "../keeping/kept.js";
import type { KeptState } from "../pools/policy.js";
import { isInTime, isLive } from "../seats/states.js";
import { whySentence, type Standing } from "./why.js";
import { poolsNamedBy } from "../seats/wish.js";
import type { World } from "../world.js";

/** How a user stands with each product, for everybody who shows it: administrators, identity providers, applications. */

/** What one user needs, holds and waits for, and the pools of the organisation. */
export interface Holdings {
  readonly requirements: readonly NonNullable<Standing["requirement"]>[];
  /** Without leases that have ended. */
  readonly seats: readonly NonNullable<Standing["seat"]>[];
  /** What gives no access. */
  readonly kept: readonly KeptView[];
  readonly waiting: readonly NonNullable<Standing["waiting"]>[];
  readonly pools: Standing["pools"];
  /** Names of the pools that a fact names for the user; absent: none. */
  readonly named?: readonly string[];
  /** Of the organisation; absent: UTC. */
  readonly timeZone?: string;
}

interface KeptView extends NonNullable<Standing["kept"]> {
  readonly boundUntil?: Timestamp;
}

const UTC = "UTC";

/** A place in a pool that the person has left; the seat of the product is another one. */
const LEFT = "moved";

/** One for each product of the catalogue, in its order. */
export function standingsOf(catalogue: Catalogue, user: User, holdings: Holdings): Standing[] {
  return [...catalogue.products.values()].map((product) => {
    const ofProduct = (row: { readonly product: string }): boolean => row.product === product.id;
    return {
      user,
      product,
      requirement: holdings.requirements.find(ofProduct) ?? null,
      seat: holdings.seats.find(ofProduct) ?? null,
      kept: holdings.kept.filter(ofProduct).find(({ reason }) => reason !== LEFT) ?? null,
      bound: holdings.kept
        .filter(ofProduct)
        .flatMap(({ poolId, boundUntil: until }) =>
          until === undefined ? [] : [{ poolId, until }],
        ),
      waiting: holdings.waiting.find(({ entry }) => ofProduct(entry)) ?? null,
      pools: holdings.pools.filter(ofProduct),
      named: holdings.named ?? [],
    };
  });
}

/** A lease past its end is free by definition, whether or not its row is still there. */
export function liveSeats(seats: readonly Seat[], now: Timestamp): Seat[] {
  return seats.filter((seat) => isLive(seat) && isInTime(seat, now));
}

/** As everything decided so far in the batch has left it. */
export function holdingsIn(world: World, userId: Id): Holdings {
  return {
    requirements: world.requirements.group(userId),
    seats: liveSeats(world.seats.group(userId), world.now),
    kept: keptViews(world.kept.group(userId)),
    waiting: world.waiting.group(userId).map((entry) => ({ entry, position: null })),
    pools: world.allPools(),
    named: poolsNamedBy(world.facts.group(userId)),
    timeZone: world.organisation.timeZone ?? UTC,
  };
}

export function keptViews(seats: readonly Seat[]): Holdings["kept"] {
  return seats.flatMap(({ product, poolId, kept }) =>
    kept === undefined ? [] : [{ product, poolId, ...keptView(kept) }],
  );
}

export function keptView({
  state,
  reason,
  boundUntil,
}: Pick<Kept, "state" | "reason" | "boundUntil">): Omit<KeptView, "product" | "poolId"> {
  return { state, reason, ...(boundUntil === undefined ? {} : { boundUntil }) };
}

/** The words that an identity provider's log shows. Who holds a seat and waits for a better one is "held". */
export const SEAT_STATES = [
  "held",
  "waiting",
  "invited",
  "parked",
  "suspended",
  "excluded",
  "conflict",
  "none",
] as const;
export type SeatState = (typeof SEAT_STATES)[number];

export interface SeatView {
  readonly product: string;
  readonly state: SeatState;
  readonly tierNeeded: string | null;
  readonly tierHeld: string | null;
  /** One sentence or two, for people. */
  readonly reason: string;
  readonly waitingSince: Timestamp | null;
}

/** @param groupNames of the user's groups, by id */
export function seatViews(
  catalogue: Catalogue,
  user: User,
  holdings: Holdings,
  groupNames: ReadonlyMap<Id, string>,
): SeatView[] {
  const { timeZone = UTC } = holdings;
  const words = { catalogue, groupNames, ruleNames: new Map<string, string>(), timeZone };
  return standingsOf(catalogue, user, holdings).map((standing) => ({
    product: standing.product.id,
    state: stateOf(standing),
    tierNeeded: standing.requirement?.tier ?? null,
    tierHeld: standing.seat?.tier ?? null,
    reason: whySentence(standing, words),
    waitingSince: standing.waiting?.entry.since ?? null,
  }));
}

const KEPT_AS: Readonly<Record<KeptState, SeatState>> = {
  pending: "invited",
  parked: "parked",
  suspended: "suspended",
  closed: "none",
};

function stateOf(standing: Standing): SeatState {
  const { seat, kept, waiting } = standing;
  if (seat !== null) return "held";
  if (waiting !== null) return "waiting";
  const refused = refusedAs(standing);
  // A place that is only kept from others says nothing of what the person is to have.
  if (refused === "excluded" && isBound(standing)) return refused;
  return kept === null ? refused : KEPT_AS[kept.state];
}

function refusedAs({ user, requirement }: Standing): "excluded" | "conflict" | "none" {
  if (!user.active) return "none";
  if (requirement?.blocked === "Excluded") return "excluded";
  return requirement?.blocked === "TierConflict" ? "conflict" : "none";
}

function isBound({ kept, bound = [] }: Standing): boolean {
  return bound.some(({ poolId }) => poolId === kept?.poolId);
}
