import { describe, expect, it } from "@jest/globals";
import { GROUPS, PEOPLE } from "../../src/practice/directory.js";
import { openDirectory } from "../../src/practice/state.js";

describe("the directory of Acorn", () => {
  it("has about forty people and six groups, each once", () => {
    const unique = (values: readonly string[]) => new Set(values).size;

    expect(PEOPLE).toHaveLength(40);
    expect(GROUPS).toHaveLength(6);
    for (const field of ["key", "userName", "externalId", "employeeNumber"] as const) {
      expect(unique(PEOPLE.map((person) => person[field]))).toBe(PEOPLE.length);
    }
  });

  it("has one head, and every manager stands above who reports to them", () => {
    const positions = new Map(PEOPLE.map((person, index) => [person.key, index]));

    expect(PEOPLE.filter((person) => person.managerKey === null)).toHaveLength(1);
    for (const { key, managerKey } of PEOPLE) {
      if (managerKey !== null) {
        expect(positions.get(managerKey)).toBeLessThan(positions.get(key)!);
      }
    }
  });

  it("gives the same people the same ids at every start", () => {
    expect(PEOPLE[0]!.externalId).toBe("d19be93d-6790-8d65-a739-5020ee9ff4af");
    expect(PEOPLE[0]!.externalId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("puts the family name first where people do", () => {
    const directory = openDirectory(undefined, () => undefined);

    expect(directory.person("hanako.yamada")!.displayName).toBe("山田花子");
    expect(directory.person("maeve.obrien")!.displayName).toBe("Maeve O'Brien");
  });
});
