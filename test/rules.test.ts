import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "@jest/globals";
import ts from "typescript";
import { defaultPolicy } from "../src/domain/pools/policy.js";

/**
 * docs/rules.md promises a test for each rule, each open question and each invariant. Here is looked, in the sources alone,
 * whether the tests bear these names, and whether the page and the tests say the same.
 */

const ROOT = join(import.meta.dirname, "..");
const PAGE = "docs/rules.md";
const RULES = 104;
const QUESTIONS = 20;
const INVARIANTS = 26;

/** In words: "rule 5", "rules 61, 62 and 73", "rules 16 to 18". */
const RULES_IN_TITLE = /\brules? (\d+(?:(?:, | and | to |, and )\d+)*)/g;
/** The number is in the first column of the table, or in its column `rule`. */
const RULE_IN_TABLE = /\brule (?:%[dis]|\$rule\b)/;

const titles = testFiles().flatMap((file) => titlesIn(file).map((title) => ({ file, title })));
const sections = sectionsOf(read(PAGE));

describe.each([
  { what: "rules", of: rulesIn, count: RULES, prefix: "" },
  { what: "questions", of: marksIn("Q"), count: QUESTIONS, prefix: "Q" },
  { what: "invariants", of: marksIn("I"), count: INVARIANTS, prefix: "I" },
])("the $what", ({ what, of, count, prefix }) => {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const tested = new Map<number, Set<string>>();
  for (const { file, title } of titles) {
    for (const number of of(title)) {
      tested.set(number, (tested.get(number) ?? new Set()).add(file));
    }
  }
  const rows = tableRows(sections.get(what) ?? "");

  it("each stand in the title of a test", () => {
    expect(numbers.filter((number) => !tested.has(number))).toEqual([]);
    expect([...tested.keys()].filter((number) => !numbers.includes(number))).toEqual([]);
  });

  it(`are exactly those of ${PAGE}, each with a sentence`, () => {
    expect(rows.map(([mark]) => mark)).toEqual(numbers.map((number) => `${prefix}${number}`));
    expect(rows.filter(([, sentence = ""]) => sentence.length < 15)).toEqual([]);
  });

  it("are tested where the page says so", () => {
    const wrong = rows.flatMap((row, index) => {
      const files = codeIn(row.at(-1) ?? "").map((file) => `test/${file}`);
      const other = files.filter(
        (file) => !existsSync(join(ROOT, file)) || !tested.get(index + 1)?.has(file),
      );
      return files.length === 0 || other.length > 0 ? [`${row[0]}: ${other.join(", ")}`] : [];
    });

    expect(wrong).toEqual([]);
  });
});

describe("the fields that the page names", () => {
  const sources = filesUnder("src", ".ts").map(read).join("\n");

  it("are there: in a policy, in the catalogue, or elsewhere in the program", () => {
    const named = [...sections].flatMap(([what, text]) =>
      what === "invariants" ? [] : tableRows(text).flatMap((row) => codeIn(row[2] ?? "")),
    );
    const unknown = named.filter(
      (name) => !new RegExp(`\\b${name.split(".").at(-1)}\\b`).test(sources),
    );

    expect(named.length).toBeGreaterThan(RULES / 2);
    expect([...new Set(unknown)]).toEqual([]);
  });

  it("have the default that it says, where they are fields of a pool's policy", () => {
    const policies = (["locked", "shared", "concurrent"] as const).map(defaultPolicy);
    const compared = tableRows(sections.get("questions") ?? "").flatMap(
      ([mark, , fields = "", defaults = ""]) => {
        const words = codeIn(defaults);
        return codeIn(fields).flatMap((field, index) => {
          if (!(field in policies[0]!)) return [];
          const values = policies.map((policy) => shown(policy[field as keyof typeof policy]));
          return [{ mark, field, said: words[index], isTrue: values.includes(words[index] ?? "") }];
        });
      },
    );

    expect(compared.length).toBeGreaterThan(8);
    expect(compared.filter(({ isTrue }) => !isTrue)).toEqual([]);
  });
});

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/** The suites of contracts are no files of tests, but they name some. */
function testFiles(): string[] {
  return filesUnder("test", ".ts").filter((file) => file !== "test/rules.test.ts");
}

/** Whole titles; of a table with numbers of rules one for each number. */
function titlesIn(path: string): string[] {
  const text = read(path);
  if (!/\b(?:rules? |[IQ])(?:\d|%|\$)/.test(text)) return [];
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) found.push(...titlesOf(node, file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function titlesOf(call: ts.CallExpression, file: ts.SourceFile): string[] {
  const [first] = call.arguments;
  const named = /^(?:it|test|describe|describeMySql|describeWhen|onEachDatabase)\b/.test(
    call.expression.getText(file),
  );
  if (!named || first === undefined || !isText(first)) return [];
  const title = first.getText(file).slice(1, -1);
  if (!RULE_IN_TABLE.test(title) || !ts.isCallExpression(call.expression)) return [title];
  const [table] = call.expression.arguments;
  return numbersIn(table, file).map((number) => title.replace(RULE_IN_TABLE, `rule ${number}`));
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** First columns, and values of `rule`, also where rows are made from others. */
function numbersIn(table: ts.Node | undefined, file: ts.SourceFile): string[] {
  if (table === undefined) return [];
  const rows = ts.isArrayLiteralExpression(table) ? table.elements : [];
  const columns = rows.flatMap((row) =>
    ts.isArrayLiteralExpression(row) && row.elements[0] !== undefined ? [row.elements[0]] : [],
  );
  const found: ts.Node[] = [...columns];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText(file) === "rule") {
      found.push(node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(table);
  return found.filter(ts.isNumericLiteral).map(({ text }) => text);
}

function rulesIn(title: string): number[] {
  return [...title.matchAll(RULES_IN_TITLE)].flatMap(([, list = ""]) =>
    list.split(/, and |, | and /).flatMap((part) => {
      const [from = 0, to = from] = part.split(" to ").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    }),
  );
}

function marksIn(letter: "Q" | "I"): (title: string) => number[] {
  return (title) =>
    [...title.matchAll(new RegExp(`\\b${letter}(\\d+)\\b`, "g"))].map(([, digits]) =>
      Number(digits),
    );
}

/** By heading of the second order, in small letters. */
function sectionsOf(page: string): Map<string, string> {
  return new Map(
    page.split(/^## /m).map((part) => {
      const [heading = "", ...lines] = part.split("\n");
      return [heading.toLowerCase(), lines.join("\n")] as const;
    }),
  );
}

/** Cells of the rows whose first cell is a number or a mark. */
function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => /^\| [QI]?\d+ \|/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}
