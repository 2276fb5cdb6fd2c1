import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { identityProviderMetadata, readServiceProvider } from "../../src/practice/saml/metadata.js";
import { readSignInRequest, RequestRefused } from "../../src/practice/saml/request.js";
import { parseXml } from "../../src/practice/saml/xml.js";
import {
  authnRequest,
  IDP,
  NOW,
  redirectQuery,
  signQuery,
  SP,
  SSO_URL,
  testKey,
} from "./support/saml.js";

const CONTEXT = {
  ssoUrl: SSO_URL,
  serviceProvider: (entityId: string) => (entityId === SP.entityId ? SP : undefined),
  now: NOW,
};
const PROTOCOL = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"';

describe("a sign-in request", () => {
  it("is read with its id, its address and its relay state", () => {
    const request = readSignInRequest(redirectQuery(authnRequest(), "r 1&é"), CONTEXT);

    expect(request).toMatchObject({ id: "_request1", acsUrl: SP.acsUrls[0], relayState: "r 1&é" });
  });

  it("without an address of its own is answered at the one of the metadata", () => {
    const query = redirectQuery(authnRequest({ acsUrl: null }));

    expect(readSignInRequest(query, CONTEXT).acsUrl).toBe(SP.acsUrls[0]);
  });

  const bomb = `<samlp:AuthnRequest ${PROTOCOL}>${" ".repeat(2_000_000)}</samlp:AuthnRequest>`;
  const wide = authnRequest({ inner: "<a/>".repeat(2_000) });
  it.each([
    ["from a stranger", authnRequest({ issuer: "https://evil.example" }), /not known/],
    ["for another address", authnRequest({ acsUrl: "https://evil.example/acs" }), /metadata/],
    ["meant for another IdP", authnRequest({ destination: "https://other.example" }), /another/],
    ["of yesterday", authnRequest({ issueInstant: "2026-05-03T08:00:00Z" }), /too old/],
    ["of tomorrow", authnRequest({ issueInstant: "2026-05-05T08:00:00Z" }), /too old/],
    ["without a time", authnRequest({ issueInstant: "" }), /too old/],
    ["with an ID that is markup", authnRequest({ id: "a&quot;b" }), /ID/],
    ["that is no AuthnRequest", `<samlp:Response ${PROTOCOL}/>`, /not a sign-in/],
    ["with a DOCTYPE", `<!DOCTYPE x>${authnRequest()}`, /cannot be read/],
    ["with a comment", authnRequest({ inner: "<!-- -->" }), /cannot be read/],
    ["with thousands of elements", wide, /cannot be read/],
    ["that inflates without end", bomb, /cannot be read/],
    ["that is not XML", "hello", /cannot be read/],
    ["for a transient name", authnRequest({ inner: policy("nameid-format:transient") }), /name/],
  ])("%s is refused", (_name, xml, reason) => {
    expect(() => readSignInRequest(redirectQuery(xml), CONTEXT)).toThrow(reason);
    expect(() => readSignInRequest(redirectQuery(xml), CONTEXT)).toThrow(RequestRefused);
  });

  it("that is missing, repeated, not deflated or with a huge relay state is refused", () => {
    const good = redirectQuery(authnRequest());
    const plain = Buffer.from(authnRequest()).toString("base64url");
    const state = redirectQuery(authnRequest(), "x".repeat(2_000));
    const bad = ["", `${good}&${good}`, `SAMLRequest=${plain}`, state, "SAMLRequest=%00"];

    for (const query of bad) {
      expect(() => readSignInRequest(query, CONTEXT)).toThrow(RequestRefused);
    }
  });
});

describe("a service provider that signs its requests", () => {
  it("is answered when the signature is genuine, and only then", async () => {
    const { privateKey, certificate } = await testKey();
    const signing = { ...SP, signsRequests: true, certificates: [certificate] };
    const context = { ...CONTEXT, serviceProvider: () => signing };
    const query = redirectQuery(authnRequest(), "state");
    const signed = signQuery(query, privateKey);
    const otherState = signed.replace("RelayState=state", "RelayState=other");
    const otherAlgorithm = signed.replace("rsa-sha256", "rsa-sha1");

    expect(readSignInRequest(signed, context).id).toBe("_request1");
    for (const bad of [query, otherState, otherAlgorithm, `${signed}&SigAlg=x`]) {
      expect(() => readSignInRequest(bad, context)).toThrow(RequestRefused);
    }
  });
});

describe("metadata", () => {
  it("of the practice IdP names its address, its name format and its certificate", async () => {
    const { certificate } = await testKey();
    const xml = identityProviderMetadata({ entityId: IDP, ssoUrl: SSO_URL, certificate });
    const root = parseXml(xml);

    expect(root.attributes["entityID"]).toBe(IDP);
    expect(xml).toContain(`Location="${SSO_URL}"`);
    expect(xml).toContain("nameid-format:persistent");
    expect(xml).toContain(certificate.split("\n")[1]!.slice(0, 40));
  });

  it("of a service provider is read with addresses, certificates and the wish to sign", async () => {
    const { certificate } = await testKey();
    const read = readServiceProvider(spMetadata({ certificate, signed: true }));

    expect(read).toMatchObject({ entityId: SP.entityId, acsUrls: SP.acsUrls, signsRequests: true });
    expect(read.certificates[0]!.replace(/\s/g, "")).toBe(certificate.replace(/\s/g, ""));
  });

  it.each([
    ["an IdP", identityProviderMetadata({ entityId: IDP, ssoUrl: SSO_URL, certificate: "" })],
    ["nothing to post to", spMetadata({ binding: "HTTP-Artifact" })],
    ["no entityID", spMetadata({}).replace("entityID", "other")],
  ])("that describes %s is refused", (_name, xml) => {
    expect(() => readServiceProvider(xml)).toThrow();
  });
});

it("deflated messages are read as the redirect binding defines them", () => {
  // A zlib header (deflateSync) is a common mistake of senders; raw is what the binding says.
  expect(redirectQuery("<x/>")).toContain(
    encodeURIComponent(deflateRawSync("<x/>").toString("base64")),
  );
});

function policy(format: string): string {
  return `<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:${format}"/>`;
}

function spMetadata(parts: { certificate?: string; signed?: boolean; binding?: string }): string {
  const bare = (parts.certificate ?? "").replace(/-----[A-Z ]+-----|\s/g, "");
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SP.entityId}">
  <SPSSODescriptor AuthnRequestsSigned="${String(parts.signed ?? false)}"
    protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
      <X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <AssertionConsumerService index="0" Location="${SP.acsUrls[0]!}"
      Binding="urn:oasis:names:tc:SAML:2.0:bindings:${parts.binding ?? "HTTP-POST"}"/>
  </SPSSODescriptor></EntityDescriptor>`;
}
