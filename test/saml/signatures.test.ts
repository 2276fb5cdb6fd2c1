import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  ALGORITHMS,
  encryptAssertion,
  encryptedXml,
  signElement,
  type Encryption,
  type Signing,
  type SigningMode,
} from "../support/samlIdp.js";
import { createWorld, type World } from "./world.js";
import { WRAPPINGS } from "./wrapping.js";

/**
 * Attacks on structure and signature (SAML.md N-01 to N-34), each in every way of signing. Before every refusal the
 * genuine twin is accepted, so that a case cannot pass because the whole message was broken.
 */
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.verifier.close();
});

const MODES = ["assertion", "response", "both"] as const satisfies readonly SigningMode[];
/** A response whose assertion is not signed is refused by policy, so there any case may end in that reason. */
const expected = (mode: SigningMode, reason: string) =>
  mode === "response" ? [reason, "AssertionNotSigned"] : [reason];

const inEveryMode = <T extends readonly unknown[]>(cases: readonly T[]) =>
  MODES.flatMap((mode) => cases.map((item) => [mode, ...item] as const));

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

describe("wrapping", () => {
  const REASONS = [
    "SeveralAssertions",
    "UnexpectedElement",
    "DuplicateId",
    "IdMalformed",
    "SignatureMalformed",
    "ReferenceRefused",
    "SignatureInvalid",
    "AssertionNotSigned",
    "StatusNotSuccess",
  ];

  it.each(inEveryMode(WRAPPINGS))("signed %s: %s is refused", async (mode, _, wrap) => {
    const genuine = world.respond(mode);
    const attack = wrap(genuine);
    const outcome = await world.judge(attack);

    expect(attack).not.toBe(genuine);
    expect(REASONS).toContain(outcome.ok ? "accepted" : outcome.reason);
  });
});

describe("a changed document", () => {
  const insideSignature = (inner: string) => (xml: string) =>
    xml.replaceAll("</ds:Signature>", `${inner}</ds:Signature>`);
  const copyOfSignedInfo = (xml: string) => {
    const copy = /<ds:SignedInfo>.*?<\/ds:SignedInfo>/s.exec(xml)?.[0] ?? "";
    return insideSignature(copy.replace(/<ds:DigestValue>[^<]*/, "<ds:DigestValue>AAAA"))(xml);
  };

  // prettier-ignore
  const CASES: readonly (readonly [title: string, change: (xml: string) => string, reason: string])[] = [
    ["N-01 no signature",                    (xml) => xml.replace(/<ds:Signature .*?<\/ds:Signature>/gs, ""),                   "AssertionNotSigned"],
    ["N-02 another NameID",                  (xml) => xml.replace(">alice<", ">mallory<"),                                      "SignatureInvalid"],
    ["another group",                        (xml) => xml.replace(">admins<", ">owners<"),                                      "SignatureInvalid"],
    ["another attribute name",               (xml) => xml.replace(`Name="mail"`, `Name="email"`),                               "SignatureInvalid"],
    ["another audience",                     (xml) => xml.replace(/<saml:Audience>[^<]*/, "<saml:Audience>x"),                  "SignatureInvalid"],
    ["N-03 an empty SignatureValue",         (xml) => xml.replace(/<ds:SignatureValue>[^<]*/g, "<ds:SignatureValue>"),          "SignatureMalformed"],
    ["N-03 no SignatureValue",               (xml) => xml.replace(/<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/g, ""),        "SignatureMalformed"],
    ["an empty DigestValue",                 (xml) => xml.replace(/<ds:DigestValue>[^<]*/g, "<ds:DigestValue>"),                "SignatureMalformed"],
    ["another DigestValue",                  (xml) => xml.replace(/<ds:DigestValue>[^<]*/g, "<ds:DigestValue>AAAA"),            "SignatureInvalid"],
    ["N-10 an instruction in the NameID",    (xml) => xml.replace(">alice<", ">alice<?x y?><"),                                 "InstructionRefused"],
    ["N-11 a comment in the NameID",         (xml) => xml.replace(">alice<", ">ali<!-- x -->ce<"),                              "CommentRefused"],
    ["N-12 CDATA in the NameID",             (xml) => xml.replace(">alice<", "><![CDATA[alice]]><"),                            "CdataRefused"],
    ["N-13 a comment in the DigestValue",    (xml) => xml.replace("</ds:DigestValue>", "<!--AAAA--></ds:DigestValue>"),         "CommentRefused"],
    ["an element in the DigestValue",        (xml) => xml.replace("</ds:DigestValue>", "<x/></ds:DigestValue>"),                "SignatureMalformed"],
    ["N-14 two SignedInfo",                  copyOfSignedInfo,                                                                 "SignatureMalformed"],
    ["an Object in the signature",           insideSignature("<ds:Object/>"),                                                   "SignatureMalformed"],
    ["two SignatureValues",                  insideSignature("<ds:SignatureValue>AAAA</ds:SignatureValue>"),                    "SignatureMalformed"],
    ["a RetrievalMethod in KeyInfo",         (xml) => xml.replace("</ds:KeyInfo>", "<ds:RetrievalMethod URI='#x'/></ds:KeyInfo>"), "SignatureMalformed"],
    ["SignedInfo in KeyInfo",                (xml) => xml.replace("</ds:KeyInfo>", "<ds:SignedInfo/></ds:KeyInfo>"),            "SignatureMalformed"],
    ["N-16 a third transform",               (xml) => xml.replace("</ds:Transforms>", `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>`), "TransformRefused"],
    ["no transforms",                        (xml) => xml.replace(/<ds:Transforms>.*?<\/ds:Transforms>/gs, ""),                 "SignatureMalformed"],
    ["N-17 a reference to the whole document", (xml) => xml.replace(/<ds:Reference URI="[^"]*"/g, `<ds:Reference URI=""`),      "ReferenceRefused"],
    ["no reference URI",                     (xml) => xml.replace(/<ds:Reference URI="[^"]*"/g, "<ds:Reference"),               "ReferenceRefused"],
    ["N-19 a reference to another element",  (xml) => xml.replace(/<ds:Reference URI="[^"]*"/g, `<ds:Reference URI="#_other"`), "ReferenceRefused"],
    ["an XPointer reference",                (xml) => xml.replace(/<ds:Reference URI="#/g, `<ds:Reference URI="#xpointer(id('_assertion1'))`), "ReferenceRefused"],
    ["quotes in an ID",                      (xml) => xml.replaceAll("_assertion1", "_a&quot;1").replaceAll("_response1", "_r&apos;1"), "IdMalformed"],
    ["an empty ID",                          (xml) => xml.replace(/ ID="[^"]*"/g, ` ID=""`),                                    "IdMalformed"],
    ["no ID",                                (xml) => xml.replace(/ ID="[^"]*"/g, ""),                                         "IdMalformed"],
    ["a second signature",                   (xml) => xml.replace(/<ds:Signature .*?<\/ds:Signature>/s, (one) => one + one),    "UnexpectedElement"],
    ["a signature in an attribute value",    (xml) => xml.replace(">admins<", `><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><`), "UnexpectedElement"],
    ["SignedInfo of another namespace",      (xml) => xml.replace(">admins<", `><x:SignedInfo xmlns:x="urn:x"/><`),             "UnexpectedElement"],
    ["Extensions",                           (xml) => xml.replace("<samlp:Status>", "<samlp:Extensions/><samlp:Status>"),       "UnexpectedElement"],
    ["text in the assertion",                (xml) => xml.replace("<saml:Subject>", "text<saml:Subject>"),                      "UnexpectedText"],
    ["another root",                         (xml) => xml.replaceAll("samlp:Response", "samlp:LogoutResponse"),                 "NotAResponse"],
    ["another namespace of the root",        (xml) => xml.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:x"),             "NotAResponse"],
    ["no assertion",                         (xml) => xml.replace(/<saml:Assertion.*<\/saml:Assertion>/s, ""),                  "AssertionMissing"],
  ];

  it.each(inEveryMode(CASES))("signed %s: %s", async (mode, _, change, reason) => {
    const genuine = world.respond(mode);
    const attack = change(genuine);
    const outcome = await world.judge(attack);

    expect(attack).not.toBe(genuine);
    expect(expected(mode, reason)).toContain(outcome.ok ? "accepted" : outcome.reason);
  });
});

describe("a truly signed response", () => {
  // prettier-ignore
  const CASES: readonly (readonly [title: string, signing: Partial<Signing>, reason: string])[] = [
    ["N-08 with RSA-SHA1",                      { signatureAlgorithm: ALGORITHMS.rsaSha1 },                                    "SignatureAlgorithm"],
    ["N-09 with a SHA-1 digest",                { digestAlgorithm: ALGORITHMS.sha1 },                                          "DigestAlgorithm"],
    ["N-15 with the certificate as HMAC secret", { hmac: true, signatureAlgorithm: ALGORITHMS.hmacSha1 },                      "SignatureAlgorithm"],
    ["N-16 with a third transform",             { transforms: [ALGORITHMS.enveloped, ALGORITHMS.exclusive, ALGORITHMS.exclusive] }, "TransformRefused"],
    ["with comments in the digest",             { transforms: [ALGORITHMS.enveloped, ALGORITHMS.exclusiveWithComments] },      "TransformRefused"],
    ["with inclusive canonicalisation of the digest", { transforms: [ALGORITHMS.enveloped, ALGORITHMS.inclusive] },            "TransformRefused"],
    ["without canonicalisation",                { transforms: [ALGORITHMS.enveloped] },                                        "TransformRefused"],
    ["with inclusive canonicalisation",         { canonicalization: ALGORITHMS.inclusive },                                    "CanonicalizationAlgorithm"],
    ["with comments in SignedInfo",             { canonicalization: ALGORITHMS.exclusiveWithComments },                        "CanonicalizationAlgorithm"],
    ["N-17 with a reference to everything",     { emptyUri: true },                                                            "ReferenceRefused"],
    ["N-18 with two references",                { alsoSigns: "//*[local-name()='Assertion']" },                                "ReferenceRefused"],
  ];

  it.each(inEveryMode(CASES))("signed %s: %s is refused", async (mode, _, signing, reason) => {
    const outcome = await world.judge(world.respond(mode, {}, signing));

    expect(expected(mode, reason)).toContain(outcome.ok ? "accepted" : outcome.reason);
  });

  it.each(MODES)("signed %s: N-04 by a stranger with the stranger's certificate", async (mode) => {
    const outcome = await world.judge(world.respond(mode, {}, world.stranger));

    expect(expected(mode, "SignatureInvalid")).toContain(outcome.ok ? "accepted" : outcome.reason);
  });

  it.each(MODES)("signed %s: N-05 by a stranger with the provider's certificate", async (mode) => {
    const { privateKey } = world.stranger;
    const outcome = await world.judge(world.respond(mode, {}, { privateKey }));

    expect(expected(mode, "SignatureInvalid")).toContain(outcome.ok ? "accepted" : outcome.reason);
  });

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
