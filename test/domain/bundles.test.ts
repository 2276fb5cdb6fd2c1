import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { acquireSeat } from "../../src/domain/byHand.js";
import type { Group, Pool } from "../../src/domain/directory.js";
import { changeGroup } from "../../src/domain/people/groups.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import type { RuleGives } from "../../src/domain/rules.js";
import { catchUp } from "../../src/domain/seats/settle.js";
import { product } from "./organisation.js";
import { ReclaimScene } from "./reclaim/scene.js";
import { support } from "./scene.js";

/** I25: products that one rule gives together. */

interface Set {
  readonly scene: ReclaimScene;
  readonly desk: Pool;
  readonly chat: Pool;
  readonly group: Group;
}

function begin(bundle: RuleGives["bundle"], policy: Partial<PoolPolicy> = {}, seats = [1, 1]): Set {
  const scene = new ReclaimScene([
    support({ everyone: false }),
    product("chat", [["basic", "talk"]]),
  ]);
  const [first = 0, second = 0] = seats;
  const desk = scene.pool("desk", { capacity: first, policy });
  const more = { product: "chat", tiers: ["basic"], capacity: second, policy };
  const chat = scene.pool("chat", more);
  const group = scene.group("Both");
  scene.org.rule(
    { type: "groupName", name: "Both" },
    { pools: ["desk", "chat"], ...(bundle === undefined ? {} : { bundle }) },
  );
  return { scene, desk, chat, group };
}

const bothOf = ({ scene, desk, chat }: Set) => [scene.holders(desk), scene.holders(chat)];

describe("I25: a rule that gives two products", () => {
  it("atomic: gives both", () => {
    const set = begin("atomic");
    set.scene.create("ann");
    set.scene.join(set.group, "ann");
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
  });

  it("atomic: gives none while one is full, waits for that one, and gives both when it comes free", () => {
    const set = begin("atomic", {}, [1, 0]);
    const { scene, chat, group } = set;
    scene.create("ann");
    scene.join(group, "ann");
    expect(bothOf(set)).toEqual([[], []]);
    expect([...scene.org.waiting.values()]).toMatchObject([{ product: "chat", reason: "Bundle" }]);
    scene.change(chat, { capacity: 1 });
    expect(bothOf(set)).toEqual([[], []]);
    scene.tick();
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
    expect(scene.listed()).toEqual([]);
  });

  it("atomic: gives both in the change set in which the last one comes free", () => {
    const set = begin("atomic");
    const { scene, group } = set;
    scene.create("bob");
    scene.give("bob", { kind: "pool", name: "chat" });
    scene.create("ann");
    expect(bothOf(set)).toEqual([[], ["bob"]]);
    scene.org.decide((world, ctx) => {
      world.putOff.isOn = true;
      changeGroup(world, ctx, { id: group.id, connectionId: "c1" }, (same) => same, {
        ...{ clear: false, add: [scene.org.idOf("ann")], remove: [] },
      });
      changeUser(world, ctx, { id: scene.org.idOf("bob"), connectionId: "c1" }, (user) => ({
        ...user,
        active: false,
      }));
      catchUp(world);
    });
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
    expect(scene.listed()).toEqual([]);
  });

  it("best-effort, the default: gives each by itself", () => {
    for (const bundle of [undefined, "bestEffort"] as const) {
      const set = begin(bundle, {}, [1, 0]);
      set.scene.create("ann");
      set.scene.join(set.group, "ann");
      expect(bothOf(set)).toEqual([["ann"], []]);
    }
  });

  it("atomic: holds up nobody who has another reason for one of them", () => {
    const set = begin("atomic", {}, [1, 0]);
    set.scene.create("ann");
    set.scene.give("ann", { kind: "claim", name: "support" });
    set.scene.join(set.group, "ann");
    expect(bothOf(set)).toEqual([["ann"], []]);
  });

  it("atomic: takes nothing away because another part is lost", () => {
    const set = begin("atomic");
    const { scene, group } = set;
    scene.create("ann");
    scene.join(group, "ann");
    scene.give("ann", { kind: "exclusion", name: "chat" });
    expect(bothOf(set)).toEqual([["ann"], []]);
  });

  it("atomic: at a sign-in gives both or none, too, whichever is asked for", () => {
    const set = begin("atomic", { acquireOn: "signIn", onFull: ["wait"] }, [1, 0]);
    const { scene, chat, group } = set;
    scene.create("ann");
    scene.join(group, "ann");
    expect(scene.signIn("ann", "support")).toMatchObject({ type: "none" });
    expect(bothOf(set)).toEqual([[], []]);
    scene.change(chat, { capacity: 1 });
    scene.signIn("ann", "support");
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
  });

  describe("atomic, waited for at the door", () => {
    const wait = { onFull: ["wait"] } as const;
    const door = { ...wait, acquireOn: "signIn" } as const;

    function atTheDoor(desk: Partial<PoolPolicy>, seats: [number, number] = [1, 0]): Set {
      const set = begin("atomic", wait, seats);
      set.scene.change(set.desk, { policy: desk });
      set.scene.change(set.chat, { policy: door });
      set.scene.create("ann");
      set.scene.join(set.group, "ann");
      expect(set.scene.signIn("ann", "chat")).toMatchObject({ type: "waiting" });
      return set;
    }

    it("comes with what is given on provisioning as soon as the last one is free", () => {
      const set = atTheDoor(wait);
      expect(bothOf(set)).toEqual([[], []]);
      set.scene.change(set.chat, { capacity: 1 });
      set.scene.tick();
      expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
      expect(set.scene.listed()).toEqual([]);
    });

    it("comes with what is given at a sign-in, for which no place was kept", () => {
      const set = atTheDoor(door);
      expect([...set.scene.org.waiting.values()]).toMatchObject([{ product: "chat" }]);
      set.scene.change(set.chat, { capacity: 1 });
      set.scene.tick();
      expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
      expect(set.scene.listed()).toEqual([]);
    });

    it.each([
      ["on provisioning", wait],
      ["at a sign-in", door],
    ])("waits for the other one, given %s, when only that is missing in the end", (_, desk) => {
      const set = atTheDoor(desk, [1, 0]);
      const { scene } = set;
      scene.change(set.desk, { capacity: 0 });
      scene.change(set.chat, { capacity: 1 });
      scene.tick();
      expect(bothOf(set)).toEqual([[], []]);
      expect([...scene.org.waiting.values()]).toMatchObject([
        { product: "support", reason: "Bundle", atTheDoor: true },
      ]);
      scene.change(set.desk, { capacity: 1 });
      scene.tick();
      expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
      expect(scene.listed()).toEqual([]);
    });

    it("holds nothing back from others while it cannot be had", () => {
      const set = atTheDoor(door);
      const { scene } = set;
      scene.change(set.desk, { capacity: 0 });
      scene.create("bob");
      scene.give("bob", { kind: "claim", name: "chat" });
      expect(scene.signIn("bob", "chat")).toMatchObject({ type: "waiting" });
      scene.change(set.chat, { capacity: 1 });
      scene.tick();
      expect(scene.holders(set.chat)).toEqual(["bob"]);
    });

    it("is one seat like any other for who has another claim to it by now", () => {
      const set = atTheDoor(door);
      const { scene } = set;
      scene.change(set.desk, { capacity: 0 });
      scene.give("ann", { kind: "claim", name: "chat" });
      scene.change(set.chat, { capacity: 1 });
      scene.tick();
      expect(bothOf(set)).toEqual([[], ["ann"]]);
    });

    it("displaces nobody: who waited may have left", () => {
      const set = atTheDoor({ acquireOn: "signIn", onFull: ["evictLru", "wait"] });
      const { scene } = set;
      scene.create("bob");
      scene.give("bob", { kind: "claim", name: "support" });
      scene.signIn("bob", "support");
      scene.wait(24 * 60);
      scene.change(set.chat, { capacity: 1 });
      scene.tick();
      expect(bothOf(set)).toEqual([["bob"], []]);
    });
  });

  it("atomic: keeps the place of who has waited longest, though the seat is looked at in a moment", () => {
    const set = begin("atomic", {}, [1, 0]);
    const { scene, chat, group } = set;
    scene.create("ann", "bob");
    scene.join(group, "ann");
    scene.wait(1);
    scene.give("bob", { kind: "claim", name: "chat" });
    expect(scene.listed()).toEqual(["ann", "bob"]);
    scene.change(chat, { capacity: 1 });
    scene.tick();
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
    expect(scene.listed()).toEqual(["bob"]);
  });

  it("I26, atomic: lets others have what it cannot use now", () => {
    const set = begin("atomic", {}, [0, 0]);
    const { scene, chat, group } = set;
    scene.create("ann", "bob");
    scene.join(group, "ann");
    scene.wait(1);
    scene.give("bob", { kind: "claim", name: "chat" });
    scene.change(chat, { capacity: 1 });
    scene.tick();
    expect(bothOf(set)).toEqual([[], ["bob"]]);
  });
});

describe("I25: of a product of which sessions or devices have leases there is no seat to be given together", () => {
  const units = { leaseUnit: "device", onFull: [] } as const;

  /** The second pool lends to devices. */
  function withUnits(desk: Partial<PoolPolicy> = {}, seats: [number, number] = [1, 1]): Set {
    const set = begin("atomic", desk, [seats[0], 0]);
    const { scene } = set;
    const more = { product: "chat", tiers: ["basic"], capacity: seats[1], policy: units } as const;
    const leases = scene.pool("leases", { kind: "concurrent", ...more });
    scene.org.rules.length = 0;
    scene.org.rule(
      { type: "groupName", name: "Both" },
      { pools: ["desk", "leases"], bundle: "atomic" },
    );
    scene.create("ann");
    scene.join(set.group, "ann");
    return { ...set, chat: leases };
  }

  const acquire = ({ scene }: Set, product: string, unit?: string) =>
    scene.org.decide(
      (world, ctx) =>
        acquireSeat(world, ctx, scene.org.idOf("ann"), product, unit === undefined ? {} : { unit }),
      { type: "app" },
    );

  it.each([0, 1])("gives the other one on provisioning, with %d leases free", (free) => {
    expect(bothOf(withUnits({}, [1, free]))).toEqual([["ann"], []]);
  });

  it("gives the other one at the door, and each device its lease", () => {
    const set = withUnits({ acquireOn: "signIn" });
    expect(acquire(set, "chat", "phone")).toMatchObject({ ok: { type: "held" } });
    expect(bothOf(set)).toEqual([[], ["ann"]]);
    expect(acquire(set, "support")).toMatchObject({ ok: { type: "held" } });
    expect(bothOf(set)).toEqual([["ann"], ["ann"]]);
  });

  it("lets who waits for the other one wait for a free seat, not for a bundle", () => {
    const set = withUnits({}, [0, 1]);
    expect([...set.scene.org.waiting.values()]).toMatchObject([
      { product: "support", reason: "PoolFull" },
    ]);
    set.scene.change(set.desk, { capacity: 1 });
    expect(bothOf(set)).toEqual([["ann"], []]);
  });

  it("also where the pool lent to people when the rule was made", () => {
    const set = begin("atomic", {}, [1, 0]);
    const { scene, chat, group } = set;
    const pool = { ...chat, kind: "concurrent", policy: defaultPolicy("concurrent") } as const;
    scene.org.pools.set(chat.id, pool);
    scene.create("ann");
    scene.join(group, "ann");
    expect(scene.signIn("ann", "support")).not.toMatchObject({ type: "held" });
    expect(bothOf(set)).toEqual([[], []]);
    scene.change(pool, { policy: units });
    scene.evaluateAll();
    expect(bothOf(set)).toEqual([["ann"], []]);
    expect(scene.listed()).toEqual([]);
  });
});

const act = fc.record({
  do: fc.constantFrom("join", "leave", "delete", "desk", "chat", "claim", "take", "tick", "in"),
  who: fc.nat(4),
  seats: fc.nat(3),
});

const occasion = fc.constantFrom("provision" as const, "signIn" as const);

describe("I25, whatever happens", () => {
  it("an atomic bundle is given whole or not at all, and whole as soon as there is room", () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 20, maxLength: 60 }),
        occasion,
        occasion,
        (acts, first, second) => {
          const set = begin("atomic", { onFull: ["wait"] }, [2, 1]);
          const { scene, group, desk, chat } = set;
          scene.change(desk, { policy: { acquireOn: first } });
          scene.change(chat, { policy: { acquireOn: second } });
          const names = ["a", "b", "c", "d", "e"];
          scene.create(...names);
          const gone = new globalThis.Set<string>();
          const claimed = new globalThis.Set<string>();
          const joined = new globalThis.Set<string>();
          for (const { do: what, who, seats } of acts) {
            const name = names[who]!;
            if (gone.has(name)) continue;
            scene.wait(1);
            const before = bothOf(set);
            if (what === "join") {
              scene.join(group, name);
              joined.add(name);
            } else if (what === "leave") {
              scene.leave(group, name);
              joined.delete(name);
            } else if (what === "delete") {
              scene.delete(name);
              gone.add(name);
              joined.delete(name);
            } else if (what === "desk") scene.change(desk, { capacity: seats });
            else if (what === "chat") scene.change(chat, { capacity: seats });
            else if (what === "claim") {
              claimed.add(name);
              scene.give(name, { kind: "claim", name: "chat" });
            } else if (what === "take") scene.take(name, { kind: "claim", name: "chat" });
            else if (what === "in") scene.signIn(name, seats % 2 === 0 ? "chat" : "support");
            else scene.tick();
            const after = bothOf(set);
            for (const one of names) {
              const had = before.filter((holders) => holders.includes(one)).length;
              const has = after.filter((holders) => holders.includes(one)).length;
              if (had === 0 && !claimed.has(one)) expect([0, 2]).toContain(has);
            }
          }
          scene.tick();
          const room = (pool: Pool) => scene.capacityOf(pool) > scene.holders(pool).length;
          if (room(desk) && room(chat)) {
            expect(scene.listed()).toEqual([]);
            // Whoever has to ask for it may not have asked.
            if (first === "provision" && second === "provision") {
              for (const holders of bothOf(set)) {
                expect(holders).toEqual(expect.arrayContaining([...joined]));
              }
            }
          }
        },
      ),
      { numRuns: Number(process.env["SEATKEEPER_BUNDLES"] ?? 150) },
    );
  });
});

describe("I25, Q20: somebody with an atomic bundle is deactivated, where one pool keeps the place and the other does not", () => {
  function away(seats = [1, 1]): Set {
    const set = begin("atomic", {}, seats);
    const { scene, desk, group } = set;
    scene.change(desk, { policy: { suspendedConsumes: true } });
    scene.create("ann");
    scene.join(group, "ann");
    scene.wait(1);
    scene.deactivate("ann");
    return set;
  }
  const keptOf = ({ scene }: Set) =>
    [...scene.org.seats.values()].flatMap(({ product: id, kept }) =>
      kept === undefined ? [] : [`${id} ${kept.state} ${String(kept.consumes)}`],
    );

  it("keeps what each pool says, and nothing else", () => {
    const set = away();
    expect([bothOf(set), keptOf(set)]).toEqual([[[], []], ["support suspended true"]]);
  });

  it("back again has both while the other is free", () => {
    const set = away();
    set.scene.activate("ann");
    expect([bothOf(set), keptOf(set)]).toEqual([[["ann"], ["ann"]], []]);
  });

  it.each([1, 2])(
    "back again has the place that was never given up, of %d seats, and waits for the other, which somebody else has by now",
    (seats) => {
      const set = away([seats, 1]);
      const { scene } = set;
      scene.create("bob");
      scene.give("bob", { kind: "pool", name: "chat" });
      scene.activate("ann");
      expect([bothOf(set), keptOf(set)]).toEqual([[["ann"], ["bob"]], []]);
      expect([...scene.org.waiting.values()]).toMatchObject([{ product: "chat" }]);

      scene.deactivate("bob");
      scene.tick();
      expect([bothOf(set), scene.listed()]).toEqual([[["ann"], ["ann"]], []]);
    },
  );

  it.each([1, 2])(
    "is not held up in the place that stayed taken, of %d seats, at a sign-in",
    (seats) => {
      const set = away([seats, 1]);
      const { scene, chat } = set;
      scene.change(chat, { capacity: 0 });
      scene.activate("ann");
      scene.signIn("ann");
      expect([bothOf(set), keptOf(set)]).toEqual([[["ann"], []], []]);
    },
  );
});
