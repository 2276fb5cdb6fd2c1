import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  acquireSeat,
  changePool,
  giveByHand,
  releaseByApp,
  renewSeat,
  takeByHand,
} from "../../src/domain/byHand.js";
import type { Catalogue } from "../../src/domain/catalogue.js";
import { changeGroup, createGroup } from "../../src/domain/people/groups.js";
import { evaluate } from "../../src/domain/evaluate.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { defaultPolicy, type OnFull, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { isLive, occupies } from "../../src/domain/seats/states.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { deleteUser } from "../../src/domain/people/removal.js";
import { isEmpty, type Changes } from "../../src/domain/snapshot.js";
import { servesEntry } from "../../src/domain/waiting/serves.js";
import { World } from "../../src/domain/world.js";
import type { Pool, WaitingEntry } from "../../src/domain/directory.js";
import { faultIn } from "./books.js";
import { MemoryOrganisation, product } from "./organisation.js";

/**
 * Random histories through every door. MemoryOrganisation checks I1, I2, I13 and the ledger's sum after each step; here
 * is what must hold at rest. A failure prints its seed; `fc.assert(..., { seed })` repeats it.
 */
const catalogue: Catalogue = {
  products: new Map([
    [
      "support",
      product(
        "support",
        [
          ["standard", "chat"],
          ["professional", "chat reports"],
        ],
        { everyone: true },
      ),
    ],
    ["analytics", product("analytics", [["viewer", "view"]])],
  ]),
  permissions: new Map([
    ["reports", { id: "reports", title: "Reports", requires: { support: ["reports"] } }],
    ["view", { id: "view", title: "View", requires: { analytics: ["view"] } }],
  ]),
  roles: new Map(),
  settings: new Map(),
};

const who = fc.nat(7);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("create" as const), who, active: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("active" as const), who, active: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("members" as const),
      group: fc.nat(2),
      add: fc.array(who, { maxLength: 4 }),
      remove: fc.array(who, { maxLength: 4 }),
      clear: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("enter" as const),
      who,
      analytics: fc.boolean(),
      borrows: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("capacity" as const),
      pool: fc.nat(3),
      capacity: fc.nat(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("hand" as const), who, give: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("policy" as const),
      pool: fc.nat(3),
      onFull: fc.constantFrom<OnFull[]>(
        ["wait"],
        ["restricted"],
        ["overage", "wait"],
        ["autoscale", "overage", "restricted"],
        ["overage"],
        [],
      ),
      keeps: fc.constantFrom<Partial<PoolPolicy>>(
        {},
        { parkedConsumes: true },
        { parkedSeconds: 600 },
        { suspendedConsumes: true, parkedConsumes: true },
        { resume: "sameIfFree" },
        { resume: "headOfList", parkedSeconds: 60 },
        { acquireOn: "invite", pendingSeconds: 600 },
        { acquireOn: "invite", pendingReserves: false, pendingSeconds: 0 },
        { acquireOn: "invite", pendingReserves: false, suspendedConsumes: true },
        { minReassignSeconds: 1_200 },
        { minReassignSeconds: 900, parkedSeconds: 1_200 },
        { minReassignSeconds: 600, suspendedConsumes: true, parkedConsumes: true },
        { minReassignSeconds: 1_800, acquireOn: "invite", pendingSeconds: 600 },
        { minReassignSeconds: 900, resume: "sameIfFree" },
        { reservations: [{ group: "Leads", seats: 1 }] },
        {
          reservations: [
            { group: "Viewers", seats: 1 },
            { group: "Leads", seats: 1 },
          ],
        },
      ),
      linger: fc.boolean(),
      revive: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("lease" as const),
      who,
      act: fc.constantFrom("renew", "renewOld", "release"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("priority" as const), who, value: fc.nat(9) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("time" as const), minutes: fc.nat(30) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Leases run out and come back, and may be borrowed. */
const COMING_BACK = { reviveSeconds: 900, maxBorrowSeconds: 1_200 };
const OVER = { reviveSeconds: 0, maxBorrowSeconds: 0 };

function newOrganisation(): MemoryOrganisation {
  const org = new MemoryOrganisation(catalogue);
  org.pool("standard", { capacity: 2 });
  org.pool("professional", { capacity: 1, tiers: ["professional"] });
  org.pool("shared", {
    kind: "shared",
    capacity: 1,
    priority: 1,
    policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
  });
  org.pool("parallel", {
    product: "analytics",
    tiers: ["viewer"],
    kind: "concurrent",
    capacity: 2,
    policy: { acquireOn: "signIn", leaseSeconds: 600, ...COMING_BACK },
  });
  const groups = ["Leads", "Viewers", "Barred"].map((displayName) =>
    org.decide((world, ctx) =>
      createGroup(
        world,
        ctx,
        "c1",
        { displayName, externalId: null, document: { displayName } },
        [],
      ),
    ),
  );
  if (groups.some((verdict) => "refused" in verdict)) throw new Error("set-up");
  org.rule({ type: "groupName", name: "Leads" }, { permissions: ["reports"], teams: ["Leads"] });
  org.rule({ type: "groupName", name: "Viewers" }, { permissions: ["view"] });
  org.rule({ type: "groupName", name: "Barred" }, { exclusions: ["support"] });
  return org;
}

function play(org: MemoryOrganisation, move: Step): void {
  org.minutes(1);
  const named = (n: number) =>
    [...org.users.values()].find(({ userName }) => userName === `u${String(n)}`);
  const user = "who" in move ? named(move.who) : undefined;
  switch (move.do) {
    case "create": {
      const userName = `u${String(move.who)}`;
      const draft = {
        userName,
        externalId: null,
        displayName: null,
        active: move.active,
        document: {},
      };
      org.decide((world, ctx) => createUser(world, ctx, "c1", draft));
      break;
    }
    case "active":
      if (user !== undefined) {
        const target = { id: user.id, connectionId: "c1" };
        org.decide((world, ctx) =>
          changeUser(world, ctx, target, (before) => ({ ...before, active: move.active })),
        );
      }
      break;
    case "delete":
      if (user !== undefined) {
        org.decide((world, ctx) => deleteUser(world, ctx, { id: user.id, connectionId: "c1" }));
      }
      break;
    case "members": {
      const group = [...org.groups.values()][move.group];
      if (group === undefined) throw new Error("group");
      const ids = (list: number[]) => list.flatMap((n) => named(n)?.id ?? []);
      const add = ids(move.add);
      const delta = {
        clear: move.clear,
        add,
        remove: ids(move.remove).filter((id) => !add.includes(id)),
      };
      org.decide((world, ctx) =>
        changeGroup(world, ctx, { id: group.id, connectionId: "c1" }, (g) => g, delta),
      );
      break;
    }
    case "enter":
      if (user !== undefined) {
        const asked = move.borrows ? { borrowSeconds: 900 } : {};
        const wanted = move.analytics ? "analytics" : "support";
        org.decide((world, ctx) => acquireSeat(world, ctx, user.id, wanted, asked), {
          type: "app",
        });
      }
      break;
    case "capacity": {
      const pool = [...org.pools.values()][move.pool];
      if (pool !== undefined) {
        org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: move.capacity }));
      }
      break;
    }
    case "policy": {
      const pool = [...org.pools.values()][move.pool];
      if (pool === undefined) break;
      const limits = { overage: { type: "absolute", seats: 1 }, autoscaleMax: 3 } as const;
      const isLeased = pool.kind === "concurrent";
      const lingerSeconds = isLeased && move.linger ? 300 : 0;
      const ends = { lingerSeconds, ...(isLeased && move.revive ? COMING_BACK : OVER) };
      const { reservations = [] } = move.keeps;
      const keeps =
        pool.kind === "locked" ? { ...defaultPolicy("locked"), ...move.keeps } : { reservations };
      const policy = { ...pool.policy, ...keeps, ...ends, onFull: move.onFull, ...limits };
      org.decide((world, ctx) => changePool(world, ctx, pool.id, { policy }));
      // What the server does in the background after a change of policy.
      org.decide((world, ctx) => evaluate(world, ctx, [...org.users.keys()]));
      break;
    }
    case "hand": {
      const fact = { kind: "permission", name: "reports", value: true } as const;
      if (user !== undefined && move.give) {
        org.decide((world, ctx) => giveByHand(world, ctx, user.id, fact, "ann"));
      }
      if (user !== undefined && !move.give) {
        org.decide((world, ctx) => takeByHand(world, ctx, user.id, fact));
      }
      break;
    }
    case "lease":
      if (user !== undefined) useLease(org, user.id, move.act);
      break;
    case "priority": {
      const fact = { kind: "priority", name: "support", value: move.value } as const;
      if (user !== undefined && move.value > 0) {
        org.decide((world, ctx) => giveByHand(world, ctx, user.id, fact, "ann"));
      }
      if (user !== undefined && move.value === 0) {
        org.decide((world, ctx) => takeByHand(world, ctx, user.id, fact));
      }
      break;
    }
    case "time":
      org.minutes(move.minutes);
  }
}

/** Only the newest generation of a lease that lives can be renewed (I20), or of one that ran out, while a seat is free. */
function useLease(org: MemoryOrganisation, userId: string, act: string): void {
  const seat = [...org.seats.values()].find(
    (one) =>
      one.userId === userId &&
      one.expiresAt !== null &&
      (isLive(one) || one.kept?.reason === "lapsed"),
  );
  if (seat === undefined) return;
  const { id, generation } = seat;
  const isOver = !isLive(seat) || (seat.expiresAt ?? 0) <= org.now;
  const pool = org.pools.get(seat.poolId);
  if (act === "release") {
    org.decide((world, ctx) => releaseByApp(world, ctx, id, generation), { type: "app" });
    return;
  }
  const asked = act === "renewOld" ? generation - 1 : generation;
  const verdict = org.decide((world, ctx) => renewSeat(world, ctx, id, asked), { type: "app" });
  const after = org.seats.get(id);
  if ("ok" in verdict) expect(after).toMatchObject({ generation, expiresAt: verdict.ok.expiresAt });
  const isRevived = "ok" in verdict && isOver;
  if (isRevived) expect(pool?.policy.reviveSeconds).toBeGreaterThan(0);
  expect("ok" in verdict && !isRevived).toBe(act === "renew" && !isOver);
}

function checkAtRest(org: MemoryOrganisation): void {
  for (const pool of org.pools.values()) {
    const live = [...org.seats.values()].filter(
      (seat) =>
        seat.poolId === pool.id &&
        occupies(seat) &&
        (seat.expiresAt === null || seat.expiresAt > org.now),
    );
    const waits = [...org.waiting.values()].filter((entry) => servesEntry(pool, entry));
    if (isSomethingDue(org)) continue;
    const free = pool.capacity - live.length;
    const kept = unfilledOf(org, pool);
    const total = kept.reduce((sum, { left }) => sum + left, 0);
    for (const entry of waits) {
      if (entry.reason === "HoldsMore" && isBound(org, entry)) continue;
      const isFor = kept.some(({ group, left }) => left > 0 && isIn(org, entry.userId, group));
      const isHeld = !isFor && free > 0 && free <= total;
      expect(isHeld || free <= 0 ? "no seat for this entry" : entry).toBe("no seat for this entry");
      const isSaid = ["ReservationHeld", "HoldsMore", "Restricted"].includes(entry.reason);
      if (isHeld) expect(isSaid ? "said" : entry).toBe("said");
    }
  }
  for (const { userId } of org.waiting.values()) expect(org.users.get(userId)?.active).toBe(true);
}

function isSomethingDue(org: MemoryOrganisation): boolean {
  return [...org.seats.values()].some(
    ({ expiresAt, movesAt }) => (expiresAt ?? movesAt ?? Infinity) <= org.now,
  );
}

/** X9: to leave the higher seat would free it for nobody. */
function isBound(org: MemoryOrganisation, entry: WaitingEntry): boolean {
  return [...org.seats.values()].some(
    (seat) =>
      seat.userId === entry.userId &&
      seat.product === entry.product &&
      isLive(seat) &&
      (seat.boundSince ?? seat.grantedAt) +
        (org.pools.get(seat.poolId)?.policy.minReassignSeconds ?? 0) * 1_000 >
        org.now,
  );
}

function isIn(org: MemoryOrganisation, userId: string, group: string): boolean {
  return [...org.members.values()].some(
    (member) => member.userId === userId && org.groups.get(member.groupId)?.displayName === group,
  );
}

/** I11, and that a seat counts for a group only while its holder is in it. */
function unfilledOf(org: MemoryOrganisation, pool: Pool): { group: string; left: number }[] {
  const seats = [...org.seats.values()].filter((one) => one.poolId === pool.id && occupies(one));
  for (const { userId, reservation } of seats) {
    if (reservation !== undefined) expect(isIn(org, userId, reservation)).toBe(true);
  }
  return pool.policy.reservations.map(({ group, seats: wanted }) => {
    const filled = seats.filter(({ reservation }) => reservation === group).length;
    return { group, left: Math.max(0, wanted - filled) };
  });
}

function keepsList({ policy }: Pool): boolean {
  return policy.onFull.some((step) => step === "wait" || step === "restricted");
}

/** These pools, and those in which a seat became free because its holder got one in these, and so on. */
function inTheWakeOf(pools: readonly Pool[], { seatsInserted, seatsDeleted }: Changes) {
  const reached = new Set(pools.map(({ id }) => id));
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    const moved = seatsInserted.filter(({ poolId }) => reached.has(poolId));
    const movers = new Set(moved.map(({ userId }) => userId));
    for (const { userId, poolId } of seatsDeleted) if (movers.has(userId)) reached.add(poolId);
  }
  return reached;
}

function lookAgain(org: MemoryOrganisation): Changes {
  const world = new World(org.snapshot());
  const cause = { type: "timer", action: "again", actor: "test", requestId: null } as const;
  evaluate(world, { catalogue, nextId: org.nextId, cause }, [...org.users.keys()]);
  org.apply(world.changes());
  return world.changes();
}

describe("random histories through every door", () => {
  it("never oversell, never leave a free seat beside somebody who waits (I1, I2, I10, I11, I13, I20), settle (I5, I14), and keep books in which all is in order", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (moves) => {
        const org = newOrganisation();
        const pools = [...org.pools.values()];
        for (const move of moves) {
          play(org, move);
          checkAtRest(org);
        }
        expect(faultIn(org, pools)).toBeNull();
        // Looking at everybody again finds nothing to do, unless time has passed since.
        if (isSomethingDue(org)) return;
        // The server looks at everybody after a change of the capacity: who keeps too good a seat waits for no lesser one.
        if (moves.some((move) => move.do === "capacity")) lookAgain(org);
        // Whom a pool without a list turned away has the next chance when somebody looks: that is now.
        const listless = [...org.pools.values()].filter((pool) => !keepsList(pool));
        if (listless.length > 0) {
          const again = lookAgain(org);
          const given = again.seatsInserted.map(({ poolId }) => poolId);
          if (again.seatsUpdated.length === 0) {
            expect([...inTheWakeOf(listless, again)]).toEqual(expect.arrayContaining(given));
          }
        }
        const changes = lookAgain(org);
        expect(isEmpty(changes) ? "settled" : JSON.stringify(changes)).toBe("settled");
      }),
      { numRuns: Number(process.env["SEATKEEPER_HISTORIES"] ?? 300) },
    );
  });

  it("what a person gave by hand survives any sync (provenance)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (moves) => {
        const org = newOrganisation();
        play(org, { do: "create", who: 0, active: true });
        play(org, { do: "hand", who: 0, give: true });
        const id = org.idOf("u0");
        for (const move of moves) {
          if (
            !(move.do === "delete" && move.who === 0) &&
            !(move.do === "hand" && move.who === 0)
          ) {
            play(org, move);
          }
        }
        const facts = [...org.facts.values()].filter(
          ({ userId, kind, source }) =>
            userId === id && kind === "permission" && source.type === "hand",
        );
        expect(facts.map(({ name }) => name)).toEqual(["reports"]);
      }),
      { numRuns: 100 },
    );
  });
});
