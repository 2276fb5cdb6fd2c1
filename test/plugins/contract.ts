import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SeatkeeperError } from "../../src/errors.js";
import type {
  JsonObject,
  JsonValue,
  Plugin,
  Repaired,
  SamlProfile,
  ScimRequest,
} from "../../src/plugin.js";
import { readGroupPatch } from "../../src/scim/groupPatch.js";
import { leniencyOf, type Liberties } from "../../src/scim/leniency.js";
import { readListQuery } from "../../src/scim/listQuery.js";
import { applyPatch } from "../../src/scim/patch.js";
import { readPatchRequest } from "../../src/scim/patchRequest.js";
import { printFilter } from "../../src/scim/printFilter.js";
import { isWanted, readProjection } from "../../src/scim/projection.js";
import { readGroup } from "../../src/scim/readGroup.js";
import { readResource } from "../../src/scim/readResource.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";

/**
 * What every plugin promises, whoever wrote it. A recorded request is one file in test/fixtures/<id>/; docs/plugins.md
 * describes its form.
 */

export interface Fixture {
  readonly name: string;
  /** The case of the dialect list that the request belongs to. */
  readonly case: number;
  /** Where the request was seen. */
  readonly source: string;
  /** How sure that is, in words, where the provider itself was not watched. */
  readonly known?: string;
  /** The stored document that a PATCH meets. */
  readonly before?: JsonObject;
  readonly request: ScimRequest;
  /**
   * What comes of it: `adjusted` when the plugin repaired something, the core's reading or its `error`, and `noted` when
   * the core took a liberty.
   */
  readonly expected: JsonObject;
}

export function fixturesOf(id: string): Fixture[] {
  const folder = join(import.meta.dirname, "../fixtures", id);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Fixture);
}

export function describePlugin(plugin: Plugin, fixtures: readonly Fixture[]): void {
  describe(`the plugin ${plugin.id}`, () => {
    it.each(fixtures.map((each) => ({ ...each, title: each.name, number: each.case })))(
      "reads the recorded request: $title (case $number)",
      (fixture) => {
        const { request, adjusted } = repair(plugin, deepFreeze(fixture.request));

        const outcome = replay(plugin, request, fixture.before ?? {});

        expect(adjusted.length === 0 ? outcome : { adjusted, ...outcome }).toEqual(
          fixture.expected,
        );
      },
    );

    it("gives back the same request when nothing is odd, and says so", () => {
      for (const { name, request } of fixtures) {
        const once = repair(plugin, deepFreeze(request));
        const again = repair(plugin, deepFreeze(once.request));

        expect({ name, same: once.request === request }).toEqual({
          name,
          same: once.adjusted.length === 0,
        });
        expect({ name, same: again.request === once.request, adjusted: again.adjusted }).toEqual({
          name,
          same: true,
          adjusted: [],
        });
      }
    });

    it("gives the same answer each time", () => {
      for (const { request } of fixtures) {
        expect(repair(plugin, request)).toEqual(repair(plugin, structuredClone(request)));
      }
    });

    it("leaves what it is given as it was, and never fails, whatever a body holds", () => {
      const body = fc.jsonValue() as fc.Arbitrary<JsonValue>;
      fc.assert(
        fc.property(oddRequests(fixtures, body), (request) => {
          const { request: repaired } = repair(plugin, deepFreeze(request));

          expect(Object.keys(repaired)).toEqual(Object.keys(request));
          expect({ ...repaired, body: null }).toEqual({ ...request, body: null });
        }),
        { numRuns: 500 },
      );
    });

    it("touches an answer only by giving back another one", () => {
      const body = deepFreeze<JsonObject>({
        schemas: ["x"],
        id: "u-1",
        userName: "z",
        active: true,
      });
      for (const { request } of fixtures) {
        const shaped = plugin.shape?.(body, deepFreeze(request)) ?? body;

        expect(shaped === body || JSON.stringify(shaped) !== JSON.stringify(body)).toBe(true);
      }
    });

    it("finds a name in every assertion, and no groups where none are mentioned", () => {
      const bare: SamlProfile = {
        nameId: "zoe@example.com",
        nameIdFormat: undefined,
        attributes: new Map(),
      };
      const identity = plugin.readIdentity?.(bare);

      expect(identity?.userName ?? "zoe@example.com").toBe("zoe@example.com");
      expect(identity ?? {}).not.toHaveProperty("groups");
      expect(Object.values(identity ?? {})).not.toContain(undefined);
    });

    it("tells the administrator what to do, in whole sentences", () => {
      const { steps = [], attributes = [] } = plugin.setup ?? {};

      expect(steps.filter(({ title, text }) => title === "" || !text.endsWith("."))).toEqual([]);
      expect(attributes.filter(({ theirs, ours }) => theirs === "" || ours === "")).toEqual([]);
    });
  });
}

function repair(plugin: Plugin, request: ScimRequest): Repaired {
  return plugin.repair?.(request) ?? { request, adjusted: [] };
}

/** Recorded requests with parts replaced by anything, and bodies of anything. */
function oddRequests(
  fixtures: readonly Fixture[],
  body: fc.Arbitrary<JsonValue>,
): fc.Arbitrary<ScimRequest> {
  const method = fc.constantFrom<ScimRequest["method"]>("POST", "PUT", "PATCH");
  const anything = fc.tuple(method, body).map(([name, each]): ScimRequest => ({
    method: name,
    resource: "Users",
    query: {},
    body: each,
  }));
  const patch = fc
    .array(
      fc.tuple(
        fc.constantFrom("active", "roles", "manager", "emails[", "urn:x:User", "a]b[c:"),
        body,
      ),
      { maxLength: 3 },
    )
    .map((operations): ScimRequest => ({
      method: "PATCH",
      resource: "Users",
      query: {},
      body: { Operations: operations.map(([path, value]) => ({ op: "Add", path, value })) },
    }));
  const spoiled = fc
    .tuple(fc.constantFrom(...fixtures), fc.nat(40), body)
    .map(([{ request }, at, part]): ScimRequest => ({
      ...request,
      ...(request.body === undefined ? {} : { body: withPart(request.body, at, part) }),
    }));
  return fc.oneof(anything, patch, spoiled);
}

/** The JSON with its nth value replaced. */
function withPart(json: JsonValue, at: number, part: JsonValue): JsonValue {
  let left = at;
  const walk = (value: JsonValue): JsonValue => {
    left -= 1;
    if (left === -1) {
      return part;
    }
    if (Array.isArray(value)) {
      return value.map(walk);
    }
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each)]))
      : value;
  };
  return walk(json);
}

/** What the core makes of a request. */
function replay(plugin: Plugin, request: ScimRequest, before: JsonObject): JsonObject {
  try {
    return withoutEmpty(read(plugin, request, before));
  } catch (error) {
    if (error instanceof SeatkeeperError) {
      return { error: error.code };
    }
    throw error;
  }
}

function read(plugin: Plugin, request: ScimRequest, before: JsonObject): Record<string, unknown> {
  const noted = new Set<string>();
  const leniency = { ...leniencyOf(plugin), taken: (line: string) => noted.add(line) };
  const outcome = readBy(leniency, request, before);
  return noted.size === 0 ? outcome : { ...outcome, noted: [...noted] };
}

function readBy(
  leniency: Liberties,
  request: ScimRequest,
  before: JsonObject,
): Record<string, unknown> {
  const { method, resource, body, query } = request;
  const options = request.id === undefined ? {} : { id: request.id };
  if (method === "DELETE") {
    return {};
  }
  if (method === "GET") {
    return readQuery(resource, query, leniency);
  }
  if (method === "PATCH") {
    const operations = readPatchRequest(body, leniency);
    if (resource === "Groups") {
      const { members, ...rest } = readGroupPatch(operations, groupSchema, leniency, options);
      return { ...rest, members: asJson(members) };
    }
    const { document, ignored } = applyPatch(before, operations, userSchema, leniency, options);
    return { document, ignored };
  }
  return resource === "Groups"
    ? asJson(readGroup(groupSchema, body, leniency))
    : { ...readResource(userSchema, body, leniency) };
}

function asJson(read: {
  readonly displays?: ReadonlyMap<string, string> | undefined;
}): Record<string, unknown> {
  const { displays, ...rest } = read;
  return { ...rest, ...(displays === undefined ? {} : { displays: Object.fromEntries(displays) }) };
}

function readQuery(
  resource: string,
  query: ScimRequest["query"],
  leniency: Liberties,
): Record<string, unknown> {
  const schema = resource === "Groups" ? groupSchema : userSchema;
  const { filter, startIndex, count } = readListQuery(query, schema, leniency, 1000);
  const shows = isWanted(readProjection(schema, query), "members");
  return {
    ...(filter === undefined ? {} : { filter: printFilter(filter) }),
    startIndex,
    count,
    ...(resource === "Groups" ? { showsMembers: shows } : {}),
  };
}

function withoutEmpty({ ignored, ...rest }: Record<string, unknown>): JsonObject {
  const kept = Array.isArray(ignored) && ignored.length > 0 ? { ...rest, ignored } : rest;
  return kept as JsonObject;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
