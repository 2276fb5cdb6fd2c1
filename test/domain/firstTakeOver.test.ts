import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { acquireSeat } from "../../src/domain/byHand.js";
import type { Id, Pool, Seat, Timestamp, User } from "../../src/domain/directory.js";
import { firstTakeOver } from "../../src/domain/seats/firstTakeOver.js";
import { takeOverWords } from "../../src/domain/answers/fullWords.js";
import type { PoolPolicy } from "../../src/domain/pools/policy.js";
import type { Snapshot } from "../../src/domain/snapshot.js";
import { World } from "../../src/domain/world.js";
import { Scene } from "./scene.js";

/** Who waits is told when the first holder can be displaced. */

const CTX_CAUSE = { type: "app", action: "test", actor: "test", requestId: null } as const;

/** As the store gives it: one person, and every seat of the pool, whether its turn has come or not. */
function soonest(scene: Scene, pool: Pool, awake: ReadonlySet<Id> = new Set()): Snapshot {
  const seats = [...scene.org.seats.values()].filter(
    ({ poolId, kept, userId }) => poolId === pool.id && kept === undefined && !awake.has(userId),
  );
  return { ...scene.org.snapshot(), evictable: new Map([[pool.id, seats]]) };
}

function timeFor(scene: Scene, pool: Pool, name: string, awake?: ReadonlySet<Id>) {
  let made = 0;
  const ctx = {
    catalogue: scene.org.catalogue,
    cause: CTX_CAUSE,
    nextId: () => `then-${String((made += 1))}`,
  };
  return firstTakeOver(soonest(scene, pool, awake), ctx, scene.org.idOf(name), "support");
}

const MINUTE = 60_000;

function shared(capacity: number, policy: Partial<PoolPolicy> = {}): [Scene, Pool] {
  const scene = new Scene();
  const pool = scene.pool("desk", {
    kind: "shared",
    capacity,
    policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"], ...policy },
  });
  return [scene, pool];
}

describe("the time when the first seat can be taken over", () => {
  it("is when minHold of the oldest grant ends", () => {
    const [scene, pool] = shared(2, { minHoldSeconds: 3_600 });
    scene.create("ann", "ben", "cem");
    scene.signIn("ann");
    const from = scene.org.now;
    scene.wait(10);
    scene.signIn("ben");
    scene.wait(10);
    expect(scene.signIn("cem").type).toBe("waiting");

    expect(timeFor(scene, pool, "cem")).toBe(from + 60 * MINUTE);
  });

  it("is when minIdle of the last use ends", () => {
    const [scene, pool] = shared(1, { minIdleSeconds: 600 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    scene.wait(5);
    scene.signIn("ann");
    const used = [...scene.org.seats.values()][0]!.lastUsedAt;

    expect(scene.signIn("ben").type).toBe("waiting");

    expect(timeFor(scene, pool, "ben")).toBe(used + 10 * MINUTE);
  });

  it("is when the asker's own cool-down ends, whoever could lose a seat before", () => {
    const [scene, pool] = shared(1, { coolDownSeconds: 1_800 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    scene.wait(1);
    scene.signIn("ben");
    const lost = scene.org.now;
    scene.wait(1);
    expect(scene.signIn("ann").type).toBe("waiting");

    expect(timeFor(scene, pool, "ann")).toBe(lost + 30 * MINUTE);
  });

  it("is when the day ends in which the holder has lost enough", () => {
    const [scene, pool] = shared(1, { maxEvictionsPerDay: 1 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    scene.wait(1);
    scene.signIn("ben");
    const lost = scene.org.now;
    scene.wait(1);
    scene.signIn("ann");
    scene.wait(1);
    expect(scene.holders()).toEqual(["ann"]);
    expect(scene.signIn("ben").type).toBe("waiting");

    expect(timeFor(scene, pool, "ben")).toBe(lost + 24 * 60 * MINUTE);
  });

  it("is now where the turn of somebody has come meanwhile", () => {
    const [scene, pool] = shared(1, { minHoldSeconds: 60 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    scene.signIn("ben");
    scene.wait(2);

    expect(timeFor(scene, pool, "ben")).toBe(scene.org.now);
  });

  it("is not said where it depends on somebody's session, a reservation, or a window of grace", () => {
    const running = shared(1, { protectRunningSession: true });
    running[0].create("ann", "ben");
    running[0].signIn("ann");
    const awake = new Set([running[0].org.idOf("ann")]);
    expect(timeFor(...running, "ben", awake)).toBeNull();

    const reserved = shared(1, { reservations: [{ group: "Sales", seats: 1 }] });
    reserved[0].create("ann", "ben");
    reserved[0].join(reserved[0].group("Sales"), "ann");
    reserved[0].signIn("ann");
    expect(timeFor(...reserved, "ben")).toBeNull();

    const graced = shared(1);
    graced[0].create("ann", "ben");
    graced[0].signIn("ann");
    const [seat] = graced[0].org.seats.values();
    graced[0].org.seats.set(seat!.id, {
      ...seat!,
      expiresAt: graced[0].org.now + MINUTE,
      grace: { reason: "reclaimed", since: graced[0].org.now },
    });
    expect(timeFor(...graced, "ben")).toBeNull();
  });

  it("is not said to who may take over none, holds one, or has no claim", () => {
    const [scene, pool] = shared(1, {
      onFullByGroup: [{ group: "Interns", onFull: ["wait"] }],
    });
    scene.create("ann", "ben", "cem");
    scene.join(scene.group("Interns"), "ben");
    scene.signIn("ann");
    scene.wait(1);
    scene.give("cem", { kind: "exclusion", name: "support" });

    expect(timeFor(scene, pool, "ben")).toBeNull();
    expect(timeFor(scene, pool, "ann")).toBeNull();
    expect(timeFor(scene, pool, "cem")).toBeNull();
  });

  it("is not said where seats that were not read may come first", () => {
    const [scene, pool] = shared(1, { minHoldSeconds: 600 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    const snapshot = soonest(scene, pool);
    const ctx = { catalogue: scene.org.catalogue, cause: CTX_CAUSE, nextId: scene.org.nextId };
    const at = scene.org.now + 10 * MINUTE;
    const read = (unreadFrom: Timestamp) =>
      firstTakeOver(
        { ...snapshot, unreadFrom: new Map([[pool.id, unreadFrom]]) },
        ctx,
        scene.org.idOf("ben"),
        "support",
      );

    expect(read(at)).toBe(at);
    expect(read(at - 1)).toBeNull();
  });

  it("is told in the organisation's time zone, to the minute that is not too early", () => {
    const now = Date.UTC(2026, 2, 1, 12, 0);
    const say = (at: number, timeZone = "UTC") => takeOverWords(at, { now, timeZone });

    expect(say(Date.UTC(2026, 2, 1, 14, 4, 1))).toBe(
      "The first seat can be taken over from 14:05 UTC on if nobody gives one back before.",
    );
    expect(say(Date.UTC(2026, 2, 1, 23, 30), "Europe/Vienna")).toContain(
      "from 2026-03-02 00:30 (Europe/Vienna) on",
    );
    expect(say(now)).toBe("A seat can be taken over now, by signing in.");
  });
});

// ---------------------------------------------------------------------------------------------------------------
// Against the sign-in itself

interface Made {
  readonly scene: Scene;
  readonly pool: Pool;
  readonly awake: ReadonlySet<Id>;
}

const second = (max: number) => fc.integer({ min: 0, max }).map((value) => value * 1_000);

const holder = fc.record({
  granted: second(200),
  /** After the grant. */
  used: second(200),
  protectedFor: fc.option(second(300), { nil: null, freq: 1 }),
  inGrace: fc.constantFrom(false, false, false, true),
  awake: fc.constantFrom(false, false, true),
  inSales: fc.boolean(),
});

const world = fc.record({
  holders: fc.array(holder, { minLength: 1, maxLength: 4 }),
  spare: fc.constantFrom(0, 0, 0, 0, 0, -1),
  policy: fc.record({
    minHoldSeconds: fc.constantFrom(0, 0, 200, 390),
    minIdleSeconds: fc.constantFrom(0, 0, 150, 300),
    coolDownSeconds: fc.constantFrom(0, 60, 240),
    protectRunningSession: fc.constantFrom(false, false, true),
    evictionOrder: fc.constantFrom("lastUsed" as const, "lastSignIn" as const),
    reserved: fc.constantFrom(0, 1, 2),
    list: fc.constantFrom(
      "evictLru,wait",
      "evictLru",
      "evictLru,restricted",
      "evictLru,wait",
      "wait",
    ),
    ownList: fc.constantFrom(null, null, null, "evictLru,wait", "wait", "reject"),
  }),
  lostAgo: fc.option(second(200), { nil: null }),
  askerInSales: fc.boolean(),
});

type Drawn = typeof world extends fc.Arbitrary<infer T> ? T : never;

const steps = (text: string) => text.split(",").filter((word) => word !== "") as never;

/** Written straight into the rows: every combination, also those that only a change of the policy leads to. */
function make({ holders, spare, policy, lostAgo, askerInSales }: Drawn): Made {
  const { reserved, list, ownList, ...rest } = policy;
  const capacity = Math.max(1, holders.length + spare);
  const scene = new Scene();
  const { org } = scene;
  const sales = scene.group("Sales");
  const names = holders.map((_, index) => `h${String(index)}`);
  scene.create(...names, "asker");
  names.forEach((name, index) => {
    if (holders[index]!.inSales) scene.join(sales, name);
  });
  if (askerInSales) scene.join(sales, "asker");
  const pool = scene.pool("desk", {
    kind: "shared",
    capacity,
    policy: {
      ...rest,
      acquireOn: "signIn",
      onFull: steps(list),
      onFullByGroup: ownList === null ? [] : [{ group: "Sales", onFull: steps(ownList) }],
      reservations: reserved === 0 ? [] : [{ group: "Sales", seats: Math.min(reserved, capacity) }],
    },
  });
  const start = org.now;
  org.now = start + 400_000;
  const awake = new Set<Id>();
  holders.forEach((one, index) => {
    const userId = org.idOf(names[index]!);
    if (one.awake) awake.add(userId);
    org.seats.set(
      `seat${String(index)}`,
      seatOf(pool, userId, `seat${String(index)}`, { ...one, start, reserved }),
    );
  });
  if (lostAgo !== null) {
    const last = org.now - lostAgo;
    org.seats.set("lost", {
      ...seatOf(pool, org.idOf("asker"), "lost", { granted: 0, used: 0, start, reserved: 0 }),
      evicted: { count: 1, since: last, last },
      expiresAt: last + 86_400_000,
      kept: { state: "parked", consumes: false, since: last, reason: "displaced" },
    });
  }
  return { scene, pool, awake: policy.protectRunningSession ? awake : new Set() };
}

interface Drawing {
  readonly granted: number;
  readonly used: number;
  readonly start: Timestamp;
  readonly protectedFor?: number | null;
  readonly inGrace?: boolean;
  readonly inSales?: boolean;
  readonly reserved: number;
}

function seatOf(pool: Pool, userId: User["id"], id: Id, one: Drawing): Seat {
  const { granted, used, start, protectedFor = null, inGrace = false, inSales = false } = one;
  const grantedAt = start + granted;
  return {
    id,
    organisationId: "org",
    poolId: pool.id,
    product: "support",
    userId,
    tier: "standard",
    grantedAt,
    lastUsedAt: grantedAt + used,
    lastSignInAt: null,
    expiresAt: inGrace ? start + 90_000_000 : null,
    generation: 1,
    ...(protectedFor === null ? {} : { protectedUntil: start + 400_000 + protectedFor }),
    ...(inSales && one.reserved > 0 ? { reservation: "Sales" } : {}),
    ...(inGrace ? { grace: { reason: "reclaimed", since: start } } : {}),
  };
}

/** The application's door at that moment, all else unchanged: every holder may lose the seat but who is signed in. */
function displacesAt({ scene, pool, awake }: Made, at: Timestamp): boolean {
  const then = new World({ ...soonest(scene, pool, awake), now: at });
  const ctx = { catalogue: scene.org.catalogue, cause: CTX_CAUSE, nextId: scene.org.nextId };
  acquireSeat(then, ctx, scene.org.idOf("asker"), "support");
  return then.changes().entries.some(({ kind }) => kind === "seat.displaced");
}

describe("the time that is told, against sign-ins at every moment", () => {
  it("B3: a millisecond before it no sign-in of the person displaces anybody, at it one does; where none is told, none ever does", () => {
    const seen = { later: 0, now: 0, none: 0 };
    fc.assert(
      fc.property(world, (drawn) => {
        const made = make(drawn);
        const at = timeFor(made.scene, made.pool, "asker", made.awake);
        const { now } = made.scene.org;
        // Nothing ends at other moments than these.
        const all = [now, ...Array.from({ length: 25 }, (_, index) => now + index * 25_000)];
        if (at === null) {
          seen.none += 1;
          expect(all.filter((moment) => displacesAt(made, moment))).toEqual([]);
          return;
        }
        expect(displacesAt(made, at)).toBe(true);
        if (at === now) {
          seen.now += 1;
          return;
        }
        seen.later += 1;
        const before = [...all.filter((moment) => moment < at), at - 1];
        expect(before.filter((moment) => displacesAt(made, moment))).toEqual([]);
      }),
      { numRuns: 300 },
    );
    // The draws must reach all three.
    expect(Math.min(seen.later, seen.now, seen.none)).toBeGreaterThan(8);
  });
});
