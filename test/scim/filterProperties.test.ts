import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { AttributeRef, CompareOperator, Filter } from "../../src/ports.js";
import { SeatkeeperError } from "../../src/errors.js";
import { parseFilter } from "../../src/scim/filter.js";
import { isFilterable } from "../../src/scim/filterNames.js";
import { DEFAULT_LENIENCY, STRICT } from "../../src/scim/leniency.js";
import { parsePath } from "../../src/scim/path.js";
import { printFilter } from "../../src/scim/printFilter.js";
import { userSchema } from "../../src/scim/schema.js";
import type { Attribute, AttributeTable } from "../../src/scim/attribute.js";

/** Random filters from a printed seed (fast-check prints it with every failure). */

const LENIENT = { ...DEFAULT_LENIENCY, unquotedFilterValues: true };

function all(table: AttributeTable | null | undefined): Attribute[] {
  return [...new Set(table?.values() ?? [])].filter(isFilterable);
}

const TOP = all(userSchema.attributes).filter((each) => !each.isExtension);
const EXTENDED = userSchema.extensions.flatMap((each) => all(each.subAttributes));
const META = all(userSchema.attributes.get("meta")?.subAttributes).filter(
  (each) => each.type === "dateTime",
);
const ANY = [...TOP, ...EXTENDED]
  .flatMap((each) => [each, ...all(each.subAttributes)])
  .concat(META);
const LISTS = TOP.filter((each) => each.multiValued);

const TEXT_OPERATORS: CompareOperator[] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

function condition(attributes: readonly Attribute[], refOf: (each: Attribute) => AttributeRef) {
  const plain = attributes.filter((each) => each.subAttributes === null);
  const present = fc
    .constantFrom(...attributes)
    .map((each): Filter => ({ kind: "present", attribute: refOf(each) }));
  const compare = fc.constantFrom(...plain).chain((each) =>
    comparison(each).map(([operator, value]): Filter => ({
      kind: "compare",
      attribute: refOf(each),
      operator,
      value,
    })),
  );
  return fc.oneof(present, compare);
}

function comparison({ type }: Attribute): fc.Arbitrary<[CompareOperator, string | boolean]> {
  if (type === "boolean") {
    return fc.tuple(fc.constantFrom<CompareOperator>("eq", "ne"), fc.boolean());
  }
  if (type === "dateTime") {
    const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    return fc.tuple(
      fc.constantFrom<CompareOperator>("eq", "gt", "le"),
      time.map((each) => each.toISOString()),
    );
  }
  const operators = type === "binary" ? (["eq", "ne"] as const) : TEXT_OPERATORS;
  return fc.tuple(
    fc.constantFrom<CompareOperator>(...operators),
    fc.string({ unit: "binary", maxLength: 12 }),
  );
}

const element = fc.constantFrom(...LISTS).chain((list) => {
  const inner = condition(all(list.subAttributes), (each) => each.elementRef);
  return tree(inner).map((filter): Filter => ({ kind: "element", attribute: list.ref, filter }));
});

function tree(leaf: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.letrec<{ node: Filter }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constant("not" as const), filter: tie("node") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        filters: fc.array(tie("node"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).node;
}

const filters = tree(
  fc.oneof(
    condition(ANY, (each) => each.ref),
    element,
  ),
);

describe("any filter", () => {
  it("is the same after printing and reading it again", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const text = printFilter(filter);
        fc.pre(text.length <= 4096);
        expect(parseFilter(text, userSchema, STRICT)).toEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  it("means the same where quotes are not insisted on", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const text = printFilter(filter);
        fc.pre(text.length <= 4096);
        expect(parseFilter(text, userSchema, LENIENT)).toEqual(filter);
      }),
    );
  });
});

/** Pieces that a filter is made of, put together wrongly. */
const PIECES = fc.constantFrom(
  ...'userName eq ne co pr and or not ( ) [ ] . " \\ \\" \\u null true 1e9 - : urn: emails emails[type value'.split(
    " ",
  ),
  '"a"',
  " ",
  "\t",
  "\u0000",
  "é",
  "__proto__",
  "constructor",
);
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(PIECES, { maxLength: 80 }).map((pieces) => pieces.join("")),
  fc.array(PIECES, { maxLength: 80 }).map((pieces) => pieces.join(" ")),
);

describe("any text", () => {
  it("is a filter or is refused as InvalidFilter, nothing else", () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(STRICT, LENIENT), (text, leniency) => {
        expect(["read", "InvalidFilter"]).toContain(
          outcome(() => parseFilter(text, userSchema, leniency)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it("is a path, names nothing, or is refused as InvalidPath or InvalidFilter, nothing else", () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(STRICT, LENIENT), (text, leniency) => {
        expect(["read", "InvalidPath", "InvalidFilter"]).toContain(
          outcome(() => parsePath(text, userSchema, leniency)),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

function outcome(call: () => unknown): string {
  try {
    call();
    return "read";
  } catch (error) {
    if (error instanceof SeatkeeperError) {
      return error.code;
    }
    throw error;
  }
}

describe("the time to read a filter", () => {
  // prettier-ignore
  it.each([
    ["199 conditions in a row",              Array(199).fill('title eq "x"').join(" or ")],
    ["or pairs joined by and",               Array(50).fill('(title eq "a" or title eq "b")').join(" and ")],
    ["negations in each other",              `${"not (".repeat(19)}title pr${")".repeat(19)}`],
    ["open parentheses",                     "(".repeat(4096)],
    ["open brackets",                        "emails[".repeat(585)],
    ["backslashes without an end",           `title eq "${"\\".repeat(4000)}`],
    ["escapes",                              `title eq "${"\\u0041".repeat(650)}"`],
    ["a name of dots",                       `${"a.".repeat(2000)} pr`],
    ["a name of colons",                     `${"urn:".repeat(1000)} pr`],
    ["spaces",                               `title${" ".repeat(4000)}pr`],
  ])("stays under 5 ms for %s", (_name, text) => {
    const read = () => outcome(() => parseFilter(text, userSchema, STRICT));
    read();

    // The best of several: the machine may be busy with something else.
    const times = Array.from({ length: 20 }, () => {
      const begun = process.cpuUsage();
      read();
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });
});
