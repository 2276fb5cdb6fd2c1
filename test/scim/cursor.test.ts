import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createCursors, cursorKeyOf, type CursorQuery } from "../../src/scim/cursor.js";
import { refusal } from "./refusal.js";

const QUERY: CursorQuery = { binding: ["o", "c", "/Users", "", "", "ascending"], count: 10 };
const POSITION = { key: "ä\u{1F600}", id: "u1" };
let now = 1_000_000;
const clock = { now: () => now };

function cursors(...masters: [string, ...string[]]) {
  const [first, ...more] = masters.map((master) => cursorKeyOf(Buffer.from(master)));
  return createCursors({ keys: [first!, ...more], lifetimeSeconds: 60, clock });
}

describe("a cursor", () => {
  it("gives back the place it was made for, in characters that no address has to escape", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.constant(null)),
        (key) => {
          const position = {
            key: typeof key === "number" && !Number.isFinite(key) ? 0 : key,
            id: "x",
          };
          const cursor = cursors("m").issue(QUERY, position);
          expect(cursor).toMatch(/^[A-Za-z0-9._~-]+$/);
          expect(JSON.stringify(cursors("m").open(QUERY, cursor))).toBe(JSON.stringify(position));
        },
      ),
    );
  });

  it("is refused after any change of any character", () => {
    const cursor = cursors("m").issue(QUERY, POSITION);

    for (let at = 0; at < cursor.length; at += 1) {
      const other = cursor[at] === "A" ? "B" : "A";
      const changed = cursor.slice(0, at) + other + cursor.slice(at + 1);
      expect(refusal(() => cursors("m").open(QUERY, changed)).code).toBe("InvalidCursor");
    }
    for (const changed of [
      `${cursor}A`,
      `${cursor}.`,
      cursor.slice(0, -1),
      "",
      ".",
      "..",
      "a.b.c",
    ]) {
      expect(refusal(() => cursors("m").open(QUERY, changed)).code).toBe("InvalidCursor");
    }
  });

  it("belongs to its connection, address, filter and order", () => {
    const cursor = cursors("m").issue(QUERY, POSITION);

    QUERY.binding.forEach((_part, index) => {
      const binding = QUERY.binding.map((part, at) => (at === index ? `${part}x` : part));
      expect(refusal(() => cursors("m").open({ ...QUERY, binding }, cursor)).code).toBe(
        "InvalidCursor",
      );
    });
    // Parts cannot be shifted into each other.
    const shifted = { ...QUERY, binding: ["oc", "", "/Users", "", "", "ascending"] };
    expect(refusal(() => cursors("m").open(shifted, cursor)).code).toBe("InvalidCursor");
  });

  it("keeps the count of the first page", () => {
    const cursor = cursors("m").issue(QUERY, POSITION);
    const { code, message } = refusal(() => cursors("m").open({ ...QUERY, count: 11 }, cursor));

    expect([code, message]).toEqual(["InvalidCount", expect.stringContaining("10")]);
  });

  it("ends when it was said to end", () => {
    const cursor = cursors("m").issue(QUERY, POSITION);
    now += 59_999;
    expect(cursors("m").open(QUERY, cursor)).toEqual(POSITION);
    now += 1;
    expect(refusal(() => cursors("m").open(QUERY, cursor)).code).toBe("ExpiredCursor");
  });

  it("outlives a change of keys while the old one is still known", () => {
    const cursor = cursors("old").issue(QUERY, POSITION);

    expect(cursors("new", "old").open(QUERY, cursor)).toEqual(POSITION);
    expect(refusal(() => cursors("new").open(QUERY, cursor)).code).toBe("InvalidCursor");
    expect(
      refusal(() => cursors("old").open(QUERY, cursors("new", "old").issue(QUERY, POSITION))).code,
    ).toBe("InvalidCursor");
  });
});
