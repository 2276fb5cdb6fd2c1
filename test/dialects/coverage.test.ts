import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";

/** Every dialect case is a test whose title begins with its number; a number without a test fails here. */

const CASES = 61;

function numbersTested(): Set<number> {
  const texts = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts") && name !== "coverage.test.ts")
    .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
  const titled = texts.flatMap((text) => [...text.matchAll(/["'`]case (\d+) \(/g)]);
  const inTables = texts.flatMap((text) => [
    ...text.matchAll(/^ +\["(\d+)", "(?:Add|Replace)"\]/gm),
  ]);
  return new Set([...titled, ...inTables].map(([, number]) => Number(number)));
}

it("each of the cases 1 to 61 has a test", () => {
  const tested = numbersTested();
  const all = Array.from({ length: CASES }, (_each, index) => index + 1);

  expect(all.filter((number) => !tested.has(number))).toEqual([]);
});
