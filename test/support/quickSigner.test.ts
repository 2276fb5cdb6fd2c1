import { beforeAll, describe, expect, it } from "@jest/globals";
import { signedCases } from "../saml/attacks/signedCases.js";
import { withFields } from "../saml/attacks/edits.js";
import { quickSigned } from "./quickSigner.js";
import {
  ASSERTION_PATH,
  createTestIdp,
  genuineFields,
  responseXml,
  signWithXmlCrypto,
  type TestIdp,
} from "./samlIdp.js";

/** What the quick signer makes is what xml-crypto would have made, with the same digest and the same signature: RSA with PKCS #1 has one signature only. */
const SP = { entityId: "https://sp.example.com/metadata", acsUrl: "https://sp.example.com/acs" };
const NOW = Date.parse("2026-06-01T12:00:00.000Z");

let idp: TestIdp;
beforeAll(async () => {
  idp = await createTestIdp();
});

const genuine = (change = {}) => responseXml({ ...genuineFields(idp, SP, NOW), ...change });
const WIDE = `<saml:AttributeStatement xmlns:x="urn:b" xmlns:a="urn:z"><saml:Attribute Name="g" a:n="1" x:n="2" Id="3"><saml:AttributeValue>a > b</saml:AttributeValue><saml:AttributeValue/><v xmlns="urn:d"><x:w/></v></saml:Attribute></saml:AttributeStatement>`;

/** xml-crypto writes the document anew: empty elements short, and each > of the text by its name. */
const anew = (xml: string | null | undefined) =>
  xml?.replaceAll(/<([\w:]+)((?: [^>]*)?)><\/\1>/g, "<$1$2/>").replaceAll("&gt;", ">");

describe("the quick signer", () => {
  it.each([
    ["a genuine one", () => genuine()],
    ["one with other names in it", () => genuine({ inAssertion: WIDE })],
    ["one without attributes", () => genuine({ attributes: [] })],
  ])("signs %s as xml-crypto does", (_, make) => {
    for (const signing of [idp, { ...idp, keyInfo: false }]) {
      const inner = signWithXmlCrypto(make(), ASSERTION_PATH, signing);
      expect(anew(quickSigned(make(), "Assertion", signing))).toBe(anew(inner));
      const outer = quickSigned(inner.replaceAll("&gt;", ">"), "Response", signing);
      expect(anew(outer)).toBe(anew(signWithXmlCrypto(inner, "/*", signing)));
    }
  });

  it("signs every third case of the attacks as xml-crypto does, or leaves it to that", () => {
    const context = { now: NOW, ...SP, idpEntityId: idp.entityId };
    const changes = signedCases(context).filter((_, index) => index % 3 === 0);
    const cases = changes.map(({ change }) => withFields(genuine(), change));
    const quick = cases.map((xml) => quickSigned(xml, "Assertion", idp));

    const done = cases.flatMap((xml, index) =>
      quick[index] === null ? [] : [[xml, quick[index]]],
    );
    expect(done.length).toBeGreaterThan(cases.length / 2);
    for (const [xml = "", signed] of done) {
      expect(anew(signed)).toBe(anew(signWithXmlCrypto(xml, ASSERTION_PATH, idp)));
    }
  });

  it.each(["<!-- c -->", "&#x61;", "<![CDATA[x]]>", "<?x y?>", "\r", "<b a='1'/>"])(
    "leaves %j to a parser",
    (piece) => {
      expect(quickSigned(genuine({ inAssertion: piece }), "Assertion", idp)).toBeNull();
    },
  );
});
