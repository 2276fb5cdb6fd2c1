import { hash as digestOf } from "node:crypto";

/**
 * Checks a ledger from its text alone (docs/ledger.md). It imports nothing of the engine on purpose: a mistake there
 * must not be made here a second time, so even the form of an entry is written down again.
 */

/** One line of `seatkeeper ledger export`. `cause` and `details` are JSON as text: the hash is over these characters. */
export interface Line {
  readonly sequence: number;
  readonly id: string;
  readonly organisationId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: string;
  readonly userId: string | null;
  readonly product: string;
  readonly poolId: string | null;
  readonly seatId: string | null;
  readonly tier: string | null;
  readonly delta: number;
  readonly reason: string;
  readonly cause: string;
  readonly details: string;
  readonly hash: string;
}

/** The end of a ledger: what to keep outside of the database, so that a missing tail is found, too. */
export interface Anchor {
  readonly sequence: number;
  readonly hash: string;
}

/** What is stored beside the ledger, read at one moment, when the ledger ended with `sequence`. */
export interface Present {
  readonly sequence: number;
  readonly pools: readonly (Readonly<Counts> & { readonly id: string })[];
  readonly seats: readonly HeldSeat[];
}

/** What is known from elsewhere. */
interface Known {
  readonly expected?: Anchor;
  readonly present?: Present;
}

interface HeldSeat {
  readonly id: string;
  readonly userId: string;
  readonly product: string;
  readonly poolId: string;
  readonly tier: string;
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
  readonly seatsHeld: number;
  readonly fault: Fault | null;
}

interface Counts {
  capacity: number;
  used: number;
}

interface PoolState extends Counts {
  readonly product: string;
  /** Null: unknown, because the pool is older than the chain. */
  tiers: readonly string[] | null;
}

const NUMBERS = ["sequence", "at", "delta"] as const;
const TEXTS = ["id", "organisationId", "kind", "product", "reason", "cause", "details"] as const;
const OPTIONAL = ["userId", "poolId", "seatId", "tier"] as const;
const FIELDS = NUMBERS.length + TEXTS.length + OPTIONAL.length + 1;
const RELEASES = ["seat.released", "seat.displaced", "lease.expired"];

/** Reads a ledger once, in order. Its memory grows with pools and seats held, not with the length of the ledger. */
export class Verifier {
  #head: Anchor = { sequence: 0, hash: "0".repeat(64) };
  #organisationId: string | null = null;
  #fault: Fault | null = null;
  readonly #pools = new Map<string, PoolState>();
  readonly #seats = new Map<string, HeldSeat>();
  /** Who holds a seat of what: user id, space, product. An id has no spaces. */
  readonly #holders = new Set<string>();
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
    const [head, seatsHeld, fault] = [this.#head, this.#seats.size, this.#fault];
    return { entries: sequence, head, seatsHeld, fault };
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
    const counts = kind === "seat.granted" ? 1 : RELEASES.includes(kind) ? -1 : 0;
    if (delta !== counts) this.#fail("delta", `is ${kind}, but counts ${delta}`);
    else if (delta === 1) this.#grant(line);
    else if (delta === -1) this.#release(line);
    else if (kind === "seat.tierChanged") this.#changeTier(line);
    else if (kind.startsWith("pool.")) this.#changePool(line);
  }

  #changePool({ kind, poolId, product, details: text }: Line): void {
    const details = objectIn(text);
    const pool = this.#pools.get(poolId ?? "");
    if (poolId === null || (kind === "pool.created") === (pool !== undefined)) {
      this.#fail("pool", `is ${kind} of a pool that is not there, or there already`);
    } else if (pool === undefined) {
      const capacity = this.#capacityIn(details["capacity"]);
      this.#pools.set(poolId, { product, capacity, used: 0, tiers: textsIn(details["tiers"]) });
    } else if (kind === "pool.capacityChanged") {
      if (details["from"] !== pool.capacity) this.#fail("pool", "starts from another capacity");
      pool.capacity = this.#capacityIn(details["to"]);
    } else if (kind === "pool.changed") {
      pool.tiers = textsIn(objectIn(JSON.stringify(details["to"]))["tiers"]) ?? pool.tiers;
    }
  }

  #capacityIn(value: unknown): number {
    const isCapacity = Number.isSafeInteger(value) && Number(value) >= 0;
    if (!isCapacity) this.#fail("pool", "has no capacity");
    return isCapacity ? Number(value) : 0;
  }

  /** Never beyond the capacity, so nothing new while a lowered one is exceeded (I1); one seat of a product each (I2). */
  #grant(line: Line): void {
    const pool = this.#pools.get(line.poolId ?? "");
    const seat = seatIn(line, line.tier);
    const holder = `${seat.userId} ${seat.product}`;
    if (pool?.product !== seat.product) {
      this.#fail("pool", "gives a seat of a pool that is not there, or of another product");
    } else if (pool.used >= pool.capacity) {
      this.#fail("oversold", `gives seat ${pool.used + 1} of ${pool.capacity} in ${seat.poolId}`);
    } else if (this.#holders.has(holder) || this.#seats.has(seat.id)) {
      this.#fail("twoSeats", `gives user ${seat.userId} a second seat of ${seat.product}`);
    } else {
      this.#checkTier(pool, seat.tier);
      pool.used += 1;
      this.#holders.add(holder);
      this.#seats.set(seat.id, seat);
    }
  }

  #release(line: Line): void {
    const seat = this.#heldLike(line, line.tier);
    const pool = this.#pools.get(seat?.poolId ?? "");
    if (seat === undefined || pool === undefined) return;
    pool.used -= 1;
    this.#holders.delete(`${seat.userId} ${seat.product}`);
    this.#seats.delete(seat.id);
  }

  #changeTier(line: Line): void {
    const { fromTier } = objectIn(line.details);
    const seat = this.#heldLike(line, typeof fromTier === "string" ? fromTier : null);
    if (seat === undefined) return;
    const changed = seatIn(line, line.tier);
    this.#checkTier(this.#pools.get(seat.poolId), changed.tier);
    this.#seats.set(seat.id, changed);
  }

  #checkTier(pool: PoolState | undefined, tier: string): void {
    if (pool?.tiers?.includes(tier) === false) {
      this.#fail("tier", `gives the tier ${tier}, which the pool does not have`);
    }
  }

  /** The seat, if it is as it was given. */
  #heldLike(line: Line, tier: string | null): HeldSeat | undefined {
    const seat = this.#seats.get(line.seatId ?? "");
    if (isSame(seat, seatIn(line, tier))) return seat;
    this.#fail("noGrant", "changes or takes back a seat not given like this");
    return undefined;
  }

  /** Seats held are what the ledger adds up to, and each pool's counter is their number. */
  #comparePresent({ pools, seats }: Present): void {
    for (const { id, capacity, used } of pools) {
      const pool = this.#pools.get(id);
      const [counted, stored] = [`${pool?.used} of ${pool?.capacity}`, `${used} of ${capacity}`];
      const words = `leaves pool ${id} at ${counted}, not ${stored}`;
      if (counted !== stored) this.#fail("counter", words);
    }
    for (const seat of seats) {
      const isKept = isSame(this.#seats.get(seat.id), seat);
      if (!isKept) this.#fail("seats", `leaves seat ${seat.id} otherwise than it is stored`);
    }
    const isAll = seats.length === this.#seats.size && pools.length === this.#pools.size;
    if (!isAll) this.#fail("seats", "leaves seats or pools that are not stored");
  }
}

function seatIn(line: Line, given: string | null): HeldSeat {
  const [id, userId, poolId] = [line.seatId ?? "", line.userId ?? "", line.poolId ?? ""];
  return { id, userId, product: line.product, poolId, tier: given ?? "" };
}

function isSame(one: HeldSeat | undefined, { userId, product, poolId, tier }: HeldSeat): boolean {
  const isOwn = one?.userId === userId && one.product === product;
  return isOwn && one.poolId === poolId && one.tier === tier;
}

function isLine(line: Line): boolean {
  const isWhole = Object.keys(line).length === FIELDS && typeof line.hash === "string";
  for (const name of NUMBERS) if (!Number.isSafeInteger(line[name])) return false;
  for (const name of TEXTS) if (typeof line[name] !== "string") return false;
  return isWhole && OPTIONAL.every((name) => line[name] === null || typeof line[name] === "string");
}

function hashOf(previous: string, line: Line): string {
  const text = bytesOf(previous, line, (field) => field.length);
  // Of ASCII alone a character is a byte, and to count once is faster than to count each field.
  const isAscii = Buffer.byteLength(text) === text.length;
  const inBytes = (field: string): number => Buffer.byteLength(field);
  return digestOf("sha256", isAscii ? text : bytesOf(previous, line, inBytes), "hex");
}

function bytesOf(previous: string, line: Line, sizeOf: (text: string) => number): string {
  const { sequence, at, delta, cause, details, userId, poolId, seatId, tier } = line;
  const text = (value: string): string => `${sizeOf(value)}:${value}\n`;
  const orNull = (value: string | null): string => (value === null ? "-\n" : text(value));
  const head = text(String(sequence)) + text(line.id) + text(line.organisationId);
  const what = text(String(at)) + text(line.kind) + orNull(userId) + text(line.product);
  const seat = orNull(poolId) + orNull(seatId) + orNull(tier) + text(String(delta));
  const why = text(line.reason) + text(cause) + text(details);
  return `seatkeeper-ledger-1\n${previous}\n${head}${what}${seat}${why}`;
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) };
  } catch {
    return {};
  }
}

function textsIn(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}
