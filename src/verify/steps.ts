import { type Fields, fieldsIn, fieldsOf, type Line } from "./entry.js";

/** What an entry may do after all that was before it (docs/ledger.md). */

/** From which state each kind leads a seat to which; null: as the entry says. Every other kind leaves seats alone. */
type Leads = readonly [from: string | null, to: string | null];
const KINDS = new Map<string, Leads>([
  ["seat.granted", [null, "active"]],
  ["seat.tierChanged", ["active", "active"]],
  ["seat.released", ["active", null]],
  ["seat.displaced", ["active", null]],
  ["lease.expired", ["active", null]],
  ["seat.stateChanged", [null, null]],
]);
const ENDS = ["none", "pending", "parked", "suspended", "closed"];

export interface HeldSeat extends Pick<Line, "id" | "userId" | "product" | "poolId" | "tier"> {
  /** "active", or what is kept of it: one of ENDS. `consumes`: it takes one of the seats that were bought. */
  readonly state: string;
  readonly consumes: boolean;
}

/** `tiers` is null where the pool is older than the chain. What is not in `policy` is not allowed. */
export interface PoolState {
  readonly product: string;
  readonly capacity: number;
  used: number;
  readonly tiers: readonly unknown[] | null;
  readonly policy: Fields;
}

/** What follows from the entries so far. Another verifier can go on from a copy (`structuredClone`). */
export class State {
  head: Pick<Line, "sequence" | "hash"> = { sequence: 0, hash: "0".repeat(64) };
  organisationId: string | undefined;
  readonly pools = new Map<string, PoolState>();
  readonly seats = new Map<string, HeldSeat>();
  /** Who has a seat of what, held or kept: user id, product and unit, and the seat. */
  readonly holders = new Map<string, string>();
}

/** A word for programs, and what follows "Entry 7" in a sentence. Null: nothing is wrong. */
export type Wrong = readonly [problem: string, words: string] | null;

/** Does what the entry says, unless something is wrong with that. */
export function follow(state: State, line: Line): Wrong {
  const { kind, delta, sequence, hash } = line;
  state.head = { sequence, hash };
  state.organisationId = line.organisationId;
  const details = fieldsIn(line.details);
  const leads = KINDS.get(kind);
  if (leads !== undefined) return changeSeat(state, line, details, leads);
  if (delta !== 0) return ["delta", `is ${kind}, but counts ${delta}`];
  return kind.startsWith("pool.") ? changePool(state.pools, line, details) : null;
}

// prettier-ignore
const NO_SEAT: HeldSeat = { id: "", userId: null, product: "", poolId: null, tier: null, state: "none", consumes: false };
const NO_POOL: PoolState = { product: "", capacity: 0, used: 0, tiers: null, policy: {} };

// prettier-ignore
function changeSeat({ pools, seats, holders }: State, line: Line, details: Fields, [from, to]: Leads): Wrong { // eslint-disable-line complexity -- one reason a line
  const { kind, userId, product, poolId, tier, delta } = line;
  const said = details["to"] ?? "none";
  const id = line.seatId ?? "", holder = `${userId} ${product} ${JSON.stringify(details["unit"])}`;
  const pool = pools.get(poolId ?? ""), before = seats.get(id) ?? NO_SEAT, ownId = holders.get(holder) ?? id;
  const state = to ?? (typeof said === "string" ? said : "");
  const after = { id, userId, product, poolId, tier, state, consumes: Number(before.consumes) + delta === 1 };
  const isNew = before === NO_SEAT, isGranted = kind === "seat.granted";
  if (pool?.product !== product) return ["pool", "has no pool, or one of another product"];
  if ((isGranted && before.state === "active") || ((isNew || isGranted) && ownId !== id)) return ["twoSeats", `gives user ${userId} a second seat of ${product}`];
  // What is kept of a seat in one pool may be released for a seat in another.
  const isFrom = before.state === (from ?? details["from"] ?? "none") || (from !== null && before.consumes && line.reason === "moved");
  if (!isFrom || !isNext(line, details, before, after)) return ["noGrant", "changes or takes back a seat not given or kept like this"];
  if (!isCounted(line, pool.policy, before, after)) return ["delta", `is ${kind} to ${state}, but counts ${delta}`];
  // Nothing new while a lowered capacity is exceeded, either (I1).
  if (delta === 1 && !(pool.used < pool.capacity + overageOf(pool))) return ["oversold", `gives seat ${pool.used + 1} of ${pool.capacity} in ${poolId}`];
  if ((isNew || state === "active") && pool.tiers?.includes(tier) === false) return ["tier", `gives the tier ${tier}, which the pool does not have`];
  pool.used += delta;
  if (state === "none" && seats.delete(id)) holders.delete(holder);
  if (state !== "none") { seats.set(id, after); holders.set(holder, id); }
  return null;
}

// prettier-ignore
/** Whether the seat may become what the entry says. */
function isNext({ kind }: Line, details: Fields, before: HeldSeat, after: HeldSeat): boolean { // eslint-disable-line complexity -- one reason a line
  const isGranted = kind === "seat.granted", isRetiered = kind === "seat.tierChanged";
  if (before === NO_SEAT) return isGranted || after.state === "pending" || (after.state === "parked" && after.consumes);
  if (!isGranted && !isRetiered && !ENDS.includes(after.state)) return false;
  if (kind === "seat.stateChanged" && before.state === "active") return false;
  if (before.userId !== after.userId || before.product !== after.product) return false;
  // What takes no place may come back in another pool.
  if (before.poolId !== after.poolId && !(isGranted && !before.consumes)) return false;
  return isGranted || before.tier === (isRetiered ? details["fromTier"] : after.tier);
}

// prettier-ignore
/** Whether the count follows from both states and the policy. */
function isCounted({ kind, delta, reason }: Line, policy: Fields, before: HeldSeat, { state, consumes }: HeldSeat): boolean { // eslint-disable-line complexity -- one reason a line
  const isBound = Number(policy["minReassignSeconds"]) > 0, isLingering = consumes && ((state === "parked" && Number(policy["lingerSeconds"]) > 0) || (isBound && ["parked", "suspended"].includes(state))), isPendingCounted = policy["pendingReserves"] !== false;
  const isWanted = state === "active" || (state === "pending" ? isPendingCounted : policy[`${state}Consumes`] === true || isLingering);
  // Who lost the place to somebody else or for want of use, or had none, need not be given one to be remembered.
  const isLost = kind === "seat.displaced" || ["reclaimed", "givenUp", "contracted"].includes(reason), isWithout = isLost || (before !== NO_SEAT && !before.consumes);
  if (Number(before.consumes) + delta !== Number(consumes)) return false;
  return consumes === isWanted || (!consumes && isWithout && state !== "active");
}

function tries({ policy }: PoolState, step: string): boolean {
  const all = [policy, policy["onFullByGroup"] ?? []].flat().map((one) => fieldsOf(one));
  return all.some(({ onFull }) => Array.isArray(onFull) && onFull.includes(step));
}

function overageOf(pool: PoolState): number {
  const { type, percent, seats } = fieldsOf(pool.policy["overage"]);
  if (!tries(pool, "overage") || type === "none") return 0;
  if (type === "unlimited") return Infinity;
  return type === "factor" ? Math.floor((pool.capacity * Number(percent)) / 100) : Number(seats);
}

// prettier-ignore
function changePool(pools: Map<string, PoolState>, line: Line, details: Fields): Wrong { // eslint-disable-line complexity -- one reason a line
  const { kind, product, poolId, reason } = line;
  const pool = pools.get(poolId ?? "") ?? NO_POOL;
  const [isNew, isSized] = [kind === "pool.created", kind === "pool.capacityChanged"];
  const { tiers, policy } = isNew ? details : fieldsOf(details["to"]);
  const capacity = isNew ? details["capacity"] : isSized ? details["to"] : pool.capacity;
  const [to, limit] = [Number(capacity), tries(pool, "autoscale") ? Number(pool.policy["autoscaleMax"]) : 0];
  if (poolId === null || isNew !== (pool === NO_POOL)) return ["pool", `is ${kind} of a pool that is not there, or there already`];
  if (isSized && details["from"] !== pool.capacity) return ["pool", "starts from another capacity"];
  if (!Number.isSafeInteger(capacity) || to < 0) return ["pool", "has no capacity"];
  if (isSized && reason === "autoscaled" && !(to > pool.capacity && to <= limit)) return ["growth", `has a pool grow to ${to} by itself, which its policy does not allow`];
  const kept = { used: pool.used, tiers: Array.isArray(tiers) ? tiers : pool.tiers };
  pools.set(poolId, { product, capacity: to, ...kept, policy: policy === undefined ? pool.policy : fieldsOf(policy) });
  return null;
}
