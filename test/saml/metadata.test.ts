import { beforeAll, describe, expect, it } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { generate } from "selfsigned";
import { SeatkeeperError } from "../../src/errors.js";
import { certificateFacts } from "../../src/saml/certificates.js";
import { METADATA_LIMITS, readXml } from "../../src/saml/guard.js";
import { readIdentityProvider, readManualProvider } from "../../src/saml/metadata.js";
import { serviceProviderMetadata } from "../../src/saml/serviceProvider.js";
import { attributeOf, walk } from "../../src/saml/xml.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";

/** Metadata in both directions (docs/attacks.md N-110). */
const NOW = Date.parse("2026-06-01T12:00:00Z");
const FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

let idp: TestIdp;
let next: TestIdp;
let weak: string;
let elliptic: string;
let smallExponent: string;
beforeAll(async () => {
  [idp, next] = await Promise.all([createTestIdp(), createTestIdp()]);
  const name = [{ name: "commonName", value: "x" }];
  // selfsigned makes no such keys by itself.
  const certified = async (key: { modulusLength: number; publicExponent?: number }) => {
    const keyPair = generateKeyPairSync("rsa", {
      ...key,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    return (await generate(name, { keyPair, algorithm: "sha256" })).cert;
  };
  weak = await certified({ modulusLength: 1024 });
  smallExponent = await certified({ modulusLength: 2048, publicExponent: 3 });
  elliptic = (await generate(name, { keyType: "ec", algorithm: "sha256" })).cert;
});

const bare = (pem: string) => pem.replace(/-----[A-Z ]+-----/g, "").trim();

function keyDescriptor(pem: string, use = `use="signing"`): string {
  return (
    `<KeyDescriptor ${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
    `<ds:X509Certificate>\n${bare(pem)}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`
  );
}

interface Parts {
  readonly entity?: string;
  readonly role?: string;
  readonly keys?: string;
  readonly services?: string;
}

const service = (binding: string, location: string) =>
  `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${location}"/>`;
const SERVICES =
  service("HTTP-POST", "https://idp.example.com/post") +
  service("HTTP-Redirect", "https://idp.example.com/sso?a=1&amp;b=2");

function metadata({
  entity = "",
  role = "",
  keys = keyDescriptor(idp.certificate),
  services = SERVICES,
}: Parts = {}): string {
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/saml"${entity}>` +
    `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"${role}>` +
    `${keys}<NameIDFormat>${FORMAT}</NameIDFormat>${services}</IDPSSODescriptor></EntityDescriptor>`
  );
}

function refusal(read: () => unknown): {
  code: string;
  field: string | undefined;
  message: string;
} {
  try {
    read();
  } catch (error) {
    if (error instanceof SeatkeeperError) {
      return { code: error.code, field: error.field, message: error.message };
    }
    throw error;
  }
  throw new Error("accepted");
}

describe("a provider's metadata", () => {
  it("says who it is, where to sign in and which keys count", () => {
    expect(readIdentityProvider(metadata(), { now: NOW })).toEqual({
      entityId: "https://idp.example.com/saml",
      ssoUrl: "https://idp.example.com/sso?a=1&b=2",
      ssoPostUrl: "https://idp.example.com/post",
      certificates: [idp.certificate],
      nameIdFormats: [FORMAT],
      validUntil: undefined,
    });
  });

  it("may have several keys during a roll-over, the same one twice, and others for encryption", () => {
    const keys = [
      keyDescriptor(idp.certificate),
      keyDescriptor(next.certificate, ""),
      keyDescriptor(idp.certificate),
      keyDescriptor(weak, `use="encryption"`),
    ].join("");

    expect(readIdentityProvider(metadata({ keys }), { now: NOW }).certificates).toEqual([
      idp.certificate,
      next.certificate,
    ]);
  });

  it("may begin with a byte order mark, comments and a declaration, and be the only one of a collection", () => {
    const one = metadata();
    const collection = `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${one}</EntitiesDescriptor>`;

    for (const text of [
      `\ufeff<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- Example -->\r\n${one}\n`,
      collection,
      metadata({ entity: ` validUntil="2026-06-01T12:00:01Z"` }),
    ]) {
      expect(readIdentityProvider(text, { now: NOW }).entityId).toBe(
        "https://idp.example.com/saml",
      );
    }
  });

  const twice = () =>
    `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${metadata()}${metadata()}</EntitiesDescriptor>`;

  // prettier-ignore
  it.each<[title: string, text: () => string, sentence: RegExp]>([
    ["several entities",              twice,                                                                           /several entities/],
    ["a service provider only",       () => metadata().replaceAll("IDPSSODescriptor", "SPSSODescriptor"),              /not the metadata of an identity provider/],
    ["two roles",                     () => metadata().replace(/<IDPSSO.*<\/IDPSSODescriptor>/s, (role) => role + role), /several identity providers/],
    ["no signing key",                () => metadata({ keys: "" }),                                                    /no certificate for signing/],
    ["only a key for encryption",     () => metadata({ keys: keyDescriptor(idp.certificate, `use="encryption"`) }),    /no certificate for signing/],
    ["an RSA key of 1024 bits",       () => metadata({ keys: keyDescriptor(weak) }),                                   /shorter than 2048/],
    ["an RSA key with exponent 3",    () => metadata({ keys: keyDescriptor(smallExponent) }),                          /exponent below 65537/],
    ["an elliptic key",               () => metadata({ keys: keyDescriptor(elliptic) }),                               /RSA is needed/],
    ["a broken certificate",          () => metadata({ keys: keyDescriptor("AAAA") }),                                 /cannot be read/],
    ["a private key",                 () => `${metadata()}${idp.privateKey}`,                                          /private key/],
    ["an expired validUntil",         () => metadata({ entity: ` validUntil="2026-06-01T12:00:00Z"` }),                /expired/],
    ["an expired role",               () => metadata({ role: ` validUntil="2020-06-01T12:00:00Z"` }),                  /expired/],
    ["an unreadable validUntil",      () => metadata({ role: ` validUntil="tomorrow"` }),                              /not a time/],
    ["a sign-in address without TLS", () => metadata({ services: service("HTTP-Redirect", "http://idp.example.com") }), /https/],
    ["a script as address",           () => metadata({ services: service("HTTP-Redirect", "javascript:alert(1)") }),   /https/],
    ["credentials in the address",    () => metadata({ services: service("HTTP-Redirect", "https://a:b@idp.example.com") }), /credentials/],
    ["no URL",                        () => metadata({ services: service("HTTP-Redirect", "/sso") }),                  /not a URL/],
    ["no binding of ours",            () => metadata({ services: service("SOAP", "https://idp.example.com") }),        /HTTP-Redirect or the HTTP-POST/],
    ["POST alone, by plain http",     () => metadata({ services: service("HTTP-POST", "http://idp.example.com") }),    /https/],
    ["no entity ID",                  () => metadata().replace(/entityID="[^"]*"/, `entityID=""`),                     /entity ID/],
    ["a document type",               () => `<!DOCTYPE x>${metadata()}`,                                               /document type/],
    ["no XML",                        () => "https://idp.example.com/metadata",                                        /text before or after/],
    ["a web page",                    () => "<html><body/></html>",                                                    /not SAML 2.0 metadata/],
    ["an entity hidden in other XML", () => `<x>${metadata()}</x>`,                                                    /not SAML 2.0 metadata/],
    ["more than 1 MB",                () => metadata() + " ".repeat(1024 * 1024),                                      /larger than 1 MB/],
    ["50,000 elements",               () => `<x>${"<y/>".repeat(50_000)}</x>`,                                         /too many/],
  ])("is refused with %s", (_, text, sentence) => {
    const refused = refusal(() => readIdentityProvider(text(), { now: NOW }));

    expect(refused).toMatchObject({ code: "InvalidValue", field: "saml.metadata" });
    expect(refused.message).toMatch(sentence);
  });

  it("is refused when it has become another provider's", () => {
    const refused = refusal(() =>
      readIdentityProvider(metadata(), { now: NOW, entityId: "https://was.example.com" }),
    );

    expect(refused.message).toMatch(/to which this connection is bound/);
  });

  it("may use http on this machine where that is allowed", () => {
    const services = service("HTTP-Redirect", "http://127.0.0.1:7301/sso");

    expect(
      readIdentityProvider(metadata({ services }), { now: NOW, allowLoopback: true }).ssoUrl,
    ).toBe("http://127.0.0.1:7301/sso");
    expect(
      refusal(() => readIdentityProvider(metadata({ services }), { now: NOW })).message,
    ).toMatch(/https/);
    const elsewhere = metadata({
      services: service("HTTP-Redirect", "http://127.0.0.1.example.com/"),
    });
    expect(
      refusal(() => readIdentityProvider(elsewhere, { now: NOW, allowLoopback: true })).message,
    ).toMatch(/https/);
  });
});

describe("a provider typed in by hand", () => {
  const values = () => ({
    entityId: "https://idp.example.com/saml",
    ssoUrl: "https://idp.example.com/sso",
    certificate: idp.certificate,
  });

  it("is the same as one from metadata", () => {
    for (const certificate of [
      idp.certificate,
      bare(idp.certificate),
      idp.certificate.replaceAll("\n", "\r\n"),
    ]) {
      expect(readManualProvider({ ...values(), certificate }, { now: NOW })).toMatchObject({
        entityId: "https://idp.example.com/saml",
        ssoUrl: "https://idp.example.com/sso",
        certificates: [idp.certificate],
      });
    }
  });

  it("may have several certificates", () => {
    const certificate = idp.certificate + next.certificate;

    expect(readManualProvider({ ...values(), certificate }, { now: NOW }).certificates).toEqual([
      idp.certificate,
      next.certificate,
    ]);
  });

  it.each([
    ["saml.certificate", { certificate: "" }],
    ["saml.certificate", { certificate: "-----BEGIN NOTHING-----" }],
    ["saml.entityId", { entityId: " https://idp.example.com" }],
    ["saml.entityId", { entityId: "" }],
    ["saml.ssoUrl", { ssoUrl: "http://idp.example.com" }],
  ])("names the field at fault: %s", (field, change) => {
    expect(
      refusal(() => readManualProvider({ ...values(), ...change }, { now: NOW })),
    ).toMatchObject({
      code: "InvalidValue",
      field,
    });
  });

  it("never repeats a private key that was pasted by mistake", () => {
    const refused = refusal(() =>
      readManualProvider({ ...values(), certificate: idp.privateKey }, { now: NOW }),
    );

    expect(refused.message).toMatch(/private key/);
    expect(refused.message).not.toContain(bare(idp.privateKey).slice(0, 20));
  });
});

describe("a certificate", () => {
  it("is described for people", () => {
    const { subject, fingerprint, expiresAt } = certificateFacts(idp.certificate);

    expect(subject).toBe("CN=idp");
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(expiresAt).toBeGreaterThan(Date.now());
  });
});

describe("our metadata", () => {
  it("says who we are and what we demand", () => {
    const provider = {
      entityId: "https://sp.example.com/?a=1&b=2",
      acsUrl: "https://sp.example.com/acs",
      privateKey: idp.privateKey,
      certificates: [idp.certificate, next.certificate],
    };
    const xml = serviceProviderMetadata(provider, {
      nameIdFormats: [FORMAT],
      offerEncryption: true,
    });
    const read = readXml(xml, METADATA_LIMITS);
    const elements = read.ok ? [...walk(read.value)] : [];
    const named = (name: string) => elements.filter((element) => element.name === name);

    expect(named("EntityDescriptor").map((element) => attributeOf(element, "entityID"))).toEqual([
      provider.entityId,
    ]);
    expect(
      named("SPSSODescriptor").map((element) => attributeOf(element, "WantAssertionsSigned")),
    ).toEqual(["true"]);
    expect(named("KeyDescriptor").map((element) => attributeOf(element, "use"))).toEqual([
      "signing",
      "signing",
      "encryption",
    ]);
    expect(named("NameIDFormat").map(({ text }) => text)).toEqual([FORMAT]);
    expect(
      named("AssertionConsumerService").map((element) => attributeOf(element, "Location")),
    ).toEqual([provider.acsUrl]);
    expect(xml).not.toContain("PRIVATE");
  });
});
