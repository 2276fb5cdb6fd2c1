import { beforeEach, describe, expect, it } from "@jest/globals";
import { checkPolicy } from "../../src/actions/checkPolicy.js";
import { acquireSeat, releaseByApp, renewSeat } from "../../src/domain/byHand.js";
import type { LeaseAsked } from "../../src/domain/leases/borrowing.js";
import type { Pool, Seat } from "../../src/domain/directory.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { renewLeases } from "../../src/domain/leases/renewals.js";
import { faultIn } from "./books.js";
import { Scene } from "./scene.js";

/** Leases that are borrowed for work without a network: they live until a time that is agreed on beforehand. */

const HOUR = 3_600;
const DAY = 24 * HOUR;

let scene: Scene;
let pool: Pool;

function lease(capacity: number, policy: Partial<PoolPolicy> = {}): void {
  scene = new Scene();
  pool = scene.pool("desk", {
    kind: "concurrent",
    capacity,
    policy: { leaseSeconds: 600, maxBorrowSeconds: DAY, ...policy },
  });
}

beforeEach(() => {
  lease(1);
  scene.create("ann", "ben");
});

function acquire(userName: string, asked: LeaseAsked = {}, product = "support") {
  return scene.org.decide(
    (world, ctx) => acquireSeat(world, ctx, scene.org.idOf(userName), product, asked),
    { type: "app" },
  );
}

function borrow(userName: string, borrowSeconds: number, unit?: string): Seat {
  const verdict = acquire(userName, { borrowSeconds, ...(unit === undefined ? {} : { unit }) });
  if (!("ok" in verdict) || verdict.ok.type !== "held") {
    throw new Error(JSON.stringify(verdict));
  }
  return verdict.ok.seat;
}

function renew({ id, generation }: Seat) {
  return scene.org.decide((world, ctx) => renewSeat(world, ctx, id, generation), { type: "app" });
}

function giveBack({ id, generation }: Seat) {
  return scene.org.decide((world, ctx) => releaseByApp(world, ctx, id, generation), {
    type: "app",
  });
}

describe("a lease that is borrowed", () => {
  it("lives without renewal until the time that was asked for, and takes its seat until then", () => {
    const until = scene.org.now + 8 * HOUR * 1_000;
    expect(borrow("ann", 8 * HOUR)).toMatchObject({ expiresAt: until, borrowedUntil: until });

    scene.wait(8 * 60 - 1);
    expect(acquire("ben")).toEqual({ ok: { type: "none", reason: "PoolFull" } });
    scene.wait(1);
    expect(acquire("ben")).toMatchObject({ ok: { type: "held" } });
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it("is never cut short by a renewal or another acquire, by either way, and goes on beyond its end", () => {
    const lent = borrow("ann", HOUR);
    const until = lent.borrowedUntil ?? 0;
    scene.wait(1);
    const { now, pools, seats } = scene.org;
    const held = { now, timeZone: "UTC", pools: new Map(pools), seats: new Map(seats) };
    const ref = { seatId: lent.id, generation: lent.generation };
    const short = renewLeases(held, [ref]).renewed;
    expect(renew(lent)).toEqual({ ok: short[0] });
    expect(short).toMatchObject([{ expiresAt: until, lastUsedAt: now }]);

    expect(acquire("ann")).toMatchObject({ ok: { seat: { expiresAt: until, generation: 2 } } });
    scene.wait(55);
    const last = renew({ ...lent, generation: 2 });
    expect(last).toMatchObject({ ok: { expiresAt: scene.org.now + 600_000 } });
    expect(scene.org.now + 600_000).toBeGreaterThan(until);
  });

  it("is borrowed for longer by who asks again, and never for less", () => {
    const first = borrow("ann", 2 * HOUR);
    expect(borrow("ann", HOUR).borrowedUntil).toBe(first.borrowedUntil);
    scene.wait(60);
    const longer = borrow("ann", 3 * HOUR);
    expect(longer.borrowedUntil).toBe(scene.org.now + 3 * HOUR * 1_000);
    const told = scene.org.entries.filter(({ kind }) => kind === "lease.borrowed");
    expect(told).toMatchObject([
      { delta: 0, seatId: first.id, details: { until: first.borrowedUntil } },
      { delta: 0, seatId: first.id, details: { until: longer.borrowedUntil } },
    ]);
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  it("lives at least as long as any other lease", () => {
    const { expiresAt, borrowedUntil } = borrow("ann", 1);
    expect([expiresAt, borrowedUntil]).toEqual(Array(2).fill(scene.org.now + 600_000));
  });

  it("is free at once when it is given back, and does not linger", () => {
    lease(1, { lingerSeconds: 300 });
    scene.create("ann", "ben");
    const lent = borrow("ann", HOUR);
    scene.wait(5);
    giveBack(lent);
    expect(scene.org.seats.size).toBe(0);
    expect(acquire("ben")).toMatchObject({ ok: { type: "held" } });
    expect(renew(lent)).toHaveProperty("refused");
  });

  it("goes to who has waited first when it is given back", () => {
    lease(1, { onFull: ["wait"] });
    scene.create("ann", "ben");
    const lent = borrow("ann", HOUR);
    scene.signIn("ben");
    giveBack(lent);
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it.each<[string, () => unknown]>([
    ["deactivated", () => scene.deactivate("ann")],
    ["deleted", () => scene.delete("ann")],
    ["excluded", () => scene.give("ann", { kind: "exclusion", name: "support" })],
  ])("I13: ends as any lease when the person is %s", (_, act) => {
    const lent = borrow("ann", HOUR);
    act();
    expect(scene.holders(pool)).toEqual([]);
    expect(renew(lent)).toHaveProperty("refused");
    expect(acquire("ben")).toMatchObject({ ok: { type: "held" } });
  });

  it("stays above a capacity that was lowered, and no new one is given until there is room", () => {
    lease(2);
    scene.create("ann", "ben");
    borrow("ann", HOUR);
    acquire("ben");
    scene.change(pool, { capacity: 0 });
    scene.wait(59);
    expect(scene.holders(pool)).toContain("ann");
    expect(acquire("ben")).toMatchObject({ ok: { type: "none" } });
    expect(faultIn(scene.org, [{ ...pool }])).toBeNull();
  });

  it("is revived after its end like any other, as a lease of the usual length", () => {
    lease(1, { reviveSeconds: HOUR });
    scene.create("ann");
    const lent = borrow("ann", 2 * HOUR);
    scene.wait(150);
    const revived = renew(lent);
    expect(revived).toMatchObject({ ok: { id: lent.id, expiresAt: scene.org.now + 600_000 } });
    expect(revived).not.toHaveProperty("ok.borrowedUntil");
  });

  it("is forgotten as borrowed where the person gets a seat for good", () => {
    borrow("ann", HOUR);
    const named = scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
    scene.give("ann", { kind: "pool", name: "named" });
    const [seat] = [...scene.org.seats.values()];
    expect(seat).toMatchObject({ poolId: named.id, expiresAt: null });
    expect(seat).not.toHaveProperty("borrowedUntil");
  });

  it("is of one device, where each has a lease of its own", () => {
    lease(2, { leaseUnit: "device" });
    scene.create("ann");
    const lent = borrow("ann", HOUR, "laptop");
    const phone = acquire("ann", { unit: "phone" });
    scene.wait(11);
    acquire("ann", { unit: "desk" });
    const units = [...scene.org.seats.values()].map(({ unit }) => unit).sort();
    expect(units).toEqual(["desk", "laptop"]);
    expect(lent.unit).toBe("laptop");
    expect(phone).not.toHaveProperty("ok.seat.borrowedUntil");
  });
});

describe("what cannot be borrowed is refused by name, before anything is given", () => {
  const refused = (sentence: string) => ({
    ...{ refused: "InvalidValue", field: "borrowSeconds" },
    sentence: expect.stringContaining(sentence),
  });

  it("for longer than the pool lends", () => {
    expect(acquire("ann", { borrowSeconds: DAY + 1 })).toMatchObject(refused("86400"));
    expect(scene.org.seats.size).toBe(0);
    expect(acquire("ann", { borrowSeconds: DAY })).toMatchObject({ ok: { type: "held" } });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])("%d seconds", (borrowSeconds) => {
    expect(acquire("ann", { borrowSeconds })).toMatchObject(refused("1 or more"));
    expect(scene.org.seats.size).toBe(0);
  });

  it("where no pool lends at all", () => {
    lease(1, { maxBorrowSeconds: 0 });
    scene.create("ann");
    expect(acquire("ann", { borrowSeconds: 1 })).toMatchObject(refused("lends"));
  });

  it("for longer than the pool lends whose lease is held, although another one would", () => {
    const other = scene.pool("travel", {
      ...{ kind: "concurrent", capacity: 1, priority: 5 },
      policy: { maxBorrowSeconds: 7 * DAY },
    });
    acquire("ann");
    expect(acquire("ann", { borrowSeconds: 2 * DAY })).toMatchObject(refused("86400"));
    expect([scene.holders(pool), scene.holders(other)]).toEqual([["ann"], []]);
  });

  it("and a pool that lends for less is passed over for one that lends for long enough", () => {
    const other = scene.pool("travel", {
      ...{ kind: "concurrent", capacity: 1, priority: 5 },
      policy: { maxBorrowSeconds: 7 * DAY },
    });
    expect(borrow("ann", 2 * DAY)).toMatchObject({ poolId: other.id });
    // Of the two that would lend for so long one is full.
    expect(acquire("ben", { borrowSeconds: 2 * DAY })).toEqual({
      ok: { type: "none", reason: "PoolFull" },
    });
    expect(borrow("ben", DAY)).toMatchObject({ poolId: pool.id });
  });
});

it("who has a seat for good needs to borrow none, and gets it as it is", () => {
  const named = scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
  scene.give("ann", { kind: "pool", name: "named" });
  const seat = borrow("ann", DAY);
  expect(seat).toMatchObject({ poolId: named.id, expiresAt: null });
  expect(seat).not.toHaveProperty("borrowedUntil");
});

describe("maxBorrowSeconds", () => {
  it.each<[Pool["kind"], Partial<PoolPolicy>]>([
    ["locked", { maxBorrowSeconds: DAY }],
    ["shared", { maxBorrowSeconds: DAY }],
    ["concurrent", { maxBorrowSeconds: 600 }],
    ["concurrent", { maxBorrowSeconds: HOUR, leaseSeconds: HOUR }],
  ])("is refused for a %s pool with %j", (kind, policy) => {
    const whole = { ...defaultPolicy(kind), ...policy };
    expect(() => checkPolicy({ kind, capacity: 1, policy: whole })).toThrow(
      expect.objectContaining({ code: "InvalidValue", field: "policy.maxBorrowSeconds" }),
    );
  });
});
