import { describe, expect, it } from "@jest/globals";
import { SeatkeeperError } from "../../src/errors.js";
import { DEFAULT_LENIENCY, leniencyOf, STRICT } from "../../src/scim/leniency.js";
import { readListQuery } from "../../src/scim/listQuery.js";
import { errorBody, listResponse } from "../../src/scim/messages.js";
import { parsePath } from "../../src/scim/path.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";
import { refusal } from "./refusal.js";

describe("a list response", () => {
  it("counts what the page holds, in numbers (cases 1, 26, 43)", () => {
    expect(listResponse({ totalResults: 0, startIndex: 1, resources: [] })).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
    expect(listResponse({ totalResults: 14, startIndex: 11, resources: [{}, {}] })).toMatchObject({
      totalResults: 14,
      startIndex: 11,
      itemsPerPage: 2,
    });
  });
});

describe("an error", () => {
  it("has its status as a string and its keyword (RFC 7644 §3.12, case 34)", () => {
    const error = new SeatkeeperError("Uniqueness", {
      sentence: "Taken.",
      detail: "row 7",
      field: "userName",
    });

    expect(errorBody(error)).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: "409",
      scimType: "uniqueness",
      detail: "Taken.",
    });
  });

  it("has no keyword where the RFC knows none", () => {
    expect(errorBody(new SeatkeeperError("Unavailable"))).not.toHaveProperty("scimType");
  });
});

describe("the query of a list", () => {
  const read = (query: Record<string, string>) => readListQuery(query, userSchema, STRICT, 200);

  // prettier-ignore
  it.each([
    { query: {},                                           gives: { startIndex: 1, count: 100 } },
    { query: { startIndex: "6", count: "5" },              gives: { startIndex: 6, count: 5 } },
    { query: { startIndex: "0", count: "-3" },             gives: { startIndex: 1, count: 0 } },
    { query: { count: "5000" },                            gives: { startIndex: 1, count: 200 } },
    { query: { count: "", startIndex: " 2 ", filter: " " }, gives: { startIndex: 2, count: 100 } },
    { query: { aadOptscim062020: "" },                     gives: { startIndex: 1, count: 100 } },
    { query: { sortBy: "emails", sortOrder: "Descending" }, gives: { startIndex: 1, count: 100, sortOrder: "descending",
      sortBy: { names: ["emails", "value"], type: "string", caseExact: false, multiValuedAt: 0 } } },
    { query: { sortBy: "USERNAME" },                       gives: { startIndex: 1, count: 100, sortOrder: "ascending",
      sortBy: { names: ["userName"], type: "string", caseExact: false } } },
  ])("$query -> $gives (cases 4, 26, 32)", ({ query, gives }) => {
    expect(read(query as Record<string, string>)).toEqual(gives);
  });

  it("has its filter read, with or without quotes as the connection allows (case 20)", () => {
    const query = { filter: "externalId eq 0a21f0f2" };
    const lenient = { ...DEFAULT_LENIENCY, unquotedFilterValues: true };

    expect(readListQuery(query, groupSchema, lenient, 10).filter).toMatchObject({
      value: "0a21f0f2",
    });
    expect(refusal(() => readListQuery(query, groupSchema, STRICT, 10)).code).toBe("InvalidFilter");
  });

  // prettier-ignore
  it.each([
    { query: { startIndex: "x" },             field: "startIndex" },
    { query: { count: "1.5" },                field: "count" },
    { query: { count: "99999999999999999" },  field: "count" },
    { query: { sortBy: "shoeSize" },          field: "sortBy" },
    { query: { sortBy: "name" },              field: "sortBy" },
    { query: { sortBy: "password" },          field: "sortBy" },
    { query: { sortBy: "meta.resourceType" }, field: "sortBy" },
  ])("$query is refused at $field", ({ query, field }) => {
    expect(refusal(() => read(query as Record<string, string>))).toMatchObject({ code: "InvalidValue", field });
  });
});

/** The client keeps the answer in a log of its own, where others read it than who typed it. */
describe("a refusal", () => {
  const readQuery = (query: Record<string, string>) =>
    readListQuery(query, userSchema, DEFAULT_LENIENCY, 10);

  it.each([
    () => parsePath("password=SECRET", userSchema, DEFAULT_LENIENCY),
    () => parsePath('emails[type eq "work"]password=SECRET', userSchema, DEFAULT_LENIENCY),
    () => readQuery({ filter: "title apiKey=SECRET" }),
    () => readQuery({ filter: 'title pr client_secret="SECRET"' }),
    () => readQuery({ sortBy: "password=SECRET" }),
  ])("does not repeat what stands behind the name of a secret: %s", (work) => {
    expect(refusal(work).message).not.toContain("SECRET");
  });

  it("repeats what was not understood otherwise", () => {
    const { message } = refusal(() => parsePath("title=x", userSchema, DEFAULT_LENIENCY));
    expect(message).toContain('not "=x"');
  });
});

describe("the liberties of a connection", () => {
  it("are those of its plugin over the usual ones", () => {
    const plugin = { id: "x", title: "X", leniency: { createOnMissingTarget: true } };

    expect(leniencyOf(plugin)).toEqual({ ...DEFAULT_LENIENCY, createOnMissingTarget: true });
    expect(leniencyOf({ id: "x", title: "X" })).toEqual(DEFAULT_LENIENCY);
  });
});
