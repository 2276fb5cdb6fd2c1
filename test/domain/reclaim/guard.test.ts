import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { takeByHand } from "../../../src/domain/byHand.js";
import { eraseUser } from "../../../src/domain/people/removal.js";
import { support } from "../scene.js";
import { ReclaimScene } from "./scene.js";

/** I23: people without whom something breaks are named before they go. */

let scene: ReclaimScene;

beforeEach(() => {
  scene = new ReclaimScene([support({ everyone: false })]);
  scene.org.catalogue.roles.forEach(() => undefined);
  (scene.org.catalogue.roles as Map<string, unknown>).set("admin", {
    ...{ id: "admin", title: "Administrator", permissions: [], requires: {}, indispensable: true },
  });
  scene.create("ann", "bob", "cid");
  scene.give("ann", { kind: "role", name: "admin" });
});

const erase = (userName: string, confirm = false) =>
  scene.org.decide((world, ctx) =>
    eraseUser(world, ctx, { id: scene.org.idOf(userName), userName, confirm }),
  );
const takeRole = (userName: string, confirm = false) =>
  scene.org.decide((world, ctx) =>
    takeByHand(world, ctx, scene.org.idOf(userName), { kind: "role", name: "admin" }, confirm),
  );
const warned = () => scene.told("person.indispensable").map(({ data }) => data);

describe("I23: the last one who may administer", () => {
  it("cannot be erased or lose the role by hand unless that is confirmed", () => {
    expect(erase("ann")).toMatchObject({ refused: "Indispensable", field: "confirm" });
    expect(takeRole("ann")).toMatchObject({ refused: "Indispensable" });
    expect(warned()).toEqual([]);
    expect(takeRole("ann", true)).toHaveProperty("ok");
    expect(warned()).toMatchObject([{ action: "roleTaken", reliedOn: [{ role: "admin" }] }]);
  });

  it("can go when there is another one", () => {
    scene.give("bob", { kind: "role", name: "admin" });
    expect(takeRole("ann")).toHaveProperty("ok");
    expect(erase("bob")).toMatchObject({ refused: "Indispensable" });
    expect(warned()).toEqual([]);
  });

  it("does not count who is deactivated", () => {
    scene.give("bob", { kind: "role", name: "admin" });
    scene.deactivate("bob");
    expect(erase("ann")).toMatchObject({ refused: "Indispensable" });
  });

  it("is never refused to an identity provider, but said", () => {
    expect(scene.deactivate("ann")).toHaveProperty("ok");
    expect(warned()).toMatchObject([
      { action: "deactivated", reliedOn: [{ what: "role", role: "admin" }] },
    ]);
    // Nobody is told twice that the same person is gone.
    scene.delete("ann");
    expect(warned()).toHaveLength(1);
  });
});

describe("I23: the owner of what others rely on", () => {
  beforeEach(() => {
    scene.owns("bob", "salesforce", {
      ...{ kind: "integration", product: null, indispensable: true },
    });
  });

  it("rule 80: is named before the account is deactivated or deleted", () => {
    scene.deactivate("bob");
    scene.delete("bob");
    const reliedOn = [{ what: "resource", kind: "integration", id: "salesforce" }];
    expect(warned()).toMatchObject([
      { action: "deactivated", reliedOn },
      { action: "deleted", reliedOn },
    ]);
  });

  it("can be erased by hand when that is confirmed, or after a hand-over", () => {
    expect(erase("bob")).toMatchObject({ refused: "Indispensable" });
    scene.owns("cid", "salesforce", {
      ...{ kind: "integration", product: null, indispensable: true },
    });
    expect(erase("bob")).toHaveProperty("ok");
    expect(erase("cid", true)).toHaveProperty("ok");
    expect(warned()).toMatchObject([{ action: "erased" }]);
  });
});

const act = fc.record({
  do: fc.constantFrom("give", "take", "erase", "off", "on"),
  who: fc.nat(2),
});

describe("I23, whatever is done", () => {
  it("there is always an active administrator, or it was said that there is none any more", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const own = new ReclaimScene([support({ everyone: false })]);
        (own.org.catalogue.roles as Map<string, unknown>).set("admin", {
          ...{ id: "admin", title: "A", permissions: [], requires: {}, indispensable: true },
        });
        scene = own;
        own.create("ann", "bob", "cid");
        own.give("ann", { kind: "role", name: "admin" });
        const names = ["ann", "bob", "cid"];
        const admins = () =>
          [...own.org.facts.values()].filter(
            ({ kind, userId }) => kind === "role" && own.org.users.get(userId)?.active === true,
          ).length;
        for (const { do: what, who } of acts) {
          const name = names[who]!;
          const isThere = [...own.org.users.values()].some(({ userName }) => userName === name);
          if (!isThere) continue;
          const [before, said] = [admins(), warned().length];
          if (what === "give") own.give(name, { kind: "role", name: "admin" });
          else if (what === "take") takeRole(name);
          else if (what === "erase") erase(name);
          else if (what === "off") own.deactivate(name);
          else own.activate(name);
          if (before > 0 && admins() === 0) expect(warned().length).toBe(said + 1);
          if (what === "take" || what === "erase") expect(admins() > 0 || before === 0).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
