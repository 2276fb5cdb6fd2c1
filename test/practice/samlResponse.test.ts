import { describe, expect, it } from "@jest/globals";
import { SAML, ValidateInResponseTo } from "@node-saml/node-saml";
import { attributesOf } from "../../src/practice/saml/attributes.js";
import { PERSISTENT } from "../../src/practice/saml/names.js";
import { signedResponse } from "../../src/practice/saml/response.js";
import type { ResponseContent } from "../../src/practice/saml/response.js";
import { childOf, parseXml } from "../../src/practice/saml/xml.js";
import type { XmlElement } from "../../src/practice/saml/xml.js";
import { openDirectory } from "../../src/practice/state.js";
import { IDP, newId, NOW, SP, testKey, verifiedXml } from "./support/saml.js";

const NS = "urn:oasis:names:tc:SAML:2.0:assertion";
const NASTY = [
  `Robert"); DROP <TABLE/> & 'friends'`,
  "</saml:NameID><evil/>",
  "]]>",
  "a\r\nb\tc",
  "Zoë 山田",
];

function content(change: Partial<ResponseContent> = {}): ResponseContent {
  return {
    idpEntityId: IDP,
    spEntityId: SP.entityId,
    acsUrl: SP.acsUrls[0]!,
    inResponseTo: "_request1",
    nameId: "person-1",
    attributes: [{ name: "email", values: ["zoe.muller@acorn.example"] }],
    now: NOW,
    newId,
    ...change,
  };
}

describe("what the practice IdP signs", () => {
  it("has a genuine signature on the assertion and on the response", async () => {
    const key = await testKey();
    const xml = signedResponse(content(), key);

    expect(verifiedXml(xml, "Assertion", key.certificate)).toContain("zoe.muller@acorn.example");
    expect(verifiedXml(xml, "Response", key.certificate)).toContain("<saml:Assertion");
  });

  it("does not survive the change of a single letter", async () => {
    const key = await testKey();
    const forged = signedResponse(content(), key).replace("zoe.muller", "zoe.mueller");

    expect(() => verifiedXml(forged, "Assertion", key.certificate)).toThrow();
    expect(() => verifiedXml(forged, "Response", key.certificate)).toThrow();
  });

  it("says for whom, for which request, for which address and for how long it is good", async () => {
    const response = parseXml(signedResponse(content(), await testKey()));
    const assertion = at(response, "Assertion");
    const confirmation = at(at(assertion, "Subject"), "SubjectConfirmation");
    const data = at(confirmation, "SubjectConfirmationData").attributes;
    const fiveMinutesLater = new Date(NOW + 300_000).toISOString();

    expect(response.attributes).toMatchObject({
      Destination: SP.acsUrls[0],
      InResponseTo: "_request1",
    });
    expect(at(response, "Issuer").text).toBe(IDP);
    expect(at(assertion, "Issuer").text).toBe(IDP);
    expect(at(at(assertion, "Subject"), "NameID")).toMatchObject({
      text: "person-1",
      attributes: { Format: PERSISTENT },
    });
    expect(confirmation.attributes["Method"]).toBe("urn:oasis:names:tc:SAML:2.0:cm:bearer");
    expect(data).toMatchObject({
      Recipient: SP.acsUrls[0],
      InResponseTo: "_request1",
      NotOnOrAfter: fiveMinutesLater,
    });
    expect(at(assertion, "Conditions").attributes["NotOnOrAfter"]).toBe(fiveMinutesLater);
    expect(at(at(at(assertion, "Conditions"), "AudienceRestriction"), "Audience").text).toBe(
      SP.entityId,
    );
    expect(at(assertion, "AuthnStatement").attributes["SessionIndex"]).toMatch(/^_[0-9a-f]{40}$/);
  });

  it("uses a new id for every response, assertion and session", async () => {
    const key = await testKey();
    const ids = [signedResponse(content(), key), signedResponse(content(), key)]
      .map((xml) => parseXml(xml))
      .flatMap((one) => [one.attributes["ID"], at(one, "Assertion").attributes["ID"]]);

    expect(new Set(ids).size).toBe(4);
  });

  it.each(NASTY)("keeps %j as text, wherever it stands", async (text) => {
    const key = await testKey();
    const attributes = [{ name: text, values: [text, text] }];
    const xml = signedResponse(content({ nameId: text, attributes }), key);
    const assertion = at(parseXml(xml), "Assertion");
    const attribute = at(at(assertion, "AttributeStatement"), "Attribute");

    expect(at(at(assertion, "Subject"), "NameID").text).toBe(text);
    expect(attribute.attributes["Name"]).toBe(text);
    expect(attribute.children.map((child) => child.text)).toEqual([text, text]);
    expect(xml).not.toContain("<evil/>");
    expect(() => verifiedXml(xml, "Response", key.certificate)).not.toThrow();
    expect(() => verifiedXml(xml, "Assertion", key.certificate)).not.toThrow();
  });

  it("replaces what XML cannot hold instead of failing", async () => {
    const xml = signedResponse(content({ nameId: "a\u0000b\u0007c\uD800d" }), await testKey());

    expect(at(at(at(parseXml(xml), "Assertion"), "Subject"), "NameID").text).toBe(
      "a\uFFFDb\uFFFDc\uFFFDd",
    );
  });
});

describe("node-saml, as a service provider", () => {
  it("accepts the response with both signatures wanted and reads every name unchanged", async () => {
    const key = await testKey();
    const directory = openDirectory(undefined, () => undefined);
    const serviceProvider = new SAML({
      issuer: SP.entityId,
      callbackUrl: SP.acsUrls[0]!,
      audience: SP.entityId,
      entryPoint: "http://127.0.0.1:4601/saml/sso",
      idpIssuer: IDP,
      idpCert: key.certificate,
      wantAssertionsSigned: true,
      wantAuthnResponseSigned: true,
      validateInResponseTo: ValidateInResponseTo.never,
    });

    for (const person of directory.people()) {
      const attributes = attributesOf(person, "generic");
      const nameId = person.externalId;
      const xml = signedResponse(content({ nameId, attributes, now: Date.now() }), key);
      const SAMLResponse = Buffer.from(xml).toString("base64");
      const { profile } = await serviceProvider.validatePostResponseAsync({ SAMLResponse });

      expect(profile).toMatchObject({
        nameID: person.externalId,
        nameIDFormat: PERSISTENT,
        userName: person.userName,
        familyName: person.familyName,
        displayName: person.displayName,
      });
    }
  });
});

describe("attribute names", () => {
  it.each([
    ["generic", "userName", "givenName"],
    ["okta", "login", "firstName"],
    [
      "entra",
      "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
      "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    ],
  ] as const)("%s calls the user name %s and the given name %s", (dialect, userName, givenName) => {
    const directory = openDirectory(undefined, () => undefined);
    const attributes = attributesOf(directory.person("zoe.muller")!, dialect);

    expect(attributes).toContainEqual({ name: userName, values: ["zoe.muller@acorn.example"] });
    expect(attributes).toContainEqual({ name: givenName, values: ["Zoë"] });
  });
});

function at(element: XmlElement, name: string): XmlElement {
  const child =
    childOf(element, NS, name) ?? element.children.find((candidate) => candidate.name === name);
  if (child === undefined) throw new Error(`no ${name} in ${element.name}`);
  return child;
}
