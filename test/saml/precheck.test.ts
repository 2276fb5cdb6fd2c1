import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { isSurelyForged } from "../../src/saml/precheck.js";
import { verify } from "../../src/saml/verification.js";
import { ALGORITHMS, signElement } from "../support/samlIdp.js";
import { createWorld, type World } from "./world.js";

/** The look before the libraries refuses nothing that they accept, however it was signed; what it refuses is forged. */
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.verifier.close());

const ASSERTION = "/*/*[local-name()='Assertion']";
const forged = (xml: string) => isSurelyForged(xml, world.trust.certificates);
const VALUE = `<saml:AttributeStatement><saml:Attribute Name="x"><saml:AttributeValue xmlns:xs="urn:xs" xmlns:xsi="urn:xsi" xsi:type="xs:string">y</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`;

describe("a genuine response", () => {
  it.each(["assertion", "response", "both"] as const)("signed %s is let through", (mode) => {
    expect(forged(world.respond(mode))).toBe(false);
    const strong = { signatureAlgorithm: ALGORITHMS.rsaSha512, digestAlgorithm: ALGORITHMS.sha512 };
    expect(forged(world.respond(mode, {}, strong))).toBe(false);
  });

  it("is let through with line breaks, references, odd prefixes and a list of prefixes", async () => {
    const odd = world.respond("both", {
      inAssertion: `\n  ${VALUE.replace(">y<", ">&lt;&amp;&#10;&#xe4;ü<")}\t`,
    });
    const prefixes = { ...world.idp, inclusiveNamespaces: ["xs", "samlp", "unknown"] };
    const unsigned = world
      .respond("assertion", { inAssertion: VALUE })
      .replace(/<ds:Signature .*?<\/ds:Signature>/s, "")
      .replace("<samlp:Response ", `<samlp:Response xmlns:xs="http://www.w3.org/2001/XMLSchema" `);
    const listed = signElement(unsigned, ASSERTION, prefixes);

    expect(listed).toContain("PrefixList");
    for (const xml of [odd, listed]) {
      expect(forged(xml)).toBe(false);
      const job = { ...world.trust, xml, responseSigned: xml === odd, encrypted: false };
      expect(await verify(job)).toMatchObject({ ok: true });
    }
  });

  it("is let through when any of several certificates fits", () => {
    const certificates = [world.stranger.certificate, world.idp.certificate];

    expect(isSurelyForged(world.respond("both"), certificates)).toBe(false);
  });
});

describe("a response that is not genuine", () => {
  it.each([
    ["signed by a stranger", () => world.respond("both", {}, world.stranger)],
    ["with another name", () => world.respond("both").replace(">alice<", ">mallory<")],
    [
      "with another name and only the assertion signed",
      () => world.respond("assertion").replace(">alice<", ">mallory<"),
    ],
    [
      "with another status, the whole signed",
      () => world.respond("both").replace("status:Success", "status:Responder"),
    ],
    [
      "with a stranger's signature inside",
      () => signElement(world.respond("assertion", {}, world.stranger), "/*", world.idp),
    ],
  ])("is found %s", (_, make) => {
    expect(forged(make())).toBe(true);
  });
});
