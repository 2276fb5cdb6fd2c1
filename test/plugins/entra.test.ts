import { describe, expect, it } from "@jest/globals";
import { entra } from "../../plugins/entra/index.js";
import type { JsonObject, JsonValue, Repaired } from "../../src/plugin.js";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

function repair(method: "POST" | "PATCH", body: JsonValue): Repaired {
  const repaired = entra().repair?.({ method, resource: "Users", query: {}, body });
  if (repaired === undefined) {
    throw new Error("the plugin has no repair");
  }
  return repaired;
}

/** The value of one operation after the repair. */
function operation(path: string | undefined, value: JsonValue): JsonValue | undefined {
  const body = { Operations: [{ op: "replace", ...(path === undefined ? {} : { path }), value }] };
  const repaired = repair("PATCH", body).request.body as { Operations: JsonObject[] };
  return repaired.Operations[0]?.["value"];
}

describe("string booleans (case 2)", () => {
  // prettier-ignore
  it.each<[string | undefined, JsonValue, JsonValue]>([
    ["active",                                "False",                                 false],
    ["Active",                                "TRUE",                                  true],
    ["urn:ietf:params:scim:schemas:core:2.0:User:active", "true",                      true],
    ['emails[type eq "work"].primary',        "True",                                  true],
    ["emails",                                [{ value: "a", Primary: "false" }],      [{ value: "a", Primary: false }]],
    ["emails.primary",                        "True",                                  true],
    [undefined,                               { active: "False", "name.givenName": "True" }, { active: false, "name.givenName": "True" }],
    [undefined,                               { 'roles[primary eq "True"].primary': "True" }, { 'roles[primary eq "True"].primary': true }],
  ])("at %s: %j -> %j", (path, value, expected) => {
    expect(operation(path, value)).toEqual(expected);
  });

  // prettier-ignore
  it.each<[string | undefined, JsonValue]>([
    ["displayName",              "True"],
    ["active",                   "yes"],
    ["active",                   null],
    ["active",                   0],
    ["title",                    "False"],
    ["emails",                   [{ value: "True", display: "False" }]],
    [`${ENTERPRISE}:department`, "False"],
    [undefined,                  { displayName: "True", nickName: "False" }],
  ])("nowhere else: %s %j stays", (path, value) => {
    expect(operation(path, value)).toBe(value);
  });
});

describe("managers (cases 7 to 9)", () => {
  // prettier-ignore
  it.each<[string, JsonValue, JsonValue]>([
    ["manager",                "m",                              { value: "m" }],
    [`${ENTERPRISE}:manager`,  ["m"],                            { value: "m" }],
    [`${ENTERPRISE}:manager`,  [{ value: "m", $ref: null }],     { value: "m" }],
    [`${ENTERPRISE}:manager`,  { value: "m", $ref: null },       { value: "m" }],
    [`${ENTERPRISE}:manager`,  "",                               ""],
    [`${ENTERPRISE}:manager`,  null,                             null],
    [`${ENTERPRISE}:manager.value`, "m",                         "m"],
    [`${ENTERPRISE}:manager`,  [],                               []],
    [`${ENTERPRISE}:manager`,  ["a", "b"],                       ["a", "b"]],
  ])("%s: %j -> %j", (path, value, expected) => {
    expect(operation(path, value)).toEqual(expected);
  });

  it("are mended inside the extension and under a qualified key", () => {
    const { request } = repair("POST", {
      userName: "z",
      [ENTERPRISE]: { Manager: "m-1" },
      [`${ENTERPRISE}:manager`]: "m-2",
    });

    expect(request.body).toEqual({
      userName: "z",
      [ENTERPRISE]: { Manager: { value: "m-1" } },
      [`${ENTERPRISE}:manager`]: { value: "m-2" },
    });
  });
});

describe("roles as JSON text (case 13)", () => {
  const text = '{"id":"1","value":"Admin","displayName":"The Admin"}';

  it("become objects", () => {
    expect(operation("roles", [{ value: text, primary: "True" }])).toEqual([
      { primary: true, value: "Admin", display: "The Admin" },
    ]);
    expect(operation('roles[primary eq "True"].value', text)).toBe("Admin");
    expect(operation(undefined, { roles: [{ value: text }] })).toEqual({
      roles: [{ value: "Admin", display: "The Admin" }],
    });
  });

  it.each(["{not json", '{"id":"1"}', '{"value":7}', "[1]", "Admin", "{}"])(
    "unless they are none: %s",
    (value) => {
      const roles = [{ value }];

      expect(operation("roles", roles)).toBe(roles);
    },
  );

  it("are mended for roles only", () => {
    const entitlements = [{ value: text }];

    expect(operation("entitlements", entitlements)).toBe(entitlements);
  });
});

describe("the trail of a repair", () => {
  it("says each sort once, with its count and without personal data", () => {
    const { adjusted } = repair("PATCH", {
      schemas: [],
      Operations: [
        {
          op: "Add",
          path: "members",
          value: [
            { $ref: null, value: "a" },
            { $ref: null, value: "b" },
          ],
        },
        { op: "Replace", path: "active", value: "False" },
        { op: "Add", path: "manager", value: "somebody" },
      ],
    });

    expect(adjusted).toEqual([
      'op "Add" -> "add" (2 times)',
      "members.$ref null -> left out (2 times)",
      'op "Replace" -> "replace"',
      'active "False" -> false',
      "manager as a string -> { value }",
    ]);
  });

  it("is empty for an operation that does not exist: the core refuses it", () => {
    const body = { Operations: [{ op: "Move", path: "title" }] };
    const repaired = repair("PATCH", body);

    expect(repaired.adjusted).toEqual([]);
    expect(repaired.request.body).toBe(body);
  });
});

it("a path of a megabyte is passed on at once", () => {
  const path = "[".repeat(1_000_000);
  const start = process.cpuUsage();

  operation(path, "x");

  // Of the processor, which a busy machine gives to others meanwhile.
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000).toBeLessThan(500);
});
