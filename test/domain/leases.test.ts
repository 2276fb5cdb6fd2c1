import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkPolicy } from "../../src/actions/checkPolicy.js";
import { acquireSeat, releaseByApp, renewSeat } from "../../src/domain/byHand.js";
import type { Pool, Seat } from "../../src/domain/directory.js";
import { evaluate } from "../../src/domain/evaluate.js";
import { eraseUser } from "../../src/domain/people/removal.js";
import { renewLeases } from "../../src/domain/leases/renewals.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { World } from "../../src/domain/world.js";
import { faultIn } from "./books.js";
import { Scene } from "./scene.js";

/** Leases of concurrent pools: renewed, given back, kept for a moment, run out; and who gets them then. */

let scene: Scene;
let pool: Pool;

beforeEach(() => {
  scene = new Scene();
});

function lease(capacity: number, policy: Partial<PoolPolicy> = {}): void {
  pool = scene.pool("desk", {
    kind: "concurrent",
    capacity,
    policy: { onFull: ["wait"], leaseSeconds: 600, ...policy },
  });
}

function seatOf(userName: string): Seat {
  const id = scene.org.idOf(userName);
  const seat = [...scene.org.seats.values()].find(({ userId }) => userId === id);
  if (seat === undefined) throw new Error(`${userName} has no seat`);
  return seat;
}

function renew({ id, generation }: Seat) {
  return scene.org.decide((world, ctx) => renewSeat(world, ctx, id, generation), { type: "app" });
}

function release({ id }: Seat, generation?: number) {
  return scene.org.decide((world, ctx) => releaseByApp(world, ctx, id, generation), {
    type: "app",
  });
}

it("who got the awaited seat of a pool that was named, and gives for sign-ins only, waits for nothing more", () => {
  lease(1);
  scene.create("ann", "ben");
  for (const name of ["ann", "ben"]) scene.give(name, { kind: "pool", name: "desk" });
  scene.signIn("ann");
  expect(scene.signIn("ben")).toMatchObject({ type: "waiting" });
  const { id } = seatOf("ann");
  scene.org.decide((world, ctx) => releaseByApp(world, ctx, id));
  expect([scene.holders(pool), scene.listed()]).toEqual([["ben"], []]);
});

describe("leases", () => {
  it.each([
    ["deleted", () => scene.delete("ann")],
    [
      "erased",
      () =>
        scene.org.decide((world, ctx) =>
          eraseUser(world, ctx, { id: scene.org.idOf("ann"), userName: "ann" }),
        ),
    ],
  ])("end at their time, also where the holder is %s before anybody noticed", (_, remove) => {
    lease(1);
    scene.create("ann");
    scene.signIn("ann");
    const { expiresAt } = seatOf("ann");
    scene.wait(60);

    remove();

    expect(scene.lastEntry("seat.released")).toBeUndefined();
    expect(scene.lastEntry("lease.expired")).toMatchObject({
      details: { expiredAt: expiresAt },
      cause: { type: "timer", action: "lease.expired" },
    });
    expect(scene.holders(pool)).toEqual([]);
  });

  it("rules 98 and 104: five work at a time, the sixth is served when one of them leaves", () => {
    lease(5);
    const staff = ["ann", "ben", "cem", "dan", "eva", "fay"];
    scene.create(...staff);
    for (const name of staff) scene.signIn(name);

    expect(scene.holders(pool)).toEqual(staff.slice(0, 5));
    expect(scene.listed()).toEqual(["fay"]);
    release(seatOf("cem"));
    expect(scene.holders(pool)).toEqual(["ann", "ben", "dan", "eva", "fay"]);
  });

  it("rule 100: each person keeps a lease and a history of their own, however often seats are shared", () => {
    lease(1);
    scene.create("ann", "ben");
    scene.signIn("ann");
    release(seatOf("ann"));
    scene.signIn("ben");

    const granted = scene.org.entries.filter(({ kind }) => kind === "seat.granted");
    expect(granted.map(({ userId }) => scene.nameOf(userId))).toEqual(["ann", "ben"]);
  });

  it("I20: are renewed by the newest generation alone, and given back by an older one never, if it says which it is", () => {
    lease(1);
    scene.create("ann");
    scene.signIn("ann");
    const first = seatOf("ann");
    scene.signIn("ann");
    const second = seatOf("ann");

    expect(second.generation).toBe(first.generation + 1);
    expect(renew(first)).toMatchObject({ refused: "LeaseLost" });
    expect(release(first, first.generation)).toMatchObject({ refused: "LeaseLost" });
    expect(scene.holders(pool)).toEqual(["ann"]);
    expect(renew(second)).toMatchObject({ ok: { generation: second.generation } });
    expect(release(second, second.generation)).toHaveProperty("ok");
    expect(scene.holders(pool)).toEqual([]);
  });

  // A renewal took what had run out off the books without a look at the list, and nothing looked at it again.
  it.each<[string, () => unknown]>([
    ["renews another lease", () => renew(seatOf("eva"))],
    ["renews with an old generation", () => renew({ ...seatOf("eva"), generation: 0 })],
    ["renews a lease that ran out", () => renew(seatOf("ann"))],
    ["gives back what cannot be given back", () => release(seatOf("lea"))],
    ["gives back with an old generation", () => release(seatOf("eva"), 0)],
  ])(
    "I26: that ran out go to who waits, also when all that happens is that somebody %s",
    (_, act) => {
      lease(2);
      scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
      scene.create("ann", "ben", "eva", "lea");
      scene.give("lea", { kind: "pool", name: "named" });
      scene.signIn("ann");
      scene.wait(5);
      scene.signIn("eva");
      scene.signIn("ben");
      expect(scene.listed()).toEqual(["ben"]);
      scene.wait(6);

      act();

      expect(scene.holders(pool)).toEqual(["ben", "eva"]);
      expect(scene.listed()).toEqual([]);
    },
  );

  it("I26: that end all at once, more than a request's part of the list: the rest is marked in the same commit", () => {
    lease(5);
    const staff = Array.from({ length: 9 }, (_, n) => `u${String(n)}`);
    scene.create(...staff);
    for (const name of staff) scene.signIn(name);
    expect(scene.listed()).toEqual(["u5", "u6", "u7", "u8"]);
    scene.wait(11);

    const whole = scene.org.snapshot();
    const first = (whole.waiting.get(pool.id) ?? []).slice(0, 2);
    const part = { waiting: new Map([[pool.id, first]]), cut: new Set([pool.id]) };
    const world = new World({ ...whole, ...part });
    const cause = { type: "app", action: "seat.renewed", actor: "test", requestId: null } as const;
    const { catalogue, nextId } = scene.org;
    renewSeat(world, { catalogue, cause, nextId }, seatOf("u0").id, 1);
    scene.org.apply(world.changes());

    expect(scene.holders(pool)).toEqual(["u5", "u6"]);
    expect([...scene.org.stale].map((id) => scene.nameOf(id))).toEqual(["u5"]);
    scene.org.decide((again, ctx) => evaluate(again, ctx, again.stale));
    expect(scene.holders(pool)).toEqual(["u5", "u6", "u7", "u8"]);
  });

  it("linger: what was given back is kept for the same person for a moment, and for nobody else", () => {
    lease(1, { lingerSeconds: 120 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    const before = seatOf("ann");
    release(before);
    expect(scene.holders(pool)).toEqual([]);
    scene.signIn("ben");
    expect(scene.listed()).toEqual(["ben"]);
    scene.wait(1);

    scene.signIn("ann");

    expect(seatOf("ann")).toMatchObject({ id: before.id, generation: before.generation + 1 });
    expect(scene.holders(pool)).toEqual(["ann"]);
    expect(renew(before)).toMatchObject({ refused: "LeaseLost" });
  });

  it("linger: after its time the seat is free, for who has waited first", () => {
    lease(1, { lingerSeconds: 120 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    const before = seatOf("ann");
    release(before);
    scene.signIn("ben");
    scene.wait(2);

    scene.signIn("ann");

    expect(scene.holders(pool)).toEqual(["ben"]);
    expect(scene.listed()).toEqual(["ann"]);
  });

  it.each([
    { parkedSeconds: 3_600, state: "parked", consumes: false },
    { parkedConsumes: true, state: "parked", consumes: true },
  ])(
    "linger: becomes what a lease is that was given back: %j",
    ({ state, consumes, ...policy }) => {
      lease(1, { lingerSeconds: 120, ...policy });
      scene.create("ann", "ben");
      scene.signIn("ann");
      release(seatOf("ann"));
      scene.wait(3);

      scene.signIn("ben");

      expect(seatOf("ann").kept).toMatchObject({ state, consumes });
      expect(scene.holders(pool)).toEqual(consumes ? [] : ["ben"]);
    },
  );

  it("I13: linger for nobody who is deactivated or deleted meanwhile", () => {
    lease(1, { lingerSeconds: 600 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    release(seatOf("ann"));
    scene.signIn("ben");
    expect(scene.listed()).toEqual(["ben"]);

    scene.deactivate("ann");

    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it("Q18: end by being given back, with their claim, or when nobody has renewed them for so long, and not while somebody does", () => {
    lease(3, { leaseSeconds: 600 });
    scene.create("ann", "ben", "cem");
    for (const name of ["ann", "ben", "cem"]) scene.signIn(name);
    for (let hour = 0; hour < 6; hour += 1) {
      scene.wait(9);
      for (const name of ["ann", "ben", "cem"]) expect(renew(seatOf(name))).toHaveProperty("ok");
    }
    expect(scene.holders(pool)).toEqual(["ann", "ben", "cem"]);

    release(seatOf("ann"));
    expect(scene.holders(pool)).toEqual(["ben", "cem"]);
    scene.give("ben", { kind: "exclusion", name: "support" });
    expect(scene.holders(pool)).toEqual(["cem"]);
    scene.wait(10);
    expect(renew(seatOf("cem"))).toMatchObject({ refused: "LeaseLost" });
    expect(scene.holders(pool)).toEqual([]);
  });

  it("I20: go on by the short way exactly where the long way lets them, with the same end and the same days of use", () => {
    const asked = fc.record({
      who: fc.nat(3),
      minutes: fc.constantFrom(0, 1, 9, 10, 11, 700),
      older: fc.boolean(),
      before: fc.constantFrom("signIn", "release", "nothing"),
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 20 }), (acts) => {
        scene = new Scene();
        lease(3, { lingerSeconds: 120 });
        const staff = ["ann", "ben", "cem", "dan"];
        scene.create(...staff);
        staff.forEach((name) => scene.signIn(name));
        for (const { who, minutes, older, before } of acts) {
          const name = staff[who] ?? "";
          if (before === "signIn") scene.signIn(name);
          const id = scene.org.idOf(name);
          const seat = [...scene.org.seats.values()].find(({ userId }) => userId === id);
          if (seat === undefined) continue;
          if (before === "release") release(seat);
          scene.wait(minutes);
          const ref = { seatId: seat.id, generation: seat.generation - (older ? 1 : 0) };
          const held = {
            ...{ now: scene.org.now, timeZone: "UTC" },
            ...{ pools: new Map(scene.org.pools), seats: new Map(scene.org.seats) },
          };
          const short = renewLeases(held, [ref, ref]);
          let days: unknown;
          const long = scene.org.decide((world, ctx) => {
            const verdict = renewSeat(world, ctx, ref.seatId, ref.generation);
            days = world.changes().daysUsed;
            return verdict;
          });
          expect(short.renewed).toEqual("ok" in long ? [long.ok] : []);
          expect(short.daysUsed).toEqual(days);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("that run out do not linger: nobody gave them back", () => {
    lease(1, { lingerSeconds: 600 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    scene.wait(11);

    scene.signIn("ben");

    expect(scene.holders(pool)).toEqual(["ben"]);
  });
});

describe("the times of a lease", () => {
  const check = (kind: Pool["kind"], policy: Partial<PoolPolicy>) => () =>
    checkPolicy({ kind, capacity: 1, policy: { ...defaultPolicy(kind), ...policy } });

  it("leave room for one renewal that is lost: twice the heartbeat and the drift", () => {
    const promised = { heartbeatSeconds: 60, driftSeconds: 10 };

    expect(check("concurrent", { ...promised, leaseSeconds: 130 })).not.toThrow();
    expect(check("concurrent", { ...promised, leaseSeconds: 129 })).toThrow(
      expect.objectContaining({ code: "InvalidValue", field: "policy.leaseSeconds" }),
    );
    expect(check("concurrent", { leaseSeconds: 10 })).not.toThrow();
  });

  it.each(["heartbeatSeconds", "lingerSeconds"] as const)("%s is for leases alone", (field) => {
    expect(check("locked", { [field]: 60 })).toThrow(
      expect.objectContaining({ field: `policy.${field}` }),
    );
  });
});

describe("Q16, Q17: leases of sessions and devices", () => {
  const acquire = (userName: string, unit?: string) =>
    scene.org.decide(
      (world, ctx) =>
        acquireSeat(
          world,
          ctx,
          scene.org.idOf(userName),
          "support",
          unit === undefined ? {} : { unit },
        ),
      { type: "app" },
    );
  const units = () => [...scene.org.seats.values()].map(({ unit }) => unit ?? "").sort();

  beforeEach(() => {
    lease(2, { onFull: [], leaseUnit: "device" });
    scene.create("ann", "ben");
  });

  it("I1: take a seat each, and the pool is full when as many are held", () => {
    expect(acquire("ann", "desk")).toMatchObject({ ok: { type: "held", seat: { unit: "desk" } } });
    expect(acquire("ann", "phone")).toMatchObject({ ok: { seat: { unit: "phone" } } });

    expect(acquire("ann", "tablet")).toEqual({ ok: { type: "none", reason: "PoolFull" } });
    expect(acquire("ben", "desk")).toEqual({ ok: { type: "none", reason: "PoolFull" } });
    expect(units()).toEqual(["desk", "phone"]);
  });

  it("I2, I20: a unit has one lease, and only its newest generation is renewed", () => {
    acquire("ann", "desk");
    const first = seatOf("ann");
    expect(acquire("ann", "desk")).toMatchObject({ ok: { seat: { id: first.id, generation: 2 } } });

    expect(renew(first)).toMatchObject({ refused: "LeaseLost" });
    acquire("ann", "phone");
    expect(renew({ ...first, generation: 2 })).toHaveProperty("ok");
  });

  it("are not for a request that does not say for which one it is", () => {
    expect(acquire("ann")).toMatchObject({ refused: "InvalidValue", field: "unit" });
    expect(units()).toEqual([]);
  });

  it("linger for the same unit alone", () => {
    scene.change(pool, { capacity: 1, policy: { lingerSeconds: 120 } });
    acquire("ann", "desk");
    const before = seatOf("ann");
    release(before);

    expect(acquire("ann", "phone")).toEqual({ ok: { type: "none", reason: "PoolFull" } });
    expect(acquire("ann", "desk")).toMatchObject({ ok: { seat: { id: before.id } } });
    release(seatOf("ann"));
    scene.wait(3);
    expect(acquire("ann", "phone")).toMatchObject({ ok: { type: "held" } });
    expect(units()).toEqual(["phone"]);
  });

  it.each<[string, () => unknown]>([
    ["deactivated", () => scene.deactivate("ann")],
    ["excluded", () => scene.give("ann", { kind: "exclusion", name: "support" })],
    ["deleted", () => scene.delete("ann")],
  ])("I13: all end when the person is %s", (_, act) => {
    acquire("ann", "desk");
    acquire("ann", "phone");
    expect(units()).toEqual(["desk", "phone"]);

    act();

    expect(units()).toEqual([]);
    expect(acquire("ben", "desk")).toMatchObject({ ok: { type: "held" } });
  });

  it("I2: end when the person gets a seat for good, which is enough everywhere", () => {
    acquire("ann", "desk");
    acquire("ann", "phone");
    const named = scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
    scene.give("ann", { kind: "pool", name: "named" });

    expect(scene.holders(pool)).toEqual([]);
    expect(acquire("ann", "desk")).toMatchObject({ ok: { seat: { poolId: named.id } } });
  });

  it("get the tier that the person needs, and follow it", () => {
    scene.change(pool, { tiers: ["standard", "professional"] });
    acquire("ann", "desk");
    acquire("ann", "phone");

    scene.give("ann", { kind: "permission", name: "reports" });

    expect([...scene.org.seats.values()].map(({ tier }) => tier)).toEqual([
      "professional",
      "professional",
    ]);
  });

  it.each([
    { onFull: ["wait"] },
    { onFull: ["restricted"] },
    { onFull: ["fallbackTier"] },
  ] as const)("wait in no list: %j is refused", ({ onFull }) => {
    const policy = { ...defaultPolicy("concurrent"), leaseUnit: "session", onFull } as const;

    expect(() => checkPolicy({ kind: "concurrent", capacity: 1, policy })).toThrow(
      expect.objectContaining({ field: "policy.leaseUnit" }),
    );
  });

  it("leave books in which all is in order", () => {
    acquire("ann", "desk");
    acquire("ann", "phone");
    release(seatOf("ann"));
    acquire("ben", "desk");
    scene.deactivate("ann");

    expect(faultIn(scene.org, [pool])).toBeNull();
  });
});
