import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Requests made from recorded ones: parts exchanged, doubled, cut off, nested, put into another place. */

/** Fixtures name resources that the recording service had. */
const FOLDERS = ["entra", "generic", "okta"];

export interface Raw {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const corpus = FOLDERS.flatMap((folder) => {
  const directory = join(import.meta.dirname, "../fixtures", folder);
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => (JSON.parse(readFileSync(join(directory, name), "utf8")) as Fixture).request);
});
interface Fixture {
  readonly request: {
    readonly method: string;
    readonly resource: string;
    readonly id?: string;
    readonly query: Record<string, string>;
    readonly body?: unknown;
  };
}

/** Values that code tends to stumble over. */
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1e308, 1.5, Number.MAX_SAFE_INTEGER + 2, "", " ", "true", "\u0000"],
  ...["\ud800", "\u202e", "x".repeat(3_000), "%", "_", "\\", "'", '"', "';--", "{{7*7}}", "🤹"],
  ...["bulkId:x", "urn:", ":", ".", "[", "]", "value eq", "$ref", "__proto__", "constructor"],
  ...[[], {}, [[]], [null], [{}], { value: null }, { value: { value: [] } }, [[[[[[]]]]]]],
  ...[{ __proto__: 1 }, { constructor: { prototype: { admin: true } } }, { toString: 1 }],
  JSON.parse('{"__proto__":{"active":true}}'),
  Array.from({ length: 300 }, (_, index) => ({ value: String(index) })),
];
const PATHS = [
  'emails[type eq "work"].value',
  'members[value eq "x" or value pr or value eq "y"]',
  "members[",
  "active.active",
  "name.givenName.x",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
  "urn:ietf:params:scim:schemas:core:2.0:User:",
  "__proto__.polluted",
  "schemas",
  "id",
  "meta.version",
  "emails[not (type pr)]",
  "(",
  "a".repeat(500),
];
const FILTERS = [
  'userName eq "a" and (emails co "@" or not (active eq true))',
  `${"(".repeat(60)}userName pr${")".repeat(60)}`,
  Array.from({ length: 200 }, () => 'userName eq "a"').join(" or "),
  'userName eq "\\',
  'userName eq "a" or 1=1',
  "userName eq",
  "meta.lastModified gt 2020-13-45T99:99:99Z",
  'emails[type eq "work" and value co "%"]',
  'members.value eq "x"',
  `userName co "${"\\u0041".repeat(50)}"`,
  'name.familyName sw "_" and title ew "%"',
];
const odd = fc.constantFrom(...ODD);

/** One change of a JSON document, at a place that is chosen by `where`. */
const jsonEdit = fc.record({
  where: fc.nat(1_000),
  how: fc.constantFrom("replace", "remove", "double", "add", "rename", "path"),
  value: odd,
  path: fc.constantFrom(...PATHS),
});
const textEdit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom("cut", "insert", "drop"),
  piece: fc.constantFrom("{", "}", '"', ",", "\\", "\u0000", "[".repeat(2_000), "1e999", "﻿"),
});
export const mutation = fc.record({
  base: fc.nat(corpus.length - 1),
  json: fc.array(jsonEdit, { maxLength: 4 }),
  text: fc.option(textEdit, { freq: 6 }),
  method: fc.option(fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), {
    freq: 8,
  }),
  target: fc.constantFrom("known", "known", "known", "recorded", "odd"),
  oddId: fc.constantFrom(
    "",
    "..",
    "%00",
    "%2e%2e",
    "a".repeat(900),
    "%F0%9F%A4%B9",
    "1",
    "null",
    ".search",
  ),
  query: fc.array(
    fc.tuple(
      fc.constantFrom(
        "filter",
        "startIndex",
        "count",
        "sortBy",
        "sortOrder",
        "attributes",
        "excludedAttributes",
        "cursor",
        "x",
      ),
      fc.oneof(
        fc.constantFrom(...FILTERS),
        fc.constantFrom(...PATHS),
        fc.constantFrom(
          "",
          "-1",
          "0",
          "1e9",
          "99999999999999999999",
          "members",
          "userName",
          "descending",
        ),
      ),
    ),
    { maxLength: 2 },
  ),
  header: fc.option(
    fc.constantFrom<[string, string]>(
      ["content-type", "text/plain"],
      ["content-type", "application/json; charset=utf-16"],
      ["content-type", ""],
      ["content-encoding", "gzip"],
      ["if-match", '"1", W/"2", *'],
      ["if-none-match", "W/"],
      ["accept", "text/html"],
    ),
    { freq: 6 },
  ),
});
export type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** @param known ids of resources of the connection */
export function rawOf(
  idp: { baseUrl: string; token: string },
  known: readonly string[],
  change: Mutation,
): Raw {
  const recorded = corpus[change.base];
  if (recorded === undefined) throw new Error("corpus");
  const method = change.method ?? recorded.method;
  const someone = known[change.base % known.length] ?? "x";
  const id = { known: someone, recorded: recorded.id ?? "", odd: change.oddId }[change.target];
  const hasId = recorded.id !== undefined || change.target === "odd";
  const query = new URLSearchParams({ ...recorded.query, ...Object.fromEntries(change.query) });
  const path = `/${recorded.resource}${hasId ? `/${id}` : ""}${query.size > 0 ? `?${query.toString()}` : ""}`;
  const { header } = change;
  return {
    method,
    url: idp.baseUrl + path,
    headers: {
      authorization: `Bearer ${idp.token}`,
      "content-type": "application/scim+json",
      ...(header === null ? {} : { [header[0]]: header[1] }),
    },
    ...(recorded.body === undefined ? {} : { body: bodyOf(recorded.body, someone, change) }),
  };
}

/** Ids of the recording stand for somebody who exists, so that some of the mutants get far. */
function bodyOf(recorded: unknown, someone: string, { json, text }: Mutation): string {
  const copy = JSON.parse(
    JSON.stringify(recorded).replaceAll(/[0-9a-f]{20,36}|[0-9a-f-]{36}/g, someone),
  ) as unknown;
  const edited = json.reduce((document, edit) => editJson(document, edit), copy);
  const whole = JSON.stringify(edited);
  if (text === null) return whole;
  const at = Math.floor(text.at * whole.length);
  if (text.how === "cut") return whole.slice(0, at);
  return (
    whole.slice(0, at) +
    (text.how === "insert" ? text.piece : "") +
    whole.slice(text.how === "drop" ? at + 1 : at)
  );
}

type Edit = Mutation["json"][number];

function editJson(document: unknown, { where, how, value: odd, path }: Edit): unknown {
  // A copy: what is put in twice, and then into itself, would have no end.
  const value = structuredClone(odd);
  const places = placesIn(document);
  const place = places[where % places.length];
  if (place === undefined) return how === "replace" ? value : document;
  const { holder, key } = place;
  const record = holder as Record<string, unknown>;
  if (how === "replace") record[key] = value;
  else if (how === "remove") Reflect.deleteProperty(record, key);
  else if (how === "double" && Array.isArray(holder)) {
    // Not `slice`, which asks the array for its constructor: an earlier change may have put a text there.
    const [...elements] = holder as unknown[];
    holder.push(...structuredClone(elements.slice(0, 3)));
  } else if (how === "add") record[typeof value === "string" ? value.slice(0, 40) : "more"] = value;
  else if (how === "rename") record[key.toUpperCase()] = structuredClone(record[key]);
  else if (how === "path") record["path"] = path;
  return document;
}

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { holder: value, key },
    ...placesIn(inner),
  ]);
}
