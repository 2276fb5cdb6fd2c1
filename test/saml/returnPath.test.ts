import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { returnPath } from "../../src/saml/login.js";

const BASES = [
  "https://here.invalid",
  "https://app.acorn.example",
  "http://127.0.0.1:8080",
  "https://seats.acorn.example/below/here/",
];

/** The pieces from which a path becomes a host: dot segments in each spelling, slashes, schemes, what parsers drop. */
const piece = fc.constantFrom(
  ...["/", "//", "\\", ".", "..", "%2e", "%2E", ".%2e", "%2f", "%5c", "a", "evil.example", "@"],
  ...[":", "?", "#", ";", "\t", "\r\n", " ", "\u3002", "\uff0f", "javascript:", "https:", '"'],
);
const pieces = fc.array(piece, { maxLength: 12 }).map((all) => all.join(""));

describe("N-101 where a sign-in leads afterwards", () => {
  it.each([
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example/",
    "/%2e//evil.example",
    "/%2E%2e//evil.example",
    "/a/%2e%2e//evil.example",
    "/a/.%2e//evil.example?x#y",
    "/.///evil.example",
    "/./\\evil.example",
    "//evil.example",
    "/\\evil.example",
  ])("is no other host once dot segments are gone: %s", (text) => {
    expect(returnPath(text)).toBeNull();
  });

  it.each([
    ["/inbox?page=2#top", "/inbox?page=2#top"],
    ["/a/../inbox", "/inbox"],
    ["/./inbox", "/inbox"],
    ["/a//b", "/a//b"],
    ["/to?next=//b", "/to?next=//b"],
    ["/", "/"],
  ])("is the path that was asked for: %s", (text, path) => {
    expect(returnPath(text)).toBe(path);
  });

  it("is not longer than what is kept, also after what must be escaped has been", () => {
    expect(returnPath(`/${'"'.repeat(1_000)}`)).toBeNull();
  });

  it("is on this site, whatever the text and wherever the site is", () => {
    const texts = fc.oneof(
      pieces.map((text) => `/${text}`),
      pieces,
      fc.webUrl(),
      fc.string({ unit: "binary" }).map((text) => `/${text}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const path = returnPath(text);
        if (path === null) return;
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(returnPath(path)).toBe(path);
        for (const base of BASES) {
          expect(new URL(path, base).origin).toBe(new URL(base).origin);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
