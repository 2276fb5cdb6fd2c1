import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseInstant } from "../../src/saml/instants.js";
import { readXml, RESPONSE_LIMITS } from "../../src/saml/guard.js";
import { readProfile } from "../../src/saml/profile.js";
import type { Trust } from "../../src/saml/receive.js";
import type { REASONS } from "../../src/saml/reasons.js";
import { NAME_ID_FORMATS } from "../../src/saml/subject.js";
import { childNamed, type XmlElement } from "../../src/saml/xml.js";
import {
  at,
  encryptAssertion,
  genuineFields,
  responseXml,
  signElement,
  type Fields,
} from "../support/samlIdp.js";
import { createWorld, NOW, PROVIDER, type World } from "./world.js";

/**
 * What a truly signed response says (SAML.md N-51 to N-76). Every case goes through the whole pipeline, signed in each
 * way that policy accepts, and beside it the twin that differs in the one value.
 */
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.verifier.close();
});

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const MODES = ["assertion", "both", "encrypted"] as const;

function respond(mode: (typeof MODES)[number], change: Partial<Fields>): string {
  if (mode !== "encrypted") return world.respond(mode, change);
  const { certificate } = world.own;
  const encrypted = encryptAssertion(world.respond("assertion", change), { certificate });
  return signElement(encrypted, "/*", world.idp);
}

interface Case {
  readonly title: string;
  readonly change: Partial<Fields>;
  readonly trust?: Partial<Trust>;
  readonly reason: keyof typeof REASONS | "accepted";
  /** Where the case makes sense in some ways of signing only. */
  readonly modes?: readonly (typeof MODES)[number][];
}

const SIGNED_RESPONSE = ["both", "encrypted"] as const;
const responder = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const other = "https://other.example.com";

// prettier-ignore
const CASES: readonly Case[] = [
  { title: "nothing changed",                              change: {},                                                            reason: "accepted" },

  { title: "N-51 another audience",                        change: { audiences: [other] },                                        reason: "AudienceMismatch" },
  { title: "N-51 an audience that begins like ours",       change: { audiences: [`${PROVIDER.entityId}/`] },                      reason: "AudienceMismatch" },
  { title: "N-51 an audience with a blank",                change: { audiences: [` ${PROVIDER.entityId}`] },                      reason: "AudienceMismatch" },
  { title: "N-51 one restriction of two not ours",         change: { audiences: [PROVIDER.entityId, other] },                     reason: "AudienceMismatch" },
  { title: "two restrictions that are ours",               change: { audiences: [PROVIDER.entityId, PROVIDER.entityId] },         reason: "accepted" },
  { title: "two audiences in one restriction",             change: { audiences: [`${other}</saml:Audience><saml:Audience>${PROVIDER.entityId}`] }, reason: "accepted" },
  { title: "N-52 no AudienceRestriction",                  change: { audiences: [] },                                             reason: "AudienceMissing" },
  { title: "N-53 no Conditions",                           change: { conditions: false },                                         reason: "ConditionsMissing" },
  { title: "N-54 no NotBefore",                            change: { notBefore: undefined },                                      reason: "ConditionsTimesMissing" },
  { title: "N-54 no NotOnOrAfter",                         change: { notOnOrAfter: undefined },                                   reason: "ConditionsTimesMissing" },
  { title: "N-55 another Destination",                     change: { destination: `${other}/acs` },                               reason: "DestinationMismatch" },
  { title: "N-55 an empty Destination",                    change: { destination: "" },                                           reason: "DestinationMismatch" },
  { title: "N-55 a Destination in other letters",          change: { destination: PROVIDER.acsUrl.toUpperCase() },                reason: "DestinationMismatch" },
  { title: "N-56 no Destination on a signed response",     change: { destination: undefined },                                    reason: "DestinationMissing", modes: SIGNED_RESPONSE },
  { title: "no Destination on an unsigned response",       change: { destination: undefined },                                    reason: "accepted", modes: ["assertion"] },
  { title: "N-57 another Recipient",                       change: { recipient: `${other}/acs` },                                 reason: "RecipientMismatch" },
  { title: "N-58 no Recipient",                            change: { recipient: undefined },                                      reason: "RecipientMissing" },
  { title: "N-59 another Issuer of both",                  change: { responseIssuer: other, issuer: other },                      reason: "IssuerMismatch" },
  { title: "another Issuer of the response",               change: { responseIssuer: other },                                     reason: "IssuerMismatch" },
  { title: "another Issuer of the assertion",              change: { issuer: other },                                             reason: "IssuerMismatch" },
  { title: "an Issuer with a blank",                       change: { issuer: "https://idp.example.com/saml " },                   reason: "IssuerMismatch" },

  { title: "N-61 expired conditions",                      change: { notOnOrAfter: at(NOW - MINUTE) },                            reason: "ConditionsExpired" },
  { title: "expired within the skew",                      change: { notOnOrAfter: at(NOW - MINUTE + 1) },                        reason: "accepted" },
  { title: "N-62 conditions not yet valid",                change: { notBefore: at(NOW + MINUTE + 1) },                           reason: "ConditionsNotYetValid" },
  { title: "not yet valid within the skew",                change: { notBefore: at(NOW + MINUTE) },                               reason: "accepted" },
  { title: "a longer skew",                                change: { notBefore: at(NOW + 2 * MINUTE) },  trust: { clockSkewSeconds: 120 },   reason: "accepted" },
  { title: "a skew beyond two minutes is not given",       change: { notBefore: at(NOW + 3 * MINUTE) },  trust: { clockSkewSeconds: 9_999 }, reason: "ConditionsNotYetValid" },
  { title: "a skew below a minute is not given",           change: { notBefore: at(NOW + MINUTE) },      trust: { clockSkewSeconds: 0 },     reason: "accepted" },
  { title: "N-63 an expired confirmation",                 change: { confirmationNotOnOrAfter: at(NOW - MINUTE) },                reason: "ConfirmationExpired" },
  { title: "N-64 a confirmation without NotOnOrAfter",     change: { confirmationNotOnOrAfter: undefined },                       reason: "ConfirmationExpiryMissing" },
  { title: "a confirmation with NotBefore",                change: { confirmationNotBefore: at(NOW - MINUTE) },                   reason: "ConfirmationNotBefore" },
  { title: "a confirmation for more than a day",           change: { confirmationNotOnOrAfter: at(NOW + 25 * 60 * MINUTE) },      reason: "ConfirmationWindow" },
  { title: "a confirmation for an hour, as Entra's",       change: { confirmationNotOnOrAfter: at(NOW + 60 * MINUTE), notOnOrAfter: at(NOW + 60 * MINUTE) }, reason: "accepted" },
  { title: "an hour's confirmation, 11 minutes old",       change: { issuedAt: at(NOW - 11 * MINUTE), confirmationNotOnOrAfter: at(NOW + 49 * MINUTE) },   reason: "AssertionTooOld" },
  { title: "N-65 no confirmation",                         change: { confirmation: false },                                       reason: "ConfirmationMissing" },
  { title: "N-66 method sender-vouches",                   change: { method: "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches" },   reason: "ConfirmationMethod" },
  { title: "N-66 method holder-of-key",                    change: { method: "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" },    reason: "ConfirmationMethod" },
  { title: "N-67 status Responder with an assertion",      change: { status: responder },                                         reason: "StatusNotSuccess" },
  { title: "N-67 an unknown status",                       change: { status: "Success" },                                         reason: "StatusNotSuccess" },
  { title: "N-68 no AuthnStatement",                       change: { authnStatement: false },                                     reason: "AuthnStatementMissing" },
  { title: "N-69 an old sign-in where a fresh one is demanded", change: { authnInstant: at(NOW - 5 * MINUTE) }, trust: { authnNotBefore: NOW - MINUTE }, reason: "AuthnTooOld" },
  { title: "a fresh sign-in where one is demanded",        change: { authnInstant: at(NOW - MINUTE) }, trust: { authnNotBefore: NOW - MINUTE },            reason: "accepted" },
  { title: "a sign-in in the future",                      change: { authnInstant: at(NOW + 2 * MINUTE) },                        reason: "AuthnInstantInFuture" },
  { title: "N-70 an ended session",                        change: { sessionNotOnOrAfter: at(NOW - MINUTE) },                     reason: "SessionExpired" },
  { title: "no end of session",                            change: { sessionNotOnOrAfter: undefined },                            reason: "accepted" },
  { title: "N-73 a weaker method than demanded",           change: {}, trust: { authnContexts: ["urn:mfa"] },                     reason: "AuthnContextRefused" },
  { title: "the demanded method",                          change: { authnContext: "urn:mfa" }, trust: { authnContexts: ["urn:mfa"] }, reason: "accepted" },

  { title: "N-74 no NameID",                               change: { nameId: undefined },                                         reason: "NameIdMissing" },
  { title: "N-74 an empty NameID",                         change: { nameId: "" },                                                reason: "NameIdMalformed" },
  { title: "N-76 a NameID of blanks",                      change: { nameId: "   " },                                             reason: "NameIdMalformed" },
  { title: "N-76 a blank before the NameID",               change: { nameId: " alice" },                                          reason: "NameIdMalformed" },
  { title: "N-76 a no-break space after the NameID",       change: { nameId: "alice\u00a0" },                                     reason: "NameIdMalformed" },
  { title: "N-76 a line break in the NameID",              change: { nameId: "ali&#10;ce" },                                      reason: "NameIdMalformed" },
  { title: "a NameID of 257 characters",                   change: { nameId: "a".repeat(257) },                                   reason: "NameIdMalformed" },
  { title: "a NameID of 256 characters",                   change: { nameId: "a".repeat(256) },                                   reason: "accepted" },
  { title: "an element in the NameID",                     change: { nameId: "alice<x/>" },                                       reason: "UnexpectedElement" },
  { title: "an EncryptedID",                               change: { nameId: "alice</saml:NameID><saml:EncryptedID/><saml:NameID>bob" }, reason: "UnexpectedElement" },
  { title: "two NameIDs",                                  change: { nameId: "alice</saml:NameID><saml:NameID>bob" },             reason: "UnexpectedElement" },
  { title: "N-77 a transient NameID",                      change: { nameIdFormat: NAME_ID_FORMATS.transient },                   reason: "NameIdFormatRefused" },
  { title: "N-77 a transient NameID that was configured",  change: { nameIdFormat: NAME_ID_FORMATS.transient }, trust: { nameIdFormats: [NAME_ID_FORMATS.transient] }, reason: "NameIdFormatRefused" },
  { title: "an unknown NameID format",                     change: { nameIdFormat: "urn:x" },                                     reason: "NameIdFormatRefused" },
  { title: "a NameID format that is not the configured one", change: {}, trust: { nameIdFormats: [NAME_ID_FORMATS.emailAddress] }, reason: "NameIdFormatRefused" },
  { title: "an e-mail address",                            change: { nameIdFormat: NAME_ID_FORMATS.emailAddress },                reason: "accepted" },
  { title: "no NameID format",                             change: { nameIdFormat: undefined },                                   reason: "accepted" },
  { title: "a NameID for another service",                 change: { spNameQualifier: other },                                    reason: "NameIdQualifierMismatch" },
  { title: "no qualifier",                                 change: { spNameQualifier: undefined },                                reason: "accepted" },

  { title: "N-79 no InResponseTo in the confirmation",     change: { confirmationInResponseTo: undefined },                       reason: "InResponseToMissing" },
  { title: "an empty InResponseTo in the confirmation",    change: { confirmationInResponseTo: "", inResponseTo: "" },            reason: "InResponseToMissing" },
  { title: "an InResponseTo that is no id of ours",        change: { confirmationInResponseTo: "x".repeat(300), inResponseTo: undefined }, reason: "InResponseToMissing" },
  { title: "another InResponseTo of the response",         change: { inResponseTo: "_request2" },                                 reason: "InResponseToMismatch" },
  { title: "no InResponseTo of the response",              change: { inResponseTo: undefined },                                   reason: "accepted" },

  { title: "version 1.1",                                  change: { version: "1.1" },                                            reason: "VersionRefused" },
  { title: "no Issuer of a signed response",               change: { responseIssuer: other }, trust: { idpEntityId: other },      reason: "IssuerMismatch" },
  { title: "issued in the future",                         change: { issuedAt: at(NOW + 2 * MINUTE) },                            reason: "IssuedInFuture" },
  { title: "a response issued in the future",              change: { responseIssuedAt: at(NOW + 2 * MINUTE) },                    reason: "IssuedInFuture" },
  { title: "issued more than ten minutes and the skew ago", change: { issuedAt: at(NOW - 11 * MINUTE) },                          reason: "AssertionTooOld" },
  { title: "issued just before that",                      change: { issuedAt: at(NOW - 11 * MINUTE + 1) },                       reason: "accepted" },
  { title: "a time with an offset",                        change: { notBefore: "2026-06-01T12:00:00+02:00" },                    reason: "TimestampMalformed" },
  { title: "a time without a zone",                        change: { notOnOrAfter: "2027-06-01T12:00:00" },                       reason: "TimestampMalformed" },
  { title: "a day that does not exist",                    change: { notOnOrAfter: "2027-02-30T12:00:00Z" },                      reason: "TimestampMalformed" },
  { title: "no time at all",                               change: { authnInstant: "yesterday" },                                 reason: "TimestampMalformed" },

  { title: "an unknown condition",                         change: { audiences: [`${PROVIDER.entityId}</saml:Audience></saml:AudienceRestriction><saml:Condition/><saml:AudienceRestriction><saml:Audience>${PROVIDER.entityId}`] }, reason: "UnexpectedElement" },
  { title: "an EncryptedAttribute",                        change: { inAssertion: "<saml:AttributeStatement><saml:EncryptedAttribute/></saml:AttributeStatement>" }, reason: "UnexpectedElement" },
  { title: "a foreign statement",                          change: { inAssertion: `<x:Statement xmlns:x="urn:x"/>` },             reason: "UnexpectedElement" },
  { title: "an AuthzDecisionStatement",                    change: { inAssertion: "<saml:AuthzDecisionStatement/>" },             reason: "UnexpectedElement" },
];

describe("what a signed response says", () => {
  const rows = CASES.flatMap((item) =>
    MODES.filter((mode) => item.modes?.includes(mode) ?? true).map((mode) => ({ mode, ...item })),
  );

  it.each(rows)("signed $mode: $title -> $reason", async ({ mode, change, trust, reason }) => {
    const outcome = await world.judge(respond(mode, change), trust);

    expect(outcome.ok ? "accepted" : outcome.reason).toBe(reason);
  });
});

describe("an accepted assertion", () => {
  it("says who signed in, answering which request, and until when it can be used", async () => {
    const outcome = await world.judge(world.respond("both"));

    expect(outcome).toEqual({
      ok: true,
      value: {
        profile: {
          nameId: "alice",
          nameIdFormat: NAME_ID_FORMATS.persistent,
          attributes: new Map([
            ["mail", ["alice@example.com"]],
            ["groups", ["engineering", "admins"]],
          ]),
        },
        assertionId: "_assertion1",
        inResponseTo: "_request1",
        issuer: world.idp.entityId,
        notOnOrAfter: NOW + 5 * MINUTE,
        usableUntil: NOW + 6 * MINUTE,
        sessionIndex: "_session1",
        authnInstant: NOW - 60 * MINUTE,
        authnContext: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        certificate: world.idp.certificate,
      },
    });
  });

  it("can be used for ten minutes at most, whatever it claims", async () => {
    const end = at(NOW + 60 * MINUTE);
    const outcome = await world.judge(
      world.respond("assertion", { confirmationNotOnOrAfter: end, notOnOrAfter: end }),
    );

    expect(outcome).toMatchObject({ value: { notOnOrAfter: NOW - SECOND + 10 * MINUTE } });
  });

  it("is remembered as long, whatever the unsigned response around it says", async () => {
    const xml = world.respond("assertion").replace(at(NOW - SECOND), at(NOW - 9 * MINUTE));

    expect(await world.judge(xml)).toMatchObject({ value: { notOnOrAfter: NOW + 5 * MINUTE } });
  });

  it.each(["ALICE", "аlice", "alice@EXAMPLE.com", "a l i c e", "ａｌｉｃｅ", "alic\u0065\u0301"])(
    "N-76 has the NameID %j exactly as it was signed",
    async (nameId) => {
      expect(await world.judge(world.respond("assertion", { nameId }))).toMatchObject({
        value: { profile: { nameId } },
      });
    },
  );

  it("N-75 has attributes called nameID or __proto__ as attributes and nothing else", async () => {
    const names = ["nameID", "issuer", "sessionIndex", "__proto__", "constructor", "toString", ""];
    const outcome = await world.judge(
      world.respond("both", { attributes: names.map((name) => [name, "mallory"]) }),
    );

    expect(outcome).toMatchObject({
      ok: true,
      value: { profile: { nameId: "alice" }, issuer: world.idp.entityId },
    });
    expect(outcome.ok && outcome.value.profile.attributes).toEqual(
      new Map(names.map((name) => [name, ["mallory"]])),
    );
    expect(Object.prototype).not.toHaveProperty("mallory");
  });

  it("joins an attribute that is named twice, and keeps values as they are", async () => {
    const outcome = await world.judge(
      world.respond("both", {
        attributes: [
          ["groups", "a", " b "],
          ["groups", "c"],
          ["none"],
          ["empty", ""],
          ["special", "&lt;&amp;&#10;ü"],
        ],
      }),
    );

    expect(outcome.ok && outcome.value.profile.attributes).toEqual(
      new Map([
        ["groups", ["a", " b ", "c"]],
        ["none", []],
        ["empty", [""]],
        ["special", ["<&\nü"]],
      ]),
    );
  });

  it("leaves out values that are nil or hold XML", async () => {
    const nil = `</saml:AttributeValue><saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">`;
    const outcome = await world.judge(
      world.respond("both", {
        attributes: [
          ["nil", `x${nil}`],
          ["eduPersonTargetedID", "<saml:NameID>mallory</saml:NameID>"],
        ],
      }),
    );

    expect(outcome.ok && outcome.value.profile.attributes).toEqual(
      new Map([
        ["nil", ["x"]],
        ["eduPersonTargetedID", []],
      ]),
    );
  });

  it("may have no attributes", async () => {
    expect(await world.judge(world.respond("both", { attributes: [] }))).toMatchObject({
      value: { profile: { attributes: new Map() } },
    });
  });
});

describe("the profile by itself", () => {
  /** For what verification would never let through. */
  function judge(xml: string, responseSigned: boolean) {
    const read = readXml(xml, RESPONSE_LIMITS);
    if (!read.ok) throw new Error(read.reason);
    const response: XmlElement = read.value;
    const assertion = childNamed(response, "assertion", "Assertion") ?? response;
    return readProfile({ assertion, response, responseSigned }, world.trust, NOW);
  }

  it("demands an Issuer of a signed response, and of every assertion", () => {
    const fields = genuineFields(world.idp, PROVIDER, NOW);
    const withoutOuter = responseXml({ ...fields, responseIssuer: undefined });

    expect(judge(withoutOuter, true)).toMatchObject({ reason: "IssuerMissing" });
    expect(judge(withoutOuter, false)).toMatchObject({ ok: true });
    expect(judge(responseXml({ ...fields, issuer: undefined }), false)).toMatchObject({
      reason: "IssuerMissing",
    });
  });

  it("refuses an issuer that is not an entity", () => {
    const xml = responseXml(genuineFields(world.idp, PROVIDER, NOW)).replaceAll(
      "<saml:Issuer>",
      `<saml:Issuer Format="${NAME_ID_FORMATS.emailAddress}">`,
    );

    expect(judge(xml, false)).toMatchObject({ reason: "IssuerMismatch" });
  });

  it("refuses a confirmation without data", () => {
    const xml = responseXml(genuineFields(world.idp, PROVIDER, NOW)).replace(
      /<saml:SubjectConfirmationData[^>]*>/,
      "",
    );

    expect(judge(xml, false)).toMatchObject({ reason: "ConfirmationMissing" });
  });
});

describe("a time", () => {
  it.each([
    ["2026-06-01T12:00:00Z", NOW],
    ["2026-06-01T12:00:00.5Z", NOW + 500],
    ["2026-06-01T12:00:00.123456789Z", NOW + 123],
    ["2026-06-01T24:00:00Z", undefined],
    ["2026-13-01T12:00:00Z", undefined],
    ["2026-06-31T12:00:00Z", undefined],
    ["2026-06-01 12:00:00Z", undefined],
    ["2026-06-01T12:00Z", undefined],
    [" 2026-06-01T12:00:00Z", undefined],
    ["2026-06-01T12:00:00z", undefined],
    ["+002026-06-01T12:00:00Z", undefined],
    ["", undefined],
  ])("%j is %p", (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });
});
