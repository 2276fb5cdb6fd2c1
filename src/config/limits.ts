import { z } from "zod";
import { option, wholeNumber } from "./option.js";

/** How much is taken at once, and how often. */

const MEBIBYTE = 1_048_576;

export const limits = z.strictObject({
  scimBodyBytes: option(wholeNumber(65_536, 16 * MEBIBYTE).default(MEBIBYTE), {
    about: "The largest SCIM request body that is read, except for groups and bulk requests.",
  }),
  scimLargeBodyBytes: option(wholeNumber(65_536, 64 * MEBIBYTE).default(8 * MEBIBYTE), {
    about:
      "The largest body of a SCIM request on groups, which may name very many members, and of a bulk request.",
  }),
  scimBulkOperations: option(wholeNumber(1, 10_000).default(1000), {
    about: "The most operations in one SCIM bulk request.",
  }),
  scimPageSize: option(wholeNumber(1, 1000).default(200), {
    about: "The most resources on one page of a SCIM list.",
  }),
  scimCursorSeconds: option(wholeNumber(60, 604_800).default(3600), {
    about: "How long a cursor of a SCIM list may be used for the next page (RFC 9865).",
  }),
  samlBodyBytes: option(wholeNumber(16_384, MEBIBYTE).default(262_144), {
    about: "The largest SAML response that is read.",
  }),
  apiBodyBytes: option(wholeNumber(16_384, 4 * MEBIBYTE).default(MEBIBYTE), {
    about:
      "The largest body of a request to the admin API that is read; metadata of an identity provider must fit.",
  }),
  scimRequestsPerSecond: option(wholeNumber(25, 100_000).default(2_000), {
    about:
      "How many SCIM requests one connection may send to one node in a second; once a minute ten times as many may come on top, for a first sync. A bulk request counts as its operations. Entra needs 25; most directories never send more than 100. Beyond: 429 with Retry-After.",
  }),
  refusalsPerMinute: option(wholeNumber(10, 1_000_000).default(120), {
    about:
      "How many requests with bad credentials one address gets a 401 for in a minute; then 429. Requests with good ones are neither counted nor stopped.",
  }),
  tokenRequestsPerMinute: option(wholeNumber(10, 1_000_000).default(300), {
    about: "How many requests one address may send to the token endpoint in a minute.",
  }),
  apiRequestsPerSecond: option(wholeNumber(10, 100_000).default(2_000), {
    about:
      "How many requests one token may send to the admin API of one node in a second; once a minute ten times as many may come on top. Beyond: 429 with Retry-After.",
  }),
  signInsPerMinute: option(wholeNumber(10, 1_000_000).default(3_000), {
    about:
      "How many sign-ins one address may begin at one connection in a minute, and how many it may end; a whole office may be behind one address. Of those that one connection refuses, limits.refusalsPerMinute counts: beyond, nothing from that address is verified for this connection until the minute is over.",
  }),
  publicRequestsPerMinute: option(wholeNumber(10, 1_000_000).default(3_000), {
    about:
      "How many requests one address may send in a minute to what needs no credentials: pages, metadata, key sets, discovery.",
  }),
});
