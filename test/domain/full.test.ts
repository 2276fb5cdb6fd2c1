import { beforeEach, describe, expect, it } from "@jest/globals";
import type { OnFull, Overage, PoolPolicy } from "../../src/domain/pools/policy.js";
import { Scene } from "./scene.js";

/** What happens when every seat is taken: `onFull`, step by step. */

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

function outcomeOf(userName: string): unknown {
  const verdict = scene.tryToCreate(userName);
  return "refused" in verdict ? verdict.refused : verdict.ok.outcomes.get("support");
}

describe("what a full pool does with the next person", () => {
  it.each<{
    title: string;
    policy: Partial<PoolPolicy>;
    held: string[];
    listed: string[];
    capacity: number;
  }>([
    {
      title: "nothing: no seat and no place",
      policy: { onFull: [] },
      held: ["a", "b"],
      listed: [],
      capacity: 2,
    },
    {
      title: "wait",
      policy: { onFull: ["wait"] },
      held: ["a", "b"],
      listed: ["c", "d", "e", "f"],
      capacity: 2,
    },
    {
      title: "overage of one seat, then wait",
      policy: { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } },
      held: ["a", "b", "c"],
      listed: ["d", "e", "f"],
      capacity: 2,
    },
    {
      title: "overage by a factor, rounded down",
      policy: { onFull: ["overage"], overage: { type: "factor", percent: 75 } },
      held: ["a", "b", "c"],
      listed: [],
      capacity: 2,
    },
    {
      title: "overage without a limit",
      policy: { onFull: ["overage"], overage: { type: "unlimited" } },
      held: ["a", "b", "c", "d", "e", "f"],
      listed: [],
      capacity: 2,
    },
    {
      title: "autoscale up to four, then wait",
      policy: { onFull: ["autoscale", "wait"], autoscaleMax: 4 },
      held: ["a", "b", "c", "d"],
      listed: ["e", "f"],
      capacity: 4,
    },
    {
      title: "overage first, then autoscale",
      policy: {
        onFull: ["overage", "autoscale"],
        overage: { type: "absolute", seats: 1 },
        autoscaleMax: 4,
      },
      held: ["a", "b", "c", "d", "e"],
      listed: [],
      capacity: 4,
    },
  ])("$title", ({ policy, held, listed, capacity }) => {
    const pool = scene.pool("pool", { capacity: 2, policy });
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      scene.create(name);
      scene.wait(1);
    }

    expect(scene.holders()).toEqual(held);
    expect(scene.listed()).toEqual(listed);
    expect(scene.capacityOf(pool)).toBe(capacity);
  });

  it("each automatic purchase and each seat above the capacity has its cause in the ledger", () => {
    scene.pool("pool", {
      policy: {
        onFull: ["autoscale", "overage"],
        autoscaleMax: 2,
        overage: { type: "absolute", seats: 1 },
      },
    });
    scene.create("a", "b", "c");

    expect(scene.lastEntry("pool.capacityChanged")).toMatchObject({
      reason: "autoscaled",
      details: { from: 1, to: 2 },
      cause: { type: "scim" },
    });
    expect(scene.lastEntry("seat.granted")).toMatchObject({
      userId: scene.org.idOf("c"),
      details: { overage: 1 },
    });
  });

  it("restricted: the person waits like others, and the reason says that the account is restricted", () => {
    scene.pool("pool", { policy: { onFull: ["restricted"] } });
    scene.create("a");

    expect(outcomeOf("b")).toMatchObject({ type: "waiting", entry: { reason: "Restricted" } });
    scene.deactivate("a");
    expect(scene.holders()).toEqual(["b"]);
  });

  it("fallbackTier: the best lower tier meanwhile, and the one that is needed as soon as it is free", () => {
    const top = scene.pool("top", { tiers: ["enterprise"], policy: { onFull: ["fallbackTier"] } });
    const middle = scene.pool("middle", { tiers: ["professional"] });
    const low = scene.pool("low", { capacity: 5 });
    scene.create("boss", "lead", "other");
    scene.give("boss", { kind: "permission", name: "admin" });
    scene.give("lead", { kind: "permission", name: "admin" });
    scene.org.rule({ type: "everyone" }, { permissions: ["admin"] });
    scene.create("new");

    expect(scene.holders(top)).toEqual(["boss"]);
    expect(scene.holders(middle)).toEqual(["new"]);
    // Who held Standard keeps it and waits for Enterprise; nobody is moved to something that is still not enough.
    expect(scene.holders(low)).toEqual(["lead", "other"]);
    expect(scene.listed()).toEqual(["lead", "new"]);
    scene.delete("boss");
    expect(scene.holders(top)).toEqual(["lead"]);
    scene.delete("lead");
    expect(scene.holders(top)).toEqual(["new"]);
    expect(scene.holders(middle)).toEqual([]);
  });

  it("I10: nobody who comes later gets the overage before who waits", () => {
    const pool = scene.pool("pool", { policy: { onFull: ["wait"] } });
    scene.create("a", "b");
    scene.wait(1);
    expect(scene.listed()).toEqual(["b"]);

    scene.change(pool, {
      policy: { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } },
    });
    expect(scene.holders()).toEqual(["a", "b"]);
    scene.create("c");
    expect(scene.listed()).toEqual(["c"]);
  });

  it("a capacity that an administrator lowered grows again only when somebody needs a seat", () => {
    const pool = scene.pool("pool", {
      capacity: 3,
      policy: { onFull: ["autoscale"], autoscaleMax: 4 },
    });
    scene.create("a", "b");
    scene.change(pool, { capacity: 1 });
    expect(scene.capacityOf(pool)).toBe(1);

    scene.create("c");

    expect(scene.capacityOf(pool)).toBe(3);
    expect(scene.holders()).toEqual(["a", "b", "c"]);
  });
});

describe("I15: the same state gives the same verdict at every door", () => {
  const doors: Record<string, () => void> = {
    "SCIM creation": () => scene.create("new"),
    "SCIM reactivation": () => {
      scene.activate("sleeper");
      scene.update("sleeper", { userName: "new" });
    },
    "a group rule": () => {
      const group = scene.group("Agents");
      scene.org.rule({ type: "groupName", name: "Agents" }, { pools: ["pool"] });
      scene.tryToCreate("new");
      scene.join(group, "new");
    },
    "by hand": () => {
      scene.tryToCreate("new");
      scene.give("new", { kind: "pool", name: "pool" });
    },
    "the application's door": () => {
      scene.tryToCreate("new");
      scene.signIn("new");
    },
  };
  const policies: (readonly [readonly OnFull[], Overage, number])[] = [
    [["wait"], { type: "none" }, 0],
    [["restricted"], { type: "none" }, 0],
    [["overage"], { type: "absolute", seats: 1 }, 0],
    [["autoscale"], { type: "none" }, 2],
    [[], { type: "none" }, 0],
  ];

  it.each(policies)("%p", (onFull, overage, autoscaleMax) => {
    const results = Object.entries(doors).map(([, open]) => {
      scene = new Scene();
      scene.pool("pool", { policy: { onFull, overage, autoscaleMax } });
      scene.create("holder");
      scene.tryToCreate("sleeper", { active: false });
      open();
      return { held: scene.holders(), listed: scene.listed() };
    });

    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe("onFull reject", () => {
  beforeEach(() => {
    scene.pool("pool", { policy: { onFull: ["reject"] } });
    scene.create("a");
  });

  it("D2: a SCIM request that brings somebody new is refused with a readable sentence, and changes nothing", () => {
    const before = scene.org.users.size;
    const verdict = scene.tryToCreate("b");

    expect(verdict).toMatchObject({
      refused: "SeatRefused",
      sentence:
        'All 1 seats of the pool "pool" (support) are taken, and the pool is set to refuse new people.',
    });
    expect(scene.org.users.size).toBe(before);
  });

  it("also a reactivation; but never who has a seat, who is inactive, or who comes by another door", () => {
    expect(scene.tryToCreate("b", { active: false })).toHaveProperty("ok");
    expect(scene.activate("b")).toMatchObject({ refused: "SeatRefused" });
    expect(scene.update("a", { displayName: "A" })).toHaveProperty("ok");
    scene.deactivate("a");
    expect(scene.activate("b")).toHaveProperty("ok");
    expect(scene.holders()).toEqual(["b"]);
  });

  it("never who is invited already, nor who comes back to a place that was taken all the time", () => {
    scene = new Scene();
    scene.pool("pool", {
      policy: {
        acquireOn: "invite",
        parkedConsumes: true,
        suspendedConsumes: true,
        onFull: ["reject"],
      },
    });
    scene.create("a");
    expect(scene.update("a", { displayName: "still invited" })).toHaveProperty("ok");
    scene.signIn("a");
    scene.deactivate("a");
    expect(scene.activate("a")).toHaveProperty("ok");
    expect(scene.holders()).toEqual(["a"]);

    expect(scene.tryToCreate("b")).toMatchObject({ refused: "SeatRefused" });
  });

  it("at a sign-in nobody is refused the door: there is no seat, and no place in a list", () => {
    scene.tryToCreate("b", { active: false });
    scene.org.users.set(scene.org.idOf("b"), {
      ...scene.org.users.get(scene.org.idOf("b"))!,
      active: true,
    });

    expect(scene.signIn("b")).toEqual({ type: "none", reason: "PoolFull" });
    expect(scene.listed()).toEqual([]);
  });
});

describe("upgrades into a full pool", () => {
  it.each<[string, Partial<PoolPolicy>, string]>([
    ["keep what is held and wait", { onFull: ["wait"] }, "standard"],
    [
      "go above the capacity where newcomers would",
      { onFull: ["overage"], overage: { type: "absolute", seats: 1 } },
      "professional",
    ],
    [
      "buy a seat where newcomers would",
      { onFull: ["autoscale"], autoscaleMax: 2 },
      "professional",
    ],
  ])("%s", (_, policy, tier) => {
    scene.pool("standard", { capacity: 2 });
    scene.pool("professional", { tiers: ["professional"], policy });
    scene.create("a", "b");
    scene.give("a", { kind: "permission", name: "reports" });
    scene.give("b", { kind: "permission", name: "reports" });

    const seat = [...scene.org.seats.values()].find(({ userId }) => userId === scene.org.idOf("b"));
    expect(seat?.tier).toBe(tier);
  });
});
