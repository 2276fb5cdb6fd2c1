import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { MappingRule, RuleGives, RuleMatch } from "../../src/domain/directory.js";
import {
  attributeValues,
  ENTERPRISE_USER,
  mapSubject,
  matchesPattern,
} from "../../src/domain/mapping.js";

const DESK = "urn:acorn:scim:schemas:extension:desk:2.0:User";
const document = {
  title: "Agent",
  name: { givenName: "Zoë" },
  emails: [{ value: "zoe@acorn.example", type: "work" }, { value: "z@home.example" }],
  [ENTERPRISE_USER]: { department: "Support", manager: { value: "m1" } },
  [DESK]: { grade: 7, skills: ["chat", "voice"], desks: [{ value: "4.2", floor: 4 }] },
};
const subject = {
  userId: "u1",
  connectionId: "c1",
  groups: [
    { groupId: "g2", groupName: "Support Agents" },
    { groupId: "g1", groupName: "Support Leads" },
  ],
  document,
};

function rule(
  id: string,
  match: RuleMatch,
  gives: RuleGives,
  connectionId: string | null = null,
): MappingRule {
  return { id, organisationId: "o", name: id, connectionId, match, gives, createdAt: 0 };
}

function names(match: RuleMatch): string[] {
  return mapSubject([rule("r", match, { teams: ["T"] })], subject, 0).map(({ name }) => name);
}

describe("rules match", () => {
  it.each<{ match: RuleMatch; matched: boolean }>([
    { match: { type: "groupId", groupId: "g1" }, matched: true },
    { match: { type: "groupId", groupId: "G1" }, matched: false },
    { match: { type: "groupName", name: "support agents" }, matched: true },
    { match: { type: "groupName", name: "support" }, matched: false },
    { match: { type: "groupPattern", pattern: "support*" }, matched: true },
    { match: { type: "groupPattern", pattern: "*Leads" }, matched: true },
    { match: { type: "groupPattern", pattern: "*port*ead*" }, matched: true },
    { match: { type: "groupPattern", pattern: "*.*" }, matched: false },
    { match: { type: "attribute", attribute: "department", equals: "support" }, matched: true },
    {
      match: { type: "attribute", attribute: `${ENTERPRISE_USER}:department`, equals: "Sup*" },
      matched: true,
    },
    { match: { type: "attribute", attribute: "name.givenName", equals: "zoë" }, matched: true },
    { match: { type: "attribute", attribute: "emails", equals: "*@home.example" }, matched: true },
    { match: { type: "attribute", attribute: "manager", equals: "m1" }, matched: true },
    { match: { type: "attribute", attribute: "costCenter", equals: "*" }, matched: false },
    { match: { type: "attribute", attribute: `${DESK}:skills`, equals: "VOICE" }, matched: true },
    { match: { type: "attribute", attribute: `${DESK}:grade`, equals: "7" }, matched: true },
    { match: { type: "attribute", attribute: `${DESK}:desks`, equals: "4.2" }, matched: true },
    { match: { type: "attribute", attribute: `${DESK}:desks.floor`, equals: "4" }, matched: true },
    {
      match: { type: "attribute", attribute: `${DESK.toUpperCase()}:Grade`, equals: "7" },
      matched: true,
    },
    // The short name of an attribute finds the standard schemas only.
    { match: { type: "attribute", attribute: "grade", equals: "7" }, matched: false },
    { match: { type: "everyone" }, matched: true },
  ])("$match -> $matched", ({ match, matched }) => {
    expect(names(match)).toEqual(matched ? ["T"] : []);
  });

  it("reads attribute names in any letter case (RFC 7643 section 2.1)", () => {
    expect(attributeValues(document, "TITLE")).toEqual(["Agent"]);
    expect(attributeValues(document, "__proto__")).toEqual([]);
  });

  it("agrees with the regular expression of the same meaning for every pattern of stars and texts", () => {
    const letters = fc.stringMatching(/^[ab.]{0,6}$/);
    const pattern = fc.stringMatching(/^[ab.*]{0,8}$/);
    fc.assert(
      fc.property(pattern, letters, (glob, text) => {
        const source = glob
          .split("*")
          .map((part) => part.replaceAll(".", "\\."))
          .join(".*");
        expect(matchesPattern(glob, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("facts", () => {
  it("carry the rule that gave them and what matched: of several groups the first by id", () => {
    const [fact] = mapSubject(
      [rule("r", { type: "groupPattern", pattern: "Support*" }, { roles: ["agent"] })],
      subject,
      7,
    );

    expect(fact).toEqual({
      userId: "u1",
      kind: "role",
      name: "agent",
      value: true,
      source: { type: "rule", ruleId: "r", via: "group:g1" },
      since: 7,
    });
  });

  it("of one team from two rules are two facts, so that losing one reason keeps the other", () => {
    const gives = { teams: ["Support"] };
    const rules = [
      rule("r1", { type: "everyone" }, gives),
      rule("r2", { type: "groupId", groupId: "g1" }, gives),
    ];

    expect(mapSubject(rules, subject, 0)).toHaveLength(2);
    expect(mapSubject(rules, { ...subject, groups: [] }, 0)).toHaveLength(1);
  });

  it("come only from rules of the user's own connection or of all", () => {
    const rules = [
      rule("own", { type: "everyone" }, { teams: ["own"] }, "c1"),
      rule("other", { type: "everyone" }, { teams: ["other"] }, "c2"),
      rule("all", { type: "everyone" }, { teams: ["all"] }),
    ];

    expect(mapSubject(rules, subject, 0).map(({ name }) => name)).toEqual(["own", "all"]);
  });

  it("cover everything that a rule can give", () => {
    const gives: RuleGives = {
      teams: ["t"],
      roles: ["r"],
      permissions: ["p"],
      settings: { skills: 2 },
      tierFloors: [{ product: "support", tier: "professional" }],
      tierCeilings: [{ product: "support", tier: "enterprise" }],
      tierChoices: [{ product: "chat", tier: "basic" }],
      pools: ["locked"],
      exclusions: ["analytics"],
    };

    const facts = mapSubject([rule("r", { type: "everyone" }, gives)], subject, 0);

    expect(facts.map(({ kind, name, value }) => [kind, name, value])).toEqual([
      ["team", "t", true],
      ["role", "r", true],
      ["permission", "p", true],
      ["setting", "skills", 2],
      ["tierFloor", "support", "professional"],
      ["tierCeiling", "support", "enterprise"],
      ["tierChoice", "chat", "basic"],
      ["pool", "locked", true],
      ["exclusion", "analytics", true],
    ]);
  });
});
