import { describe, expect, it } from "@jest/globals";
import { acquireSeat, releaseByApp } from "../../src/domain/byHand.js";
import type { RuleGives } from "../../src/domain/rules.js";
import type { PoolPolicy } from "../../src/domain/pools/policy.js";
import { product } from "./organisation.js";
import { Scene, support } from "./scene.js";

/** I25 at the application's door: it asks for one product, whatever rules give together elsewhere. */

const AT_THE_DOOR: Partial<PoolPolicy> = { acquireOn: "signIn", onFull: ["wait"] };

function office(): Scene {
  const scene = new Scene([
    support({ everyone: false }),
    product("chat", [["basic", "talk"]]),
    product("mail", [["letter", "post"]]),
    product("fax", [["page", "print"]]),
    product("phone", [["line", "call"]]),
  ]);
  for (const [name, tier] of [
    ["chat", "basic"],
    ["mail", "letter"],
    ["fax", "page"],
  ] as const) {
    scene.pool(name, { product: name, tiers: [tier], capacity: 2, policy: AT_THE_DOOR });
  }
  scene.pool("support", { capacity: 2, policy: AT_THE_DOOR });
  return scene;
}

function together(scene: Scene, group: string, ...pools: string[]): void {
  const gives: RuleGives = { pools, bundle: "atomic" };
  scene.org.rule({ type: "groupName", name: group }, gives);
}

function claim(scene: Scene, userName: string, ...products: string[]): void {
  for (const name of products) scene.give(userName, { kind: "claim", name });
}

const held = ({ org }: Scene, userName: string): string[] =>
  [...org.seats.values()]
    .filter(({ userId, kept }) => userId === org.idOf(userName) && kept === undefined)
    .map(({ product: id }) => id)
    .sort();

const listed = ({ org }: Scene): string[] =>
  [...org.waiting.values()].map(({ product: id }) => id).sort();

/** All that is stored about seats, to see that nothing has changed. */
const books = ({ org }: Scene): string =>
  JSON.stringify([[...org.seats.values()], [...org.waiting.values()], org.entries]);

describe("I25: asking for one product", () => {
  it("takes seats of no other because of a rule that gives together and concerns nobody", () => {
    const scene = office();
    together(scene, "Nobody", "support", "chat");
    scene.create("ann");
    claim(scene, "ann", "support", "chat", "fax");
    expect(scene.signIn("ann", "support")).toMatchObject({ type: "held" });
    expect(held(scene, "ann")).toEqual(["support"]);
    scene.signIn("ann", "chat");
    expect(held(scene, "ann")).toEqual(["chat", "support"]);
  });

  it("takes what is given with it, however many rules that takes, and nothing else", () => {
    const scene = office();
    together(scene, "Both", "support", "chat");
    together(scene, "More", "chat", "mail");
    scene.create("ann");
    for (const name of ["Both", "More"]) scene.join(scene.group(name), "ann");
    claim(scene, "ann", "fax");
    scene.signIn("ann", "mail");
    expect(held(scene, "ann")).toEqual(["chat", "mail", "support"]);
    expect(listed(scene)).toEqual([]);
  });

  it("waits for the one that is full, though only another rule names that one", () => {
    const scene = office();
    together(scene, "Both", "support", "chat");
    scene.create("ann", "bob");
    scene.join(scene.group("Both"), "ann");
    claim(scene, "ann", "fax");
    const chat = [...scene.org.pools.values()].find(({ name }) => name === "chat");
    scene.change(chat!, { capacity: 0 });
    expect(scene.signIn("ann", "support")).toEqual({ type: "none", reason: "PoolFull" });
    expect([held(scene, "ann"), listed(scene)]).toEqual([[], ["chat"]]);
  });

  it("who holds it and uses it again takes nothing of what was given with it and has been given back", () => {
    const scene = office();
    together(scene, "Both", "support", "chat");
    scene.create("ann");
    scene.join(scene.group("Both"), "ann");
    scene.signIn("ann", "support");
    const chat = [...scene.org.seats.values()].find(({ product: id }) => id === "chat");
    scene.org.decide((world, ctx) => releaseByApp(world, ctx, chat!.id), { type: "app" });
    scene.signIn("ann", "support");
    expect(held(scene, "ann")).toEqual(["support"]);
  });
});

describe("I25: a product that is refused", () => {
  it.each([
    ["that concerns nobody", "Nobody"],
    ["that is the person's own", "Both"],
  ])("changes nothing of the others, with a rule %s", (_, group) => {
    const scene = office();
    together(scene, group, "support", "chat");
    scene.create("ann");
    scene.join(scene.group("Both"), "ann");
    claim(scene, "ann", "support", "chat", "fax");
    scene.give("ann", { kind: "exclusion", name: "support" });
    const before = books(scene);
    expect(scene.signIn("ann", "support")).toEqual({ type: "none", reason: "Excluded" });
    expect(books(scene)).toBe(before);
  });

  it("accepts no invitation to another", () => {
    const scene = office();
    together(scene, "Nobody", "support", "chat");
    const fax = [...scene.org.pools.values()].find(({ name }) => name === "fax");
    scene.change(fax!, { policy: { acquireOn: "invite", pendingReserves: true } });
    scene.create("ann");
    claim(scene, "ann", "fax");
    scene.signIn("ann", "support");
    expect([...scene.org.seats.values()]).toMatchObject([{ kept: { state: "pending" } }]);
  });
});

describe("I25: borrowing in an organisation that gives products together", () => {
  it("is from a pool that lends for so long, as without such a rule", () => {
    const scene = office();
    together(scene, "Nobody", "support", "chat");
    const policy = { leaseSeconds: 60, onFull: ["wait"] } as const;
    scene.pool("a short", { product: "phone", tiers: ["line"], kind: "concurrent", policy });
    const lends = { ...policy, maxBorrowSeconds: 3_600 };
    const long = scene.pool("long", {
      ...{ product: "phone", tiers: ["line"], kind: "concurrent", policy: lends },
    });
    scene.create("ann");
    claim(scene, "ann", "phone");
    const verdict = scene.org.decide(
      (world, ctx) =>
        acquireSeat(world, ctx, scene.org.idOf("ann"), "phone", { borrowSeconds: 600 }),
      { type: "app" },
    );
    expect(verdict).toMatchObject({ ok: { type: "held", seat: { poolId: long.id } } });
  });
});
