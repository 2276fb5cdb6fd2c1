import { expect, it } from "@jest/globals";
import { createUser } from "../../../src/domain/arrival.js";
import type { Product } from "../../../src/domain/catalogue.js";
import { MemoryOrganisation, product } from "../organisation.js";

/** Finance and Supply stand beside each other; Both includes them. */
function suite(): Product {
  const made = product("suite", [
    ["finance", "ledger"],
    ["supply", "stock"],
    ["both", "ledger stock"],
  ]);
  const tiers = made.tiers.map((tier) =>
    tier.id === "both" ? { ...tier, includes: ["finance", "supply"] } : tier,
  );
  return { ...made, order: "includes", tiers };
}

it("a seat of a tier beside the one that is needed is given to nobody; one that includes it is", () => {
  const org = new MemoryOrganisation({
    products: new Map([["suite", suite()]]),
    permissions: new Map([
      ["ledger", { id: "ledger", title: "", requires: { suite: ["ledger"] } }],
    ]),
    roles: new Map(),
    settings: new Map(),
  });
  org.rule({ type: "everyone" }, { permissions: ["ledger"] });
  const supply = org.pool("Supply", { product: "suite", tiers: ["supply"], capacity: 5 });
  const arrive = (userName: string) =>
    org.decide((world, ctx) =>
      createUser(world, ctx, "c1", {
        ...{ userName, externalId: null, displayName: null, active: true },
        document: { userName },
      }),
    );

  arrive("ann");
  expect(org.holders()).toEqual([]);
  const both = org.pool("Both", { product: "suite", tiers: ["both"], capacity: 5 });
  arrive("bob");
  expect(org.holders(supply.id)).toEqual([]);
  expect(org.holders(both.id)).toEqual(["bob"]);
});
