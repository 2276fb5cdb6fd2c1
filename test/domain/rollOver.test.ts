import { describe, expect, it } from "@jest/globals";
import type { SamlSettings } from "../../src/domain/directory.js";
import { afterEnd, afterUse, rollOver, warningsDue } from "../../src/domain/signIn/rollOver.js";

const set = (...names: string[]): ReadonlySet<string> => new Set(names);

describe("which certificates count when the metadata announces others", () => {
  // prettier-ignore
  it.each<[title: string, before: string[], announced: string[], proven: string[], ended: string[], certificates: string[], leaving: string[]]>([
    ["a new one beside the old one counts at once",             ["A"],      ["A", "B"], ["A"],      [],    ["A", "B"], []],
    ["the last one that worked stays when it is withdrawn",     ["A"],      ["B"],      ["A"],      [],    ["B", "A"], ["A"]],
    ["it goes when its successor has worked before",            ["A", "B"], ["B"],      ["A", "B"], [],    ["B"],      []],
    ["it goes when it has ended",                               ["A"],      ["B"],      ["A"],      ["A"], ["B"],      []],
    ["one that never worked goes at once",                      ["A"],      ["B"],      [],         [],    ["B"],      []],
    ["one that leaves goes on leaving with the next metadata",  ["B", "A"], ["C"],      ["A"],      [],    ["C", "A"], ["A"]],
    ["one that comes back is no longer leaving",                ["B", "A"], ["A"],      ["A"],      [],    ["A"],      []],
  ])("%s", (_, before, announced, proven, ended, certificates, leaving) => {
    const known = { proven: set(...proven), ended: set(...ended) };

    expect(rollOver({ certificates: before }, announced, known)).toEqual({ certificates, leaving });
  });

  const settings = { certificates: ["B", "A"], leaving: ["A"] } as unknown as SamlSettings;

  it("the old one goes when the new one has verified a sign-in, and stays when it was the old one again", () => {
    expect(afterUse(settings, "B")).toEqual({ certificates: ["B"], leaving: [] });
    expect(afterUse(settings, "A")).toBeNull();
    expect(afterUse(settings, "of a stranger")).toBeNull();
    expect(afterUse({ ...settings, leaving: [] }, "B")).toBeNull();
  });

  it("the old one goes at its end, and nothing that is announced does", () => {
    expect(afterEnd(settings, set("A", "B"))).toEqual({ certificates: ["B"], leaving: [] });
    expect(afterEnd(settings, set("B"))).toBeNull();
  });
});

describe("warnings", () => {
  const DAY = 86_400_000;

  it.each([
    [31, []],
    [30, [30]],
    [8, [30]],
    [7, [7, 30]],
    [0.5, [1, 7, 30]],
    [0, []],
    [-1, []],
  ])("%s days before the end: %j", (days, due) => {
    expect(warningsDue(100 * DAY, (100 - days) * DAY)).toEqual(due);
  });
});
