import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createLogger } from "../../src/http/logger.js";
import { patchOp } from "../support/patchOp.js";
import { startTestServer, type TestOrganisation, type TestServer } from "../support/server.js";
import { ENTERPRISE, MANAGER, path, USER } from "./world.js";

/** Whatever was read otherwise than the RFC has it is named, whether a plugin mended it or the core took a liberty. */

let server: TestServer;
let organisation: TestOrganisation;
const lines: string[] = [];
let links = 0;

beforeAll(async () => {
  const destination = { write: (line: string) => void lines.push(line) };
  server = await startTestServer({}, { logger: createLogger({ level: "info", destination }) });
  organisation = await server.organisation("acorn");
});

afterAll(() => server.close());

interface Entry {
  readonly adjusted?: readonly string[];
  readonly attributes?: readonly string[];
}

function trail(): string[] {
  const entries = lines.splice(0).map((line) => JSON.parse(line) as Entry);
  return entries.flatMap(({ adjusted = [], attributes = [] }) => [...adjusted, ...attributes]);
}

const EMAIL = 'emails[type eq "work"].value';

// prettier-ignore
const PATCHES: readonly [string, object, string[]][] = [
  ["entra",   { op: "Replace", path: "active", value: "False" },          ['op "Replace" -> "replace"', 'active "False" -> false']],
  ["generic", { op: "Replace", path: "active", value: "False" },          ['op "Replace" -> "replace"', 'active "False" -> false']],
  ["okta",    { op: "replace", value: { active: "false" } },              ['active "false" -> false']],
  ["entra",   { op: "add", path: "manager", value: "boss" },              ["manager as a string -> { value }"]],
  ["generic", { op: "add", path: "manager", value: ["boss"] },            [`${MANAGER} as a list -> its one value`, `${MANAGER} as a string -> { value }`]],
  ["entra",   { op: "replace", path: EMAIL, value: "a@acorn.example" },   ["emails: no value fits the path -> made one"]],
  ["generic", { op: "replace", path: EMAIL, value: null },                ["emails: no value fits the path -> nothing to clear"]],
  ["generic", { op: "replace", path: "title", value: "" },                ['title "" -> no value']],
  ["okta",    { op: "replace", value: { shoeSize: 38 } },                 ["shoeSize"]],
  ["generic", { op: "replace", value: [{ title: "Lead" }] },              ["value: one object in a list -> the object"]],
  ["generic", { op: "add", path: "emails", value: ["a@b", "a@b"].map((value) => ({ value })) }, ["emails: given twice -> kept once"]],
  ["generic", { op: "replace", path: "active", value: false },            []],
  ["generic", { op: "remove", path: "active" },                           ["active cannot be removed -> kept as it was"]],
  ["entra",   { op: "replace", path: "active", value: null },             ["active cannot be removed -> kept as it was"]],
];

it.each(PATCHES)("%s: a PATCH with %j leaves %j", async (plugin, operation, expected) => {
  const name = `link ${(links += 1)}`;
  const idp = await organisation.connection(plugin, { name });
  const { body } = await idp.scim("POST", "/Users", { schemas: [USER], userName: name });
  trail();

  const { status } = await idp.scim("PATCH", `/Users/${body.id}`, patchOp(operation));

  expect([200, 204]).toContain(status);
  expect(trail()).toEqual(expected);
});

it("filters: a value without quotes, a boolean in quotes", async () => {
  const idp = await organisation.connection("generic", { name: "filters" });
  trail();

  await idp.scim("GET", path("/Users", { filter: 'externalId eq 0a21 and active eq "True"' }));

  expect(trail()).toEqual([
    "filter: externalId without quotes -> as text",
    "filter: active in quotes -> as boolean",
  ]);
});

it("members that do not exist, each once, and a thousand of them in short", async () => {
  const idp = await organisation.connection("okta", { name: "members" });
  const { body } = await idp.scim("POST", "/Groups", { displayName: "Support" });
  const add = (ids: string[]) =>
    patchOp({ op: "add", path: "members", value: ids.map((value) => ({ value })) });
  trail();

  await idp.scim("PATCH", `/Groups/${body.id}`, add(["no-such-id", "no-such-id"]));
  expect(trail()).toEqual(['member "no-such-id" ignored: no user has this id']);

  await idp.scim(
    "PATCH",
    `/Groups/${body.id}`,
    add(Array.from({ length: 1000 }, (_each, index) => `x-${index}`)),
  );
  const long = trail();
  expect(long).toHaveLength(21);
  expect(long.at(-1)).toBe("members ignored: 1000 in all");
});

it("names no value that may be private", async () => {
  const idp = await organisation.connection("entra", { name: "private" });
  trail();

  await idp.scim("POST", "/Users", {
    schemas: [USER],
    userName: "Secret.Name@acorn.example",
    title: "",
    emails: [{ type: "work", value: "secret@acorn.example", primary: "True" }],
    [ENTERPRISE]: { manager: "secret-boss" },
  });

  const said = trail().join("\n");
  expect(said).toContain('primary "True" -> true');
  expect(said).not.toMatch(/secret/i);
});
