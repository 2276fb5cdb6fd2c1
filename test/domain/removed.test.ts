import { describe, expect, it } from "@jest/globals";
import type { User } from "../../src/domain/directory.js";
import { changedAttributes } from "../../src/domain/events.js";
import { whoReturns } from "../../src/domain/people/removed.js";

/** Rows: who is gone as [userName, externalId], who is sent, and who of them comes back (null: nobody). */

type Name = readonly [userName: string, externalId: string | null];

function gone(names: readonly Name[], connectionId = "okta"): { user: User }[] {
  return names.map(([userName, externalId], index) => ({
    user: { id: String(index), userName, externalId, connectionId } as User,
  }));
}

describe("who comes back", () => {
  it.each<{ names: readonly Name[]; sent: Name; back: number | null; why: string }>([
    { names: [], sent: ["ann", "1"], back: null, why: "nobody is gone" },
    { names: [["ann", "1"]], sent: ["ann", "1"], back: 0, why: "both say so" },
    { names: [["ann", "1"]], sent: ["ann.b", "1"], back: 0, why: "the externalId says so" },
    {
      names: [["Ann", null]],
      sent: ["aNN", "1"],
      back: 0,
      why: "the name, and nothing against it",
    },
    {
      names: [["ann", "1"]],
      sent: ["ann", null],
      back: 0,
      why: "the name, and nothing against it",
    },
    { names: [["ann", "1"]], sent: ["ann", "2"], back: null, why: "the name is another's now" },
    { names: [["ann", "1"]], sent: ["Ann", "A"], back: null, why: "externalIds are exact" },
    { names: [["ann", "a"]], sent: ["ben", "A"], back: null, why: "externalIds are exact" },
    {
      names: [
        ["ann", "1"],
        ["ben", "2"],
      ],
      sent: ["ben", "1"],
      back: 0,
      why: "externalId first",
    },
    {
      names: [
        ["ann", null],
        ["ann", null],
      ],
      sent: ["ann", "1"],
      back: null,
      why: "two fit",
    },
    {
      names: [
        ["ann", "1"],
        ["ann", "2"],
      ],
      sent: ["ann", null],
      back: null,
      why: "two fit",
    },
    {
      names: [
        ["ann", "1"],
        ["ben", "1"],
      ],
      sent: ["cat", "1"],
      back: null,
      why: "two fit",
    },
    {
      names: [
        ["ann", "1"],
        ["ben", "1"],
      ],
      sent: ["ben", "1"],
      back: 1,
      why: "one has both",
    },
    { names: [["ann", null]], sent: ["ben", null], back: null, why: "no externalId is no match" },
  ])("$sent of $names: $back, because $why", ({ names, sent: [userName, externalId], back }) => {
    const naming = { connectionId: "okta", userName, externalId };
    const found = whoReturns(gone(names), naming)?.user.id;
    expect(found ?? null).toBe(back === null ? null : String(back));
    // The order in which they are found decides nothing.
    expect(whoReturns(gone(names).reverse(), naming)?.user.id).toBe(found);
  });

  it("is nobody of another connection", () => {
    const naming = { connectionId: "entra", userName: "ann", externalId: "1" };
    expect(whoReturns(gone([["ann", "1"]]), naming)).toBeUndefined();
  });
});

describe("the attributes of a change", () => {
  it.each([
    { before: undefined, after: { userName: "a", title: "b" }, names: ["userName", "title"] },
    { before: { title: "a" }, after: { title: "a" }, names: [] },
    { before: { title: "a" }, after: {}, names: ["title"] },
    { before: { name: { givenName: "a" } }, after: { name: { givenName: "b" } }, names: ["name"] },
    {
      before: { "urn:x:User": { a: 1, b: 2 } },
      after: { "urn:x:User": { a: 1, b: 3, c: 4 } },
      names: ["urn:x:User:b", "urn:x:User:c"],
    },
    { before: { "urn:x:User": { a: 1 } }, after: {}, names: ["urn:x:User:a"] },
  ])("are the paths that differ: $names", ({ before, after, names }) => {
    expect(changedAttributes(before, after)).toEqual(names);
  });
});
