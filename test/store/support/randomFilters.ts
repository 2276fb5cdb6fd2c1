import fc from "fast-check";
import type { AttributeRef, CompareOperator, Filter } from "../../../src/ports.js";

/** Attributes of every kind, and random filters over them. */

type Kind = AttributeRef["type"];

function single(names: readonly string[], type: Kind = "string", caseExact = false): AttributeRef {
  return { names, type, caseExact };
}

function list(names: readonly string[], type: Kind = "string", caseExact = false): AttributeRef {
  return { names, type, caseExact, multiValuedAt: 0 };
}

export const EXTENSION = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export const USER_ATTRIBUTES: readonly AttributeRef[] = [
  single(["id"], "string", true),
  single(["userName"]),
  single(["externalId"], "string", true),
  single(["displayName"]),
  single(["active"], "boolean"),
  single(["title"]),
  single(["profileUrl"], "reference", true),
  single(["name", "familyName"]),
  single(["meta", "created"], "dateTime", true),
  single(["meta", "lastModified"], "dateTime", true),
  single([EXTENSION, "department"]),
  single([EXTENSION, "level"], "integer"),
  single([EXTENSION, "score"], "decimal"),
  single([EXTENSION, "hired"], "dateTime", true),
  single([EXTENSION, "manager", "value"], "string", true),
  list(["emails", "value"]),
  list(["emails", "type"]),
  list(["emails", "primary"], "boolean"),
  list(["tags"], "string", true),
  list(["groups", "value"], "string", true),
  list(["groups", "display"]),
];

export const COMPLEX_ATTRIBUTES: readonly AttributeRef[] = [
  single(["name"], "complex"),
  single([EXTENSION], "complex"),
  single([EXTENSION, "manager"], "complex"),
  list(["emails"], "complex"),
  list(["groups"], "complex"),
];

const EMAIL = [single(["value"]), single(["type"]), single(["primary"], "boolean")];
const GROUP = [single(["value"], "string", true), single(["display"])];

/** Few texts, so that comparisons hit: letter case, accents, wildcards of LIKE, quotes, and what is longer in UTF-8. */
export const TEXTS = [
  "a",
  "A",
  "ab",
  "Ab ",
  "á",
  "á",
  "😀",
  "a%b",
  "a_b",
  "a\\b",
  "o'b",
  'o"b',
  "ß",
  "ÄÖ",
  "äö",
  "a  ",
  " a",
  "%",
  "_",
  "\\",
  "10",
  "9",
  "2020-01-01T00:00:00Z",
];
export const TIMES = [
  "2020-01-01T00:00:00.000Z",
  "2020-06-01T12:00:00.500Z",
  "2021-01-01T00:00:00.000Z",
];
export const NUMBERS = [-1, 0, 1, 2.5, 10, 9_007_199_254_740_991];

const ORDER: readonly CompareOperator[] = ["eq", "ne", "gt", "ge", "lt", "le"];
const OPERATORS: Readonly<Record<Kind, readonly CompareOperator[]>> = {
  string: [...ORDER, "co", "sw", "ew"],
  reference: [...ORDER, "co", "sw", "ew"],
  binary: ["eq", "ne"],
  boolean: ["eq", "ne"],
  integer: ORDER,
  decimal: ORDER,
  dateTime: ORDER,
  complex: [],
};

export function randomFilters(ids: readonly string[]): fc.Arbitrary<Filter> {
  const compare = (attributes: readonly AttributeRef[]): fc.Arbitrary<Filter> =>
    fc.constantFrom(...attributes).chain((attribute) =>
      fc.record({
        kind: fc.constant("compare" as const),
        attribute: fc.constant(attribute),
        operator: fc.constantFrom(...OPERATORS[attribute.type]),
        value: valuesOf(attribute, ids),
      }),
    );
  const present = (attributes: readonly AttributeRef[]): fc.Arbitrary<Filter> =>
    fc.constantFrom(...attributes).map((attribute) => ({ kind: "present" as const, attribute }));
  const inside = (attributes: readonly AttributeRef[]) =>
    trees(
      fc.oneof(
        { weight: 4, arbitrary: compare(attributes) },
        { weight: 1, arbitrary: present(attributes) },
      ),
      1,
    );
  const element: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({
      kind: fc.constant("element" as const),
      attribute: fc.constant(list(["emails"], "complex")),
      filter: inside(EMAIL),
    }),
    fc.record({
      kind: fc.constant("element" as const),
      attribute: fc.constant(list(["groups"], "complex")),
      filter: inside(GROUP),
    }),
  );
  const isNull = fc.record({
    kind: fc.constant("compare" as const),
    attribute: fc.constantFrom(...USER_ATTRIBUTES, ...COMPLEX_ATTRIBUTES),
    operator: fc.constantFrom("eq" as const, "ne" as const),
    value: fc.constant(null),
  });
  return trees(
    fc.oneof(
      { weight: 1, arbitrary: isNull },
      { weight: 6, arbitrary: compare(USER_ATTRIBUTES) },
      { weight: 1, arbitrary: present([...USER_ATTRIBUTES, ...COMPLEX_ATTRIBUTES]) },
      { weight: 2, arbitrary: element },
    ),
    2,
  );
}

function trees(leaf: fc.Arbitrary<Filter>, depth: number): fc.Arbitrary<Filter> {
  if (depth === 0) return leaf;
  const inner = trees(leaf, depth - 1);
  const filters = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: filters.map((each) => ({ kind: "and" as const, filters: each })) },
    { weight: 1, arbitrary: filters.map((each) => ({ kind: "or" as const, filters: each })) },
    { weight: 1, arbitrary: inner.map((filter) => ({ kind: "not" as const, filter })) },
  );
}

function valuesOf(
  attribute: AttributeRef,
  ids: readonly string[],
): fc.Arbitrary<string | number | boolean | null> {
  switch (attribute.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "decimal":
      return fc.constantFrom(...NUMBERS);
    case "dateTime":
      return fc.constantFrom(...TIMES);
    default:
      return ["id", "groups.value", "value"].includes(attribute.names.join("."))
        ? fc.constantFrom(...ids, ...TEXTS)
        : fc.constantFrom(...TEXTS, ...TEXTS.map((text) => Array.from(text).at(-1) ?? ""));
  }
}

const MEMBER = [single(["value"], "string", true), single(["display"]), single(["type"])];

/** Over groups and their members. */
export function randomGroupFilters(ids: readonly string[]): fc.Arbitrary<Filter> {
  const compare = (attributes: readonly AttributeRef[]): fc.Arbitrary<Filter> =>
    fc.constantFrom(...attributes).chain((attribute) =>
      fc.record({
        kind: fc.constant("compare" as const),
        attribute: fc.constant(attribute),
        operator: fc.constantFrom(...OPERATORS[attribute.type]),
        value: /value$|^id$/.test(attribute.names.join("."))
          ? fc.constantFrom(...ids, ...TEXTS)
          : fc.constantFrom(...TEXTS, "User"),
      }),
    );
  const element = trees(compare(MEMBER), 1).map((filter) => ({
    kind: "element" as const,
    attribute: list(["members"], "complex"),
    filter,
  }));
  const present = fc
    .constantFrom(list(["members"], "complex"), single(["externalId"]))
    .map((attribute) => ({ kind: "present" as const, attribute }));
  return trees(
    fc.oneof(
      { weight: 4, arbitrary: compare(GROUP_ATTRIBUTES) },
      { weight: 1, arbitrary: present },
      { weight: 2, arbitrary: element },
    ),
    2,
  );
}

const GROUP_ATTRIBUTES: readonly AttributeRef[] = [
  single(["id"], "string", true),
  single(["displayName"]),
  single(["externalId"], "string", true),
  list(["members", "value"], "string", true),
  list(["members", "display"]),
  list(["members", "type"]),
];

/** A document with some of the attributes, some of them odd: empty text, empty elements, dates in other zones. */
export function randomDocuments(): fc.Arbitrary<Record<string, unknown>> {
  const text = fc.constantFrom(...TEXTS, "");
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const time = fc.constantFrom(
    ...TIMES,
    "2020-01-01T01:00:00+01:00",
    "2021-01-01T00:00:00",
    "2020-01-01",
  );
  const number = fc.constantFrom(...NUMBERS);
  return (
    fc
      .record({
        displayName: optional(text),
        externalId: optional(text),
        title: optional(fc.oneof(text, fc.constant(null))),
        profileUrl: optional(text),
        name: optional(fc.record({ familyName: optional(text), givenName: optional(text) })),
        emails: optional(
          fc.array(
            fc.record({
              value: optional(text),
              type: optional(text),
              primary: optional(fc.boolean()),
            }),
            { maxLength: 3 },
          ),
        ),
        tags: optional(fc.array(text, { maxLength: 3 })),
        [EXTENSION]: optional(
          fc.record({
            department: optional(text),
            level: optional(number),
            score: optional(number),
            hired: optional(time),
            manager: optional(fc.record({ value: optional(text) })),
          }),
        ),
      })
      // As JSON: what is undefined is not there.
      .map((document) => JSON.parse(JSON.stringify(document)) as Record<string, unknown>)
  );
}
