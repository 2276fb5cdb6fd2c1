import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";

/** docs/attacks.md numbers the attacks on a sign-in; titles and tables of the tests bear the numbers. */

const ROOT = join(import.meta.dirname, "..");
const rows = readFileSync(join(ROOT, "docs/attacks.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, mark = "", what = "", tests = ""] = /^\| (N-\d+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
    return mark === ""
      ? []
      : [{ mark, what, files: [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => file!) }];
  });
const tested = new Map(
  readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, marksIn(textOf(file))] as const)
    .filter(([, marks]) => marks.size > 0),
);

describe("docs/attacks.md", () => {
  it("names each attack once, in the order of the numbers", () => {
    const numbers = rows.map(({ mark }) => Number(mark.slice(2)));
    expect(numbers.length).toBeGreaterThan(80);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("has every number that a test bears", () => {
    const known = new Set(rows.map(({ mark }) => mark));
    const borne = [...tested.keys()].flatMap((file) => written(textOf(file)));
    expect(borne.filter((mark) => !known.has(mark))).toEqual([]);
  });

  it("names for each attack the files whose tests bear its number", () => {
    const wrong = rows.filter(
      ({ mark, files }) => files.length === 0 || files.some((file) => !tested.get(file)?.has(mark)),
    );
    expect(wrong).toEqual([]);
  });
});

function textOf(file: string): string {
  return readFileSync(join(ROOT, "test", file), "utf8");
}

function written(text: string): string[] {
  return text.match(/\bN-\d+/g) ?? [];
}

/** "N-06, N-07" and "N-104 to N-106". */
function marksIn(text: string): Set<string> {
  const marks = [...text.matchAll(/\bN-(\d+)(?: to N-(\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
  );
  return new Set(marks.map((number) => `N-${String(number).padStart(2, "0")}`));
}
