import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parseInstant } from "../../src/saml/instants.js";
import { readXml, RESPONSE_LIMITS } from "../../src/saml/guard.js";
import { readProfile } from "../../src/saml/profile.js";
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
import { signedCases } from "./attacks/signedCases.js";
import { createWorld, NOW, PROVIDER, type World } from "./world.js";

/**
 * What a truly signed response may say, by each connection's policy, signed in each way that policy accepts; and what is taken
 * from it.
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

describe("what a signed response says", () => {
  const { entityId, acsUrl } = PROVIDER;
  const idpEntityId = "https://idp.example.com/saml";
  // All others are tried on the whole server (attacks.test.ts).
  const rows = signedCases({ now: NOW, entityId, acsUrl, idpEntityId })
    .filter(({ reason, trust }) => reason === "accepted" || trust !== undefined)
    .flatMap((item) =>
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
