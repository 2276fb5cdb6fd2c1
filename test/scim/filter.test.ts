import { describe, expect, it } from "@jest/globals";
import type { AttributeRef, Filter } from "../../src/ports.js";
import type { JsonObject } from "../../src/plugin.js";
import { ENTERPRISE_URN, USER_URN } from "../../src/scim/definitions.js";
import { parseFilter } from "../../src/scim/filter.js";
import { DEFAULT_LENIENCY, STRICT } from "../../src/scim/leniency.js";
import { matches } from "../../src/scim/matches.js";
import { printFilter } from "../../src/scim/printFilter.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { refusal } from "./refusal.js";

const LENIENT = { ...DEFAULT_LENIENCY, unquotedFilterValues: true };

const TEXT = { type: "string", caseExact: false } as const;
const EXACT = { type: "string", caseExact: true } as const;
const USER_NAME: AttributeRef = { names: ["userName"], ...TEXT };
const EMAILS: AttributeRef = {
  names: ["emails"],
  type: "complex",
  caseExact: false,
  multiValuedAt: 0,
};

function user(text: string, leniency = STRICT): Filter {
  return parseFilter(text, userSchema, leniency);
}

function printed(text: string, leniency = STRICT): string {
  return printFilter(user(text, leniency));
}

function equals(attribute: AttributeRef, value: string | boolean): Filter {
  return { kind: "compare", attribute, operator: "eq", value };
}

describe("what a filter means", () => {
  // prettier-ignore
  it.each<[string, Filter]>([
    ['userName eq "o\\"brien"',           equals(USER_NAME, 'o"brien')],
    ['USERNAME EQ "\\u00e9"',             equals(USER_NAME, "é")],
    [`${USER_URN}:userName eq "z"`,       equals(USER_NAME, "z")],
    ['id eq "x"',                         equals({ names: ["id"], ...EXACT }, "x")],
    ['externalId eq "x"',                 equals({ names: ["externalId"], ...EXACT }, "x")],
    ['name.FamilyName eq "x"',            equals({ names: ["name", "familyName"], ...TEXT }, "x")],
    ['emails eq "a@b"',                   equals({ names: ["emails", "value"], ...TEXT, multiValuedAt: 0 }, "a@b")],
    ['emails.value eq "a@b"',             equals({ names: ["emails", "value"], ...TEXT, multiValuedAt: 0 }, "a@b")],
    ["active eq FALSE",                   equals({ names: ["active"], type: "boolean", caseExact: false }, false)],
    ['groups.value eq "g"',               equals({ names: ["groups", "value"], ...EXACT, multiValuedAt: 0 }, "g")],
    ['groups eq "g"',                     equals({ names: ["groups", "value"], ...EXACT, multiValuedAt: 0 }, "g")],
    ['manager eq "m"',                    equals({ names: [ENTERPRISE_URN, "manager", "value"], ...EXACT }, "m")],
    [`${ENTERPRISE_URN.toLowerCase()}:MANAGER.value eq "m"`,
                                          equals({ names: [ENTERPRISE_URN, "manager", "value"], ...EXACT }, "m")],
    [`${ENTERPRISE_URN}:department eq "x"`, equals({ names: [ENTERPRISE_URN, "department"], ...TEXT }, "x")],
    ["emails pr",                         { kind: "present", attribute: EMAILS }],
    ["title eq null",                     { kind: "not", filter: { kind: "present", attribute: { names: ["title"], ...TEXT } } }],
    ["title ne null",                     { kind: "present", attribute: { names: ["title"], ...TEXT } }],
    ['emails[type eq "work" and not (value pr)]',
      { kind: "element", attribute: EMAILS, filter: { kind: "and", filters: [
        equals({ names: ["type"], ...TEXT }, "work"),
        { kind: "not", filter: { kind: "present", attribute: { names: ["value"], ...TEXT } } } ] } }],
    ['emails[type eq "work"].value eq "a@b"',
      { kind: "element", attribute: EMAILS, filter: { kind: "and", filters: [
        equals({ names: ["type"], ...TEXT }, "work"), equals({ names: ["value"], ...TEXT }, "a@b") ] } }],
    ['meta.resourceType eq "user"',       { kind: "or", filters: [] }],
    ['meta.resourceType eq "User"',       { kind: "and", filters: [] }],
    ['meta.resourceType eq "Group" and title pr', { kind: "or", filters: [] }],
    ['meta.resourceType eq "User" or title pr',   { kind: "and", filters: [] }],
    ["meta.resourceType pr",              { kind: "and", filters: [] }],
    ["meta.resourceType eq null",         { kind: "not", filter: { kind: "and", filters: [] } }],
  ])("%s (cases 1, 10, 21, 53)", (text, filter) => {
    expect(user(text)).toEqual(filter);
  });

  const ENTERPRISE: Filter = {
    kind: "present",
    attribute: { names: [ENTERPRISE_URN], type: "complex", caseExact: false },
  };
  // prettier-ignore
  it.each<[string, Filter]>([
    [`schemas eq "${ENTERPRISE_URN}"`,    ENTERPRISE],
    [`schemas ne "${USER_URN}"`,          ENTERPRISE],
    ['schemas co "extension:enterprise"', ENTERPRISE],
    [`schemas eq "${USER_URN}"`,          { kind: "and", filters: [] }],
    ["schemas pr",                        { kind: "and", filters: [] }],
    ['schemas eq "urn:x"',                { kind: "or", filters: [] }],
    [`not (schemas eq "${ENTERPRISE_URN}")`, { kind: "not", filter: ENTERPRISE }],
  ])("%s asks whether the resource has anything of the schema (an example of RFC 7644 §3.4.2.2)", (text, filter) => {
    expect(user(text)).toEqual(filter);
  });

  it("knows the members of groups", () => {
    const members: AttributeRef = { names: ["members", "value"], ...EXACT, multiValuedAt: 0 };

    expect(parseFilter('members eq "u"', groupSchema, STRICT)).toEqual(equals(members, "u"));
    expect(parseFilter('members.value eq "u"', groupSchema, STRICT)).toEqual(equals(members, "u"));
    expect(parseFilter('id eq "g" and members[value eq "u"]', groupSchema, STRICT)).toMatchObject({
      kind: "and",
      filters: [{}, { kind: "element" }],
    });
  });

  // prettier-ignore
  it.each([
    ['userName eq "a" or userName eq "b" and active eq true', 'userName eq "a" or (userName eq "b" and active eq true)'],
    ['((userName eq "a"))',                                   'userName eq "a"'],
    ['((userName eq "a") or (title pr)) and (active eq true)', '(userName eq "a" or title pr) and active eq true'],
    ['not (title pr or nickName pr)',                         "not (title pr or nickName pr)"],
    ['NOT(title pr) AND title PR',                            "not (title pr) and title pr"],
    ['displayName co "Research and Development)"',            'displayName co "Research and Development)"'],
    ['\ttitle  sw\t"x" ',                                     'title sw "x"'],
    ['meta.created gt "2015-10-10T14:38:21.8617979-07:00"',   'meta.created gt "2015-10-10T21:38:21.861Z"'],
    ['meta.lastModified le "2011-05-13"',                     'meta.lastModified le "2011-05-13T00:00:00.000Z"'],
    ['meta.created ge "2011-05-13T04:42:34"',                 'meta.created ge "2011-05-13T04:42:34.000Z"'],
  ])("reads %s by the RFC's precedence and forms (case 53)", (text, form) => {
    expect(printed(text)).toBe(form);
  });

  // prettier-ignore
  it.each([
    ["externalId eq 0a21f0f2-8d2a-4f8e",                    'externalId eq "0a21f0f2-8d2a-4f8e"'],
    ["userName sw O",                                       'userName sw "O"'],
    ["title eq 5",                                          'title eq "5"'],
    ["name.FamilyName eq Employee and (emails.Value co example.com or emails.Value co example.org)",
      'name.familyName eq "Employee" and (emails.value co "example.com" or emails.value co "example.org")'],
    ["meta.Created gt 2015-10-10T14:38:21.8617979-07:00",   'meta.created gt "2015-10-10T21:38:21.861Z"'],
    ['roles[primary eq "True"].value eq "Admin"',           'roles[primary eq true and value eq "Admin"]'],
    ['active eq "False"',                                   "active eq false"],
  ])("reads %s where quotes are not insisted on (cases 13, 20), and not elsewhere", (text, form) => {
    expect(printed(text, LENIENT)).toBe(form);
    expect(refusal(() => user(text)).code).toBe("InvalidFilter");
  });

  it("refuses a value in single quotes under every setting: as text it would find nobody, and a client would create the person again", () => {
    for (const leniency of [DEFAULT_LENIENCY, LENIENT]) {
      const { code, message } = refusal(() => printed("userName eq 'zoe'", leniency));

      expect(code).toBe("InvalidFilter");
      expect(message).toContain('at position 13: the value must stand in double quotes (")');
    }
    expect(printed("userName eq o'brien", LENIENT)).toBe('userName eq "o\'brien"');
    expect(user("userName eq \"'zoe'\"")).toBeDefined();
  });
});

describe("a filter that cannot be read", () => {
  // prettier-ignore
  it.each([
    ["",                              1,  "an attribute name was expected"],
    ["userName",                      9,  "an operator such as eq was expected, not the end"],
    ["userName is \"x\"",             10, "an operator such as eq was expected"],
    ["userName eq",                   12, "a value is missing"],
    ["userName eq x",                 13, "double quotes"],
    ['userName eq "x',                13, 'a closing " is missing'],
    ['userName eq "\\x"',             13, "not a valid JSON string"],
    ['userName eq "x" title pr',      17, '"and", "or" or the end'],
    ['userName eq "x" and',           20, "an attribute name was expected, not the end"],
    ['(userName eq "x"',              17, '")" is missing'],
    ['userName eq "x")',              16, '"and", "or" or the end'],
    ['emails[type eq "work"',         22, '"]" is missing'],
    ['emails[type eq "work"].type2 eq "x"', 24, "no such sub-attribute"],
    ['emails[type[value pr]]',        8,  "no elements"],
    ['name[givenName pr]',            1,  "no elements"],
    ["not title pr",                  5,  '"(" must follow "not"'],
    ["shoeSize pr",                   1,  'no attribute "shoeSize"'],
    ["emails.size pr",                1,  'no attribute "emails.size"'],
    ["emails[size pr]",               8,  'no sub-attribute "size"'],
    ["urn:x:y:z pr",                  1,  "no attribute"],
    ['name eq "x"',                   1,  "name one of them"],
    ['active gt true',                11, "cannot be compared with gt"],
    ['active co "t"',                 11, "cannot be compared with co"],
    ['active eq "x"',                 11, "true or false"],
    ["title gt null",                 10, "null cannot be compared with gt"],
    ['meta.created gt "yesterday"',   17, "a date such as"],
    ['meta.created co "2011"',        17, "cannot be compared with co"],
    ['password sw "a"',               1,  "cannot be used in a filter"],
    [`schemas eq "${SEAT_URN}"`,      12, "worked out for each answer"],
    ['groups.$ref pr',                1,  "cannot be used in a filter"],
    ['groups[$ref co "x"]',           8,  "cannot be used in a filter"],
    ['meta.location eq "x"',          1,  "cannot be used in a filter"],
    ['title eq "x" \u00e9',           14, "or the end was expected"],
  ])("%s is refused at position %d: %s", (text, position, says) => {
    const { code, message } = refusal(() => user(text));

    expect(code).toBe("InvalidFilter");
    expect(message).toContain(`at position ${String(position)}: `);
    expect(message).toContain(says);
  });

  it("is refused for an unknown attribute under every leniency: leaving it out would answer another question", () => {
    expect(refusal(() => user("shoeSize pr or userName pr", LENIENT)).code).toBe("InvalidFilter");
  });

  it("does not repeat a long piece of what was sent", () => {
    expect(refusal(() => user(`${"x".repeat(3000)} pr`)).message.length).toBeLessThan(200);
  });
});

describe("the limits", () => {
  const condition = 'userName eq "a"';

  // prettier-ignore
  it.each([
    { name: "4096 characters",  text: `userName eq "${"x".repeat(4082)}"`,                 refused: null },
    { name: "4097 characters",  text: `userName eq "${"x".repeat(4083)}"`,                 refused: /longer than 4096/ },
    { name: "20 levels",        text: `${"(".repeat(20)}${condition}${")".repeat(20)}`,    refused: null },
    { name: "21 levels",        text: `${"(".repeat(21)}${condition}${")".repeat(21)}`,    refused: /deeper than 20/ },
    { name: "199 conditions",   text: Array(199).fill("title pr").join(" or "),            refused: null },
    { name: "200 conditions",   text: Array(200).fill("title pr").join(" or "),            refused: /more than 200/ },
  ])("$name", ({ text, refused }) => {
    if (refused === null) {
      expect(() => user(text)).not.toThrow();
    } else {
      expect(refusal(() => user(text)).message).toMatch(refused);
    }
  });
});

describe("evaluating a filter", () => {
  const ZOE: JsonObject = {
    userName: "Zoë@Example.com",
    externalId: "Ab",
    active: false,
    title: "",
    name: { givenName: "Zoë" },
    emails: [
      { type: "work", value: "zoe@example.com", primary: true },
      { type: "home", value: "z%_\\@home.example" },
    ],
    meta: { created: "2026-01-31T12:00:00.000Z" },
    [ENTERPRISE_URN]: { manager: { value: "m-1" } },
  };

  // prettier-ignore
  it.each<[string, boolean]>([
    ['userName eq "ZOE\u0308@example.COM"',                 true],
    ['externalId eq "ab"',                                   false],
    ['externalId eq "Ab"',                                   true],
    ["active eq false",                                      true],
    ["active ne false",                                      false],
    ["active pr",                                            true],
    ["title pr",                                             false],
    ["name pr",                                              true],
    ['nickName eq "x"',                                      false],
    ['nickName ne "x"',                                      true],
    ['emails.value eq "ZOE@example.com"',                    true],
    ['emails.value ne "zoe@example.com"',                    true],
    ['roles.value ne "x"',                                   false],
    ['emails[type eq "work" and value co "home"]',           false],
    ['emails[type eq "home" and value co "%_\\\\"]',         true],
    ['emails[type eq "work"].primary eq true',               true],
    ['userName sw "zoë" and userName ew ".com"',             true],
    ['userName gt "a" and userName lt "zz"',                 true],
    ['meta.created ge "2026-01-31T13:00:00+01:00"',          true],
    ['meta.created gt "2026-01-31T12:00:00Z"',               false],
    ['manager eq "m-1"',                                     true],
    ['not (manager eq "m-2") and (title pr or name pr)',     true],
  ])("%s -> %s (cases 20 to 22, 53, 54)", (text, expected) => {
    expect(matches(user(text), ZOE)).toBe(expected);
  });
});
