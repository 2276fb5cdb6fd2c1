import { describe, expect, it } from "@jest/globals";
import { loadCatalogue } from "../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../src/config.js";
import type { Pool } from "../../src/domain/directory.js";
import { entitlementsOffered, rolesOffered } from "../../src/domain/people/offers.js";

const catalogue = loadCatalogue(exampleCatalogueFile());

function pool(tiers: string[], capacity: number, used: number, product = "support"): Pool {
  return {
    id: tiers.join(),
    name: tiers.join(),
    product,
    tiers,
    capacity,
    used,
  } as unknown as Pool;
}

function offered(pools: readonly Pool[], value: string) {
  const offer = entitlementsOffered(catalogue, pools).find((each) => each.value === value);
  if (offer === undefined) throw new Error(`${value} is not offered`);
  return offer;
}

describe("roles on offer", () => {
  it("are those of the catalogue, without a limit", () => {
    expect(rolesOffered(catalogue).map(({ value }) => value)).toEqual([...catalogue.roles.keys()]);
    expect(rolesOffered(catalogue)[0]).toMatchObject({
      title: "User",
      supported: true,
      seats: null,
    });
  });

  it("contain each other by what they permit", () => {
    const role = (id: string) => rolesOffered(catalogue).find(({ value }) => value === id);

    expect(role("administrator")).toMatchObject({ contains: ["user", "team-leader"] });
    expect(role("user")).toMatchObject({ containedBy: ["team-leader", "administrator"] });
    expect(role("billing-contact")).toMatchObject({ contains: [], containedBy: [] });
  });
});

describe("entitlements on offer", () => {
  it("are the tiers of every product in their order, and its add-ons", () => {
    const values = entitlementsOffered(catalogue, []).map(({ value }) => value);

    expect(values).toEqual([
      "support:dashboard",
      "support:standard",
      "support:professional",
      "support:enterprise",
      "support:developer",
      "support:add-on:call-recording",
      "analytics:viewer",
      "analytics:analyst",
    ]);
  });

  it("contain lower tiers that really offer no more", () => {
    // Standard ranks above Dashboard, but has no Dashboard tab.
    expect(offered([], "support:standard")).toMatchObject({
      contains: [],
      containedBy: ["support:professional", "support:enterprise", "support:developer"],
    });
    expect(offered([], "support:professional").contains).toEqual([
      "support:dashboard",
      "support:standard",
    ]);
  });

  it("count the seats of the pools that can serve them: with the tier or a higher one", () => {
    const pools = [
      pool(["standard", "professional"], 10, 4),
      pool(["enterprise"], 3, 3),
      pool(["viewer"], 100, 50, "analytics"),
    ];

    expect(offered(pools, "support:standard").seats).toEqual({ permitted: 13, used: 7 });
    expect(offered(pools, "support:enterprise")).toMatchObject({
      supported: true,
      seats: { permitted: 3, used: 3 },
    });
    expect(offered(pools, "support:developer")).toMatchObject({
      supported: false,
      seats: { permitted: 0, used: 0 },
    });
  });

  it("show add-ons, which follow from settings, as not to be assigned", () => {
    expect(offered([], "support:add-on:call-recording")).toMatchObject({
      type: "addOn",
      supported: false,
      seats: null,
    });
  });
});
