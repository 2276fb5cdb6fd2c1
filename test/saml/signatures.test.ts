import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  ALGORITHMS,
  encryptAssertion,
  encryptedXml,
  signElement,
  type Encryption,
} from "../support/samlIdp.js";
import { createWorld, type World } from "./world.js";

/**
 * What is accepted, and what depends on the policy of a connection or on encryption. The table of attacks on structure and
 * signature is attacks/afterSigning.ts, which attacks.test.ts tries on the whole server.
 */
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.verifier.close();
});

describe("a genuine response", () => {
  it.each([
    ["the assertion is signed", "assertion", {}, {}],
    ["both are signed", "both", {}, {}],
    ["both are signed and must be", "both", {}, { requireSignedResponse: true }],
    [
      "SHA-512 is used",
      "both",
      { signatureAlgorithm: ALGORITHMS.rsaSha512, digestAlgorithm: ALGORITHMS.sha512 },
      {},
    ],
  ] as const)("is accepted when %s", async (_, mode, signing, trust) => {
    const outcome = await world.judge(world.respond(mode, {}, signing), trust);

    expect(outcome).toMatchObject({ ok: true, value: { profile: { nameId: "alice" } } });
  });

  it("is accepted with any of several pinned certificates", async () => {
    const { idp, stranger } = world;
    for (const certificates of [
      [idp.certificate, stranger.certificate],
      [stranger.certificate, idp.certificate],
    ]) {
      expect(await world.judge(world.respond("both"), { certificates })).toMatchObject({
        ok: true,
        value: { certificate: idp.certificate },
      });
    }
  });

  it("is accepted with a declaration, indented and with Windows line ends", async () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\r\n${world.respond("both", { inAssertion: "\n  " })}\r\n`;

    expect(await world.judge(xml.replaceAll("\n", "\r\n"))).toMatchObject({ ok: true });
  });

  it("is refused once no pinned certificate fits", async () => {
    const certificates = [world.stranger.certificate];

    expect(await world.judge(world.respond("both"), { certificates })).toMatchObject({
      reason: "SignatureInvalid",
    });
  });
});

describe("a truly signed response", () => {
  it("N-06, N-07 is refused when one of two demanded signatures is missing", async () => {
    const demand = { requireSignedResponse: true };

    expect(await world.judge(world.respond("assertion"), demand)).toMatchObject({
      reason: "ResponseNotSigned",
    });
    expect(await world.judge(world.respond("response"), demand)).toMatchObject({
      reason: "AssertionNotSigned",
    });
  });

  it("is refused when either of its two signatures is a stranger's", async () => {
    const inner = world.respond("assertion");
    const outer = signElement(inner, "/*", world.stranger);
    const strangerInside = signElement(
      world.respond("assertion", {}, world.stranger),
      "/*",
      world.idp,
    );

    expect(await world.judge(outer)).toMatchObject({ reason: "SignatureInvalid" });
    expect(await world.judge(strangerInside)).toMatchObject({ reason: "SignatureInvalid" });
  });
});

describe("an encrypted assertion", () => {
  const encrypt = (mode: "assertion" | "both", encryption: Partial<Encryption> = {}) => {
    const inner = world.respond("assertion");
    const encrypted = encryptAssertion(inner, {
      certificate: world.own.certificate,
      ...encryption,
    });
    return mode === "both" ? signElement(encrypted, "/*", world.idp) : encrypted;
  };

  it.each([
    ["assertion", "aes128-gcm", {}],
    ["assertion", "aes256-gcm", {}],
    ["both", "aes256-gcm", { requireSignedResponse: true }],
    ["both", "aes128-cbc", { allowCbc: true }],
    ["both", "aes256-cbc", { allowCbc: true }],
  ] as const)("is accepted: signed %s, %s", async (mode, cipher, trust) => {
    expect(await world.judge(encrypt(mode, { cipher }), trust)).toMatchObject({
      ok: true,
      value: { profile: { nameId: "alice" } },
    });
  });

  const flip =
    (index: number, bits = 1) =>
    (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      const at = index < 0 ? copy.length + index : index;
      copy.writeUInt8(copy.readUInt8(at) ^ bits, at);
      return copy;
    };
  // A byte of the last block but one is XORed to the same byte of the last plain block: here, to the padding's length.
  const CBC_PADDING_LENGTH = -17;
  // The first byte of the plaintext becomes one that no UTF-8 text starts with.
  const CBC_IV = 0;

  // prettier-ignore
  it.each([
    ["AES-CBC without consent",              "both",      { cipher: "aes256-cbc" },                                      {},                   "EncryptionAlgorithm"],
    ["AES-CBC in an unsigned response",      "assertion", { cipher: "aes256-cbc" },                                      { allowCbc: true },   "EncryptionNotAuthenticated"],
    ["RSA 1.5",                              "assertion", { keyTransport: "http://www.w3.org/2001/04/xmlenc#rsa-1_5" },  {},                   "EncryptionAlgorithm"],
    ["N-50 a bit of the IV changed",         "assertion", { damage: flip(0) },                                           {},                   "DecryptionFailed"],
    ["N-50 a bit of the text changed",       "assertion", { damage: flip(40) },                                          {},                   "DecryptionFailed"],
    ["N-50 a bit of the tag changed",        "assertion", { damage: flip(-1) },                                          {},                   "DecryptionFailed"],
    ["N-50 a shortened tag",                 "assertion", { damage: (bytes: Buffer) => bytes.subarray(0, -4) },          {},                   "DecryptionFailed"],
    ["N-50 almost nothing",                  "assertion", { damage: (bytes: Buffer) => bytes.subarray(0, 14) },          {},                   "DecryptionFailed"],
    ["N-50 CBC padding changed",             "both",      { cipher: "aes256-cbc", damage: flip(CBC_PADDING_LENGTH, 128)}, { allowCbc: true },  "DecryptionFailed"],
    ["N-50 CBC garbage, right padding",      "both",      { cipher: "aes256-cbc", damage: flip(CBC_IV, 128) },           { allowCbc: true },   "DecryptionFailed"],
  ] as const)("is refused: %s", async (_, mode, encryption, trust, reason) => {
    expect(await world.judge(encrypt(mode, encryption), trust)).toMatchObject({ ok: false, reason });
  });

  it("N-50 changed after the response was signed is not even decrypted", async () => {
    const genuine = encrypt("both", { cipher: "aes256-cbc" });
    const attack = genuine.replace(
      /(<xenc:CipherValue>)(.)(?=[^<]*<\/xenc:CipherValue><\/xenc:CipherData><\/xenc:EncryptedData>)/,
      (_, tag: string, first: string) => tag + (first === "A" ? "B" : "A"),
    );

    expect(attack).not.toBe(genuine);
    expect(await world.judge(attack, { allowCbc: true })).toMatchObject({
      reason: "SignatureInvalid",
    });
  });

  it("is refused when it was encrypted to somebody else", async () => {
    const { certificate } = world.stranger;

    expect(await world.judge(encrypt("assertion", { certificate }))).toMatchObject({
      reason: "DecryptionFailed",
    });
  });

  // Anybody can encrypt to the key in our metadata: what comes out passes every check that a plain one passes.
  it.each([
    ["an unsigned assertion", () => unsignedAssertion(), "AssertionNotSigned"],
    [
      "an assertion signed by a stranger",
      () => assertionOf(world.respond("assertion", {}, world.stranger)),
      "SignatureInvalid",
    ],
    [
      "a changed assertion",
      () => assertionOf(world.respond("assertion")).replace(">alice<", ">mallory<"),
      "SignatureInvalid",
    ],
    [
      "a comment",
      () => assertionOf(world.respond("assertion")).replace(">alice<", ">ali<!---->ce<"),
      "CommentRefused",
    ],
    [
      "16,000 siblings",
      () => assertionOf(world.respond("assertion", { inAssertion: "<a/>".repeat(16_000) })),
      "TooManyChildren",
    ],
    ["a whole response", () => world.respond("assertion"), "AssertionMissing"],
    ["two assertions", () => assertionOf(world.respond("assertion")).repeat(2), "SeveralRoots"],
    [
      "an assertion in an assertion",
      () => assertionOf(world.respond("assertion", { inAssertion: "<saml:Assertion/>" })),
      "SeveralAssertions",
    ],
    [
      "SHA-1 inside",
      () => assertionOf(world.respond("assertion", {}, { signatureAlgorithm: ALGORITHMS.rsaSha1 })),
      "SignatureAlgorithm",
    ],
    ["no XML", () => "hello", "TextOutsideRoot"],
    ["nothing", () => " ", "NotWellFormed"],
  ])("is refused: encrypted %s", async (_, plaintext, reason) => {
    const encrypted = encryptedXml(plaintext(), { certificate: world.own.certificate });
    const attack = world
      .respond("assertion")
      .replace(/<saml:Assertion.*<\/saml:Assertion>/s, encrypted);

    expect(await world.judge(attack)).toMatchObject({ ok: false, reason });
  });

  // prettier-ignore
  it.each([
    ["two keys",                (xml: string) => xml.replace(/<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/s, (key) => key + key), "EncryptionMalformed"],
    ["no key",                  (xml: string) => xml.replace(/<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/s, ""),                 "EncryptionMalformed"],
    ["two EncryptedData",       (xml: string) => xml.replace(/<xenc:EncryptedData .*<\/xenc:EncryptedData>/s, (data) => data + data), "UnexpectedElement"],
    ["no EncryptedData",        (xml: string) => xml.replace(/<xenc:EncryptedData .*<\/xenc:EncryptedData>/s, ""),               "EncryptionMalformed"],
    ["a SignedInfo inside",     (xml: string) => xml.replace("<ds:KeyInfo ", `<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><ds:KeyInfo `), "EncryptionMalformed"],
    ["text that is no base64",  (xml: string) => xml.replaceAll("<xenc:CipherValue>", "<xenc:CipherValue>*"),                    "EncryptionMalformed"],
    ["a label for OAEP",        (xml: string) => xml.replace(/(mgf1p")\/>/, "$1><xenc:OAEPparams>AA==</xenc:OAEPparams></xenc:EncryptionMethod>"), "EncryptionMalformed"],
    ["a wrapped key",           (xml: string) => xml.replace("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2001/04/xmlenc#kw-aes256"), "EncryptionAlgorithm"],
    ["a key agreed upon",       (xml: string) => xml.replace(/<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/s, `<xenc:AgreementMethod Algorithm="http://www.w3.org/2009/xmlenc11#ECDH-ES"/>`), "EncryptionMalformed"],
    ["a reference to the text", (xml: string) => xml.replace(/<xenc:CipherValue>[^<]*<\/xenc:CipherValue>/g, `<xenc:CipherReference URI="https://evil.example/x"/>`), "EncryptionMalformed"],
    ["a reference to the key",  (xml: string) => xml.replace(/<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/s, `<ds:RetrievalMethod URI="#key"/>`), "EncryptionMalformed"],
    ["another digest than mask", (xml: string) => xml.replace(/(mgf1p")\/>/, `$1><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/></xenc:EncryptionMethod>`), "EncryptionAlgorithm"],
    ["a second EncryptionMethod", (xml: string) => xml.replace(/<xenc:EncryptionMethod Algorithm="[^"]*gcm"\/>/, (one) => one + one.replace("gcm", "cbc")), "EncryptionMalformed"],
    ["a prefix on the algorithm", (xml: string) => xml.replace(`<xenc:EncryptionMethod `, `<xenc:EncryptionMethod xmlns:x="urn:x" x:Algorithm="http://www.w3.org/2001/04/xmlenc#tripledes-cbc" `), "EncryptionMalformed"],
    ["an unknown cipher",       (xml: string) => xml.replace("aes256-gcm", "tripledes-cbc"),                                     "EncryptionAlgorithm"],
  ])("is refused with %s", async (_, change, reason) => {
    const genuine = encrypt("assertion");

    expect(change(genuine)).not.toBe(genuine);
    expect(await world.judge(change(genuine))).toMatchObject({ ok: false, reason });
  });

  function assertionOf(xml: string): string {
    return /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? "";
  }

  function unsignedAssertion(): string {
    return assertionOf(world.respond("assertion")).replace(/<ds:Signature .*<\/ds:Signature>/s, "");
  }
});
