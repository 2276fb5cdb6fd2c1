import { beforeEach, describe, expect, it } from "@jest/globals";
import { checkPolicy } from "../../src/actions/checkPolicy.js";
import { acquireSeat, releaseByApp, renewSeat } from "../../src/domain/byHand.js";
import type { Pool, Seat } from "../../src/domain/directory.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { renewLeases } from "../../src/domain/leases/renewals.js";
import { faultIn } from "./books.js";
import { Scene } from "./scene.js";

/** Leases that ran out because nobody renewed them, and come back by the renewal that was missed. */

let scene: Scene;
let pool: Pool;

/** Ten minutes of life, and five in which a late renewal counts. */
function lease(capacity: number, policy: Partial<PoolPolicy> = {}): void {
  scene = new Scene();
  pool = scene.pool("desk", {
    kind: "concurrent",
    capacity,
    policy: { leaseSeconds: 600, reviveSeconds: 300, ...policy },
  });
}

beforeEach(() => lease(1));

function heldBy(userName: string, unit?: string): Seat {
  const verdict = scene.org.decide(
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
  if (!("ok" in verdict) || verdict.ok.type !== "held") throw new Error(`${userName} has no seat`);
  return verdict.ok.seat;
}

function renew({ id, generation }: Pick<Seat, "id" | "generation">) {
  return scene.org.decide((world, ctx) => renewSeat(world, ctx, id, generation), { type: "app" });
}

function giveBack({ id }: Seat, generation?: number) {
  return scene.org.decide((world, ctx) => releaseByApp(world, ctx, id, generation), {
    type: "app",
  });
}

/** Something else happens to the organisation, so that what has ended is off the books. */
function look(): void {
  renew({ id: "nothing", generation: 1 });
}

const LOST = { refused: "LeaseLost" };

describe("a lease that ran out", () => {
  it.each([
    { what: "at once", minutes: 10, noticed: false },
    { what: "at once, although others have noticed its end", minutes: 10, noticed: true },
    { what: "in the last minute of the window", minutes: 14, noticed: true },
  ])("is revived $what, with its id and generation", ({ minutes, noticed }) => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(minutes);
    if (noticed) look();
    expect(scene.holders(pool)).toEqual(noticed ? [] : ["ann"]);

    const revived = renew(before);

    const { now } = scene.org;
    expect(revived).toMatchObject({
      ok: {
        ...{ id: before.id, generation: before.generation, poolId: pool.id, tier: before.tier },
        ...{ grantedAt: now, lastUsedAt: now, expiresAt: now + 600_000 },
        lastSignInAt: before.lastSignInAt,
      },
    });
    expect(scene.holders(pool)).toEqual(["ann"]);
    expect(scene.org.entries.slice(-2)).toMatchObject([
      { kind: "lease.expired", delta: -1, details: { to: "parked" } },
      { kind: "seat.granted", delta: 1, reason: "revived", details: { from: "parked" } },
    ]);
  });

  it("is not revived by default: a lease that ran out is over", () => {
    lease(1, { reviveSeconds: 0 });
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(10);
    expect(renew(before)).toMatchObject(LOST);
    expect(scene.org.seats.size).toBe(0);
  });

  it("is renewed like any other from then on, also by who asks again because the answer was lost", () => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    const first = renew(before);
    const again = renew(before);
    expect(again).toEqual(first);
    scene.wait(9);
    expect(renew(before)).toHaveProperty("ok");
    scene.wait(16);
    expect(renew(before)).toMatchObject(LOST);
  });

  it("takes no seat and gives no access meanwhile: whoever asks gets it, and it is lost for good", () => {
    scene.create("ann", "ben");
    const before = heldBy("ann");
    scene.wait(11);
    const other = heldBy("ben");

    expect(renew(before)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual(["ben"]);
    giveBack(other);
    // A refusal is final: the application has told the person.
    expect(renew(before)).toHaveProperty("refused");
    expect(scene.holders(pool)).toEqual([]);
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  it.each([15, 16, 600])(
    "is lost %d minutes after the last renewal, when its window is over",
    (minutes) => {
      scene.create("ann");
      const before = heldBy("ann");
      scene.wait(minutes);
      expect(renew(before)).toMatchObject(LOST);
      expect(renew(before)).toMatchObject({ refused: "NotFound" });
      expect(scene.org.seats.size).toBe(0);
    },
  );

  it("is forgotten after the window, whoever looks, and the books say so", () => {
    scene.create("ann");
    heldBy("ann");
    scene.wait(11);
    look();
    expect([...scene.org.seats.values()]).toMatchObject([{ kept: { consumes: false } }]);
    scene.wait(4);
    look();
    expect(scene.org.seats.size).toBe(0);
    expect(scene.org.entries.at(-1)).toMatchObject({
      ...{ kind: "seat.stateChanged", delta: 0, reason: "retentionOver" },
      details: { from: "parked", to: "none" },
    });
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  it.each([1, -1])("I20: is not revived by another generation (%d), and still by its own", (by) => {
    scene.create("ann");
    heldBy("ann");
    const before = heldBy("ann");
    scene.wait(11);
    expect(renew({ ...before, generation: before.generation + by })).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual([]);
    expect(renew(before)).toHaveProperty("ok");
  });

  it("I20: is not revived when the person has acquired anew: the new generation alone counts", () => {
    lease(2);
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    const anew = heldBy("ann");
    expect(anew).toMatchObject({ id: before.id, generation: before.generation + 1 });

    expect(renew(before)).toMatchObject(LOST);
    expect(renew(anew)).toHaveProperty("ok");
    giveBack(anew);
    expect(renew(before)).toHaveProperty("refused");
    expect(scene.holders(pool)).toEqual([]);
  });

  it("I20: is not revived when the person has a seat of another pool since", () => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    look();
    const named = scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
    scene.give("ann", { kind: "pool", name: "named" });

    expect(renew(before)).toMatchObject(LOST);
    expect([scene.holders(pool), scene.holders(named)]).toEqual([[], ["ann"]]);
    expect(faultIn(scene.org, [pool, named])).toBeNull();
  });

  it("is not revived after it was given back, with its generation or without", () => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    expect(giveBack(before, before.generation + 1)).toMatchObject(LOST);
    expect(giveBack(before, before.generation)).toHaveProperty("ok");
    expect(renew(before)).toMatchObject({ refused: "NotFound" });
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  it("counts as a use of that day, and as a seat from then on", () => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    let days: unknown[] = [];
    scene.org.decide(
      (world, ctx) => {
        const verdict = renewSeat(world, ctx, before.id, before.generation);
        days = [...world.changes().daysUsed];
        return verdict;
      },
      { type: "app" },
    );
    expect(days).toMatchObject([{ userId: before.userId, product: "support" }]);
  });

  it("never goes the short way of a renewal", () => {
    scene.create("ann");
    const { id: seatId, generation } = heldBy("ann");
    scene.wait(11);
    look();
    const { now, pools, seats } = scene.org;
    const held = { now, timeZone: "UTC", pools: new Map(pools), seats: new Map(seats) };
    expect(seats.has(seatId)).toBe(true);
    expect(renewLeases(held, [{ seatId, generation }]).renewed).toEqual([]);
  });

  it("is lost where the policy of today leaves less time", () => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    look();
    scene.change(pool, { policy: { reviveSeconds: 120 } });
    scene.wait(2);
    expect(renew(before)).toMatchObject(LOST);
  });
});

describe("a lease that ran out is owed to others first", () => {
  it("I10: to who waits, also when the list is served only now", () => {
    lease(1, { onFull: ["wait"] });
    scene.create("ann", "ben");
    const before = heldBy("ann");
    scene.signIn("ben");
    expect(scene.listed()).toEqual(["ben"]);
    scene.wait(11);

    expect(renew(before)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it("I10: whatever the priority of who comes late", () => {
    lease(2, { onFull: ["wait"], reservations: [{ group: "Sales", seats: 1 }] });
    scene.create("ann", "ben", "cem");
    scene.give("ann", { kind: "priority", name: "support", value: 9 });
    const before = heldBy("ann");
    scene.signIn("ben");
    scene.signIn("cem");
    expect(scene.listed()).toEqual(["ben", "cem"]);
    scene.wait(11);
    expect(renew(before)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it("I11: to the members of a group for whom seats are reserved, unless one of them comes", () => {
    lease(2);
    scene.create("ann", "ben");
    const sales = scene.group("Sales");
    const [ann, ben] = [heldBy("ann"), heldBy("ben")];
    scene.change(pool, { policy: { reservations: [{ group: "Sales", seats: 2 }] } });
    scene.join(sales, "ben");
    scene.wait(11);

    expect(renew(ann)).toMatchObject(LOST);
    expect(renew(ben)).toHaveProperty("ok");
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it("I1: to nobody at all where fewer seats were bought meanwhile", () => {
    lease(2);
    scene.create("ann", "ben");
    const [ann, ben] = [heldBy("ann"), heldBy("ben")];
    scene.wait(9);
    renew(ben);
    scene.change(pool, { capacity: 1 });
    scene.wait(2);
    expect(renew(ann)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual(["ben"]);
  });

  it.each([
    { onFull: ["overage"], overage: { type: "unlimited" } },
    { onFull: ["autoscale"], autoscaleMax: 9 },
  ] as const)("and nothing is bought or overdrawn for it: $onFull", (policy) => {
    lease(1, policy);
    scene.create("ann", "ben");
    const before = heldBy("ann");
    scene.wait(11);
    heldBy("ben");
    expect(renew(before)).toMatchObject(LOST);
    expect([scene.holders(pool), scene.capacityOf(pool)]).toEqual([["ben"], 1]);
  });

  it("and who has asked anew and waits is served by that", () => {
    lease(1, { onFull: ["wait"] });
    scene.create("ann", "ben");
    const before = heldBy("ann");
    scene.wait(11);
    const other = heldBy("ben");
    scene.signIn("ann");
    expect(scene.listed()).toEqual(["ann"]);
    giveBack(other);
    expect(scene.holders(pool)).toEqual(["ann"]);
    expect(renew(before)).toMatchObject(LOST);
    expect(faultIn(scene.org, [pool])).toBeNull();
  });
});

describe("I13: a lease that ran out is not revived for who may have no seat", () => {
  it.each<[string, () => unknown]>([
    ["deactivated", () => scene.deactivate("ann")],
    ["deleted", () => scene.delete("ann")],
    ["excluded", () => scene.give("ann", { kind: "exclusion", name: "support" })],
    ["deactivated and activated again", () => [scene.deactivate("ann"), scene.activate("ann")]],
  ])("%s meanwhile", (_, act) => {
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    look();
    act();
    expect(renew(before)).toHaveProperty("refused");
    expect(scene.holders(pool)).toEqual([]);
    expect(scene.org.seats.size).toBe(0);
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  it.each(["sameIfFree", "headOfList"] as const)(
    "and nothing of it is suspended, to come back by itself: %s",
    (resume) => {
      lease(1, { resume });
      scene.create("ann");
      heldBy("ann");
      scene.wait(11);
      look();
      scene.deactivate("ann");
      expect(scene.org.seats.size).toBe(0);
      scene.activate("ann");
      expect([scene.org.seats.size, scene.listed()]).toEqual([0, []]);
    },
  );

  it("who lost the claim, and may be entitled again only by a new one", () => {
    lease(1, { acquireOn: "manual" });
    scene.create("ann");
    scene.give("ann", { kind: "pool", name: "desk" });
    const before = heldBy("ann");
    scene.wait(11);
    look();
    scene.take("ann", { kind: "pool", name: "desk" });
    expect(renew(before)).toHaveProperty("refused");
    expect(scene.holders(pool)).toEqual([]);
  });

  it("of whom it is not known which tier would be right, although anybody may come", () => {
    lease(1, { eligibility: "anyone" });
    scene.create("ann");
    const before = heldBy("ann");
    scene.wait(11);
    scene.give("ann", { kind: "tierFloor", name: "support", value: "professional" });
    scene.give("ann", { kind: "tierCeiling", name: "support", value: "standard" });
    expect(renew(before)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual([]);
  });

  it("and gets the tier that is needed today", () => {
    lease(1, {});
    scene.change(pool, { tiers: ["standard", "professional"] });
    scene.create("ann");
    const before = heldBy("ann");
    expect(before.tier).toBe("standard");
    scene.wait(11);
    look();
    scene.give("ann", { kind: "permission", name: "reports" });
    expect(renew(before)).toMatchObject({ ok: { tier: "professional" } });
    expect(faultIn(scene.org, [{ ...pool, tiers: ["standard", "professional"] }])).toBeNull();
  });
});

describe("leases of sessions and devices that ran out", () => {
  beforeEach(() => lease(2, { leaseUnit: "device" }));

  it("are revived each for itself, as long as there is room", () => {
    scene.create("ann", "ben");
    const [desk, phone] = [heldBy("ann", "desk"), heldBy("ann", "phone")];
    scene.wait(11);
    heldBy("ben", "tablet");

    expect(renew(phone)).toMatchObject({ ok: { id: phone.id, unit: "phone" } });
    expect(renew(desk)).toMatchObject(LOST);
    expect(scene.org.seats.size).toBe(2);
    expect(faultIn(scene.org, [pool])).toBeNull();
  });

  // What is kept of a device's lease was taken for a place that was held.
  it("need a free seat when they are acquired anew, too", () => {
    lease(1, { leaseUnit: "device" });
    scene.create("ann", "ben");
    const before = heldBy("ann", "desk");
    scene.wait(11);
    heldBy("ben", "tablet");
    expect(() => heldBy("ann", "desk")).toThrow("no seat");
    expect(renew(before)).toMatchObject(LOST);
  });

  it("are not, once the person has got another seat by asking", () => {
    scene.create("ann");
    const before = heldBy("ann", "desk");
    scene.wait(11);
    look();
    const shared = scene.pool("shared", { kind: "shared", capacity: 1 });
    expect(heldBy("ann", "desk")).toMatchObject({ poolId: shared.id });
    expect(renew(before)).toMatchObject(LOST);
    expect(scene.holders(pool)).toEqual([]);
  });

  it("are not, once the person has a seat for good", () => {
    scene.create("ann");
    const before = heldBy("ann", "desk");
    scene.wait(11);
    look();
    scene.pool("named", { capacity: 1, policy: { acquireOn: "manual" } });
    scene.give("ann", { kind: "pool", name: "named" });
    expect(renew(before)).toHaveProperty("refused");
    expect(scene.holders(pool)).toEqual([]);
  });
});

describe("reviveSeconds", () => {
  it.each<[Pool["kind"], Partial<PoolPolicy>]>([
    ["locked", {}],
    ["shared", {}],
    ["concurrent", { parkedConsumes: true }],
  ])("is refused for a %s pool with %j", (kind, policy) => {
    const whole = { ...defaultPolicy(kind), reviveSeconds: 60, ...policy };
    expect(() => checkPolicy({ kind, capacity: 1, policy: whole })).toThrow(
      expect.objectContaining({ code: "InvalidValue", field: "policy.reviveSeconds" }),
    );
  });
});
