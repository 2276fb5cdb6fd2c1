import { hashOf, isLine, type Line } from "./entry.js";
import { follow, type HeldSeat, type PoolState, State, type Wrong } from "./steps.js";
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
  readonly pools: readonly Readonly<Pick<PoolState, "capacity" | "used"> & Pick<Line, "id">>[];
  readonly seats: readonly HeldSeat[];
}

/** What is known from elsewhere. */
type Known = Partial<{ readonly expected: Anchor; readonly present: Present }>;

export interface Report {
  readonly entries: number;
  readonly head: Anchor;
  readonly seatsHeld: number;
  /** The first thing that is wrong, by a word of docs/ledger.md, and the number of the entry where it shows. */
  readonly fault: Readonly<{ sequence: number; problem: string; sentence: string }> | null;
}

/** Whether the hash of each line is right behind the one before it: all that can be checked of a part by itself. */
export function areChained(lines: readonly Line[], previous: string): boolean {
  return lines.every(
    (line, place) => isLine(line) && line.hash === hashOf(lines[place - 1]?.hash ?? previous, line),
  );
}

/** Reads a ledger once, in order. Its memory grows with pools and seats held, not with the length of the ledger. */
export class Verifier {
  readonly state: State;
  readonly #known: Known;
  #fault: Report["fault"] = null;

  constructor(known: Known = {}, state = new State()) {
    this.state = state;
    this.#known = known;
    this.#isRight(this.#wrongNow(), state.head.sequence);
  }

  /** The next line. False: something is wrong, and nothing behind it is looked at. `isChained`: areChained said so. */
  add(line: Line, isChained = false): boolean {
    if (this.#fault !== null) return false;
    const sequence = this.state.head.sequence + 1;
    const wrong = this.#wrongForm(line, isChained) ?? follow(this.state, line) ?? this.#wrongNow();
    return this.#isRight(wrong, sequence);
  }

  /** After the last line. */
  report(): Report {
    const { head, seats } = this.state;
    const { expected, present } = this.#known;
    const wanted = Math.max(expected?.sequence ?? 0, present?.sequence ?? 0);
    const words = `is missing, and so are all up to ${wanted}`;
    if (wanted > head.sequence) this.#isRight(["truncated", words], head.sequence + 1);
    const seatsHeld = [...seats.values()].filter(({ state }) => state === "active").length;
    return { entries: head.sequence, head, seatsHeld, fault: this.#fault };
  }

  #isRight(wrong: Wrong, sequence: number): boolean {
    if (wrong === null) return true;
    this.#fault ??= { sequence, problem: wrong[0], sentence: `Entry ${sequence} ${wrong[1]}.` };
    return false;
  }

  // prettier-ignore
  #wrongForm(line: Line, isChained: boolean): Wrong {
    const { head, organisationId = line.organisationId } = this.state;
    if (!isLine(line)) return ["malformed", "has not the form of an entry"];
    if (line.sequence !== head.sequence + 1) return ["gap", `is missing: the number ${line.sequence} is in its place`];
    if (line.organisationId !== organisationId) return ["foreign", "belongs to another organisation"];
    if (!isChained && line.hash !== hashOf(head.hash, line)) return ["hash", "or its place was changed: the hash is another"];
    return null;
  }

  // prettier-ignore
  /** Seats held and kept are what the ledger adds up to, and each pool's counter is the number of those that take one. */
  #wrongNow(): Wrong { // eslint-disable-line complexity -- one reason a line
    const { expected, present } = this.#known;
    const { head, pools, seats } = this.state;
    if (expected?.sequence === head.sequence && expected.hash !== head.hash) return ["anchor", "is not the one that was there before: the history was replaced"];
    if (present?.sequence !== head.sequence) return null;
    for (const { id, capacity, used } of present.pools) {
      const pool = pools.get(id);
      const [counted, stored] = [`${pool?.used} of ${pool?.capacity}`, `${used} of ${capacity}`];
      if (counted !== stored) return ["counter", `leaves pool ${id} at ${counted}, not ${stored}`];
    }
    const fields = ["userId", "product", "poolId", "tier", "state", "consumes"] as const;
    const other = present.seats.find((seat) => fields.some((name) => seats.get(seat.id)?.[name] !== seat[name]));
    if (other !== undefined) return ["seats", `leaves seat ${other.id} otherwise than it is stored`];
    const isAll = present.seats.length === seats.size && present.pools.length === pools.size;
    return isAll ? null : ["seats", "leaves seats or pools that are not stored"];
  }
}
