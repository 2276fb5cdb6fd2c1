import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { acceptInvitation } from "../../src/domain/invitations/acceptance.js";
import { addUser } from "../../src/domain/people/arrival.js";
import { invite } from "../../src/domain/invitations/invitations.js";
import type { OnFull, PoolPolicy } from "../../src/domain/pools/policy.js";
import { evaluate } from "../../src/domain/evaluate.js";
import { Scene, support } from "./scene.js";

/**
 * I15: every way in gives the same verdict for the same state. The state is a locked pool with so many seats, holders, people
 * who wait, and some list of what to do when it is full; the newcomer is the same person each time.
 */

interface State {
  readonly capacity: number;
  readonly holders: number;
  readonly waiters: number;
  readonly onFull: readonly OnFull[];
  readonly overage: number;
  readonly autoscaleMax: number;
}

type Verdict = "held" | "waiting" | "none";

const NEWCOMER = "newcomer";

function sceneOf(
  { capacity, holders, waiters, onFull, overage, autoscaleMax }: State,
  more: Partial<PoolPolicy> = {},
): Scene {
  const scene = new Scene([support({ everyone: false })]);
  // Those who are there first come by a wider door, so that every state can be reached.
  const pool = scene.pool("Seats", { capacity: holders, policy: { onFull: ["wait"] } });
  for (let index = 0; index < holders + waiters; index += 1) {
    scene.create(`person-${String(index)}`);
    scene.give(`person-${String(index)}`, { kind: "claim", name: "support" });
    scene.wait(1);
  }
  scene.change(pool, {
    capacity: Math.max(capacity, holders),
    policy: {
      onFull,
      overage: overage === 0 ? { type: "none" } : { type: "absolute", seats: overage },
      autoscaleMax,
      ...more,
    },
  });
  scene.org.rule({ type: "groupName", name: "Agents" }, { pools: ["Seats"] });
  scene.wait(1);
  return scene;
}

function verdictOf(scene: Scene): Verdict {
  if (scene.holders().includes(NEWCOMER)) return "held";
  return scene.listed().includes(NEWCOMER) ? "waiting" : "none";
}

/** Whoever comes by group, hand, invitation or sign-in is the same person with the same claim. */
const DOORS: Readonly<Record<string, (scene: Scene) => void>> = {
  "SCIM, by a group": (scene) => {
    scene.create(NEWCOMER);
    scene.join(scene.group("Agents"), NEWCOMER);
  },
  "the API, by hand": (scene) => {
    scene.create(NEWCOMER);
    scene.give(NEWCOMER, { kind: "pool", name: "Seats" });
  },
  "just in time at a sign-in": (scene) => {
    scene.org.rule({ type: "everyone" }, { pools: ["Seats"] });
    scene.org.decide(
      (world, ctx) => {
        const draft = { userName: NEWCOMER, externalId: null, displayName: null, active: true };
        const made = addUser(world, ctx, "c1", { ...draft, document: { userName: NEWCOMER } });
        if ("refused" in made) return;
        evaluate(world, ctx, [made.ok.user.id], "signIn");
      },
      { type: "saml" },
    );
  },
  "an invitation": (scene) => {
    const id = invited(scene);
    if (id === null) return;
    scene.org.decide(
      (world, ctx) =>
        acceptInvitation(world, ctx, { id, account: { userName: NEWCOMER, displayName: null } }),
      { type: "app" },
    );
  },
  "an invitation of somebody who has an account": (scene) => {
    scene.create(NEWCOMER);
    const id = invited(scene);
    if (id === null) return;
    scene.org.decide(
      (world, ctx) => acceptInvitation(world, ctx, { id, userId: scene.org.idOf(NEWCOMER) }),
      { type: "app" },
    );
  },
  reactivation: (scene) => {
    scene.tryToCreate(NEWCOMER, { active: false });
    scene.give(NEWCOMER, { kind: "pool", name: "Seats" });
    scene.activate(NEWCOMER);
  },
};

/** Null: refused, which leaves nothing behind. */
function invited(scene: Scene): string | null {
  const [pool] = scene.org.pools.values();
  const verdict = scene.org.decide(
    (world, ctx) =>
      invite(world, ctx, {
        ...{ publicId: "p", hash: "h", address: NEWCOMER, connectionId: null, teams: [] },
        ...{ poolId: pool?.id ?? "", expiresAt: scene.org.now + 86_400_000 },
      }),
    { type: "admin" },
  );
  return "refused" in verdict ? null : verdict.ok.id;
}

const state: fc.Arbitrary<State> = fc.record({
  capacity: fc.integer({ min: 0, max: 4 }),
  holders: fc.integer({ min: 0, max: 4 }),
  waiters: fc.integer({ min: 0, max: 2 }),
  onFull: fc.constantFrom<readonly OnFull[]>(
    [],
    ["wait"],
    ["reject"],
    ["restricted"],
    ["overage"],
    ["overage", "wait"],
    ["autoscale", "reject"],
    ["autoscale", "overage", "wait"],
  ),
  overage: fc.integer({ min: 0, max: 2 }),
  autoscaleMax: fc.integer({ min: 0, max: 6 }),
});

describe("I15: every door", () => {
  it("gives the same verdict for the same state: group, hand, sign-in, invitation, reactivation", () => {
    fc.assert(
      fc.property(state, (one) => {
        const verdicts = Object.entries(DOORS).map(([door, open]) => {
          const scene = sceneOf(one);
          open(scene);
          return [door, verdictOf(scene)] as const;
        });
        const [, first] = verdicts[0] ?? [];
        expect(verdicts).toEqual(verdicts.map(([door]) => [door, first]));
      }),
      { numRuns: 40 },
    );
  });

  it("gives the same invitation where the pool gives seats by invitation", () => {
    const doors = ["SCIM, by a group", "the API, by hand", "an invitation to nobody yet"] as const;
    fc.assert(
      fc.property(state, (one) => {
        const verdicts = doors.map((door) => {
          const scene = sceneOf(one, { acquireOn: "invite" });
          const before = scene.org.seats.size + scene.org.waiting.size;
          if (door === "an invitation to nobody yet") invited(scene);
          else DOORS[door]?.(scene);
          const pending = [...scene.org.seats.values()].filter(
            ({ kept }) => kept?.state === "pending",
          );
          return [pending.length, scene.org.seats.size + scene.org.waiting.size - before];
        });
        expect(verdicts).toEqual([verdicts[0], verdicts[0], verdicts[0]]);
      }),
      { numRuns: 30 },
    );
  });

  it("gives who needs a higher tier what it gives a newcomer of that tier", () => {
    fc.assert(
      fc.property(state, (one) => {
        const verdicts = (["newcomer", "upgrade"] as const).map((door) => {
          const scene = sceneOf(one);
          const [pool] = scene.org.pools.values();
          if (pool === undefined) throw new Error("no pool");
          scene.org.pools.set(pool.id, { ...pool, tiers: ["professional"] });
          for (const [id, seat] of scene.org.seats) {
            scene.org.seats.set(id, { ...seat, tier: "professional" });
          }
          if (door === "upgrade") scene.pool("Low", { capacity: 1, tiers: ["standard"] });
          scene.create(NEWCOMER);
          if (door === "upgrade") scene.give(NEWCOMER, { kind: "claim", name: "support" });
          scene.give(NEWCOMER, { kind: "permission", name: "reports" });
          const seat = [...scene.org.seats.values()].find(
            ({ userId }) => userId === scene.org.idOf(NEWCOMER),
          );
          if (seat?.poolId === pool.id) return "held";
          return scene.listed().includes(NEWCOMER) ? "waiting" : "none";
        });
        expect(verdicts[1]).toBe(verdicts[0]);
      }),
      { numRuns: 30 },
    );
  });
});
