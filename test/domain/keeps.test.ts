import { describe, expect, it } from "@jest/globals";
import { holdingsIn, standingsOf } from "../../src/domain/answers/standing.js";
import { whySentence } from "../../src/domain/answers/why.js";
import type { PoolPolicy } from "../../src/domain/pools/policy.js";
import { World } from "../../src/domain/world.js";
import { Scene } from "./scene.js";

/** Who holds more than is needed: what is said of how long, and whether it is so. */

const NO_LIST =
  " ann keeps professional until a seat of standard is free at a sign-in or when something else about ann changes: no list is kept of who waits for it.";

/** Ann keeps a professional seat that she needs no longer, since Ben has the only standard one. */
function annKeepsMore(policy: Partial<PoolPolicy>): Scene {
  const scene = new Scene();
  const sales = scene.group("Sales");
  const low = scene.pool("low", { tiers: ["standard"], capacity: 1 });
  scene.pool("high", { tiers: ["professional"], capacity: 1 });
  scene.create("ben", "ann");
  scene.join(sales, "ann");
  scene.give("ann", { kind: "permission", name: "reports" });
  scene.change(low, { policy });
  scene.take("ann", { kind: "permission", name: "reports" });
  return scene;
}

function why({ org }: Scene, userName: string): string {
  const world = new World(org.snapshot());
  const user = org.users.get(org.idOf(userName))!;
  const [standing] = standingsOf(org.catalogue, user, holdingsIn(world, user.id));
  const groups = [...org.groups.values()].map(({ id, displayName }) => [id, displayName] as const);
  return whySentence(standing!, {
    ...{ catalogue: org.catalogue, ruleNames: new Map<string, string>(), timeZone: "UTC" },
    groupNames: new Map(groups),
  });
}

function tierOf({ org }: Scene, userName: string): string | undefined {
  return [...org.seats.values()].find(({ userId }) => userId === org.idOf(userName))?.tier;
}

describe("who holds more than is needed, where the lower pool is full", () => {
  it.each<{ what: string; policy: Partial<PoolPolicy> }>([
    { what: "no list", policy: { onFull: ["reject"] } },
    { what: "nothing at all", policy: { onFull: [] } },
    {
      what: "no list for the person's group",
      policy: { onFull: ["wait"], onFullByGroup: [{ group: "Sales", onFull: ["reject"] }] },
    },
  ])("and keeps $what, is not moved by itself, and is told so", ({ policy }) => {
    const scene = annKeepsMore(policy);
    expect(why(scene, "ann")).toContain(NO_LIST);

    scene.deactivate("ben");
    expect(tierOf(scene, "ann")).toBe("professional");
    scene.signIn("ann");
    expect(tierOf(scene, "ann")).toBe("standard");
  });

  it.each<{ what: string; policy: Partial<PoolPolicy> }>([
    { what: "a list", policy: { onFull: ["wait"] } },
    {
      what: "a list for the person's group",
      policy: { onFull: ["reject"], onFullByGroup: [{ group: "Sales", onFull: ["wait"] }] },
    },
  ])("and keeps $what, waits for it and is moved by itself", ({ policy }) => {
    const scene = annKeepsMore(policy);
    expect(scene.listed()).toEqual(["ann"]);
    expect(why(scene, "ann")).not.toContain("no list is kept");

    scene.deactivate("ben");
    expect(tierOf(scene, "ann")).toBe("standard");
  });
});
