import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Group, Pool } from "../../src/domain/directory.js";
import { type Standing, whySentence } from "../../src/domain/answers/why.js";
import { holdingsIn, standingsOf } from "../../src/domain/answers/standing.js";
import { servesEntry } from "../../src/domain/waiting/serves.js";
import { Scene } from "./scene.js";

/** Whoever is to have a seat of one of several pools by name waits in all of them (docs/adr/0050). */

let scene: Scene;

function waitsIn(userName: string): string[] {
  const id = scene.org.idOf(userName);
  const [entry] = [...scene.org.waiting.values()].filter(({ userId }) => userId === id);
  if (entry === undefined) return [];
  return [...scene.org.pools.values()]
    .filter((pool) => servesEntry(pool, entry))
    .map(({ name }) => name);
}

function why(userName: string): string {
  const { org } = scene;
  return org.decide((world) => {
    const user = world.users.get(org.idOf(userName));
    const [standing] =
      user === undefined ? [] : standingsOf(org.catalogue, user, holdingsIn(world, user.id));
    const names = { groupNames: new Map<string, string>(), ruleNames: new Map<string, string>() };
    const words = { catalogue: org.catalogue, ...names, timeZone: "UTC" };
    return whySentence(standing as Standing, words);
  });
}

describe("I10, I26: who has two direct pools", () => {
  let [a, b]: Pool[] = [];
  let [inA, inB]: Group[] = [];
  beforeEach(() => {
    scene = new Scene();
    [a, b] = ["A", "B"].map((name) => scene.pool(name, { policy: { onFull: ["wait"] } }));
    [inA, inB] = ["A", "B"].map((name) => {
      scene.org.rule({ type: "groupName", name: `G${name}` }, { pools: [name] });
      return scene.group(`G${name}`);
    });
    for (const [userName, groups] of [
      ["ann", [inA!]],
      ["bob", [inB!]],
      ["una", [inA!, inB!]],
    ] as const) {
      // Nobody is in a group before there is an account, and a seat of any pool would do for who is in none.
      scene.create(userName);
      groups.forEach((group) => scene.join(group, userName));
    }
    expect([scene.holders(a), scene.holders(b), scene.listed()]).toEqual([
      ["ann"],
      ["bob"],
      ["una"],
    ]);
  });

  it("is served with whichever seat is free first", () => {
    expect(waitsIn("una")).toEqual(["A", "B"]);
    scene.deactivate("bob");
    expect([scene.holders(a), scene.holders(b), scene.listed()]).toEqual([["ann"], ["una"], []]);
  });

  it("is not passed by who comes later to one of them", () => {
    scene.create("cyd");
    scene.join(inB!, "cyd");
    scene.deactivate("bob");
    expect([scene.holders(b), scene.listed()]).toEqual([["una"], ["cyd"]]);
    scene.deactivate("ann");
    expect([scene.holders(a), scene.listed()]).toEqual([[], ["cyd"]]);
  });

  it("is told of both, and keeps the place when one is no longer right", () => {
    expect(why("una")).toContain('una is to have a seat of the pool "A" or "B".');
    const [before] = scene.org.waiting.values();
    scene.wait(5);
    scene.leave(inA!, "una");
    const [after] = scene.org.waiting.values();
    expect(waitsIn("una")).toEqual(["B"]);
    expect(after).toMatchObject({ id: before?.id, since: before?.since });
    expect(after).not.toHaveProperty("alsoPools");
    expect(why("una")).toContain('una is to have a seat of the pool "B".');
    scene.join(inA!, "una");
    expect(waitsIn("una")).toEqual(["A", "B"]);
    // Nothing has changed, so nothing is written.
    const [now] = scene.org.waiting.values();
    scene.evaluateAll();
    expect([...scene.org.waiting.values()][0]).toBe(now);
  });
});

it("I10, I26: whoever needs a tier waits in those of the named pools that give it, and in no other", () => {
  scene = new Scene();
  const [standard, professional] = [
    scene.pool("Std", { policy: { onFull: ["wait"] } }),
    scene.pool("Pro", { tiers: ["professional"], policy: { onFull: ["wait"] } }),
  ];
  scene.create("std");
  scene.create("pro");
  scene.give("pro", { kind: "permission", name: "reports" });
  scene.create("una");
  scene.give("una", { kind: "permission", name: "reports" });
  for (const name of ["Std", "Pro"]) scene.give("una", { kind: "pool", name });
  expect([scene.holders(standard), scene.holders(professional)]).toEqual([["std"], ["pro"]]);
  expect(waitsIn("una")).toEqual(["Pro"]);
  expect([...scene.org.waiting.values()][0]).toMatchObject({ poolId: professional?.id });
  scene.delete("pro");
  expect([scene.holders(professional), scene.listed()]).toEqual([["una"], []]);
});

it("rule 11: who got a seat at the door of one of them keeps waiting in those alone that give seats for good", () => {
  scene = new Scene();
  const onFull = ["wait"] as const;
  const [door, good] = [
    scene.pool("Door", { kind: "shared", policy: { acquireOn: "signIn", onFull } }),
    scene.pool("Good", { policy: { acquireOn: "provision", onFull } }),
  ];
  const name = (userName: string, pool: string) =>
    scene.give(userName, { kind: "pool", name: pool });
  scene.create("ann");
  name("ann", "Good");
  scene.create("bob");
  name("bob", "Door");
  scene.signIn("bob");
  scene.create("una");
  name("una", "Door");
  name("una", "Good");
  expect(waitsIn("una")).toEqual(["Good"]);
  expect(scene.signIn("una")).toMatchObject({ type: "waiting" });
  expect(waitsIn("una")).toEqual(["Door", "Good"]);
  scene.delete("bob");
  expect([scene.holders(door), waitsIn("una")]).toEqual([["una"], ["Good"]]);
  scene.delete("ann");
  expect([scene.holders(door), scene.holders(good), scene.listed()]).toEqual([[], ["una"], []]);
});
