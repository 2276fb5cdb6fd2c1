import { beforeAll, describe, expect, it } from "@jest/globals";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createLocalJWKSet, jwtVerify, SignJWT } from "jose";
import type { Ids } from "../../src/ports.js";
import {
  createServiceProviderKeys,
  createTokenKey,
  readServiceProviderKeys,
  readTokenKeys,
  type ServiceProviderKeys,
} from "../../src/saml/keys.js";
import { seal, unseal } from "../../src/saml/seal.js";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const MASTER = Buffer.alloc(32, 7);

let counter = 0;
const ids: Ids = {
  next: () => `id${counter++}`,
  secret: (bytes) => Buffer.alloc(bytes, counter++).toString("base64url"),
};

describe("a sealed secret", () => {
  it("is read again with the same master secret and name", () => {
    const sealed = seal(MASTER, "saml.keys", "sécret", ids);

    expect(unseal(MASTER, "saml.keys", sealed)).toBe("sécret");
    expect(sealed).toMatch(/^v1\.[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(seal(MASTER, "saml.keys", "sécret", ids)).not.toBe(sealed);
    expect(unseal(MASTER, "x", seal(MASTER, "x", "", ids))).toBe("");
  });

  it.each<[title: string, open: (sealed: string) => string]>([
    ["with another master secret", (sealed) => unseal(Buffer.alloc(32, 8), "name", sealed)],
    ["with a short master secret", (sealed) => unseal(Buffer.alloc(16, 7), "name", sealed)],
    ["under another name", (sealed) => unseal(MASTER, "other", sealed)],
    [
      "when it was changed",
      (sealed) =>
        unseal(
          MASTER,
          "name",
          sealed.replace(/\.(.)/, (_, one: string) => `.${one === "A" ? "B" : "A"}`),
        ),
    ],
    ["with a shortened tag", (sealed) => unseal(MASTER, "name", sealed.slice(0, -6))],
    ["in another version", (sealed) => unseal(MASTER, "name", sealed.replace("v1", "v2"))],
    [
      "when a part is missing",
      (sealed) => unseal(MASTER, "name", sealed.slice(0, sealed.lastIndexOf("."))),
    ],
    ["when it is empty", () => unseal(MASTER, "name", "")],
  ])("cannot be read %s", (_, open) => {
    const sealed = seal(MASTER, "name", "canary-secret", ids);

    expect(() => open(sealed)).toThrow(expect.objectContaining({ code: "InvalidConfiguration" }));
    expect(() => open(sealed)).not.toThrow(/canary-secret/);
  });
});

describe("the service provider's keys", () => {
  let keys: ServiceProviderKeys;
  beforeAll(async () => {
    keys = await createServiceProviderKeys(NOW);
  });

  it("are an RSA key of 3072 bits and a certificate for ten years", () => {
    const certificate = new X509Certificate(keys.certificate);

    expect(certificate.checkPrivateKey(createPrivateKey(keys.privateKey))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(Date.parse(certificate.validFrom)).toBe(NOW);
    expect(Date.parse(certificate.validTo)).toBe(Date.parse("2036-06-01T12:00:00Z"));
    expect(certificate.ca).toBe(false);
  });

  it("are read again from the text that is stored sealed", () => {
    const sealed = seal(MASTER, "saml.keys", JSON.stringify(keys), ids);

    expect(sealed).not.toContain("PRIVATE");
    expect(readServiceProviderKeys(unseal(MASTER, "saml.keys", sealed))).toEqual(keys);
  });

  it("are not taken from a text that holds something else", () => {
    for (const other of [`"text"`, "null", `{"privateKey":"x"}`, "", "{"]) {
      expect(() => readServiceProviderKeys(other)).toThrow(/does not hold the SAML keys/);
    }
  });
});

describe("the key for tokens", () => {
  it("signs what its public half verifies, under its thumbprint", async () => {
    const { privateKey, publicJwk, kid } = await readTokenKeys(await createTokenKey());
    const token = await new SignJWT({ seat: "x" })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);

    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [publicJwk] }));

    expect(payload).toEqual({ seat: "x" });
    expect(publicJwk).not.toHaveProperty("d");
  });
});
