import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { SeatkeeperError } from "../../src/errors.js";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { ENTERPRISE_URN } from "../../src/scim/definitions.js";
import { DEFAULT_LENIENCY, STRICT } from "../../src/scim/leniency.js";
import { applyPatch } from "../../src/scim/patch.js";
import { readPatchRequest } from "../../src/scim/patchRequest.js";
import { readResource } from "../../src/scim/readResource.js";
import { userSchema } from "../../src/scim/schema.js";

/** Random documents and operations from a printed seed (fast-check prints it with every failure). */

const LENIENT = { ...DEFAULT_LENIENCY, createOnMissingTarget: true, unquotedFilterValues: true };

const text = fc.oneof(
  fc.constantFrom("a", "b", "work", "home", "", "A"),
  fc.string({ maxLength: 4 }),
);
const element = fc.record(
  { value: text, type: text, primary: fc.boolean(), display: text },
  { requiredKeys: [] },
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  element,
  fc.array(element, { maxLength: 4 }),
  fc.record({ givenName: text, familyName: fc.constant(null) }, { requiredKeys: [] }),
  fc.dictionary(
    fc.constantFrom("title", "emails", "name.givenName", "active", "manager", "x"),
    text,
  ),
);
const path = fc.constantFrom(
  "title",
  "active",
  "name",
  "name.givenName",
  "emails",
  "emails.value",
  'emails[type eq "work"]',
  'emails[type eq "work"].value',
  "emails[primary eq true].display",
  'emails[value sw "a" or not (type pr)].primary',
  "roles",
  `${ENTERPRISE_URN}:manager`,
  `${ENTERPRISE_URN}:department`,
  ENTERPRISE_URN,
  "x.y",
  "emails[",
);
const operation = fc.record(
  { op: fc.constantFrom("add", "remove", "Replace"), path, value },
  { requiredKeys: ["op"] },
);
const operations = fc.array(operation, { minLength: 1, maxLength: 6 });
const body = fc.record(
  {
    userName: fc.constant("zoe"),
    title: text,
    emails: fc.array(element, { maxLength: 4 }),
    name: fc.record({ givenName: text }),
  },
  { requiredKeys: ["userName"] },
);
const leniency = fc.constantFrom(STRICT, DEFAULT_LENIENCY, LENIENT);

function deepFreeze<T>(json: T): T {
  if (typeof json === "object" && json !== null) {
    Object.values(json).forEach(deepFreeze);
    Object.freeze(json);
  }
  return json;
}

function attempt<T>(call: () => T): T | SeatkeeperError {
  try {
    return call();
  } catch (error) {
    if (error instanceof SeatkeeperError) {
      return error;
    }
    throw error;
  }
}

describe("any PATCH", () => {
  it("gives a document that the server itself would store unchanged, or is refused; the old one stays as it was", () => {
    fc.assert(
      fc.property(body, operations, leniency, (raw, request, rules) => {
        const before = attempt(() => readResource(userSchema, raw as JsonObject, rules));
        fc.pre(!(before instanceof SeatkeeperError));
        const document = deepFreeze(before.document);

        const read = readPatchRequest(deepFreeze({ Operations: request }));
        const result = attempt(() => applyPatch(document, read, userSchema, rules));

        if (!(result instanceof SeatkeeperError)) {
          expect(readResource(userSchema, result.document, rules).document).toEqual(
            result.document,
          );
          expect(result.changed).toBe(result.document !== document);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("gives the same answer each time", () => {
    fc.assert(
      fc.property(operations, leniency, (request, rules) => {
        const once = () =>
          attempt(() =>
            applyPatch(
              { userName: "z" },
              readPatchRequest({ Operations: request as JsonValue[] }),
              userSchema,
              rules,
            ),
          );

        expect(once()).toEqual(once());
      }),
    );
  });
});
