import { beforeEach, describe, expect, it } from "@jest/globals";
import { evaluate } from "../../src/domain/evaluate.js";
import type { Group, Pool, Seat } from "../../src/domain/directory.js";
import { defaultPolicy } from "../../src/domain/pools/policy.js";
import { occupies } from "../../src/domain/seats/states.js";
import { faultIn } from "./books.js";
import { Scene, support } from "./scene.js";

/** The rules of a pool with invitations, by their numbers. */

const DAY = 24 * 60;
let scene: Scene;
let pool: Pool;
let red: Group;
let blue: Group;

beforeEach(() => {
  scene = new Scene([support({ everyone: false })]);
  pool = scene.pool("pool", {
    capacity: 2,
    policy: {
      acquireOn: "invite",
      parkedConsumes: true,
      suspendedConsumes: true,
      onFull: ["reject"],
    },
  });
  red = scene.group("Red");
  blue = scene.group("Blue");
  for (const name of ["Red", "Blue"]) {
    scene.org.rule({ type: "groupName", name }, { teams: [name], pools: ["pool"] });
  }
});

function seatOf(name: string): Seat | undefined {
  const id = scene.org.idOf(name);
  return [...scene.org.seats.values()].find(({ userId }) => userId === id);
}

function stateOf(name: string): string {
  const seat = seatOf(name);
  return seat === undefined ? "none" : (seat.kept?.state ?? "active");
}

/** The segments of the bar. */
function bar() {
  const seats = [...scene.org.seats.values()].filter(({ poolId }) => poolId === pool.id);
  const count = (...states: string[]) =>
    seats.filter((seat) => occupies(seat) && states.includes(seat.kept?.state ?? "active")).length;
  const active = count("active");
  const pending = count("pending");
  const unassigned = count("parked", "suspended");
  return {
    active,
    pending,
    unassigned,
    unused: scene.capacityOf(pool) - active - pending - unassigned,
  };
}

function invite(name: string, group = red): void {
  scene.create(name);
  scene.join(group, name);
}

describe("a pool with invitations", () => {
  it("rule 56: the bar shows what was bought and how much of it is in use", () => {
    scene.change(pool, { capacity: 10 });
    for (const name of ["a", "b"]) {
      invite(name);
      scene.signIn(name);
    }

    expect(bar()).toEqual({ active: 2, pending: 0, unassigned: 0, unused: 8 });
  });

  it("rule 60: a member of several teams counts once", () => {
    invite("a");
    scene.signIn("a");
    scene.join(blue, "a");

    expect(bar()).toMatchObject({ active: 1, unused: 1 });
  });

  it("rule 61: pending is an invitation that is not accepted yet; it takes a seat and gives no access", () => {
    invite("a");

    expect(stateOf("a")).toBe("pending");
    expect(bar()).toEqual({ active: 0, pending: 1, unassigned: 0, unused: 1 });
    expect(scene.holders()).toEqual([]);
  });

  it("an invitation that took no seat takes none when its account is switched off and every seat is taken", () => {
    scene.change(pool, { policy: { ...pool.policy, pendingReserves: false } });
    for (const name of ["a", "b"]) {
      invite(name);
      scene.signIn(name);
    }
    invite("c");
    scene.deactivate("c");

    expect(stateOf("c")).toBe("suspended");
    expect(bar()).toEqual({ active: 2, pending: 0, unassigned: 0, unused: 0 });
  });

  it("rule 62: on acceptance pending becomes active and no count changes", () => {
    invite("a");
    const { id } = seatOf("a")!;
    scene.signIn("a");

    expect(bar()).toEqual({ active: 1, pending: 0, unassigned: 0, unused: 1 });
    expect(seatOf("a")?.id).toBe(id);
    expect(scene.lastEntry("seat.granted")).toMatchObject({
      delta: 0,
      details: { from: "pending" },
    });
  });

  it("rule 63: unassigned is a member who was removed from his teams and waits for another", () => {
    invite("a");
    scene.signIn("a");
    scene.leave(red, "a");

    expect(stateOf("a")).toBe("parked");
    expect(scene.holders()).toEqual([]);
    expect(bar()).toMatchObject({ active: 0, unassigned: 1 });
  });

  it("rule 64: unassigned ends by joining a team (the same licence), or by deletion (back to the pool)", () => {
    invite("a");
    scene.signIn("a");
    const { id } = seatOf("a")!;
    scene.leave(red, "a");
    scene.wait(100 * DAY);
    scene.join(blue, "a");
    expect([stateOf("a"), seatOf("a")?.id]).toEqual(["active", id]);

    scene.leave(blue, "a");
    scene.delete("a");
    expect(bar()).toEqual({ active: 0, pending: 0, unassigned: 0, unused: 2 });
  });

  it("Q13: that blocks nothing by default: it is the policy's to say", () => {
    scene.change(pool, { capacity: 1, policy: { parkedConsumes: false } });
    invite("a");
    scene.signIn("a");
    scene.leave(red, "a");
    invite("b");

    expect(stateOf("b")).toBe("pending");
    expect(defaultPolicy("locked").parkedConsumes).toBe(false);
  });

  it("rule 65, Q13: an unassigned member still blocks the licence", () => {
    invite("a");
    invite("b");
    scene.signIn("a");
    scene.leave(red, "a");
    invite("c");

    expect(stateOf("c")).toBe("none");
  });

  it("rule 66: there is no limit of teams per member", () => {
    const groups = Array.from({ length: 20 }, (_, n) => scene.group(`T${String(n)}`));
    scene.org.rule({ type: "groupPattern", pattern: "T*" }, { pools: ["pool"] });
    scene.create("a");
    for (const group of groups) scene.join(group, "a");

    expect(bar()).toMatchObject({ pending: 1, unused: 1 });
  });

  it("rule 67: the licence is the member's when the invitation is accepted; further teams use the same one", () => {
    invite("a");
    scene.signIn("a");
    const seat = seatOf("a");
    scene.join(blue, "a");
    scene.leave(red, "a");

    expect(seatOf("a")).toEqual(seat);
  });

  it("rule 68: only deletion from the organisation separates licence and member", () => {
    invite("a");
    scene.signIn("a");
    scene.leave(red, "a");
    scene.deactivate("a");
    expect(bar()).toMatchObject({ unassigned: 1 });
    scene.activate("a");
    expect(bar()).toMatchObject({ unassigned: 1 });
    scene.delete("a");

    expect(bar()).toMatchObject({ unassigned: 0, unused: 2 });
  });

  it("rule 69: a licence is transferred by deleting its holder and inviting the new member", () => {
    scene.change(pool, { capacity: 1 });
    invite("a");
    scene.signIn("a");
    scene.delete("a");
    invite("b");
    scene.signIn("b");

    expect(scene.holders()).toEqual(["b"]);
  });

  it("rule 70: who leaves keeps the licence until the administrator deletes the user", () => {
    invite("a");
    scene.signIn("a");
    scene.deactivate("a");

    expect(stateOf("a")).toBe("suspended");
    expect(bar()).toMatchObject({ unassigned: 1, unused: 1 });
    scene.activate("a");
    expect(stateOf("a")).toBe("active");
  });

  it("rule 71: out of licences, one buys more or deletes members", () => {
    for (const name of ["a", "b", "c"]) invite(name);
    expect(stateOf("c")).toBe("none");
    scene.delete("a");
    scene.leave(red, "c");
    scene.join(red, "c");
    expect(stateOf("c")).toBe("pending");
    invite("d");
    scene.change(pool, { capacity: 3 });
    // What the server does in the background after a change of the capacity.
    scene.org.decide((world, ctx) => evaluate(world, ctx, [scene.org.idOf("d")]));
    expect(stateOf("d")).toBe("pending");
  });

  it("rule 73: purchased = active + pending + unassigned + unused, always", () => {
    scene.change(pool, { capacity: 4 });
    for (const name of ["a", "b", "c", "d"]) invite(name);
    scene.signIn("a");
    scene.signIn("b");
    scene.leave(red, "b");
    scene.signIn("c");
    scene.deactivate("c");

    expect(bar()).toEqual({ active: 1, pending: 1, unassigned: 2, unused: 0 });
  });

  it("rule 74: with nothing unused a new invitation does not become active until capacity appears", () => {
    scene.change(pool, { capacity: 1, policy: { pendingReserves: false, onFull: ["wait"] } });
    invite("a");
    invite("b");
    expect([stateOf("a"), stateOf("b")]).toEqual(["pending", "pending"]);
    scene.signIn("a");
    expect(scene.signIn("b").type).toBe("waiting");
    scene.change(pool, { capacity: 2 });

    expect(scene.holders()).toEqual(["a", "b"]);
  });
});

// Found by the random histories: the books said that the seat came from an invitation which they had just ended.
it("an invitation to one pool that becomes a seat of another is given back there first, and the books say so", () => {
  scene = new Scene();
  const first = scene.pool("first", { policy: { acquireOn: "invite" } });
  const better = scene.pool("better", { tiers: ["professional"], policy: { acquireOn: "manual" } });
  scene.create("a");
  expect(stateOf("a")).toBe("pending");
  scene.give("a", { kind: "permission", name: "reports" });
  scene.give("a", { kind: "pool", name: "better" });
  scene.signIn("a");

  expect([scene.holders(first), scene.holders(better)]).toEqual([[], ["a"]]);
  expect(scene.org.entries.slice(-2)).toMatchObject([
    { kind: "seat.released", reason: "moved", delta: -1, poolId: first.id },
    { kind: "seat.granted", delta: 1, poolId: better.id },
  ]);
  expect(scene.lastEntry("seat.granted")?.details).not.toHaveProperty("from");
  expect(faultIn(scene.org, [first, better])).toBeNull();
});

describe("how an invitation ends (Q11)", () => {
  it("by its time: the seat is free, and nobody is invited again by himself", () => {
    invite("a");
    scene.wait(14 * DAY + 1);
    scene.org.decide((world, ctx) => evaluate(world, ctx, [scene.org.idOf("a")]));

    expect(stateOf("a")).toBe("closed");
    expect(bar()).toMatchObject({ pending: 0, unused: 2 });
    scene.wait(1);
    scene.join(blue, "a");
    expect(stateOf("a")).toBe("pending");
  });

  it("with its claim", () => {
    invite("a");
    scene.leave(red, "a");

    expect(stateOf("a")).toBe("none");
  });
});

describe("who comes back after a deactivation (Q20)", () => {
  function comeBack(resume: "tail" | "sameIfFree" | "headOfList") {
    scene = new Scene();
    pool = scene.pool("pool", { capacity: 1, policy: { resume } });
    scene.create("a");
    scene.wait(1);
    scene.create("b", "c");
    scene.wait(1);
    scene.deactivate("a");
    scene.wait(1);
    scene.activate("a");
    return { listed: scene.listed(), holders: scene.holders() };
  }

  it("tail: behind everybody who waits", () => {
    expect(comeBack("tail")).toMatchObject({ holders: ["b"], listed: ["c", "a"] });
  });

  it("headOfList: before everybody who waits", () => {
    expect(comeBack("headOfList")).toMatchObject({ holders: ["b"], listed: ["a", "c"] });
  });

  it("sameIfFree: the same seat if nobody has taken it", () => {
    scene = new Scene();
    pool = scene.pool("pool", { capacity: 1, policy: { resume: "sameIfFree" } });
    scene.create("a");
    const { id } = seatOf("a")!;
    scene.deactivate("a");
    expect(stateOf("a")).toBe("suspended");
    scene.activate("a");

    expect(seatOf("a")).toMatchObject({ id });
    expect(scene.holders()).toEqual(["a"]);
  });
});
