import { expect, it } from "@jest/globals";
import { createUser } from "../../../src/domain/people/arrival.js";
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

function organisationWith(...permissions: string[]) {
  const org = new MemoryOrganisation({
    products: new Map([["suite", suite()]]),
    permissions: new Map(
      ["ledger", "stock"].map((id) => [id, { id, title: "", requires: { suite: [id] } }]),
    ),
    roles: new Map(),
    settings: new Map(),
  });
  org.rule({ type: "everyone" }, { permissions });
  const arrive = (userName: string) =>
    org.decide((world, ctx) =>
      createUser(world, ctx, "c1", {
        ...{ userName, externalId: null, displayName: null, active: true },
        document: { userName },
      }),
    );
  return { org, arrive };
}

it("a seat of a tier beside the one that is needed is given to nobody; one that includes it is", () => {
  const { org, arrive } = organisationWith("ledger");
  const supply = org.pool("Supply", { product: "suite", tiers: ["supply"], capacity: 5 });

  arrive("ann");
  expect(org.holders()).toEqual([]);
  const both = org.pool("Both", { product: "suite", tiers: ["both"], capacity: 5 });
  arrive("bob");
  expect(org.holders(supply.id)).toEqual([]);
  expect(org.holders(both.id)).toEqual(["bob"]);
});

// The lower rank was taken for the lower tier, so whoever needed Supply was given Finance, which has nothing of it.
it("fallbackTier gives what the needed tier contains, never what is merely of a lower rank beside it", () => {
  const { org, arrive } = organisationWith("stock");
  const policy = { onFull: ["fallbackTier"] } as const;
  org.pool("Supply", { product: "suite", tiers: ["supply"], capacity: 0, policy });
  org.pool("Finance", { product: "suite", tiers: ["finance"], capacity: 5 });
  arrive("ann");
  expect(org.holders()).toEqual([]);
  expect(org.listed()).toEqual(["ann"]);
});

it("fallbackTier gives the best of several that the needed tier contains, and then the next", () => {
  const { org, arrive } = organisationWith("ledger", "stock");
  const policy = { onFull: ["fallbackTier"] } as const;
  org.pool("Both", { product: "suite", tiers: ["both"], capacity: 0, policy });
  const finance = org.pool("Finance", { product: "suite", tiers: ["finance"], capacity: 5 });
  const supply = org.pool("Supply", { product: "suite", tiers: ["supply"], capacity: 1 });
  arrive("ann");
  arrive("bob");
  expect(org.holders(supply.id)).toEqual(["ann"]);
  expect(org.holders(finance.id)).toEqual(["bob"]);
  expect(org.listed()).toEqual(["ann", "bob"]);
});
