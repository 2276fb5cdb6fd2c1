import type { SamlReason } from "../../../src/saml/reasons.js";
import { WRAPPINGS } from "../wrapping.js";
import {
  beforeLast,
  fill,
  idsOf,
  inAssertion,
  partsOf,
  set,
  withoutSignatures,
  type Edit,
} from "./edits.js";

/**
 * What somebody without the provider's key can do to a genuine response (docs/attacks.md N-01 to N-49, and what is not on that
 * list). Each is done to the responses of every provider, in every way of signing.
 */
export interface AfterSigningCase {
  readonly title: string;
  readonly edit: Edit;
  /** Any of these: which one is met first depends on what is signed. */
  readonly reason: SamlReason | readonly SamlReason[];
  /** Where the changed assertion is encrypted once more, and other rules see it first. */
  readonly encrypted?: readonly SamlReason[];
}

const DS = `xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`;
const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";

/** Every shape of wrapping ends at one of the rules about the closed shape, whichever is first. */
const WRAPPED: readonly SamlReason[] = [
  ...(["SeveralAssertions", "UnexpectedElement", "DuplicateId", "IdMalformed"] as const),
  ...(["SignatureMalformed", "ReferenceRefused", "SignatureInvalid"] as const),
  ...(["AssertionNotSigned", "StatusNotSuccess"] as const),
];

const insideSignature =
  (inner: string): Edit =>
  (xml) =>
    xml.replaceAll("</ds:Signature>", `${inner}</ds:Signature>`);

const copyOfSignedInfo: Edit = (xml) => {
  const copy = /<ds:SignedInfo[ >][\s\S]*?<\/ds:SignedInfo>/.exec(xml)?.[0] ?? "";
  return insideSignature(copy.replace(/<ds:DigestValue>[^<]*/, "<ds:DigestValue>AAAA"))(xml);
};

/** An assertion as the attacker would like it, unsigned. */
const evilOf = (xml: string): string =>
  withoutSignatures(partsOf(xml).assertion)
    .replaceAll(idsOf(xml).assertion, "_evil")
    .replaceAll(">alice<", ">mallory<");

const renamed =
  (from: string, to: string): Edit =>
  (xml) =>
    xml.replaceAll(from, to);
const once =
  (from: string | RegExp, to: string): Edit =>
  (xml) =>
    xml.replace(from, () => to);
const before =
  (tag: string, added: string | ((xml: string) => string)): Edit =>
  (xml) =>
    xml.replace(tag, () => (typeof added === "string" ? added : added(xml)) + tag);
const replaceAll =
  (pattern: RegExp, by: string): Edit =>
  (xml) =>
    xml.replace(pattern, () => by);
const reference = (uri: string): Edit =>
  replaceAll(/<ds:Reference URI="[^"]*"/g, `<ds:Reference${uri}`);
const groupValue = /(<saml:AttributeValue[^>]*>)admins</;
const inValue =
  (inner: string): Edit =>
  (xml) =>
    xml.replace(groupValue, (_, tag: string) => `${tag}${inner}<`);

// prettier-ignore
const SIGNATURES: readonly AfterSigningCase[] = [
  { title: "N-01 no signature",                             edit: withoutSignatures,                                                         reason: "AssertionNotSigned" },
  { title: "N-02 another NameID",                           edit: once(">alice<", ">mallory<"),                                              reason: "SignatureInvalid" },
  { title: "another group",                                 edit: inValue("owners"),                                                         reason: "SignatureInvalid" },
  { title: "another attribute name",                        edit: once(`Name="mail"`, `Name="email"`),                                       reason: "SignatureInvalid" },
  { title: "another audience",                              edit: fill("saml:Audience", "x"),                                                reason: "SignatureInvalid" },
  { title: "an attribute with another value beside the signed one", edit: before("</saml:AttributeStatement>", `<saml:Attribute Name="groups"><saml:AttributeValue>owners</saml:AttributeValue></saml:Attribute>`), reason: "SignatureInvalid" },
  { title: "a longer validity",                             edit: inAssertion(replaceAll(/NotOnOrAfter="20/g, `NotOnOrAfter="21`)),           reason: "SignatureInvalid" },
  { title: "another answered request",                      edit: inAssertion(set("saml:SubjectConfirmationData", "InResponseTo", "_other")), reason: ["SignatureInvalid", "InResponseToMismatch"] },
  { title: "N-03 an empty SignatureValue",                  edit: replaceAll(/<ds:SignatureValue>[^<]*/g, "<ds:SignatureValue>"),             reason: "SignatureMalformed" },
  { title: "N-03 no SignatureValue",                        edit: replaceAll(/<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/g, ""),           reason: "SignatureMalformed" },
  { title: "a SignatureValue of zeros",                     edit: replaceAll(/<ds:SignatureValue>[^<]*/g, `<ds:SignatureValue>${"A".repeat(344)}`), reason: "SignatureInvalid" },
  { title: "an empty DigestValue",                          edit: replaceAll(/<ds:DigestValue>[^<]*/g, "<ds:DigestValue>"),                   reason: "SignatureMalformed" },
  { title: "another DigestValue",                           edit: replaceAll(/<ds:DigestValue>[^<]*/g, "<ds:DigestValue>AAAA"),               reason: "SignatureInvalid" },
  { title: "N-08 the algorithm's name changed to SHA-1",    edit: renamed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"), reason: "SignatureAlgorithm" },
  { title: "N-09 the digest's name changed to SHA-1",       edit: renamed("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"), reason: "DigestAlgorithm" },
  { title: "N-15 the algorithm's name changed to HMAC",     edit: renamed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"), reason: "SignatureAlgorithm" },
  { title: "RSA-PSS",                                       edit: renamed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"), reason: "SignatureAlgorithm" },
  { title: "ECDSA",                                         edit: renamed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"), reason: "SignatureAlgorithm" },
  { title: "an element in the DigestValue",                 edit: renamed("</ds:DigestValue>", "<x/></ds:DigestValue>"),                      reason: "SignatureMalformed" },
  { title: "N-14 two SignedInfo",                           edit: copyOfSignedInfo,                                                          reason: "SignatureMalformed" },
  { title: "an Object in the signature",                    edit: insideSignature("<ds:Object/>"),                                            reason: "SignatureMalformed" },
  { title: "two SignatureValues",                           edit: insideSignature("<ds:SignatureValue>AAAA</ds:SignatureValue>"),             reason: "SignatureMalformed" },
  { title: "a RetrievalMethod in KeyInfo",                  edit: renamed("</ds:KeyInfo>", "<ds:RetrievalMethod URI='#x'/></ds:KeyInfo>"),    reason: "SignatureMalformed" },
  { title: "an EncryptedKey in KeyInfo",                    edit: renamed("</ds:KeyInfo>", `<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"/></ds:KeyInfo>`), reason: "SignatureMalformed" },
  { title: "SignedInfo in KeyInfo",                         edit: renamed("</ds:KeyInfo>", "<ds:SignedInfo/></ds:KeyInfo>"),                  reason: "SignatureMalformed" },
  { title: "N-16 a third transform",                        edit: renamed("</ds:Transforms>", `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>`), reason: "TransformRefused" },
  { title: "an XPath transform in the place of the first",  edit: renamed("http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xpath-19991116"), reason: "TransformRefused" },
  { title: "no transforms",                                 edit: replaceAll(/<ds:Transforms>[\s\S]*?<\/ds:Transforms>/g, ""),                reason: "SignatureMalformed" },
  { title: "a prefix list nobody signed",                   edit: renamed(`<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>`, `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="saml"/></ds:Transform>`), reason: "SignatureInvalid" },
  { title: "a second Algorithm with a prefix on a transform", edit: renamed("<ds:Transform ", `<ds:Transform xmlns:x="urn:x" x:Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116" `), reason: "SignatureMalformed" },
  { title: "a second Algorithm with a prefix on the digest", edit: renamed("<ds:DigestMethod ", `<ds:DigestMethod xmlns:x="urn:x" x:Algorithm="http://www.w3.org/2000/09/xmldsig#sha1" `), reason: "SignatureMalformed" },
  { title: "a second URI with a prefix",                    edit: renamed("<ds:Reference ", `<ds:Reference xmlns:x="urn:x" x:URI="#_evil" `),  reason: "SignatureMalformed" },
  { title: "N-17 a reference to the whole document",        edit: reference(` URI=""`),                                                      reason: "ReferenceRefused" },
  { title: "no reference URI",                              edit: reference(""),                                                             reason: "ReferenceRefused" },
  { title: "N-18 two references",                           edit: (xml) => xml.replace(/<ds:Reference [\s\S]*?<\/ds:Reference>/g, (one) => one + one), reason: "ReferenceRefused" },
  { title: "N-19 a reference to another element",           edit: reference(` URI="#_other"`),                                               reason: "ReferenceRefused" },
  { title: "an XPointer reference",                         edit: (xml) => reference(` URI="#xpointer(id('${idsOf(xml).assertion}'))"`)(xml), reason: "ReferenceRefused" },
  { title: "a reference to an address elsewhere",           edit: reference(` URI="https://evil.example/x"`),                                reason: "ReferenceRefused" },
  { title: "a second signature",                            edit: (xml) => xml.replace(/<ds:Signature[ >][\s\S]*?<\/ds:Signature>/, (one) => one + one), reason: "UnexpectedElement" },
  { title: "a signature in an attribute value",             edit: inValue(`<ds:Signature ${DS}/>`),                                           reason: "UnexpectedElement" },
  { title: "a signature in the confirmation's data",        edit: (xml) => xml.replace(/<saml:SubjectConfirmationData([^>]*)\/>/, (_, own: string) => `<saml:SubjectConfirmationData${own}><ds:Signature ${DS}/></saml:SubjectConfirmationData>`), reason: "UnexpectedElement" },
  { title: "the signature in Extensions",                   edit: (xml) => { const one = /<ds:Signature[ >][\s\S]*?<\/ds:Signature>/.exec(xml)?.[0] ?? ""; return xml.replace(one, "").replace("<samlp:Status>", () => `<samlp:Extensions>${one}</samlp:Extensions><samlp:Status>`); }, reason: ["UnexpectedElement", "AssertionNotSigned"] },
  { title: "a DigestValue in StatusDetail, CVE-2024-45409", edit: before("</samlp:Status>", `<samlp:StatusDetail><ds:DigestValue ${DS}>AAAA</ds:DigestValue></samlp:StatusDetail>`), reason: "UnexpectedElement" },
  { title: "SignedInfo of another namespace",               edit: inValue(`<x:SignedInfo xmlns:x="urn:x"/>`),                                 reason: "UnexpectedElement" },
];

// prettier-ignore
const SHAPES: readonly AfterSigningCase[] = [
  ...WRAPPINGS.map(([title, edit]): AfterSigningCase => ({ title, edit, reason: WRAPPED, encrypted: [...WRAPPED, "SeveralRoots", "NotWellFormed", "AssertionMissing"] })),
  { title: "quotes in an ID",                    edit: (xml) => xml.replaceAll(idsOf(xml).assertion, "_a&quot;1").replaceAll(idsOf(xml).response, "_r&apos;1"), reason: "IdMalformed" },
  { title: "an empty ID",                        edit: replaceAll(/ ID="[^"]*"/g, ` ID=""`),                                   reason: "IdMalformed" },
  { title: "no ID",                              edit: replaceAll(/ ID="[^"]*"/g, ""),                                         reason: ["IdMalformed", "AssertionNotSigned"] },
  { title: "an ID with a prefix beside the true one", edit: once("<saml:Assertion ", `<saml:Assertion xmlns:x="urn:x" x:ID="_evil" `), reason: "IdMalformed" },
  { title: "a SAML ID with a prefix on another element", edit: once("<saml:Subject>", `<saml:Subject samlp:ID="_evil">`),       reason: "IdMalformed", encrypted: ["IdMalformed", "NotWellFormed"] },
  { title: "xml:id",                             edit: once("<saml:Subject>", `<saml:Subject xml:id="_evil">`),                reason: "IdMalformed" },
  { title: "an id in small letters beside the ID of the assertion", edit: once("<saml:Assertion ", `<saml:Assertion id="_evil" `),  reason: "IdMalformed" },
  { title: "an Id in other letters beside the ID of the response", edit: once("<samlp:Response ", `<samlp:Response Id="_evil" `), reason: "IdMalformed" },
  { title: "xml:base on the assertion",          edit: once("<saml:Assertion ", `<saml:Assertion xml:base="https://evil.example/" `), reason: "SignatureInvalid" },
  { title: "a relative namespace",               edit: once("<saml:Assertion ", `<saml:Assertion xmlns:v="1" `),                reason: "NamespaceRefused" },
  { title: "quotes in a namespace, CVE-2025-25292", edit: once("<saml:Assertion ", `<saml:Assertion xmlns:v='"><saml:NameID>mallory' `), reason: ["NamespaceRefused", "NotWellFormed"] },
  { title: "the assertion's prefix bound to another namespace", edit: once("<saml:Subject>", `<saml:Subject xmlns:saml="urn:x">`), reason: "UnexpectedElement" },
  { title: "an evil assertion with a prefix of its own", edit: (xml) => xml.replace("<saml:Assertion", () => `${evilOf(xml).replaceAll("saml:", "s2:").replaceAll("xmlns:saml", "xmlns:s2")}<saml:Assertion`), reason: ["SeveralAssertions", "NotWellFormed"] },
  { title: "an evil assertion without a prefix", edit: before("</samlp:Response>", `<Assertion xmlns="${ASSERTION}" ID="_evil"/>`), reason: "SeveralAssertions" },
  { title: "an evil assertion in an attribute value", edit: (xml) => inValue(evilOf(xml))(xml),                                reason: "SeveralAssertions" },
  { title: "an assertion in Cyrillic letters",   edit: before("</samlp:Response>", `<saml:\u0410ssertion xmlns:saml="${ASSERTION}"/>`), reason: "UnexpectedElement" },
  { title: "an EncryptedID beside the NameID",   edit: once("<saml:SubjectConfirmation ", "<saml:EncryptedID/><saml:SubjectConfirmation "), reason: "UnexpectedElement" },
  { title: "a second NameID",                    edit: once("<saml:SubjectConfirmation ", "<saml:NameID>mallory</saml:NameID><saml:SubjectConfirmation "), reason: "UnexpectedElement" },
  { title: "a second Subject",                   edit: once("<saml:Subject>", "<saml:Subject><saml:NameID>mallory</saml:NameID></saml:Subject><saml:Subject>"), reason: "UnexpectedElement" },
  { title: "a second confirmation",              edit: before("</saml:Subject>", `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/>`), reason: "UnexpectedElement" },
  { title: "a second Issuer",                    edit: inAssertion(once("<saml:Subject>", "<saml:Issuer>x</saml:Issuer><saml:Subject>")), reason: "UnexpectedElement" },
  { title: "a second AuthnStatement",            edit: before("<saml:AttributeStatement", `<saml:AuthnStatement AuthnInstant="2026-01-01T00:00:00Z"/>`), reason: "UnexpectedElement" },
  { title: "a second Conditions",                edit: before("<saml:AuthnStatement", "<saml:Conditions/>"),                    reason: "UnexpectedElement" },
  { title: "an EncryptedAttribute",              edit: before("</saml:AttributeStatement>", "<saml:EncryptedAttribute/>"),      reason: "UnexpectedElement" },
  { title: "Extensions",                         edit: once("<samlp:Status>", "<samlp:Extensions/><samlp:Status>"),             reason: "UnexpectedElement" },
  { title: "text in the assertion",              edit: once("<saml:Subject>", "text<saml:Subject>"),                            reason: "UnexpectedText" },
  { title: "another root",                       edit: renamed("samlp:Response", "samlp:LogoutResponse"),                       reason: "NotAResponse" },
  { title: "a root in other letters",            edit: renamed("samlp:Response", "samlp:response"),                             reason: "NotAResponse" },
  { title: "another namespace of the root",      edit: once(/urn:oasis:names:tc:SAML:2\.0:protocol/, "urn:x"),                  reason: ["NotAResponse", "StatusNotSuccess"] },
  { title: "no assertion",                       edit: (xml) => { const { before: start, after } = partsOf(xml); return start + after; }, reason: "AssertionMissing" },
  { title: "N-32 an empty EncryptedAssertion alone", edit: (xml) => { const { before: start, after } = partsOf(xml); return `${start}<saml:EncryptedAssertion/>${after}`; }, reason: "EncryptionMalformed" },
  { title: "N-67 another status",                edit: set("samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"), reason: "StatusNotSuccess" },
  { title: "N-67 no status",                     edit: replaceAll(/<samlp:Status>[\s\S]*?<\/samlp:Status>/g, ""),               reason: "StatusNotSuccess" },
  { title: "N-55 another Destination",           edit: set("samlp:Response", "Destination", "https://evil.example/acs"),        reason: ["DestinationMismatch", "SignatureInvalid"] },
  { title: "N-59 another Issuer of the response", edit: fill("saml:Issuer", "https://evil.example"),                            reason: ["IssuerMismatch", "SignatureInvalid"] },
  { title: "version 1.1",                        edit: set("samlp:Response", "Version", "1.1"),                                 reason: ["VersionRefused", "SignatureInvalid"] },
];

const many = (count: number) => "<a/>".repeat(count);
/** A DOCTYPE as CVE-2025-25291 uses it. */
const doctype = (xml: string, inner: string) =>
  `<!DOCTYPE r [${inner}]>${xml.replace(/^<\?xml[^>]*\?>\s*/, "")}`;

// prettier-ignore
const MARKUP: readonly AfterSigningCase[] = [
  { title: "N-10 an instruction in the NameID",  edit: once(">alice<", ">alice<?x y?><"),                                      reason: "InstructionRefused" },
  { title: "N-11 a comment in the NameID",       edit: once(">alice<", ">ali<!-- x -->ce<"),                                   reason: "CommentRefused" },
  { title: "N-12 CDATA in the NameID",           edit: once(">alice<", "><![CDATA[alice]]><"),                                 reason: "CdataRefused" },
  { title: "N-13 a comment in the DigestValue",  edit: renamed("</ds:DigestValue>", "<!--AAAA--></ds:DigestValue>"),            reason: "CommentRefused" },
  { title: "N-37 two roots",                     edit: (xml) => xml + xml.replace(/^<\?xml[^>]*\?>\s*/, ""),                   reason: "SeveralRoots", encrypted: ["SeveralRoots", "NotWellFormed", "SeveralAssertions"] },
  { title: "N-38 text before the root",          edit: (xml) => `junk${xml}`,                                                  reason: ["TextOutsideRoot", "InstructionRefused"] },
  { title: "N-38 text after the root",           edit: (xml) => `${xml}junk`,                                                  reason: "TextOutsideRoot" },
  { title: "a byte order mark",                  edit: (xml) => `\ufeff${xml}`,                                                reason: ["TextOutsideRoot", "InstructionRefused"] },
  { title: "NUL in the NameID",                  edit: once(">alice<", ">alice\u0000<"),                                       reason: "NotWellFormed" },
  { title: "a reference to NUL in the NameID",   edit: once(">alice<", ">alice&#0;<"),                                         reason: "NotWellFormed" },
  { title: "N-39 an attribute twice",            edit: once("<saml:Assertion ", `<saml:Assertion Version="2.0" Version="2.0" `), reason: "NotWellFormed" },
  { title: "a tag's name in references",         edit: once("<saml:NameID", "<&#115;aml:NameID"),                              reason: ["NotWellFormed", "EntityRefused"] },
  { title: "colons before a tag's name, CVE-2020-29509", edit: once("<saml:Subject>", "<:Subject>"),                           reason: "NotWellFormed" },
  { title: "N-41 a document type",               edit: (xml) => doctype(xml, ""),                                              reason: "DoctypeRefused" },
  { title: "N-42 an external entity",            edit: (xml) => doctype(xml, `<!ENTITY x SYSTEM "file:///etc/passwd">`).replace(">alice<", ">&x;<"), reason: "DoctypeRefused" },
  { title: "N-43 entities in entities",          edit: (xml) => doctype(xml, `<!ENTITY x "xx"><!ENTITY y "&x;&x;">`).replace(">alice<", ">&y;<"), reason: "DoctypeRefused" },
  { title: "an entity that nobody declared",     edit: once(">alice<", ">&alice;<"),                                           reason: "EntityRefused" },
  { title: "another encoding",                   edit: (xml) => `<?xml version="1.0" encoding="UTF-7"?>${xml.replace(/^<\?xml[^>]*\?>\s*/, "")}`, reason: "EncodingRefused" },
  { title: "XML 1.1",                            edit: (xml) => `<?xml version="1.1"?>${xml.replace(/^<\?xml[^>]*\?>\s*/, "")}`, reason: "EncodingRefused" },
  { title: "N-44 16,000 siblings",               edit: beforeLast("</saml:Assertion>", many(16_000)),                          reason: "TooManyChildren" },
  { title: "4,000 elements, 800 in a row",       edit: beforeLast("</saml:Assertion>", `<x>${many(800)}</x>`.repeat(5)),       reason: "TooManyElements" },
  { title: "N-45 5,000 levels",                  edit: beforeLast("</saml:Assertion>", "<a>".repeat(5_000)),                   reason: "TooDeep" },
  { title: "1,000 attributes",                   edit: once("<saml:Assertion ", `<saml:Assertion ${Array.from({ length: 1_000 }, (_, index) => `a${String(index)}="" `).join("")}`), reason: "TooManyAttributes" },
  { title: "6,000 references",                   edit: once(">alice<", `>${"&#97;".repeat(6_000)}<`),                          reason: "TooManyReferences" },
];

export const AFTER_SIGNING: readonly AfterSigningCase[] = [...SIGNATURES, ...SHAPES, ...MARKUP];
