import { describe, expect, it } from "@jest/globals";
import { loadCatalogue } from "../../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../../src/config.js";
import type { Catalogue, Product } from "../../../src/domain/catalogue.js";
import type { Fact, FactKind } from "../../../src/domain/directory.js";
import { requirementFor } from "../../../src/domain/entitlement.js";
import { explain, type Explanation } from "../../../src/domain/entitlement/explain.js";
import {
  cheaperSentence,
  lowerSentence,
  shortfallSentence,
  tierSentence,
} from "../../../src/domain/answers/tierWords.js";
import type { JsonValue } from "../../../src/plugin.js";

/** Rules 26 to 49 about tiers that follow from settings, on the example catalogue, which is modelled on them. */

const catalogue = loadCatalogue(exampleCatalogueFile());
const support = productOf(catalogue);
const words = {
  catalogue,
  groupNames: new Map([["g1", "Leads"]]),
  ruleNames: new Map(),
  timeZone: "UTC",
};

function productOf({ products }: Catalogue): Product {
  const product = products.get("support");
  if (product === undefined) throw new Error("no product support");
  return product;
}

/** The example with another product in the place of "support". */
function withSupport(change: Partial<Product>): Catalogue {
  const product = { ...support, ...change };
  return { ...catalogue, products: new Map([["support", product]]) };
}

function fact(kind: FactKind, name: string, value: JsonValue = true, by?: string): Fact {
  const source =
    by === undefined
      ? { type: "rule" as const, ruleId: "r1", via: "group:g1" }
      : { type: "hand" as const, by };
  return { userId: "u1", kind, name, value, source, since: 0 };
}

const role = (name: string) => fact("role", name);
const permission = (name: string) => fact("permission", name);
const setting = (name: string, value: JsonValue) => fact("setting", name, value, "ann");

function needs(facts: readonly Fact[], of: Catalogue = catalogue): Explanation {
  const found = explain(of, productOf(of), facts, new Map());
  if (found === null) throw new Error("everybody needs this product");
  return found;
}

const tierOf = (...facts: Fact[]) => needs(facts).tier;
const addOnsOf = (...facts: Fact[]) => needs(facts).addOns.map(({ id }) => id);
const rankOf = (tier: string | null) => support.tiers.findIndex(({ id }) => id === tier);
const TABS = ["communication", "dashboard", "statistics", "settings", "team"];

describe("tiers that follow from settings", () => {
  it("rule 26: everybody has exactly one tier", () => {
    for (const facts of [[], [role("user")], [role("user"), role("administrator")]]) {
      const requirement = requirementFor(catalogue, support, facts, new Map());
      expect(support.tiers.map(({ id }) => id)).toContain(requirement?.tier);
    }
  });

  it("rule 27: a tier that somebody picks changes nothing where tiers are derived", () => {
    expect(tierOf(fact("tierChoice", "support", "developer", "ann"))).toBe(tierOf());
  });

  it("rule 30: a new user starts at Standard", () => {
    expect(tierOf()).toBe("standard");
  });

  it("rule 31: Dashboard < Standard < Professional < Enterprise < Developer", () => {
    expect(support.tiers.map(({ title }) => title)).toEqual([
      "Dashboard",
      "Standard",
      "Professional",
      "Enterprise",
      "Developer",
    ]);
  });

  it("rule 32: the tier is the lowest that meets all selected settings together", () => {
    expect(tierOf(setting("skills", 2), setting("statistics", true))).toBe("professional");
    expect(tierOf(setting("skills", 2), permission("workspace"))).toBe("enterprise");
  });

  it("rule 33: the order of changes does not matter", () => {
    const facts = [role("user"), setting("skills", 3), permission("workspace")];
    expect(needs([...facts].reverse())).toEqual(needs(facts));
  });

  it("rule 34: removing a requirement lowers the tier again", () => {
    expect(tierOf(setting("statistics", true))).toBe("professional");
    expect(tierOf(setting("statistics", false))).toBe("standard");
  });

  it("rule 35: the role User is enough with Standard and does not open the Team tab", () => {
    expect(tierOf(role("user"))).toBe("standard");
    expect(catalogue.roles.get("user")?.permissions).not.toContain("tab.team");
  });

  it.each([
    { rule: 36, given: "role Team Leader", facts: [role("team-leader")], tier: "professional" },
    { rule: 36, given: "role Administrator", facts: [role("administrator")], tier: "enterprise" },
    ...TABS.filter((tab) => tab !== "communication").map((tab) => ({
      rule: 38,
      given: `the ${tab} tab beside Communication`,
      facts: [permission("tab.communication"), permission(`tab.${tab}`)],
      tier: "professional",
    })),
    { rule: 39, given: "Workspace", facts: [permission("workspace")], tier: "enterprise" },
    { rule: 40, given: "statistics", facts: [setting("statistics", true)], tier: "professional" },
    { rule: 41, given: "no skill", facts: [role("user"), setting("skills", 0)], tier: "standard" },
    { rule: 41, given: "one skill", facts: [setting("skills", 1)], tier: "standard" },
    { rule: 41, given: "two skills", facts: [setting("skills", 2)], tier: "professional" },
    { rule: 47, given: "40 skills", facts: [setting("skills", 40)], tier: "professional" },
    {
      rule: 47,
      given: "the settings tab",
      facts: [permission("tab.settings")],
      tier: "professional",
    },
    { rule: 49, given: "workflows", facts: [permission("workflow.configure")], tier: "developer" },
    { rule: 49, given: "the advanced API", facts: [permission("api.advanced")], tier: "developer" },
    { rule: 53, given: "the Team tab", facts: [permission("tab.team")], tier: "professional" },
  ])("rule $rule: $given -> $tier", ({ facts, tier }) => {
    expect(tierOf(...facts)).toBe(tier);
  });

  it("rule 37: the reason shows both steps, role -> permission -> capability", () => {
    expect(needs([role("administrator")]).witness).toEqual([
      {
        requires: "workspace",
        because: ["group:g1", "role:administrator", "permission:workspace"],
      },
    ]);
  });

  it("rule 42: call recording never raises the tier; it is an add-on with its price", () => {
    const recording = setting("call-recording", true);
    for (const tier of ["dashboard", "standard", "professional"]) {
      const facts = factsOf(tier);
      expect(tierOf(...facts, recording)).toBe(tier);
      expect(needs([...facts, recording]).addOns).toMatchObject([
        { id: "call-recording", title: "Call recording", pricePerMonth: 1_000 },
      ]);
      expect(needs([...facts, recording]).pricePerMonth).toBe(needs(facts).pricePerMonth + 1_000);
    }
    expect(needs([recording]).addOns[0]?.because).toEqual([
      { requires: "call-recording", because: ["hand:ann", "setting:call-recording"] },
    ]);
  });

  it("rule 43: the add-on goes when the tier becomes Enterprise, which includes it", () => {
    const recording = setting("call-recording", true);
    expect(addOnsOf(recording, role("team-leader"))).toEqual(["call-recording"]);
    expect(addOnsOf(recording, role("administrator"))).toEqual([]);
    expect(needs([recording, role("administrator")]).pricePerMonth).toBe(7_500);
  });

  it("rule 44: Dashboard exactly for no skill, no statistics and the Dashboard tab alone", () => {
    const only = [permission("tab.dashboard"), setting("skills", 0)];
    expect(tierOf(...only)).toBe("dashboard");
    expect(tierOf(...only, setting("statistics", true))).not.toBe("dashboard");
    expect(tierOf(...only, permission("tab.communication"))).not.toBe("dashboard");
    expect(tierOf(permission("tab.dashboard"), setting("skills", 1))).not.toBe("dashboard");
  });

  it("rule 45: Dashboard contains the Dashboard tab alone", () => {
    expect(support.tiers[0]?.capabilities).toEqual(["tab.dashboard"]);
  });

  it("rule 46: Standard has one skill and no statistics", () => {
    const standard = support.tiers.find(({ id }) => id === "standard");
    expect(standard?.limits["skills"]).toBe(1);
    expect(standard?.capabilities).not.toContain("statistics");
  });

  it("rule 48: Enterprise is everything of Professional, Workspace and call recording", () => {
    const [professional, enterprise] = ["professional", "enterprise"].map((tier) =>
      support.tiers.find(({ id }) => id === tier),
    );
    expect(new Set(enterprise?.capabilities)).toEqual(
      new Set([...(professional?.capabilities ?? []), "workspace", "call-recording"]),
    );
  });
});

/** Somebody who needs exactly this tier. */
function factsOf(tier: string): Fact[] {
  if (tier === "dashboard") return [permission("tab.dashboard"), setting("skills", 0)];
  return tier === "standard" ? [role("user")] : [role("team-leader")];
}

describe("all 384 combinations of five tabs, 0 to 2 skills, statistics and developer (Q6)", () => {
  interface Combination {
    readonly tabs: readonly string[];
    readonly skills: number;
    readonly statistics: boolean;
    readonly developer: boolean;
  }

  const combinations: Combination[] = Array.from({ length: 32 }, (_, mask) =>
    TABS.filter((_tab, index) => (mask & (1 << index)) !== 0),
  ).flatMap((tabs) =>
    [0, 1, 2].flatMap((skills) =>
      [false, true].flatMap((statistics) =>
        [false, true].map((developer) => ({ tabs, skills, statistics, developer })),
      ),
    ),
  );

  /** The rules as the field states them, by triggers: 38, 40, 41, 44, 49. */
  function byTriggers({ tabs, skills, statistics, developer }: Combination): string {
    if (developer) return "developer";
    if (skills === 0 && !statistics && tabs.join() === "dashboard") return "dashboard";
    const isMore = tabs.some((tab) => tab !== "communication") || statistics || skills > 1;
    return isMore ? "professional" : "standard";
  }

  /** Tried tier by tier: the first that contains everything. */
  function byContainment(tabInStandard: boolean, { tabs, ...rest }: Combination): string {
    const tiers = [
      { id: "dashboard", tabs: ["dashboard"], skills: 0, more: false, developer: false },
      {
        id: "standard",
        tabs: tabInStandard ? ["communication", "dashboard"] : ["communication"],
        skills: 1,
        more: false,
        developer: false,
      },
      { id: "professional", tabs: TABS, skills: 99, more: true, developer: false },
      { id: "developer", tabs: TABS, skills: 99, more: true, developer: true },
    ];
    const found = tiers.find(
      (tier) =>
        tabs.every((tab) => tier.tabs.includes(tab)) &&
        rest.skills <= tier.skills &&
        (tier.more || !rest.statistics) &&
        (tier.developer || !rest.developer),
    );
    return found?.id ?? "none";
  }

  function factsFor({ tabs, skills, statistics, developer }: Combination): Fact[] {
    return [
      ...tabs.map((tab) => permission(`tab.${tab}`)),
      setting("skills", skills),
      setting("statistics", statistics),
      ...(developer ? [permission("workflow.configure")] : []),
    ];
  }

  const withTab = withSupport({
    tiers: support.tiers.map((tier) =>
      tier.id === "standard"
        ? { ...tier, capabilities: [...tier.capabilities, "tab.dashboard"] }
        : tier,
    ),
  });

  it("each gives the tier that trying every tier gives", () => {
    expect(combinations).toHaveLength(384);
    for (const one of combinations) {
      expect(needs(factsFor(one)).tier).toBe(byContainment(false, one));
      expect(needs(factsFor(one), withTab).tier).toBe(byContainment(true, one));
    }
  });

  it("differ from the rules by triggers in 1 cell: nobody who may do nothing needs Standard", () => {
    const different = combinations.filter((one) => needs(factsFor(one)).tier !== byTriggers(one));
    expect(different).toEqual([{ tabs: [], skills: 0, statistics: false, developer: false }]);
  });

  it("differ in 4 cells where Standard contains the Dashboard tab", () => {
    const different = combinations.filter(
      (one) => needs(factsFor(one), withTab).tier !== byTriggers(one),
    );
    expect(different).toHaveLength(4);
  });

  it("Q10: nothing makes a Developer but a capability that only this tier has", () => {
    const everything = [...catalogue.roles.keys()].map(role);
    const all = [...everything, setting("skills", 99), setting("statistics", true)];
    expect(needs([...all, setting("call-recording", true)]).tier).toBe("enterprise");
    for (const one of ["workflow.configure", "api.advanced"]) {
      expect(needs([permission(one)]).tier).toBe("developer");
      const offered = support.tiers.filter(({ capabilities }) => capabilities.includes(one));
      expect(offered.map(({ id }) => id)).toEqual(["developer"]);
    }
  });

  it("each step down that is offered is true, and is the next lower tier or below", () => {
    for (const one of combinations) {
      const { lower, tier } = needs(factsFor(one));
      if (lower !== null) expect(rankOf(lower.tier)).toBeLessThan(rankOf(tier));
      else expect(["dashboard"]).toContain(tier);
    }
  });
});

describe("what to switch off, in words", () => {
  const lowerOf = (...facts: Fact[]) => lowerSentence(needs(facts), support, words, "USD");

  it.each([
    {
      facts: [role("user"), setting("statistics", true)],
      sentence:
        'Switch off "Keep statistics about this user", and this is Standard, 20.00 less per month.',
    },
    {
      facts: [role("user"), setting("skills", 4)],
      sentence:
        'Set "Number of skills" to 1 instead of 4, and this is Standard, 20.00 less per month.',
    },
    {
      facts: [role("user"), role("team-leader")],
      sentence: "Take away the role Team Leader, and this is Standard, 20.00 less per month.",
    },
    {
      facts: [role("user"), setting("skills", 4), setting("statistics", true)],
      sentence:
        'Set "Number of skills" to 1 instead of 4 and switch off "Keep statistics about this user", and this is Standard, 20.00 less per month.',
    },
    {
      facts: [role("administrator")],
      sentence:
        "Withhold the permission Workspace settings, and this is Professional, 30.00 less per month.",
    },
    {
      facts: [role("administrator"), setting("call-recording", true)],
      sentence:
        "Withhold the permission Workspace settings, and this is Professional with Call recording, 20.00 less per month.",
    },
    {
      facts: [fact("tierFloor", "support", "enterprise"), role("team-leader")],
      sentence:
        'No longer give "at least Enterprise", and this is Professional, 30.00 less per month.',
    },
    { facts: [permission("tab.dashboard"), setting("skills", 0)], sentence: null },
  ])("$sentence", ({ facts, sentence }) => {
    expect(lowerOf(...facts)).toBe(sentence);
  });

  it("says what it costs, add-ons by name", () => {
    expect(
      tierSentence(needs([role("team-leader"), setting("call-recording", true)]), support, "USD"),
    ).toBe("Professional of Acorn Desk Support with Call recording (10.00), 55.00 per month.");
  });

  it("has as many digits as the currency", () => {
    const needed = needs([role("team-leader")]);
    expect(tierSentence(needed, support, "JPY")).toContain(", 4500 per month.");
    expect(tierSentence(needed, support, "KWD")).toContain(", 4.500 per month.");
  });
});

describe("points that the field leaves open, each a key of the catalogue with its default", () => {
  const dear = {
    addOns: support.addOns.map((addOn) => ({ ...addOn, pricePerMonth: 4_000 })),
  };
  const facts = [role("team-leader"), setting("call-recording", true)];

  it("Q7: the lowest rank by default, and the cheaper alternative is shown", () => {
    const of = withSupport(dear);
    expect(needs(facts, of)).toMatchObject({
      tier: "professional",
      pricePerMonth: 8_500,
      cheaper: { tier: "enterprise", addOns: [], pricePerMonth: 7_500, saving: 1_000 },
    });
    expect(cheaperSentence(needs(facts, of), support, "USD")).toBe(
      "Enterprise would do, too, and costs 10.00 less per month.",
    );
  });

  it("Q7: objective price takes the cheaper one", () => {
    for (const objective of ["price", "priceThenRank"] as const) {
      expect(needs(facts, withSupport({ ...dear, objective }))).toMatchObject({
        tier: "enterprise",
        addOns: [],
        cheaper: null,
      });
    }
  });

  it("Q7: of equally cheap ones price takes the fewest add-ons, priceThenRank the lowest tier", () => {
    const same = { addOns: support.addOns.map((addOn) => ({ ...addOn, pricePerMonth: 3_000 })) };
    const tierWith = (objective: "price" | "priceThenRank") =>
      needs(facts, withSupport({ ...same, objective })).tier;
    expect(tierWith("price")).toBe("enterprise");
    expect(tierWith("priceThenRank")).toBe("professional");
  });

  it("Q8: a withheld permission lowers the tier by default; with roleIsRequirement it does not", () => {
    const withheld = fact("permission", "workspace", false, "ann");
    const firm = (isFirm: boolean): Catalogue => ({
      ...catalogue,
      roles: new Map(
        [...catalogue.roles].map(([id, one]) => [id, { ...one, roleIsRequirement: isFirm }]),
      ),
    });
    expect(needs([role("administrator"), withheld]).tier).toBe("professional");
    expect(needs([role("administrator"), withheld], firm(false)).tier).toBe("professional");
    expect(needs([role("administrator"), withheld], firm(true)).tier).toBe("enterprise");
  });

  it("Q8: a permission that is withheld is given by nobody, neither directly nor by a role", () => {
    const withheld = fact("permission", "workspace", false, "ann");
    expect(tierOf(permission("workspace"), withheld)).toBe("standard");
  });

  it("Q15: nobody is exempt by default; an exempt role needs no seat of that product", () => {
    const billing = [role("billing-contact")];
    expect(requirementFor(catalogue, support, billing, new Map())).toBeNull();
    expect(needs(billing, withSupport({ exemptRoles: [] })).tier).toBe("standard");
  });
});

describe("floors, ceilings and choices", () => {
  const floor = (tier: string) => fact("tierFloor", "support", tier);
  const ceiling = (tier: string) => fact("tierCeiling", "support", tier);
  const chosen = (tier: string, by?: string) => fact("tierChoice", "support", tier, by);

  it("floors of several groups join, ceilings meet", () => {
    expect(tierOf(floor("professional"), floor("enterprise"))).toBe("enterprise");
    expect(tierOf(floor("professional"), ceiling("enterprise"), ceiling("developer"))).toBe(
      "professional",
    );
  });

  it("a floor above a ceiling is a conflict that names both, never a guess", () => {
    expect(needs([floor("enterprise"), ceiling("professional"), role("user")])).toMatchObject({
      tier: null,
      blocked: "TierConflict",
      witness: [{ requires: "tier>=enterprise" }, { requires: "tier<=professional" }],
    });
  });

  it("a need above a ceiling is a conflict, too", () => {
    expect(needs([ceiling("standard"), setting("statistics", true)])).toMatchObject({
      blocked: "TierConflict",
      witness: [{ requires: "statistics" }, { requires: "tier<=standard" }],
    });
  });

  it("a ceiling is no reason for a seat", () => {
    const optional = withSupport({ everyone: false });
    const found = requirementFor(optional, productOf(optional), [ceiling("standard")], new Map());
    expect(found).toBeNull();
  });

  it("chosen: the choice is the tier, and what it lacks is reported", () => {
    const of = withSupport({ tierMode: "chosen" });
    const facts = [chosen("standard", "ann"), setting("statistics", true)];
    const found = needs(facts, of);
    expect(found).toMatchObject({
      tier: "standard",
      witness: [
        { requires: "tier=standard", because: ["hand:ann", "tierChoice:support=standard"] },
      ],
      shortfall: [{ requires: "statistics" }],
    });
    expect(shortfallSentence(found, support, words)).toBe(
      'Standard was chosen and does not contain all that is needed: ann (by hand) gives the setting "Keep statistics about this user", which needs "statistics".',
    );
  });

  it("chosen: add-ons close what they can; more than is needed is shown as such", () => {
    const of = withSupport({ tierMode: "chosen" });
    expect(needs([chosen("standard", "ann"), setting("call-recording", true)], of)).toMatchObject({
      tier: "standard",
      addOns: [{ id: "call-recording" }],
      shortfall: [],
    });
    expect(needs([chosen("enterprise", "ann"), role("user")], of)).toMatchObject({
      tier: "enterprise",
      cheaper: { tier: "standard", saving: 5_000 },
      lower: null,
    });
  });

  it("chosen: a choice by hand replaces those of rules, of which the highest counts", () => {
    const of = withSupport({ tierMode: "chosen" });
    const rules = [chosen("standard"), chosen("enterprise")];
    expect(needs(rules, of).tier).toBe("enterprise");
    expect(needs([...rules, chosen("professional", "ann")], of).tier).toBe("professional");
  });

  it("chosen: nobody has chosen -> the lowest tier that floors allow", () => {
    const of = withSupport({ tierMode: "chosen" });
    expect(needs([role("administrator")], of).tier).toBe("dashboard");
    expect(needs([role("administrator"), floor("standard")], of).tier).toBe("standard");
  });

  it("derivedWithFloor: never below the choice, and higher where more is needed", () => {
    const of = withSupport({ tierMode: "derivedWithFloor" });
    expect(needs([chosen("professional", "ann")], of).tier).toBe("professional");
    expect(needs([chosen("professional", "ann"), permission("workspace")], of).tier).toBe(
      "enterprise",
    );
  });
});

describe("tiers beside each other, with add-ons that need or exclude each other", () => {
  const tier = (id: string, rank: number, price: number, more: object) => ({
    ...{ id, title: id, rank, capabilities: [], limits: {}, pricePerMonth: price },
    ...more,
  });
  const suite: Product = {
    ...support,
    order: "includes",
    tiers: [
      tier("base", 1, 1_000, { capabilities: ["read"] }),
      tier("finance", 2, 5_000, { capabilities: ["read", "ledger"], includes: ["base"] }),
      tier("supply", 2, 6_000, { capabilities: ["read", "stock"], includes: ["base"] }),
      tier("both", 3, 9_000, {
        capabilities: ["read", "ledger", "stock"],
        includes: ["finance", "supply"],
      }),
    ],
    addOns: [
      { id: "stock", capabilities: ["stock"], pricePerMonth: 2_000 },
      { id: "robots", capabilities: ["robots"], pricePerMonth: 500, requires: ["stock"] },
      { id: "audit-eu", capabilities: ["eu"], pricePerMonth: 100, excludes: ["audit-us"] },
      { id: "audit-us", capabilities: ["us"], pricePerMonth: 100 },
    ].map((addOn) => ({ title: addOn.id, availableOn: ["finance"], ...addOn })),
  };
  const of: Catalogue = {
    ...withSupport(suite),
    permissions: new Map(
      ["read", "ledger", "stock", "robots", "eu", "us"].map((id) => [
        id,
        { id, title: id, requires: { support: [id] } },
      ]),
    ),
    settings: new Map(),
  };
  const needed = (...names: string[]) => {
    const found = explain(of, productOf(of), names.map(permission), new Map());
    return found === null ? null : [found.tier, ...found.addOns.map(({ id }) => id)];
  };
  const floors = (...tiers: string[]) =>
    needs(
      tiers.map((id) => fact("tierFloor", "support", id)),
      of,
    ).tier;

  it("who needs one side gets that side; who needs both, the base with what is attached to it", () => {
    expect(needed("ledger")).toEqual(["finance"]);
    expect(needed("stock")).toEqual(["finance", "stock"]);
    expect(needed("ledger", "stock")).toEqual(["finance", "stock"]);
  });

  it("an add-on comes with the one that it needs", () => {
    expect(needed("robots")).toEqual(["finance", "stock", "robots"]);
  });

  it("what excludes each other is a conflict that names just these", () => {
    expect(needs([permission("eu"), permission("us"), permission("ledger")], of)).toMatchObject({
      blocked: "TierConflict",
      witness: [{ requires: "eu" }, { requires: "us" }],
    });
  });

  it("floors beside each other join in the tier that includes both", () => {
    expect(floors("finance")).toBe("finance");
    expect(floors("supply")).toBe("supply");
    expect(floors("finance", "supply")).toBe("both");
  });

  it("a floor beside a ceiling is a conflict although it ranks no higher", () => {
    expect(
      needs([fact("tierFloor", "support", "supply"), fact("tierCeiling", "support", "finance")], of)
        .blocked,
    ).toBe("TierConflict");
  });
});
