import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createUser } from "../../src/domain/people/arrival.js";
import type { Group, Pool } from "../../src/domain/directory.js";
import { changeGroup } from "../../src/domain/people/groups.js";
import type { PoolPolicy } from "../../src/domain/pools/policy.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { deleteUser } from "../../src/domain/people/removal.js";
import { catchUp } from "../../src/domain/seats/settle.js";
import type { Context, World } from "../../src/domain/world.js";
import { Scene, support } from "./scene.js";

/** I14: a change set is judged by its net effect, in whatever order an identity provider sends it. */

/** SEATKEEPER_HISTORIES is the number of a longer run. */
const RUNS = Math.ceil(Number(process.env["SEATKEEPER_HISTORIES"] ?? 300) / 3);

let scene: Scene;
let leads: Group;
let standard: Pool;
let professional: Pool;

function begin(capacities: [number, number], policy: Partial<PoolPolicy> = {}): void {
  scene = new Scene();
  leads = scene.group("Leads");
  scene.org.rule({ type: "groupName", name: "Leads" }, { permissions: ["reports"] });
  standard = scene.pool("standard", { capacity: capacities[0], policy });
  professional = scene.pool("professional", {
    capacity: capacities[1],
    tiers: ["professional"],
    policy,
  });
}

/** Several requests decided together, as the runner does it. */
function together(...requests: ((world: World, ctx: Context) => unknown)[]): void {
  scene.org.decide((world, ctx) => {
    world.putOff.isOn = true;
    requests.forEach((request, index) =>
      request(world, { ...ctx, cause: { ...ctx.cause, requestId: `r${String(index)}` } }),
    );
    catchUp(world);
  });
}

function members(add: string[], remove: string[] = []) {
  const ids = (names: string[]) => names.map((name) => scene.org.idOf(name));
  const delta = { clear: false, add: ids(add), remove: ids(remove) };
  return (world: World, ctx: Context) =>
    changeGroup(world, ctx, { id: leads.id, connectionId: "c1" }, (same) => same, delta);
}

function active(userName: string, isActive: boolean) {
  const target = { id: scene.org.idOf(userName), connectionId: "c1" };
  return (world: World, ctx: Context) =>
    changeUser(world, ctx, target, (user) => ({ ...user, active: isActive }));
}

function create(userName: string) {
  const draft = { userName, externalId: null, displayName: null, active: true, document: {} };
  return (world: World, ctx: Context) => createUser(world, ctx, "c1", draft);
}

const entries = (kind: string) => scene.org.entries.filter((entry) => entry.kind === kind);

describe("B4: swaps between full pools", () => {
  // Ann leads and holds the only Professional seat; Bob holds the only Standard seat.
  beforeEach(() => {
    begin([1, 1]);
    scene.create("ann");
    scene.join(leads, "ann");
    scene.create("bob");
    expect(scene.holders(professional)).toEqual(["ann"]);
    expect(scene.holders(standard)).toEqual(["bob"]);
  });

  it.each([
    ["in one request", () => together(members(["bob"], ["ann"]))],
    ["who goes up first", () => together(members(["bob"]), members([], ["ann"]))],
    ["who goes down first", () => together(members([], ["ann"]), members(["bob"]))],
    [
      "in two transactions, up first",
      () => {
        scene.join(leads, "bob");
        scene.leave(leads, "ann");
      },
    ],
    [
      "in two transactions, down first",
      () => {
        scene.leave(leads, "ann");
        scene.join(leads, "bob");
      },
    ],
  ])("serve both: %s", (_, play) => {
    play();
    expect(scene.holders(professional)).toEqual(["bob"]);
    expect(scene.holders(standard)).toEqual(["ann"]);
    expect(scene.listed()).toEqual([]);
  });

  it("keep both seats, and in the books no pool is ever above its capacity", () => {
    const before = [...scene.org.seats.keys()].sort();
    together(members(["bob"], ["ann"]));
    expect([...scene.org.seats.keys()].sort()).toEqual(before);
    for (const pool of [standard, professional]) {
      let used = 0;
      for (const { poolId, delta } of scene.org.entries) {
        if (poolId === pool.id) used += delta;
        expect(used).toBeLessThanOrEqual(1);
      }
    }
  });

  it("take no seat from who waits: somebody new keeps the place", () => {
    scene.create("cid");
    together(members(["bob"], ["ann"]));
    expect(scene.listed()).toEqual(["cid"]);
    scene.deactivate("bob");
    expect(scene.listed()).toEqual(["cid"]);
    scene.deactivate("ann");
    expect(scene.holders(standard)).toEqual(["cid"]);
  });

  it("leave no reservation short (I11): whoever comes takes the place of a member only as a member", () => {
    const desk = scene.group("Desk");
    scene.join(desk, "bob");
    scene.change(standard, { policy: { reservations: [{ group: "Desk", seats: 1 }] } });
    together(members(["bob"], ["ann"]));
    expect(scene.holders(professional)).toEqual(["ann"]);
    expect(scene.holders(standard)).toEqual(["bob"]);
    expect(scene.listed().sort()).toEqual(["ann", "bob"]);
    scene.join(desk, "ann");
    expect(scene.holders(professional)).toEqual(["bob"]);
    expect(scene.holders(standard)).toEqual(["ann"]);
  });

  it("are not made in a pool above its lowered capacity (I1)", () => {
    scene.change(standard, { capacity: 0 });
    together(members(["bob"], ["ann"]));
    expect(scene.holders(professional)).toEqual(["ann"]);
    expect(scene.holders(standard)).toEqual(["bob"]);
  });
});

describe("B4: at the door of a pool that gives seats at the sign-in alone", () => {
  /** ann holds the professional seat and bob the standard one; then bob needs the better one, and ann no longer. */
  function swapped(onFull: PoolPolicy["onFull"]): void {
    scene = new Scene();
    leads = scene.group("Leads");
    scene.org.rule({ type: "groupName", name: "Leads" }, { permissions: ["reports"] });
    standard = scene.pool("standard", { kind: "shared", policy: { acquireOn: "signIn", onFull } });
    professional = scene.pool("professional", { tiers: ["professional"] });
    scene.create("ann", "bob");
    scene.join(leads, "ann");
    scene.signIn("bob");
    scene.join(leads, "bob");
    scene.leave(leads, "ann");
    expect(scene.holders(professional)).toEqual(["ann"]);
    expect(scene.holders(standard)).toEqual(["bob"]);
  }

  it.each([[["wait"]], [["evictLru", "wait"]]] as const)(
    "a holder changes places with who sits there and wants the seat that is left: %j",
    (onFull) => {
      swapped(onFull);

      expect(scene.signIn("ann")).toMatchObject({ type: "held", seat: { tier: "standard" } });

      expect(scene.holders(professional)).toEqual(["bob"]);
      expect(scene.holders(standard)).toEqual(["ann"]);
    },
  );

  it("nobody is moved there who does not stand at it: the seat would be taken from who uses it", () => {
    swapped(["wait"]);

    expect(scene.signIn("bob")).toMatchObject({ type: "held", seat: { tier: "standard" } });
    scene.evaluateAll();

    expect(scene.holders(professional)).toEqual(["ann"]);
    expect(scene.holders(standard)).toEqual(["bob"]);
  });
});

it("I10: a ring passes nobody by where a free seat would do: who needs less takes that, and the first on the list moves up", () => {
  begin([2, 1]);
  scene.create("bob");
  scene.join(leads, "bob");
  scene.create("ann", "cyd", "dov");
  scene.join(leads, "dov");
  scene.join(leads, "ann");
  scene.deactivate("cyd");
  expect(scene.holders(standard)).toEqual(["ann"]);
  expect(scene.listed()).toEqual(["dov", "ann"]);

  scene.leave(leads, "bob");
  expect(scene.holders(professional)).toEqual(["dov"]);
  expect(scene.holders(standard).sort()).toEqual(["ann", "bob"]);
  expect(scene.listed()).toEqual(["ann"]);
});

it("B4: three holders change places in a ring, and nothing is bought for it", () => {
  const policy: Partial<PoolPolicy> = {
    onFull: ["autoscale", "overage", "wait"],
    autoscaleMax: 5,
    overage: { type: "absolute", seats: 5 },
  };
  scene = new Scene([support({ everyone: false })]);
  const pools = ["red", "green", "blue"].map((name) => scene.pool(name, { policy }));
  const names = ["ann", "bob", "cid"];
  scene.create(...names);
  const rules = pools.map((pool) => {
    const group = scene.group(pool.name);
    scene.org.rule({ type: "groupName", name: pool.name }, { pools: [pool.name] });
    return group;
  });
  names.forEach((name, index) => scene.join(rules[index]!, name));
  expect(pools.map((pool) => scene.holders(pool))).toEqual([["ann"], ["bob"], ["cid"]]);

  const moved = (name: string, from: Group, to: Group) =>
    [
      [from, { clear: false, add: [], remove: [scene.org.idOf(name)] }],
      [to, { clear: false, add: [scene.org.idOf(name)], remove: [] }],
    ] as const;
  const steps = names.flatMap((name, index) => moved(name, rules[index]!, rules[(index + 1) % 3]!));
  together(
    ...steps.map(
      ([group, delta]) =>
        (world: World, ctx: Context) =>
          changeGroup(world, ctx, { id: group.id, connectionId: "c1" }, (same) => same, delta),
    ),
  );
  expect(pools.map((pool) => scene.holders(pool))).toEqual([["cid"], ["ann"], ["bob"]]);
  expect(pools.map((pool) => scene.capacityOf(pool))).toEqual([1, 1, 1]);
});

describe("B4: who holds more than is needed", () => {
  beforeEach(() => {
    begin([1, 2]);
    scene.create("ann");
    scene.join(leads, "ann");
    scene.create("bob");
    // Ann needs Standard only; Bob has the one seat of it.
    scene.leave(leads, "ann");
  });

  it("keeps the seat, and waits for the lower one", () => {
    expect(scene.holders(professional)).toEqual(["ann"]);
    expect([...scene.org.waiting.values()]).toMatchObject([
      { userId: scene.org.idOf("ann"), tier: "standard", reason: "HoldsMore", atTheDoor: false },
    ]);
  });

  it("moves as soon as it is free", () => {
    scene.deactivate("bob");
    expect(scene.holders(standard)).toEqual(["ann"]);
    expect(scene.listed()).toEqual([]);
  });

  it("comes after everybody who has nothing, however long they have waited", () => {
    scene.wait(5);
    scene.create("cid");
    scene.deactivate("bob");
    expect(scene.holders(standard)).toEqual(["cid"]);
    expect(scene.holders(professional)).toEqual(["ann"]);
  });

  it("is not passed over by a newcomer who is refused for it: the free seat counts", () => {
    together(active("bob", false), create("cid"));
    expect(scene.holders(standard)).toEqual(["cid"]);
  });

  it("leaves the list when the tier is needed again, or when the claim ends", () => {
    scene.join(leads, "ann");
    expect(scene.listed()).toEqual([]);
    scene.leave(leads, "ann");
    scene.deactivate("ann");
    expect(scene.listed()).toEqual([]);
    expect(scene.holders(professional)).toEqual([]);
  });
});

describe("I14: requests that are decided together", () => {
  it("buy nothing while another of them gives a seat back", () => {
    begin([1, 0], { onFull: ["autoscale", "wait"], autoscaleMax: 9 });
    scene.create("ann");
    together(create("bob"), active("ann", false));
    expect(scene.holders()).toEqual(["bob"]);
    expect(scene.capacityOf(standard)).toBe(1);
  });

  it("leave a seat with who lost the claim and has it back", () => {
    begin([1, 0]);
    scene.create("ann");
    const before = scene.org.entries.length;
    together(active("ann", false), active("ann", true));
    expect(scene.holders()).toEqual(["ann"]);
    expect(scene.org.entries).toHaveLength(before);
  });

  it("I13: end every access of who is deactivated by one of them", () => {
    begin([2, 0]);
    scene.create("ann", "bob");
    together(active("ann", true), create("cid"), active("ann", false));
    expect(scene.holders()).toEqual(["bob", "cid"]);
  });

  it("name in the ledger which of them each seat is about", () => {
    begin([1, 0]);
    scene.create("ann");
    together(create("bob"), create("cid"), active("ann", false));
    const named = (kind: string) =>
      entries(kind)
        .slice(-1)
        .map(({ userId, cause }) => [scene.nameOf(userId), cause.requestId]);
    expect(named("seat.released")).toEqual([["ann", "r2"]]);
    expect(named("seat.granted")).toEqual([["bob", "r0"]]);
    expect(named("waiting.added")).toEqual([["cid", "r1"]]);
  });

  it("say who made room when somebody is served from the list", () => {
    begin([1, 0]);
    scene.create("ann", "bob");
    together(create("cid"), active("ann", false));
    const granted = entries("seat.granted").at(-1);
    expect(scene.nameOf(granted?.userId ?? null)).toBe("bob");
    expect(granted?.cause.requestId).toBe("r1");
  });

  it("give nothing to who is deleted by one of them, nor to who is on the list and lost the claim", () => {
    begin([1, 0]);
    scene.create("ann", "bob", "cid");
    const bob = { id: scene.org.idOf("bob"), connectionId: "c1" };
    together(
      active("bob", false),
      (world, ctx) => deleteUser(world, ctx, { ...bob, id: scene.org.idOf("ann") }),
      (world, ctx) => deleteUser(world, ctx, bob),
    );
    expect(scene.holders()).toEqual(["cid"]);
  });

  /** What there is at the end, without ids and times. */
  function picture() {
    const nameOf = (id: string) => scene.nameOf(id);
    return {
      seats: [...scene.org.seats.values()]
        .map(
          (seat) => `${nameOf(seat.userId)} ${seat.poolId} ${seat.tier} ${seat.kept?.state ?? ""}`,
        )
        .sort(),
      waiting: [...scene.org.waiting.values()]
        .map(({ userId, tier, reason }) => `${nameOf(userId)} ${tier} ${reason}`)
        .sort(),
      capacities: [standard, professional].map((pool) => scene.capacityOf(pool)),
    };
  }

  const policies: Partial<PoolPolicy>[] = [
    {},
    { onFull: [] },
    { onFull: ["fallbackTier", "wait"] },
    { onFull: ["autoscale", "wait"], autoscaleMax: 3 },
    { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } },
    { parkedConsumes: true },
  ];

  it("end the same in whatever order they came (random change sets)", () => {
    const people = ["p0", "p1", "p2", "p3", "p4", "p5"];
    const state = fc.record({ lead: fc.boolean(), active: fc.boolean() });
    fc.assert(
      fc.property(
        fc.record({
          capacities: fc.tuple(fc.nat(4), fc.nat(3)),
          policy: fc.constantFrom(...policies),
          before: fc.array(state, { minLength: 6, maxLength: 6 }),
          after: fc.array(state, { minLength: 6, maxLength: 6 }),
          order: fc.shuffledSubarray([...people.keys(), 6, 7, 8, 9, 10, 11], { minLength: 12 }),
        }),
        ({ capacities, policy, before, after, order }) => {
          const play = (turns: readonly number[]) => {
            begin(capacities, policy);
            scene.create(...people);
            before.forEach(({ lead, active: isActive }, index) => {
              if (lead) scene.join(leads, people[index]!);
              if (!isActive) scene.deactivate(people[index]!);
            });
            scene.wait(1);
            together(
              ...turns.map((turn) => {
                const name = people[turn % 6]!;
                const { lead, active: isActive } = after[turn % 6]!;
                if (turn >= 6) return active(name, isActive);
                return lead ? members([name]) : members([], [name]);
              }),
            );
            return picture();
          };
          expect(play(order)).toEqual(play([...order].sort((a, b) => a - b)));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("I14: requests that are decided one by one, in another order", () => {
  it("end with as many seats taken in the lesser pool, as many places on the list, and the same who need more (random histories)", () => {
    const people = ["p0", "p1", "p2", "p3"];
    const move = fc.record({ who: fc.nat(3), lead: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
        (moves, choices) => {
          const play = (turns: readonly { who: number; lead: boolean }[]) => {
            begin([2, 100]);
            scene.create(...people);
            for (const { who, lead } of turns) {
              if (lead) scene.join(leads, people[who]!);
              else scene.leave(leads, people[who]!);
            }
            const needs = (userId: string) =>
              scene.org.requirements.get(`${userId} support`)?.tier ?? null;
            return {
              standard: scene.holders(standard).length,
              waiting: scene.listed().length,
              professional: [...scene.org.seats.values()]
                .filter(({ userId }) => needs(userId) === "professional")
                .map(({ userId, tier }) => `${scene.nameOf(userId)} ${tier}`)
                .sort(),
            };
          };
          // The moves of each person stay in their order.
          const queues = people.map((_, who) => moves.filter((one) => one.who === who));
          const reordered: typeof moves = [];
          for (let turn = 0; reordered.length < moves.length; turn += 1) {
            const waiting = queues.filter((queue) => queue.length > 0);
            const next = waiting[(choices[turn % choices.length] ?? 0) % waiting.length]?.shift();
            if (next !== undefined) reordered.push(next);
          }
          expect(play(reordered)).toEqual(play(moves));
        },
      ),
      { numRuns: RUNS },
    );
  });
});
