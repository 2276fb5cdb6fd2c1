import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { KIND_TITLES, type PersonRow, type SeatKind } from "../../src/practice/page/model.js";
import { peopleSection } from "../../src/practice/page/people.js";
import { markup } from "../../src/practice/markup.js";

const KINDS: readonly SeatKind[] = ["locked", "shared", "concurrent"];

function pageWith(kind: SeatKind): string {
  const row = {
    person: {
      ...{ key: "ann", displayName: "Ann Adams", userName: "ann", title: "", department: "" },
      ...{ active: true, deleted: false, currentGroups: [], familyName: "Adams", scimId: "1" },
    },
    groupNames: [],
    standings: [
      {
        ...{ product: "Support", tier: "Standard", addOns: [], waitingPosition: null },
        ...{ note: null, why: null, seat: { pool: "Desk", kind, tier: "Standard" } },
      },
    ],
  } as unknown as PersonRow;
  return peopleSection([row], "", markup``).text;
}

describe("rule 6: the kind of a seat", () => {
  it.each(KINDS)("is said in words beside the mark of a %s seat", (kind) => {
    const text = pageWith(kind);
    expect(text).toContain(`<span class="seat ${kind}"><span class="mark" aria-hidden="true">`);
    expect(text).toContain(`${KIND_TITLES[kind]} of “Desk”`);
  });

  it("has a mark of another shape for each, not only of another colour", () => {
    const css = readFileSync("src/practice/public/page.css", "utf8");
    const shapes = KINDS.map(
      (kind) => new RegExp(`\\.${kind} > \\.mark \\{([^}]*)\\}`).exec(css)?.[1]?.trim() ?? "",
    );
    expect(shapes.every((shape) => /clip-path|border-radius/.test(shape))).toBe(true);
    expect(new Set(shapes).size).toBe(3);
    expect(new Set(KINDS.map((kind) => KIND_TITLES[kind])).size).toBe(3);
  });
});
