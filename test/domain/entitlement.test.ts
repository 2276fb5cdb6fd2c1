import { describe, expect, it } from "@jest/globals";
import type { Catalogue, Product } from "../../src/domain/catalogue.js";
import type { Fact, FactKind } from "../../src/domain/directory.js";
import { requirementFor } from "../../src/domain/entitlement.js";
import type { JsonValue } from "../../src/plugin.js";
import { product } from "./organisation.js";

/** Rules 26 to 49 written by containment, as Q6 proposes. */
const support: Product = {
  ...product(
    "support",
    [
      ["dashboard", "tab.dashboard", { skills: 0 }],
      ["standard", "tab.communication", { skills: 1 }],
      [
        "professional",
        "tab.communication tab.dashboard tab.statistics tab.settings tab.team statistics",
      ],
      [
        "enterprise",
        "tab.communication tab.dashboard tab.statistics tab.settings tab.team statistics workspace recording",
      ],
      [
        "developer",
        "tab.communication tab.dashboard tab.statistics tab.settings tab.team statistics workspace recording workflow",
      ],
    ],
    { everyone: true, freeCapabilities: ["billing.pay"], exemptRoles: ["billing-contact"] },
  ),
  addOns: [
    {
      id: "recording",
      title: "Recording",
      capabilities: ["recording"],
      availableOn: ["standard", "professional"],
      pricePerMonth: 500,
    },
  ],
};

const catalogue: Catalogue = {
  products: new Map([["support", support]]),
  permissions: new Map(
    [
      "tab.dashboard",
      "tab.communication",
      "tab.statistics",
      "workspace",
      "workflow",
      "billing.pay",
      "recording",
    ].map((id) => [id, { id, title: id, requires: { support: [id] } }]),
  ),
  roles: new Map([
    ["user", { id: "user", title: "User", permissions: ["tab.communication"], requires: {} }],
    [
      "team-leader",
      { id: "team-leader", title: "Team Leader", permissions: ["tab.statistics"], requires: {} },
    ],
    [
      "administrator",
      { id: "administrator", title: "Administrator", permissions: ["workspace"], requires: {} },
    ],
    [
      "billing-contact",
      { id: "billing-contact", title: "Billing", permissions: ["workspace"], requires: {} },
    ],
  ]),
  settings: new Map([
    [
      "statistics",
      {
        id: "statistics",
        title: "Statistics",
        type: "boolean",
        default: false,
        requires: { support: ["statistics"] },
        choices: {},
        limits: {},
      },
    ],
    [
      "skills",
      {
        id: "skills",
        title: "Skills",
        type: "number",
        default: 1,
        requires: {},
        choices: {},
        limits: { support: "skills" },
      },
    ],
  ]),
};

function fact(kind: FactKind, name: string, value: JsonValue = true, by?: string): Fact {
  const source =
    by === undefined
      ? { type: "rule" as const, ruleId: "rule-1", via: "group:g1" }
      : { type: "hand" as const, by };
  return { userId: "u1", kind, name, value, source, since: 0 };
}

function tierOf(...facts: Fact[]) {
  return requirementFor(catalogue, support, facts, new Map());
}

describe("the tier is the lowest that contains everything required", () => {
  it.each([
    { rule: 30, what: "a new user starts at Standard", facts: [], tier: "standard" },
    {
      rule: 36,
      what: "Team Leader needs Professional",
      facts: [fact("role", "team-leader")],
      tier: "professional",
    },
    {
      rule: 36,
      what: "Administrator needs Enterprise",
      facts: [fact("role", "administrator")],
      tier: "enterprise",
    },
    {
      rule: 38,
      what: "a tab beside Communication",
      facts: [fact("permission", "tab.statistics")],
      tier: "professional",
    },
    {
      rule: 39,
      what: "permission Workspace",
      facts: [fact("permission", "workspace")],
      tier: "enterprise",
    },
    {
      rule: 40,
      what: "tracking of statistics",
      facts: [fact("setting", "statistics", true)],
      tier: "professional",
    },
    { rule: 41, what: "two skills", facts: [fact("setting", "skills", 2)], tier: "professional" },
    { rule: 41, what: "one skill", facts: [fact("setting", "skills", 1)], tier: "standard" },
    {
      rule: 44,
      what: "only the Dashboard tab and no skill",
      facts: [fact("permission", "tab.dashboard"), fact("setting", "skills", 0)],
      tier: "dashboard",
    },
    {
      rule: 49,
      what: "workflow configuration",
      facts: [fact("permission", "workflow")],
      tier: "developer",
    },
  ])("rule $rule: $what -> $tier", ({ facts, tier }) => {
    expect(tierOf(...facts)?.tier).toBe(tier);
  });

  it("rule 34: taking a requirement away lowers the tier again", () => {
    const leader = fact("role", "team-leader");
    const admin = fact("role", "administrator");

    expect(tierOf(leader, admin)?.tier).toBe("enterprise");
    expect(tierOf(leader)?.tier).toBe("professional");
    expect(tierOf()?.tier).toBe("standard");
  });

  it("rule 37: the reason shows both steps, from the role to the permission", () => {
    expect(tierOf(fact("role", "administrator"))?.witness).toEqual([
      {
        requires: "workspace",
        because: ["group:g1", "role:administrator", "permission:workspace"],
      },
    ]);
  });

  it("rules 42 and 43: call recording never raises the tier; it is an add-on until the tier includes it", () => {
    const recording = fact("permission", "recording");

    expect(tierOf(recording)).toMatchObject({ tier: "standard", addOns: ["recording"] });
    expect(tierOf(recording, fact("role", "team-leader"))).toMatchObject({
      tier: "professional",
      addOns: ["recording"],
    });
    expect(tierOf(recording, fact("role", "administrator"))).toMatchObject({
      tier: "enterprise",
      addOns: [],
    });
  });

  it("a floor from a rule lifts the tier, and the witness names it", () => {
    expect(tierOf(fact("tierFloor", "support", "enterprise"))).toMatchObject({
      tier: "enterprise",
      witness: [{ requires: "tier>=enterprise" }],
    });
  });

  it("what was set by hand replaces what rules set", () => {
    expect(tierOf(fact("setting", "skills", 5), fact("setting", "skills", 1, "ann"))?.tier).toBe(
      "standard",
    );
  });

  it("an exclusion wins over every claim, and says from where it comes", () => {
    const requirement = tierOf(fact("role", "administrator"), fact("exclusion", "support"));

    expect(requirement).toMatchObject({ tier: null, blocked: "Excluded" });
    expect(requirement?.witness[0]?.because).toEqual(["group:g1", "exclusion:support"]);
  });

  it("a demand that no tier meets is a conflict with its cause, never a guess", () => {
    const requirement = tierOf(
      fact("tierFloor", "support", "no-such-tier"),
      fact("role", "team-leader"),
    );

    expect(requirement).toMatchObject({
      tier: null,
      blocked: "TierConflict",
      witness: [{ requires: "tier>=no-such-tier" }],
    });
  });

  it("rules 75 and 90: what is free asks for no seat where a claim is needed", () => {
    const optional = { ...support, everyone: false };

    expect(
      requirementFor(catalogue, optional, [fact("permission", "billing.pay")], new Map()),
    ).toBeNull();
    expect(
      requirementFor(catalogue, optional, [fact("role", "billing-contact")], new Map()),
    ).toBeNull();
    expect(requirementFor(catalogue, optional, [fact("role", "user")], new Map())?.tier).toBe(
      "standard",
    );
  });
});
