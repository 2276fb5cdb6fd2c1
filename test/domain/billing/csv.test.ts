import { describe, expect, it } from "@jest/globals";
import { csvText } from "../../../src/domain/billing/csv.js";

function cell(text: string): string {
  return (
    csvText(["name"], [{ name: text }], new Set())
      .split("name\r\n")[1]
      ?.slice(0, -2) ?? ""
  );
}

describe("a cell of a table", () => {
  it("is quoted wherever a spreadsheet could split it, or drop its blanks", () => {
    const texts = ["a;b", "a\tb", "a|b", "a,b", "a\nb", " a", "a ", "plain"];
    expect(texts.map(cell)).toEqual([
      ...['"a;b"', '"a\tb"', '"a|b"', '"a,b"', '"a\nb"', '" a"', '"a "', "plain"],
    ]);
  });

  it.each([
    ["=1+1", `"'=1+1"`],
    ["x;=1+1", `"x;'=1+1"`],
    ["x; +1", `"x;' +1"`],
    ["x\t@SUM(1)", `"x\t'@SUM(1)"`],
    ["x|-1", `"x|'-1"`],
    ["x\n=1+1", `"x\n'=1+1"`],
    ["x;;=1", `"x;;'=1"`],
    ['x;"=1"', `"x;'""=1"""`],
    ["x;y=1", `"x;y=1"`],
  ])("is no formula at whatever a spreadsheet splits: %j", (text, expected) => {
    expect(cell(text)).toBe(expected);
  });
});
