import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { loadCatalogue, parseCatalogue, readCatalogue } from "../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../src/config.js";
import type { Fact } from "../../src/domain/directory.js";
import { requirementFor } from "../../src/domain/entitlement.js";
import { SeatkeeperError } from "../../src/errors.js";

const example = loadCatalogue(exampleCatalogueFile());
const support = example.products.get("support");

function fact(kind: Fact["kind"], name: string, value: Fact["value"] = true): Fact {
  return { userId: "u", kind, name, value, source: { type: "hand", by: "test" }, since: 0 };
}

function tierOf(facts: readonly Fact[]): { tier: string | null; addOns: readonly string[] } {
  if (support === undefined) {
    throw new Error("the example has no product support");
  }
  const requirement = requirementFor(example, support, facts, new Map());
  return { tier: requirement?.tier ?? null, addOns: requirement?.addOns ?? [] };
}

describe("the example catalogue", () => {
  it("orders the tiers by rank and lets each include what ranks below", () => {
    expect(support?.tiers.map(({ id }) => id)).toEqual([
      "dashboard",
      "standard",
      "professional",
      "enterprise",
      "developer",
    ]);
    expect(support?.tiers.at(-1)?.capabilities).toEqual(
      expect.arrayContaining(["tab.communication", "statistics", "workspace", "api.advanced"]),
    );
  });

  it.each([
    { rule: "30 a new user", facts: [], tier: "standard" },
    {
      rule: "44 only the Dashboard tab",
      facts: [fact("permission", "tab.dashboard"), fact("setting", "skills", 0)],
      tier: "dashboard",
    },
    { rule: "46 role User", facts: [fact("role", "user")], tier: "standard" },
    { rule: "36 role Team Leader", facts: [fact("role", "team-leader")], tier: "professional" },
    { rule: "36 role Administrator", facts: [fact("role", "administrator")], tier: "enterprise" },
    { rule: "38 another tab", facts: [fact("permission", "tab.team")], tier: "professional" },
    { rule: "39 Workspace", facts: [fact("permission", "workspace")], tier: "enterprise" },
    { rule: "40 statistics", facts: [fact("setting", "statistics", true)], tier: "professional" },
    { rule: "41 one skill", facts: [fact("setting", "skills", 1)], tier: "standard" },
    { rule: "41 two skills", facts: [fact("setting", "skills", 2)], tier: "professional" },
    { rule: "49 workflow", facts: [fact("permission", "workflow.configure")], tier: "developer" },
    { rule: "90 pays invoices only", facts: [fact("role", "billing-contact")], tier: null },
  ])("gives the tier of rule $rule", ({ facts, tier }) => {
    expect(tierOf(facts).tier).toBe(tier);
  });

  it("bills call recording as an add-on below Enterprise and includes it from there (rules 42, 43)", () => {
    const recording = fact("setting", "call-recording", true);

    expect(tierOf([recording])).toEqual({ tier: "standard", addOns: ["call-recording"] });
    expect(tierOf([recording, fact("role", "team-leader")])).toEqual({
      tier: "professional",
      addOns: ["call-recording"],
    });
    expect(tierOf([recording, fact("permission", "workspace")])).toEqual({
      tier: "enterprise",
      addOns: [],
    });
  });

  it("never raises the tier for call recording, over all combinations of tabs, skills and statistics (rule 42)", () => {
    const tabs = ["communication", "dashboard", "statistics", "settings", "team"];
    for (let mask = 0; mask < 2 ** tabs.length; mask += 1) {
      for (const skills of [0, 1, 2]) {
        for (const statistics of [false, true]) {
          const facts = [
            ...tabs
              .filter((_, bit) => mask & (1 << bit))
              .map((tab) => fact("permission", `tab.${tab}`)),
            fact("setting", "skills", skills),
            fact("setting", "statistics", statistics),
          ];
          const recorded = [...facts, fact("setting", "call-recording", true)];
          expect(tierOf(recorded).tier).toBe(tierOf(facts).tier);
        }
      }
    }
  });
});

const SOUND = {
  products: {
    desk: {
      title: "Desk",
      capabilities: { chat: "Chat", reports: "Reports", phone: "Phone" },
      limits: { skills: "Skills" },
      tiers: {
        small: {
          title: "Small",
          rank: 1,
          capabilities: ["chat"],
          limits: { skills: 1 },
          pricePerMonth: 100,
        },
        large: {
          title: "Large",
          rank: 2,
          includes: "small",
          capabilities: ["reports"],
          pricePerMonth: 200,
        },
      },
      addOns: {
        phone: {
          title: "Phone",
          capabilities: ["phone"],
          availableOn: ["small"],
          pricePerMonth: 50,
        },
      },
    },
  },
  permissions: { talk: { title: "Talk", requires: { desk: ["chat"] } } },
  roles: { agent: { title: "Agent", permissions: ["talk"] } },
  settings: { skills: { title: "Skills", type: "number", default: 0, limits: { desk: "skills" } } },
};

type Path = readonly (string | number)[];

/** The sound catalogue with one value replaced. */
function spoilt(path: Path, value: unknown): string {
  const copy: unknown = structuredClone(SOUND);
  let here = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    here = here[key] as Record<string | number, unknown>;
  }
  here[path.at(-1) ?? ""] = value;
  return stringify(copy);
}

describe("a catalogue that cannot be used", () => {
  it("is sound before it is spoilt", () => {
    expect(parseCatalogue(stringify(SOUND)).products.get("desk")?.tiers).toHaveLength(2);
  });

  it("may have tiers beside each other of one rank, but none below what it includes allows", () => {
    const sound = structuredClone(SOUND) as { products: { desk: Record<string, unknown> } };
    const { desk: beside } = sound.products;
    beside["order"] = "includes";
    beside["tiers"] = {
      ...SOUND.products.desk.tiers,
      side: {
        title: "Side",
        rank: 2,
        includes: ["small"],
        limits: { skills: 0 },
        pricePerMonth: 1,
      },
    };
    expect(() => parseCatalogue(stringify(sound))).toThrow(
      'products.desk.tiers.side.limits.skills: The tier "small" allows more',
    );
    beside["tiers"] = {
      ...SOUND.products.desk.tiers,
      side: { title: "Side", rank: 2, includes: ["small"], pricePerMonth: 1 },
    };
    expect(parseCatalogue(stringify(sound)).products.get("desk")?.tiers).toMatchObject([
      { id: "small", includes: [] },
      { id: "side", includes: ["small"] },
      { id: "large", includes: ["small"] },
    ]);
  });

  const desk = ["products", "desk"] as const;
  const cases: { what: string; path: Path; value: unknown; says: string }[] = [
    {
      what: "an unknown capability of a tier",
      path: [...desk, "tiers", "large", "capabilities"],
      value: ["reprots"],
      says: 'products.desk.tiers.large.capabilities: There is no capability "reprots". Did you mean "reports"?',
    },
    {
      what: "a rank that is taken",
      path: [...desk, "tiers", "large", "rank"],
      value: 1,
      says: 'products.desk.tiers.large.rank: The tier "small" already has rank 1.',
    },
    {
      what: "an unknown limit",
      path: [...desk, "tiers", "small", "limits"],
      value: { skils: 1 },
      says: 'products.desk.tiers.small.limits: There is no limit "skils". Did you mean "skills"?',
    },
    {
      what: "an unknown tier to include",
      path: [...desk, "tiers", "large", "includes"],
      value: "smal",
      says: 'There is no tier "smal". Did you mean "small"?',
    },
    {
      what: "a circle of included tiers",
      path: [...desk, "tiers", "small", "includes"],
      value: "large",
      says: 'products.desk.tiers.small.includes: "large" does not rank lower',
    },
    {
      what: "an add-on that requires an unknown one",
      path: [...desk, "addOns", "phone", "requires"],
      value: ["phnoe"],
      says: 'products.desk.addOns.phone.requires: There is no add-on "phnoe". Did you mean "phone"?',
    },
    {
      what: "an add-on that excludes an unknown one",
      path: [...desk, "addOns", "phone", "excludes"],
      value: ["fax"],
      says: 'products.desk.addOns.phone.excludes: There is no add-on "fax".',
    },
    {
      what: "an add-on that requires itself",
      path: [...desk, "addOns", "phone", "requires"],
      value: ["phone"],
      says: '"phone" cannot be sold together with it',
    },
    {
      what: "an add-on whose base cannot be had on the same tier",
      path: [...desk, "addOns", "extra"],
      value: {
        title: "Extra",
        capabilities: ["phone"],
        availableOn: ["large"],
        pricePerMonth: 1,
        requires: ["phone"],
      },
      says: 'products.desk.addOns.extra.availableOn: On the tier "large" the add-on "phone", which it requires, cannot be had.',
    },
    {
      what: "an objective that does not exist",
      path: [...desk, "objective"],
      value: "cheapest",
      says: "products.desk.objective",
    },
    {
      what: "an attribute before settings that cannot be one",
      path: ["requiredBeforeSettings"],
      value: ["last name"],
      says: 'requiredBeforeSettings: "last name" is not the name of an attribute',
    },
    {
      what: "an add-on on an unknown tier",
      path: [...desk, "addOns", "phone", "availableOn"],
      value: ["smol"],
      says: 'There is no tier "smol"',
    },
    {
      what: "an add-on that the tier contains",
      path: [...desk, "addOns", "phone", "capabilities"],
      value: ["chat"],
      says: 'The tier "small" already contains everything',
    },
    {
      what: "a capability that nothing offers",
      path: [...desk, "capabilities", "fax"],
      value: "Fax",
      says: "products.desk.capabilities.fax: No tier and no add-on offers it",
    },
    {
      what: "an exempt role that is unknown",
      path: [...desk, "exemptRoles"],
      value: ["agnet"],
      says: 'There is no role "agnet". Did you mean "agent"?',
    },
    {
      what: "a permission that demands of an unknown product",
      path: ["permissions", "talk", "requires"],
      value: { dsek: ["chat"] },
      says: 'permissions.talk.requires: There is no product "dsek". Did you mean "desk"?',
    },
    {
      what: "a permission that demands an unknown capability",
      path: ["permissions", "talk", "requires"],
      value: { desk: ["chatt"] },
      says: 'permissions.talk.requires.desk: There is no capability "chatt". Did you mean "chat"?',
    },
    {
      what: "a role with an unknown permission",
      path: ["roles", "agent", "permissions"],
      value: ["tlak"],
      says: 'roles.agent.permissions: There is no permission "tlak". Did you mean "talk"?',
    },
    {
      what: "a setting with an unknown limit",
      path: ["settings", "skills", "limits"],
      value: { desk: "skil" },
      says: 'settings.skills.limits.desk: There is no limit "skil". Did you mean "skills"?',
    },
    {
      what: "a choice whose default is none of its choices",
      path: ["settings", "plan"],
      value: { title: "Plan", type: "choice", default: "dayly", choices: { daily: {} } },
      says: 'settings.plan.default: There is no choice "dayly". Did you mean "daily"?',
    },
    {
      what: "an unknown key at depth",
      path: [...desk, "tiers", "small", "pricePerMoth"],
      value: 1,
      says: 'products.desk.tiers.small.pricePerMoth: There is no such key. Did you mean "pricePerMonth"?',
    },
    {
      what: "an unknown key of one type of setting",
      path: ["settings", "skills", "defualt"],
      value: 1,
      says: 'Did you mean "default"?',
    },
    {
      what: "a setting of an unknown type",
      path: ["settings", "skills", "type"],
      value: "nmber",
      says: "settings.skills.type: One of boolean, number, choice is expected.",
    },
    {
      what: "a price in fractions",
      path: [...desk, "tiers", "small", "pricePerMonth"],
      value: 1.5,
      says: "whole number of minor units",
    },
    {
      what: "a name with a space",
      path: ["roles", "big boss"],
      value: { title: "Boss" },
      says: "A name is letters, digits, dots and hyphens",
    },
    {
      what: "no tier at all",
      path: [...desk, "tiers"],
      value: {},
      says: "A product has at least one tier.",
    },
  ];

  it.each(cases)("names the path and the way out: $what", ({ path, value, says }) => {
    const attempt = () => parseCatalogue(spoilt(path, value));

    expect(attempt).toThrow(says);
    expect(attempt).toThrow(expect.objectContaining({ code: "InvalidCatalogue" }));
  });

  it("reports all problems at once, the first one's path as field", () => {
    const text = stringify({
      ...SOUND,
      roles: { a: { title: "A", permissions: ["x"] }, b: { title: "B", permissions: ["y"] } },
    });

    const error = ((): unknown => {
      try {
        return parseCatalogue(text);
      } catch (thrown) {
        return thrown;
      }
    })();

    expect(error).toBeInstanceOf(SeatkeeperError);
    expect((error as SeatkeeperError).message.split("\n")).toHaveLength(3);
    expect((error as SeatkeeperError).field).toBe("roles.a.permissions");
  });

  it("names line and column of what is not YAML", () => {
    expect(() => parseCatalogue("products:\n  desk: [1,\n")).toThrow(
      /Not valid YAML: line \d+, column \d+/,
    );
  });

  it("says so when the file cannot be read", () => {
    expect(readCatalogue("/nowhere/catalogue.yaml")).toEqual({
      ok: false,
      problems: [expect.stringContaining("cannot be read")],
    });
  });
});
