import { beforeEach, describe, expect, it } from "@jest/globals";
import { signIn } from "../../../src/domain/signIn/signIn.js";
import type { Pool } from "../../../src/domain/directory.js";
import { factKey } from "../../../src/domain/mapping.js";
import { evaluate } from "../../../src/domain/evaluate.js";
import type { PoolPolicy } from "../../../src/domain/pools/policy.js";
import { chained } from "../../verify/generated.js";
import { poolCreated } from "../../../src/domain/pools/capacity.js";
import { Verifier } from "../../../src/verify/verify.js";
import { ReclaimScene } from "./scene.js";

/** Seats that nobody uses: ask, remind, act; and who is never asked. */

const POLICY = {
  idleDays: 30,
  neverUsedDays: 20,
  idleAction: "reclaim",
  remindDays: 3,
  answerDays: 10,
  askAgainDays: 60,
  graceDays: 5,
  undo: "guaranteed",
} as const satisfies Partial<PoolPolicy>;

let scene: ReclaimScene;
let pool: Pool;

function begin(policy: Partial<PoolPolicy> = {}, capacity = 2): void {
  scene = new ReclaimScene();
  pool = scene.pool("desk", { capacity, policy: { ...POLICY, ...policy } });
}

beforeEach(() => begin());

/** What was said about ann since the beginning, with the day. */
function story(): string[] {
  const start = scene.org.entries[0]?.at ?? 0;
  return scene.org.events
    .filter(({ type }) => type.startsWith("seat."))
    .map(({ type, at, data }) => {
      const reason = typeof data["reason"] === "string" ? data["reason"] : "";
      return `${String(Math.floor((at - start) / 86_400_000))} ${type.slice(5)} ${reason}`;
    });
}

/** Somebody who used the seat on the first day. */
function used(...names: string[]): void {
  scene.create(...names);
  for (const name of names) {
    scene.wait(1);
    scene.signIn(name);
  }
}

describe("an idle seat", () => {
  it("is asked about, reminded of, announced, and taken back; nothing of it happens twice", () => {
    used("ann");
    scene.days(60);

    expect(story()).toEqual([
      "0 granted claimed",
      "30 reclaimAsked idle",
      "33 reclaimReminded idle",
      "40 reclaimScheduled idle",
      "45 released reclaimed",
    ]);
    expect(scene.stateOf("ann")).toBe("parked");
  });

  it("tells with the question what will happen and until when an answer counts", () => {
    used("ann");
    scene.days(31);

    const [asked] = scene.told("seat.reclaimAsked");
    const { lastUsedAt } = scene.seatOf("ann")!;
    expect(asked?.data).toMatchObject({
      action: "reclaim",
      lastUsedAt,
      answerBy: asked!.at + 10 * 86_400_000,
    });
    scene.days(10);
    const [scheduled] = scene.told("seat.reclaimScheduled");
    expect(scheduled?.data).toMatchObject({ until: scheduled!.at + 5 * 86_400_000 });
    expect(scene.seatOf("ann")?.expiresAt).toBe(scheduled!.at + 5 * 86_400_000);
  });

  it("that was never used has a clock of its own, which begins with the grant and not with the account", () => {
    begin({}, 1);
    used("first");
    scene.create("ann");
    scene.days(50);
    expect(scene.listed()).toEqual([]);
    // The seat came free on day 45 and was given to ann, who had the account since the first day.
    expect(scene.holders()).toEqual(["ann"]);
    scene.days(14);
    expect(scene.told("seat.reclaimAsked").map(({ userId }) => scene.nameOf(userId))).toEqual([
      "first",
    ]);
    scene.days(2);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(2);
  });

  it("that is used again is left alone: the look that was due only sets the next one", () => {
    used("ann");
    scene.days(20);
    scene.signIn("ann");
    scene.days(29);
    expect(story()).toEqual(["0 granted claimed"]);
    scene.days(2);
    expect(story()).toHaveLength(2);
  });

  it("that is used after the question is answered by that", () => {
    used("ann");
    scene.days(32);
    scene.signIn("ann");
    scene.days(29);
    expect(story()).toEqual(["0 granted claimed", "30 reclaimAsked idle"]);
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("that is kept is not asked about again before the cool-down is over", () => {
    used("ann");
    scene.days(32);
    expect(scene.answer("ann", "keep")).toHaveProperty("ok");
    scene.days(59);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(1);
    scene.days(2);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(2);
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("that is given up is free at once and goes to who waits", () => {
    begin({}, 1);
    used("ann");
    scene.create("bob");
    scene.days(31);
    expect(scene.listed()).toEqual(["bob"]);
    expect(scene.answer("ann", "giveUp")).toEqual({ ok: { seat: null } });
    expect(scene.holders()).toEqual(["bob"]);
    expect(scene.lastEntry("seat.granted")).toMatchObject({ reason: "listDrained" });
  });

  it("is taken back without a question where the policy wants none", () => {
    begin({ answerDays: 0 });
    used("ann");
    scene.days(31);
    expect(story()).toEqual(["0 granted claimed", "30 reclaimScheduled idle"]);
  });

  it("with the action ask is only asked about; somebody else decides", () => {
    begin({ idleAction: "ask", undo: "undecided" });
    used("ann");
    scene.days(95);
    expect(story()).toEqual([
      "0 granted claimed",
      "30 reclaimAsked idle",
      "33 reclaimReminded idle",
      "40 reclaimUnanswered idle",
    ]);
    expect(scene.stateOf("ann")).toBe("active");
    scene.days(10);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(2);
  });

  it("that was taken back does not come back because somebody looks at the old claim, but with the next use", () => {
    used("ann");
    scene.days(50);
    const id = scene.org.idOf("ann");
    scene.org.decide((world, ctx) => evaluate(world, ctx, [id]));
    scene.update("ann", { displayName: "Ann Adams" });
    expect(scene.stateOf("ann")).toBe("parked");
    expect(scene.signIn("ann")).toMatchObject({ type: "held" });
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("that was taken back comes back with a claim that is newer", () => {
    used("ann");
    scene.days(50);
    scene.give("ann", { kind: "pool", name: "desk" });
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("is found by a new policy of the pool, and forgotten by it", () => {
    begin({ idleDays: 0 });
    used("ann");
    scene.days(40);
    scene.change(pool, { policy: { idleDays: 30 } });
    const id = scene.org.idOf("ann");
    scene.org.decide((world, ctx) => evaluate(world, ctx, [id]));
    scene.tick();
    expect(scene.told("seat.reclaimAsked")).toHaveLength(1);
    scene.change(pool, { policy: { idleDays: 0 } });
    scene.days(40);
    expect(scene.seatOf("ann")?.idle).toBeUndefined();
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("D2: where the application reports use, signing in is no use", () => {
    begin({ useSignal: "application" });
    used("ann");
    scene.days(29);
    const attempt = {
      ...{ nameId: "ann", sessionIndex: null, assertionId: "a1", assertionExpiresAt: 1e15 },
      ...{ requestId: "r1", browserHash: "b", userName: "ann", displayName: null, document: {} },
      ...{ sessionIdHash: "s", sessionExpiresAt: scene.org.now + 1 },
      connection: { id: "c1", saml: { justInTime: "link" } },
    } as unknown as Parameters<typeof signIn>[2];
    scene.org.requests.set("c1 r1 b", { returnTo: null });
    scene.org.decide((world, ctx) => signIn(world, ctx, attempt), { type: "saml" });
    scene.days(2);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(1);
  });

  it("leaves a ledger that the verifier accepts", () => {
    used("ann", "bob");
    scene.days(43);
    scene.undo("ann");
    scene.days(70);
    const created = { ...poolCreated({ ...pool, used: 0 }), id: "made", cause: CAUSE };
    const verifier = new Verifier();
    for (const line of chained([created, ...scene.org.entries])) verifier.add(line);
    expect(verifier.report().fault).toBeNull();
  });
});

const CAUSE = { type: "admin", action: "test", actor: "test", requestId: null } as const;

describe("who is never asked", () => {
  it("a person with an exemption, until its date", () => {
    used("ann", "bob");
    scene.exempt({ user: "ann" }, scene.org.now + 50 * 86_400_000);
    scene.days(49);
    expect(scene.told("seat.reclaimAsked").map(({ userId }) => scene.nameOf(userId))).toEqual([
      "bob",
    ]);
    scene.days(3);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(2);
  });

  it("the members of a group with an exemption, for as long as they are in it", () => {
    const group = scene.group("Seasonal");
    used("ann");
    scene.join(group, "ann");
    scene.exempt({ groupId: group.id });
    scene.days(100);
    expect(story()).toEqual(["0 granted claimed"]);
    scene.leave(group, "ann");
    scene.days(31);
    expect(scene.told("seat.reclaimAsked")).toHaveLength(1);
  });

  it("an exemption that comes after the question withdraws it", () => {
    used("ann");
    scene.days(32);
    scene.exempt({ user: "ann" });
    scene.days(60);
    expect(scene.stateOf("ann")).toBe("active");
    expect(scene.seatOf("ann")?.idle?.askedAt).toBeUndefined();
  });
});

describe("I13: who is deactivated", () => {
  it.each([20, 32, 43])("loses the seat at once, on day %d of whatever was asked", (day) => {
    used("ann");
    scene.days(day);
    scene.deactivate("ann");
    expect(scene.stateOf("ann")).toBe("none");
    expect(scene.lastEntry("seat.released")).toMatchObject({ reason: "deactivated", delta: -1 });
    scene.days(60);
    expect(scene.told("seat.released")).toHaveLength(1);
  });
});

const POLICY_LOW = { ...POLICY, idleAction: "downgrade", undo: "undecided" } as const;

describe("idleAction downgrade", () => {
  beforeEach(() => {
    begin({ idleAction: "downgrade", undo: "undecided" });
    scene.change(pool, { tiers: ["standard", "professional"] });
    scene.create("ann");
    scene.give("ann", { kind: "permission", name: "reports" });
    scene.signIn("ann");
  });

  it("gives a lower tier instead of taking the seat, until somebody uses it", () => {
    expect(scene.seatOf("ann")?.tier).toBe("professional");
    scene.days(45);
    expect(scene.seatOf("ann")?.tier).toBe("standard");
    scene.update("ann", { displayName: "Ann Adams" });
    expect(scene.seatOf("ann")?.tier).toBe("standard");
    scene.signIn("ann");
    expect(scene.seatOf("ann")?.tier).toBe("professional");
  });

  it("stays where it is, also when somebody would change places with the holder", () => {
    const top = scene.pool("top", { capacity: 1, tiers: ["professional"], policy: POLICY_LOW });
    scene.change(pool, { tiers: ["standard"], capacity: 1 });
    scene.update("ann", { displayName: "Ann Adams" });
    expect(scene.holders(top)).toEqual(["ann"]);
    scene.days(45);
    expect(scene.seatOf("ann")?.tier).toBe("standard");
    scene.create("bob");
    scene.give("bob", { kind: "permission", name: "reports" });
    scene.signIn("bob");
    expect(scene.holders(top)).toEqual(["bob"]);
    const ids = ["ann", "bob"].map((name) => scene.org.idOf(name));
    scene.org.decide((world, ctx) => {
      for (const fact of world.facts.group(ids[1]!)) {
        if (fact.kind === "permission") world.facts.delete(factKey(fact));
      }
      return evaluate(world, ctx, ids);
    });
    expect(scene.holders(top)).toEqual(["bob"]);
    expect(scene.seatOf("ann")?.tier).toBe("standard");
  });

  it("goes up again with a new claim", () => {
    scene.days(45);
    scene.give("ann", { kind: "permission", name: "admin" });
    scene.change(pool, { tiers: ["standard", "professional", "enterprise"] });
    scene.update("ann", { displayName: "Ann Adams" });
    expect(scene.seatOf("ann")?.tier).toBe("enterprise");
  });
});
