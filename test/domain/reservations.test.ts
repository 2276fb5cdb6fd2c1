import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Group, Pool, Seat, WaitingEntry } from "../../src/domain/directory.js";
import { occupies } from "../../src/domain/seats/states.js";
import { servesEntry } from "../../src/domain/waiting/serves.js";
import { Scene, support } from "./scene.js";

/** Seats kept for the members of a group (I11), and the order of pools that they change. */

let scene: Scene;
let pool: Pool;
let sales: Group;

beforeEach(() => {
  scene = new Scene();
  sales = scene.group("Sales");
});

function reserve(capacity: number, seats: number, more: Parameters<Scene["pool"]>[1] = {}): void {
  const policy = { ...more.policy, reservations: [{ group: "sales", seats }] };
  pool = scene.pool("desk", { ...more, capacity, policy });
}

function reasons(): Record<string, WaitingEntry["reason"]> {
  const entries = [...scene.org.waiting.values()];
  return Object.fromEntries(entries.map(({ userId, reason }) => [scene.nameOf(userId), reason]));
}

describe("reservations", () => {
  it("I11: keep seats free for members beside others who wait, and say so to these", () => {
    reserve(3, 2);
    scene.create("ann", "ben", "cem");

    expect(scene.holders()).toEqual(["ann"]);
    expect(reasons()).toEqual({ ben: "ReservationHeld", cem: "ReservationHeld" });
    scene.join(sales, "cem");
    expect(scene.holders()).toEqual(["ann", "cem"]);
    expect(scene.lastEntry("seat.granted")?.details).toMatchObject({ reservation: "sales" });
    expect(reasons()).toEqual({ ben: "ReservationHeld" });
  });

  // Found by the random histories: the list said HoldsMore where what was free was kept for others, too.
  it("hold back also who keeps a higher seat, and the list says that, because it is what the place depends on", () => {
    reserve(1, 1);
    scene.pool("better", { capacity: 1, tiers: ["professional"] });
    const leads = scene.group("Leads");
    scene.org.rule({ type: "groupName", name: "Leads" }, { permissions: ["reports"] });
    scene.create("ann");
    scene.join(leads, "ann");
    expect(scene.holders()).toEqual(["ann"]);

    scene.leave(leads, "ann");

    expect(reasons()).toEqual({ ann: "HoldsMore" });
    expect([...scene.org.seats.values()]).toMatchObject([{ tier: "professional" }]);
    scene.join(sales, "ann");
    expect(reasons()).toEqual({});
    expect([...scene.org.seats.values()]).toMatchObject([{ tier: "standard", poolId: pool.id }]);
  });

  it("count all members: where they hold as many seats as are reserved, the rest is everybody's", () => {
    reserve(3, 1);
    scene.create("ann", "ben");
    scene.join(sales, "ann");

    scene.create("cem");

    expect(scene.holders()).toEqual(["ann", "ben", "cem"]);
    scene.leave(sales, "ann");
    expect(scene.holders()).toEqual(["ann", "ben", "cem"]);
    scene.delete("cem");
    scene.create("dan");
    expect(reasons()).toEqual({ dan: "ReservationHeld" });
  });

  it("take nobody's seat when they are made later; what comes back goes to members until they are filled", () => {
    pool = scene.pool("desk", { capacity: 2 });
    scene.create("ann", "ben", "cem", "dan");
    scene.join(sales, "dan");
    scene.change(pool, { policy: { reservations: [{ group: "Sales", seats: 1 }] } });
    expect(scene.holders()).toEqual(["ann", "ben"]);

    scene.delete("ann");

    expect(scene.holders()).toEqual(["ben", "dan"]);
    expect(reasons()).toEqual({ cem: "PoolFull" });
    scene.delete("ben");
    expect(scene.holders()).toEqual(["cem", "dan"]);
  });

  it("I10: among members, and among the others, whoever came first is first", () => {
    reserve(1, 1);
    scene.create("ann");
    scene.wait(1);
    scene.create("ben");
    scene.wait(1);
    scene.create("cem");
    scene.join(sales, "ben", "cem");
    expect(scene.holders()).toEqual(["ben"]);

    scene.delete("ben");
    expect(scene.holders()).toEqual(["cem"]);
    scene.change(pool, { policy: { reservations: [] } });
    scene.delete("cem");
    expect(scene.holders()).toEqual(["ann"]);
  });

  it("move with the person: who leaves the group gives the place to the next member, not the seat", () => {
    reserve(2, 1);
    scene.create("ann", "ben", "cem");
    scene.join(sales, "ben");
    expect(scene.holders()).toEqual(["ann", "ben"]);

    scene.leave(sales, "ben");
    scene.join(sales, "cem");

    expect(scene.holders()).toEqual(["ann", "ben"]);
    scene.delete("ann");
    expect(scene.holders()).toEqual(["ben", "cem"]);
  });

  it("of a group that is renamed or deleted are kept for nobody else", () => {
    reserve(2, 1);
    scene.create("ann", "ben");
    scene.join(sales, "ann");
    expect(scene.holders()).toEqual(["ann", "ben"]);
    scene.delete("ben");
    scene.create("cem");
    expect(scene.holders()).toEqual(["ann", "cem"]);

    scene.renameGroup(sales, "Field");

    scene.delete("cem");
    scene.create("dan");
    expect(scene.holders()).toEqual(["ann"]);
    expect(reasons()).toEqual({ dan: "ReservationHeld" });
  });

  it("B3: the pool with a place reserved for the person comes before all others, by the list of its groups", () => {
    const general = scene.pool("a general", { capacity: 5 });
    const field = scene.group("Field");
    const reservations = [{ group: "Sales", seats: 1 }];
    const reserved = scene.pool("b reserved", {
      capacity: 2,
      priority: 9,
      policy: { reservations },
    });
    const special = scene.pool("c special", {
      capacity: 2,
      priority: 9,
      policy: { reservations: [{ group: "Field", seats: 1 }, ...reservations] },
    });
    const product = { kind: "claim", name: "support" } as const;

    scene.create("ann", "ben", "cem", "dan");
    expect(scene.holders(general)).toEqual(["ann", "ben", "cem", "dan"]);
    scene.change(general, { capacity: 4 });
    for (const name of ["eva", "fay", "gus"]) {
      scene.tryToCreate(name, { active: false });
      scene.join(sales, name);
    }
    scene.join(field, "fay");
    for (const name of ["eva", "fay", "gus"]) {
      scene.activate(name);
      scene.give(name, product);
    }

    expect(scene.holders(reserved)).toContain("eva");
    expect(scene.holders(special)).toContain("fay");
    expect(scene.holders(general)).toEqual(["ann", "ben", "cem", "dan"]);
  });

  it("rule 13: are not emptied by a take-over: a newcomer who is no member takes another's seat", () => {
    const policy = { onFull: ["evictLru", "wait"], eligibility: "anyone" } as const;
    reserve(2, 1, { kind: "shared", policy });
    scene.create("ann", "ben", "cem", "dan");
    scene.join(sales, "ann", "dan");
    scene.signIn("ann");
    scene.wait(1);
    scene.signIn("ben");
    scene.wait(1);

    scene.signIn("cem");
    expect(scene.holders()).toEqual(["ann", "cem"]);
    scene.wait(1);
    scene.signIn("dan");
    expect(scene.holders()).toEqual(["cem", "dan"]);
  });

  it("are no hindrance to seats above them: who is no member goes over, or has one bought, as the policy says", () => {
    reserve(2, 2, { policy: { onFull: ["autoscale", "wait"], autoscaleMax: 3 } });
    scene.create("ann", "ben");

    expect(scene.holders()).toEqual(["ann"]);
    expect(scene.capacityOf(pool)).toBe(3);
    expect(reasons()).toEqual({ ben: "ReservationHeld" });
    scene.change(pool, {
      policy: { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } },
    });
    expect(scene.holders()).toEqual(["ann", "ben"]);
  });

  it("hold for invitations, too: an invitation of a member counts, one of others waits", () => {
    reserve(2, 1, { policy: { acquireOn: "invite" } });
    scene.create("ann", "ben");
    const invited = () =>
      [...scene.org.seats.values()].map(({ userId }) => scene.nameOf(userId)).sort();

    expect(invited()).toEqual(["ann"]);
    scene.join(sales, "ben");
    expect(invited()).toEqual(["ann", "ben"]);
    scene.signIn("ben");
    expect(scene.holders()).toEqual(["ben"]);
  });

  it("D2: are the named reason where nobody waits", () => {
    reserve(1, 1, { policy: { onFull: ["reject"] } });

    expect(scene.tryToCreate("ann")).toMatchObject({
      refused: "SeatRefused",
      sentence: expect.stringContaining("taken or reserved for others"),
    });
    scene.change(pool, { policy: { onFull: [] } });
    scene.create("ann");
    expect(scene.signIn("ann")).toEqual({ type: "none", reason: "ReservationHeld" });
  });
});

describe("I11 in random histories", () => {
  const GROUPS = ["Sales", "Field"] as const;
  const move = fc.oneof(
    fc.record({ do: fc.constant("come" as const), who: fc.nat(9) }),
    fc.record({ do: fc.constant("go" as const), who: fc.nat(9) }),
    fc.record({ do: fc.constant("join" as const), who: fc.nat(9), group: fc.nat(1) }),
    fc.record({ do: fc.constant("leave" as const), who: fc.nat(9), group: fc.nat(1) }),
    fc.record({ do: fc.constant("enter" as const), who: fc.nat(9) }),
    fc.record({ do: fc.constant("capacity" as const), seats: fc.nat(6) }),
    fc.record({ do: fc.constant("reserve" as const), seats: fc.tuple(fc.nat(3), fc.nat(3)) }),
  );
  type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

  function play(random: Scene, groups: readonly Group[], desk: Pool, step: Move): void {
    random.wait(1);
    const name = "who" in step ? `u${String(step.who)}` : "";
    const isThere = [...random.org.users.values()].some(({ userName }) => userName === name);
    const group = "group" in step ? groups[step.group] : undefined;
    if (step.do === "come" && !isThere) random.create(name);
    else if (step.do === "go" && isThere) random.delete(name);
    else if (step.do === "enter" && isThere) random.signIn(name);
    else if (group !== undefined && isThere) {
      if (step.do === "join") random.join(group, name);
      else random.leave(group, name);
    } else if (step.do === "capacity") random.change(desk, { capacity: step.seats });
    else if (step.do === "reserve") {
      const reservations = step.seats.flatMap((seats, index) =>
        seats === 0 ? [] : [{ group: GROUPS[index] ?? "", seats }],
      );
      random.change(desk, { policy: { reservations } });
      random.evaluateAll();
    }
  }

  /** Reckoned from who is in which group now, which the engine does not look at for those who hold seats. */
  function state(random: Scene, desk: Pool) {
    const now = random.org.pools.get(desk.id) ?? desk;
    const seats = [...random.org.seats.values()].filter(
      (seat) => seat.poolId === desk.id && occupies(seat),
    );
    const isIn = (userId: string, group: string) =>
      [...random.org.members.values()].some(
        (member) =>
          member.userId === userId && random.org.groups.get(member.groupId)?.displayName === group,
      );
    const unfilled = now.policy.reservations.map(({ group, seats: wanted }) => ({
      group,
      left: Math.max(0, wanted - seats.filter(({ reservation }) => reservation === group).length),
    }));
    return { now, seats, isIn, unfilled, free: now.capacity - seats.length };
  }

  const othersIn = (seats: readonly Seat[]): string[] =>
    seats.flatMap(({ id, reservation }) => (reservation === undefined ? [id] : []));

  it.each(["locked", "shared"] as const)(
    "a %s pool gives nobody a seat that is kept for others, and leaves none free beside somebody who may have it (I10)",
    (kind) => {
      fc.assert(
        fc.property(fc.array(move, { minLength: 5, maxLength: 40 }), (moves) => {
          const random = new Scene([support()]);
          const groups = GROUPS.map((name) => random.group(name));
          const desk = random.pool("desk", {
            kind,
            capacity: 3,
            policy: { reservations: [{ group: "Sales", seats: 1 }] },
          });
          for (const step of moves) {
            const { seats: earlier } = state(random, desk);
            const ids = new Set(earlier.map(({ id }) => id));
            play(random, groups, desk, step);
            const { now, seats, isIn, unfilled, free } = state(random, desk);
            const kept = unfilled.reduce((sum, { left }) => sum + left, 0);
            const others = othersIn(seats);
            const isGiven = others.some((id) => !ids.has(id));
            if (isGiven && others.length > othersIn(earlier).length && step.do !== "leave") {
              expect(free).toBeGreaterThanOrEqual(kept);
            }
            // A seat counts for a group only while its holder is in it.
            for (const { userId, reservation } of seats) {
              if (reservation !== undefined) expect(isIn(userId, reservation)).toBe(true);
            }
            for (const entry of random.org.waiting.values()) {
              if (!servesEntry(now, entry) || free <= 0) continue;
              const own = unfilled.some(({ group, left }) => left > 0 && isIn(entry.userId, group));
              expect(own || free > kept ? "may have a free seat" : entry.reason).toBe(
                "ReservationHeld",
              );
            }
          }
        }),
        { numRuns: Math.floor(Number(process.env["SEATKEEPER_HISTORIES"] ?? 300) / 3) },
      );
    },
  );
});
