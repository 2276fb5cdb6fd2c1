import { type Fields, fieldsOf, hashOf, isLine, type Line, objectIn, textsIn } from "./entry.js";
import { GIVES, type HeldSeat, isCounted, isNext, isSecond, isStored } from "./steps.js";
import { overageOf, type PoolState, stepOf, TAKES, tries } from "./steps.js";

export type { Line } from "./entry.js";

/**
 * Checks a ledger from its text alone (docs/ledger.md). It imports nothing of the engine on purpose: a mistake there
 * must not be made here a second time, so even the form of an entry is written down again.
 */

/** The end of a ledger: what to keep outside of the database, so that a missing tail is found, too. */
export type Anchor = Pick<Line, "sequence" | "hash">;

/** What is stored beside the ledger, read at one moment, when the ledger ended with `sequence`. */
export interface Present {
  readonly sequence: number;
  readonly pools: readonly (Pick<Readonly<PoolState>, "capacity" | "used"> & {
    readonly id: string;
  })[];
  readonly seats: readonly HeldSeat[];
}

/** What is known from elsewhere. */
interface Known {
  readonly expected?: Anchor;
  readonly present?: Present;
}

/** The first thing that is wrong, and the number of the entry where it shows. */
export interface Fault {
  readonly sequence: number;
  /** A word for programs: docs/ledger.md has the list. */
  readonly problem: string;
  readonly sentence: string;
}

export interface Report {
  readonly entries: number;
  readonly head: Anchor;
  /** Those that give access. */
  readonly seatsHeld: number;
  readonly fault: Fault | null;
}

/** Reads a ledger once, in order. Its memory grows with pools and seats held, not with the length of the ledger. */
export class Verifier {
  #head: Anchor = { sequence: 0, hash: "0".repeat(64) };
  #organisationId: string | null = null;
  #fault: Fault | null = null;
  readonly #pools = new Map<string, PoolState>();
  readonly #seats = new Map<string, HeldSeat>();
  /** Who has a seat of what, held or kept: user id, space, product (an id has no spaces), and the seat. */
  readonly #holders = new Map<string, string>();
  readonly #known: Known;

  constructor(known: Known = {}) {
    this.#known = known;
    if (known.present?.sequence === 0) this.#comparePresent(known.present);
  }

  /** The next line. False: something is wrong, and nothing behind it is looked at. */
  add(line: Line): boolean {
    if (this.#fault === null && this.#isNext(line)) {
      this.#follow(line);
      const { expected, present } = this.#known;
      if (expected?.sequence === line.sequence && expected.hash !== line.hash) {
        this.#fail("anchor", "is not the one that was there before: the history was replaced");
      }
      if (present?.sequence === line.sequence) this.#comparePresent(present);
    }
    return this.#fault === null;
  }

  /** After the last line. */
  report(): Report {
    const { sequence } = this.#head;
    const { expected, present } = this.#known;
    const wanted = Math.max(expected?.sequence ?? 0, present?.sequence ?? 0);
    if (wanted > sequence) {
      this.#fail("truncated", `is missing, and so are all up to ${wanted}`, sequence + 1);
    }
    const held = [...this.#seats.values()].filter(({ state }) => state === "active");
    return { entries: sequence, head: this.#head, seatsHeld: held.length, fault: this.#fault };
  }

  /** Only the first one counts. */
  #fail(problem: string, words: string, sequence = this.#head.sequence): void {
    this.#fault ??= { sequence, problem, sentence: `Entry ${sequence} ${words}.` };
  }

  #isNext(line: Line): boolean {
    const { sequence: last, hash: previous } = this.#head;
    const [sequence, organisationId] = [last + 1, this.#organisationId ?? line.organisationId];
    if (!isLine(line)) this.#fail("malformed", "has not the form of an entry", sequence);
    else if (line.sequence !== sequence) {
      this.#fail("gap", `is missing: the number ${line.sequence} is in its place`, sequence);
    } else if (line.organisationId !== organisationId) {
      this.#fail("foreign", "belongs to another organisation", sequence);
    } else if (line.hash !== hashOf(previous, line)) {
      this.#fail("hash", "or its place was changed: the hash is another", sequence);
    }
    if (this.#fault !== null) return false;
    this.#organisationId = organisationId;
    this.#head = { sequence, hash: line.hash };
    return true;
  }

  /** What the entry does must be possible after all that was before it. */
  #follow(line: Line): void {
    const { kind, delta } = line;
    const details = objectIn(line.details);
    if (GIVES.includes(kind) || TAKES.includes(kind)) this.#followSeat(line, details);
    else if (delta !== 0) this.#fail("delta", `is ${kind}, but counts ${delta}`);
    else if (kind.startsWith("pool.")) this.#changePool(line, details);
  }

  #changePool({ kind, poolId, product, reason }: Line, details: Fields): void {
    const pool = this.#pools.get(poolId ?? "");
    if (poolId === null || (kind === "pool.created") === (pool !== undefined)) {
      this.#fail("pool", `is ${kind} of a pool that is not there, or there already`);
    } else if (pool === undefined) {
      const capacity = this.#capacityIn(details["capacity"]);
      const [tiers, policy] = [textsIn(details["tiers"]), fieldsOf(details["policy"])];
      this.#pools.set(poolId, { product, capacity, used: 0, tiers, policy });
    } else if (kind === "pool.capacityChanged") {
      this.#changeCapacity(pool, reason, details);
    } else if (kind === "pool.changed") {
      const to = fieldsOf(details["to"]);
      pool.tiers = textsIn(to["tiers"]) ?? pool.tiers;
      pool.policy = to["policy"] === undefined ? pool.policy : fieldsOf(to["policy"]);
    }
  }

  #changeCapacity(pool: PoolState, reason: string, { from, to: wanted }: Fields): void {
    if (from !== pool.capacity) this.#fail("pool", "starts from another capacity");
    const to = this.#capacityIn(wanted);
    const limit = tries(pool, "autoscale") ? Number(pool.policy["autoscaleMax"]) : 0;
    const mayGrow = to > pool.capacity && to <= limit;
    if (reason === "autoscaled" && !mayGrow) {
      this.#fail(
        "growth",
        `changes the capacity to ${to} by itself, which the policy does not allow`,
      );
    }
    pool.capacity = to;
  }

  #capacityIn(value: unknown): number {
    const isCapacity = Number.isSafeInteger(value) && Number(value) >= 0;
    if (!isCapacity) this.#fail("pool", "has no capacity");
    return isCapacity ? Number(value) : 0;
  }

  /** A seat goes from one state to another; the count follows from both, and from the pool's policy. */
  #followSeat(line: Line, details: Fields): void {
    const { kind, delta, userId, product } = line;
    const holder = `${userId} ${product} ${JSON.stringify(details["unit"])}`;
    const step = stepOf(this.#seats.get(line.seatId ?? ""), line, details);
    const [before, , after] = step;
    const pool = this.#pools.get(line.poolId ?? "");
    if (pool?.product !== product) {
      this.#fail("pool", "is about a seat of a pool that is not there, or of another product");
    } else if (isSecond(step, this.#holders.get(holder))) {
      this.#fail("twoSeats", `gives user ${userId} a second seat of ${product}`);
    } else if (!isNext(step)) {
      this.#fail("noGrant", "changes or takes back a seat not given or kept like this");
    } else if (!isCounted(step, pool.policy)) {
      this.#fail("delta", `is ${kind} to ${after.state}, but counts ${delta}`);
    } else {
      this.#checkRoom(line, pool, before === undefined || after.state === "active");
      pool.used += delta;
      this.#put(holder, after);
    }
  }

  #put(holder: string, seat: HeldSeat): void {
    this.#seats.set(seat.id, seat);
    this.#holders.set(holder, seat.id);
    if (seat.state === "none" && this.#seats.delete(seat.id)) this.#holders.delete(holder);
  }

  /** Never beyond capacity and overage, so nothing new while a lowered capacity is exceeded (I1). */
  #checkRoom({ poolId, tier, delta }: Line, pool: PoolState, isGiven: boolean): void {
    const { used, capacity } = pool;
    if (delta === 1 && !(used < capacity + overageOf(pool))) {
      this.#fail("oversold", `gives seat ${used + 1} of ${capacity} in ${poolId}`);
    } else if (isGiven && pool.tiers?.includes(tier ?? "") === false) {
      this.#fail("tier", `gives the tier ${tier}, which the pool does not have`);
    }
  }

  /** Seats held and kept are what the ledger adds up to, and each pool's counter is the number of those that take one. */
  #comparePresent({ pools, seats }: Present): void {
    for (const { id, capacity, used } of pools) {
      const pool = this.#pools.get(id);
      const [counted, stored] = [`${pool?.used} of ${pool?.capacity}`, `${used} of ${capacity}`];
      const words = `leaves pool ${id} at ${counted}, not ${stored}`;
      if (counted !== stored) this.#fail("counter", words);
    }
    for (const seat of seats) {
      const words = `leaves seat ${seat.id} otherwise than it is stored`;
      if (!isStored(this.#seats.get(seat.id), seat)) this.#fail("seats", words);
    }
    const isAll = seats.length === this.#seats.size && pools.length === this.#pools.size;
    if (!isAll) this.#fail("seats", "leaves seats or pools that are not stored");
  }
}
