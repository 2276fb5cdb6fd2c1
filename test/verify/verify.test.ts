import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { NOTHING_YET, nextHead } from "../../src/store/chain.js";
import { type Anchor, type Line, type Report, Verifier } from "../../src/verify/verify.js";
import {
  busyLedger,
  capacity,
  chained,
  grant,
  keep,
  type Happening,
  pool,
  pooled,
  release,
  repolicy,
  restate,
  resume,
  retier,
  seat,
} from "./generated.js";

function check(lines: readonly Line[], expected?: Anchor, state?: Verifier["state"]): Report {
  const verifier = new Verifier(expected === undefined ? {} : { expected }, state);
  lines.every((line) => verifier.add(line));
  return verifier.report();
}

const anchorOf = (lines: readonly Line[]): Anchor => {
  const { sequence, hash } = lines.at(-1)!;
  return { sequence, hash };
};

/** The long run takes a ledger of 100,000 entries. */
const ENTRIES = Number(process.env["SEATKEEPER_LEDGER_ENTRIES"] ?? 300);
const MUTATIONS = 1_000;
/** What comes before the tampered place is verified once, up to each of these places. */
const CHECKPOINT_EVERY = Math.ceil(ENTRIES / 100);
/** So many of the tampered ledgers are verified from the beginning as well. */
const WHOLE = 50;

describe("the verifier", () => {
  const ann = seat("ann");
  const bob = seat("bob");
  const PARKS = { parkedConsumes: true };
  const EXTRA = { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } };
  const HALF = { onFull: ["overage"], overage: { type: "factor", percent: 50 } };
  const GROWS = { onFull: ["autoscale"], autoscaleMax: 2 };
  const grown = capacity("p", 1, 2, "autoscaled");
  const DISPLACED = { kind: "seat.displaced" } as const;
  const invited = restate(ann, 1, "none", "pending");
  const parked = [pooled("p", 1, PARKS), grant(ann), keep(ann, 0, "parked")];
  const asleep = [pool("p", 1), pool("q", 1), grant(ann), keep(ann, -1, "parked")];
  const inQ = { ...ann, poolId: "q" };
  const cases: readonly (readonly [
    title: string,
    happenings: Happening[],
    found: string | null,
  ])[] =
    // prettier-ignore
    [
      ["nothing at all",                           [], null],
      ["a grant and its release",                  [pool("p", 1), grant(ann), release(ann), grant(bob)], null],
      ["a move to another pool",                   [pool("p", 1), pool("q", 1), grant(ann), release(ann), grant({ ...ann, poolId: "q" })], null],
      ["a changed tier, given back as that",       [pool("p", 1), grant(ann), retier(ann, "professional"), release({ ...ann, tier: "professional" })], null],
      ["a capacity lowered below the seats held",  [pool("p", 2), grant(ann), grant(bob), capacity("p", 2, 1), release(ann)], null],
      ["more capacity, then more seats",           [pool("p", 1), grant(ann), capacity("p", 1, 2), grant(bob)], null],
      ["other tiers later",                        [pool("p", 1, ["standard"]), { kind: "pool.changed", poolId: "p", details: { to: { tiers: ["professional"] } } }, grant({ ...ann, tier: "professional" })], null],
      ["a pool older than the chain: any tier",    [{ ...pool("p", 1), details: { capacity: 1 } }, grant({ ...ann, tier: "x" })], null],
      ["one seat too many",                        [pool("p", 1), grant(ann), grant(bob)], "3 oversold"],
      ["a seat while a lowered capacity is full",  [pool("p", 3), grant(ann), grant(bob), capacity("p", 3, 1), release(bob), grant(bob)], "6 oversold"],
      ["two seats of a product",                   [pool("p", 2), grant(ann), grant({ ...ann, seatId: "other" })], "3 twoSeats"],
      ["one seat given twice",                     [pool("p", 2), grant(ann), grant({ ...ann, userId: "bob" })], "3 twoSeats"],
      ["a release without a grant",                [pool("p", 1), release(ann)], "2 noGrant"],
      ["two releases of one grant",                [pool("p", 1), grant(ann), release(ann), release(ann)], "4 noGrant"],
      ["a release of somebody else's seat",        [pool("p", 1), grant(ann), release({ ...ann, userId: "bob" })], "3 noGrant"],
      ["a release in another tier",                [pool("p", 1), grant(ann), release({ ...ann, tier: "professional" })], "3 noGrant"],
      ["a changed tier that it did not have",      [pool("p", 1), grant(ann), retier({ ...ann, tier: "professional" }, "standard")], "3 noGrant"],
      ["a tier that the pool does not have",       [pool("p", 1), grant({ ...ann, tier: "gold" })], "2 tier"],
      ["a change to a tier that it does not have", [pool("p", 1), grant(ann), retier(ann, "gold")], "3 tier"],
      ["a pool that was never created",            [grant(ann)], "1 pool"],
      ["a pool of another product",                [{ ...pool("p", 1), product: "analytics" }, grant(ann)], "2 pool"],
      ["a pool created twice",                     [pool("p", 1), pool("p", 5)], "2 pool"],
      ["a capacity that was another before",       [pool("p", 1), capacity("p", 2, 9)], "2 pool"],
      ["no capacity",                              [{ ...pool("p", 1), details: { capacity: "many" } }], "1 pool"],
      ["a grant that counts nothing",              [pool("p", 1), { ...grant(ann), delta: 0 }], "2 delta"],
      ["a wait that counts",                       [{ delta: 1 }], "1 delta"],
      ["a seat above the capacity, as allowed",    [pooled("p", 1, EXTRA), grant(ann), grant(bob)], null],
      ["one seat above that",                      [pooled("p", 1, EXTRA), grant(ann), grant(bob), grant(seat("cem"))], "4 oversold"],
      ["half a seat above the capacity",           [pooled("p", 1, HALF), grant(ann), grant(bob)], "3 oversold"],
      ["half as many above the capacity",          [pooled("p", 2, HALF), grant(ann), grant(bob), grant(seat("cem"))], null],
      ["any number above the capacity",            [pooled("p", 0, { onFull: ["overage"], overage: { type: "unlimited" } }), grant(ann)], null],
      ["an overage that is not in the list",       [pooled("p", 1, { ...EXTRA, onFull: ["wait"] }), grant(ann), grant(bob)], "3 oversold"],
      ["an overage that came and went",            [pool("p", 1), repolicy("p", EXTRA), grant(ann), grant(bob), repolicy("p", {}), release(bob), grant(bob)], "7 oversold"],
      ["a pool that grows by itself",              [pooled("p", 1, GROWS), grant(ann), grown, grant(bob)], null],
      ["a pool that grows beyond its limit",       [pooled("p", 1, GROWS), capacity("p", 1, 3, "autoscaled")], "2 growth"],
      ["a pool that may not grow",                 [pooled("p", 1, { ...GROWS, onFull: ["wait"] }), grown], "2 growth"],
      ["a pool that shrinks by itself",            [pooled("p", 2, GROWS), capacity("p", 2, 1, "autoscaled")], "2 growth"],
      ["an invitation that is accepted",           [pool("p", 1), invited, resume(ann, 0, "pending"), release(ann)], null],
      ["an invitation that takes no seat",         [pooled("p", 0, { pendingReserves: false }), restate(ann, 0, "none", "pending")], null],
      ["an invitation that must take a seat",      [pool("p", 1), restate(ann, 0, "none", "pending")], "2 delta"],
      ["an invitation to a full pool",             [pool("p", 1), grant(bob), invited], "3 oversold"],
      ["an invitation to a tier it does not have", [pool("p", 1), { ...invited, tier: "gold" }], "2 tier"],
      ["an invitation beside a seat",              [pool("p", 2), grant(ann), { ...invited, seatId: "other" }], "3 twoSeats"],
      ["an invitation that is over and remembered", [pool("p", 1), invited, restate(ann, -1, "pending", "closed"), grant(bob), restate(ann, 0, "closed", "none")], null],
      ["a parked seat that comes back",            [...parked, resume(ann, 0, "parked")], null],
      ["a parked seat that counts twice",          [...parked, resume(ann, 1, "parked")], "4 delta"],
      ["a parked seat in a full pool",             [...parked, grant(bob)], "4 oversold"],
      ["a parked seat that ends",                  [...parked, restate(ann, -1, "parked", "none"), grant(bob)], null],
      ["a parked seat that ends twice",            [...parked, restate(ann, -1, "parked", "none"), restate(ann, -1, "parked", "none")], "5 noGrant"],
      ["a parked seat that was none",              [pool("p", 1), restate(ann, 0, "none", "parked")], "2 noGrant"],
      ["a parked seat that should take none",      [pool("p", 1), grant(ann), keep(ann, 0, "parked")], "3 delta"],
      ["a parked seat that should take one",       [pooled("p", 1, PARKS), grant(ann), keep(ann, -1, "parked")], "3 delta"],
      ["a seat that is taken over and remembered", [pooled("p", 1, PARKS), grant(ann), keep(ann, -1, "parked", DISPLACED), grant(bob)], null],
      ["a seat that is kept as nothing known",     [...parked.slice(0, 2), keep(ann, 0, "active")], "3 noGrant"],
      ["a suspended seat from a parked one",       [...parked, restate(ann, -1, "parked", "suspended"), resume(ann, 1, "suspended")], null],
      ["a state that it did not have",             [...parked, restate(ann, 0, "suspended", "parked")], "4 noGrant"],
      ["a seat made live by a change of state",    [...parked, restate(ann, 0, "parked", "active")], "4 noGrant"],
      ["a seat given again as if it was new",      [...parked, grant(ann)], "4 noGrant"],
      ["somebody else's parked seat given again",  [...parked, resume({ ...bob, seatId: ann.seatId }, 0, "parked")], "4 noGrant"],
      ["a second seat beside the parked one",      [pooled("p", 2, PARKS), ...parked.slice(1), grant({ ...ann, seatId: "other" })], "4 twoSeats"],
      ["a parked seat that comes back elsewhere",  [...asleep, resume(inQ, 1, "parked"), grant(bob)], null],
      ["one that took a place, elsewhere",         [...parked, pool("q", 1), resume(inQ, 1, "parked")], "5 noGrant"],
      ["one that gave its place back before that", [...parked, pool("q", 1), { ...release(ann), reason: "moved" }, grant(inQ)], null],
      ["a parked seat taken back like a live one", [...parked, release(ann)], "4 noGrant"],
      ["an entry of another organisation",         [pool("p", 1), { organisationId: "other" }], "2 foreign"],
    ];

  it.each(cases)("says of %s what is to be said", (_, happenings, found) => {
    const { fault } = check(chained(happenings));
    expect(fault === null ? null : `${String(fault.sequence)} ${fault.problem}`).toBe(found);
  });

  it("compares with the stored seats and counters of the same moment", () => {
    const lines = chained([pool("p", 3), grant(ann), grant(bob), release(ann)]);
    const held = {
      id: "seat-bob",
      userId: "bob",
      product: "support",
      poolId: "p",
      tier: "standard",
      state: "active",
      consumes: true,
    };
    const problem = (pools: object, seats: (typeof held)[], sequence = 4) => {
      const counts = { id: "p", capacity: 3, used: 1, ...pools };
      const verifier = new Verifier({ present: { sequence, pools: [counts], seats } });
      lines.every((line) => verifier.add(line));
      return verifier.report().fault?.problem ?? null;
    };
    expect(problem({}, [held])).toBeNull();
    expect(problem({ used: 2 }, [held])).toBe("counter");
    expect(problem({ capacity: 2 }, [held])).toBe("counter");
    expect(problem({}, [])).toBe("seats");
    expect(problem({}, [{ ...held, tier: "professional" }])).toBe("seats");
    expect(problem({}, [{ ...held, state: "parked" }])).toBe("seats");
    expect(problem({}, [{ ...held, consumes: false }])).toBe("seats");
    expect(problem({}, [held, { ...held, id: "more" }])).toBe("seats");
    expect(problem({ used: 2 }, [held], 3)).toBe("seats");
    expect(problem({}, [held], 5)).toBe("truncated");
  });

  it("is short enough to be read: 300 lines in all", () => {
    const folder = new URL("../../src/verify/", import.meta.url);
    const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
    expect(texts.join("").trimEnd().split("\n").length).toBeLessThanOrEqual(300);
  });

  it("makes of an entry the bytes and the hash that docs/ledger.md shows", () => {
    const text = readFileSync(new URL("../../docs/ledger.md", import.meta.url), "utf8");
    const [, exported = ""] = /^(\{"id".*\})$/m.exec(text) ?? [];
    const line = JSON.parse(exported) as Line;
    expect(check([line])).toEqual({
      entries: 1,
      head: anchorOf([line]),
      seatsHeld: 0,
      fault: null,
    });
    const { hash: _, sequence: __, ...fields } = line;
    expect(nextHead(NOTHING_YET, Object.values(fields))).toEqual(anchorOf([line]));
  });
});

describe("a ledger that was tampered with", () => {
  let state = 7;
  const lines = busyLedger(
    ENTRIES,
    () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647,
  );
  const place = fc.nat(ENTRIES - 1);
  /** The line again, with the hash that belongs to it where it stands: who forges can do that much. */
  const rehashed = (line: Line, previous: Line | undefined): Line => {
    const { hash: _, sequence: __, cause, details, ...plain } = line;
    const happening = { ...plain, cause: JSON.parse(cause), details: JSON.parse(details) };
    const [made] = chained(
      [happening as Happening],
      previous === undefined ? NOTHING_YET : anchorOf([previous]),
    );
    return { ...made!, sequence: line.sequence };
  };
  const FIELDS = Object.keys(lines[0]!) as (keyof Line)[];
  const edited = (line: Line, field: keyof Line, salt: number): Line => {
    const value = line[field];
    const text = String(value);
    const at = salt % text.length;
    const flipped = text.slice(0, at) + (text[at] === "7" ? "8" : "7") + text.slice(at + 1);
    const other =
      typeof value === "number" ? value + 1 + salt : value === null ? `x${String(salt)}` : flipped;
    return { ...line, [field]: other };
  };

  const whole = new Verifier({ expected: anchorOf(lines) });
  const checkpoints = lines.flatMap((line, index) => {
    const states = index % CHECKPOINT_EVERY === 0 ? [structuredClone(whole.state)] : [];
    whole.add(line);
    return states;
  });

  it("is whole before that", () => {
    expect(whole.report()).toMatchObject({ entries: ENTRIES, fault: null });
  });

  /** From the last checkpoint before that place. */
  function checkFrom(place: number, changed: readonly Line[]): Report {
    const index = Math.floor(place / CHECKPOINT_EVERY);
    const rest = changed.slice(index * CHECKPOINT_EVERY);
    return check(rest, anchorOf(lines), structuredClone(checkpoints[index]));
  }

  const mutation = fc.oneof(
    fc.record({
      do: fc.constant("edit" as const),
      at: place,
      field: fc.constantFrom(...FIELDS),
      salt: fc.nat(999),
    }),
    fc.record({ do: fc.constant("erase" as const), at: place, field: fc.constantFrom(...FIELDS) }),
    fc.record({
      do: fc.constant("forge" as const),
      at: place,
      salt: fc.integer({ min: 1, max: 99_999 }),
    }),
    fc.record({
      do: fc.constant("remove" as const),
      at: place,
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ do: fc.constant("insert" as const), at: place, from: place, fits: fc.boolean() }),
    fc.record({ do: fc.constant("swap" as const), at: place, with: place, renumber: fc.boolean() }),
  );

  it(`is found out: ${String(MUTATIONS)} edits, removals, insertions and swaps, and named where they begin`, () => {
    let runs = 0;
    fc.assert(
      fc.property(mutation, (move) => {
        const changed = [...lines];
        const { at } = move;
        const line = lines[at]!;
        let first = at;
        if (move.do === "edit") changed[at] = edited(line, move.field, move.salt);
        if (move.do === "erase") {
          changed[at] = Object.fromEntries(
            Object.entries(line).filter(([name]) => name !== move.field),
          ) as unknown as Line;
        }
        // The entry itself fits; the one behind it does not any more.
        if (move.do === "forge") {
          changed[at] = rehashed({ ...line, at: line.at + move.salt }, lines[at - 1]);
        }
        if (move.do === "remove") changed.splice(at, move.count);
        if (move.do === "insert") {
          const copy = { ...lines[move.from]!, sequence: line.sequence };
          changed.splice(at, 0, move.fits ? rehashed(copy, lines[at - 1]) : lines[move.from]!);
          if (!move.fits && move.from === at) first = at + 1;
        }
        if (move.do === "swap") {
          fc.pre(move.with !== at);
          const other = lines[move.with]!;
          changed[at] = move.renumber ? { ...other, sequence: line.sequence } : other;
          changed[move.with] = move.renumber ? { ...line, sequence: other.sequence } : line;
          first = Math.min(at, move.with);
        }
        const report = checkFrom(Math.min(at, first), changed);
        const { fault } = report;
        runs += 1;
        if (runs % (MUTATIONS / WHOLE) === 0) {
          expect(check(changed, anchorOf(lines))).toEqual(report);
        }
        const isLate = move.do === "forge" || (move.do === "insert" && move.fits);
        expect(fault).not.toBeNull();
        expect(fault!.sequence).toBeGreaterThanOrEqual(first + 1);
        expect(fault!.sequence).toBeLessThanOrEqual(first + (isLate ? 2 : 1));
      }),
      { numRuns: MUTATIONS },
    );
  }, 3_600_000);

  it("is found out without an anchor, too, unless the end was cut off or everything from some place on replaced", () => {
    const cut = lines.slice(0, -1);
    const replaced = [...cut, rehashed({ ...lines.at(-1)!, at: 1 }, cut.at(-1))];
    for (const forged of [cut, replaced]) {
      expect(check(forged).fault).toBeNull();
      expect(check(forged, anchorOf(lines)).fault).not.toBeNull();
    }
    expect(check(cut, anchorOf(lines)).fault?.problem).toBe("truncated");
    expect(check(replaced, anchorOf(lines)).fault?.problem).toBe("anchor");
    expect(check([], anchorOf(lines)).fault?.problem).toBe("truncated");
  });

  it("may have grown since: what was there before is the same", () => {
    expect(check(lines, anchorOf(lines.slice(0, 100))).fault).toBeNull();
  });
});
