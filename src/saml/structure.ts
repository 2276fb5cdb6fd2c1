import { refuse } from "./reasons.js";
import { NAMESPACES, attributeOf, childNamed, isNamed, walk, type XmlElement } from "./xml.js";

/**
 * The closed shape of a response: every element that may occur, where, and how often. What is not listed is refused,
 * so there is no corner of the document in which a second assertion or signature could hide (signature wrapping,
 * docs/attacks.md N-20 to N-34). Read twice: over the unverified document to refuse early, and over the signed bytes.
 */
interface Content {
  /** Child name -> how many of it at most. */
  readonly children: Readonly<Record<string, number>>;
  /** Text other than blanks is expected. */
  readonly text?: boolean;
  /** The content is checked elsewhere (signatures, encryption) or may be anything harmless (attribute values). */
  readonly open?: "checkedElsewhere" | "harmless";
}

const MANY = Number.POSITIVE_INFINITY;
const TEXT: Content = { children: {}, text: true };

// prettier-ignore
const CONTENT: Readonly<Record<string, Content>> = {
  "samlp:Response":       { children: { "saml:Issuer": 1, "ds:Signature": 1, "samlp:Status": 1, "saml:Assertion": 1, "saml:EncryptedAssertion": 1 } },
  "samlp:LogoutRequest":  { children: { "saml:Issuer": 1, "ds:Signature": 1, "saml:NameID": 1, "samlp:SessionIndex": MANY } },
  "samlp:LogoutResponse": { children: { "saml:Issuer": 1, "ds:Signature": 1, "samlp:Status": 1 } },
  "samlp:SessionIndex":   TEXT,
  "samlp:Status":         { children: { "samlp:StatusCode": 1, "samlp:StatusMessage": 1, "samlp:StatusDetail": 1 } },
  "samlp:StatusCode":     { children: { "samlp:StatusCode": 1 } },
  "samlp:StatusMessage":  TEXT,
  "samlp:StatusDetail":   { children: {}, text: true, open: "harmless" },
  "saml:EncryptedAssertion": { children: { "xenc:EncryptedData": 1, "xenc:EncryptedKey": 1 } },
  "saml:Assertion":       { children: { "saml:Issuer": 1, "ds:Signature": 1, "saml:Subject": 1, "saml:Conditions": 1, "saml:AuthnStatement": 1, "saml:AttributeStatement": MANY } },
  "saml:Issuer":          TEXT,
  "saml:Subject":         { children: { "saml:NameID": 1, "saml:SubjectConfirmation": 1 } },
  "saml:NameID":          TEXT,
  "saml:SubjectConfirmation":     { children: { "saml:SubjectConfirmationData": 1 } },
  "saml:SubjectConfirmationData": { children: {} },
  "saml:Conditions":      { children: { "saml:AudienceRestriction": MANY, "saml:OneTimeUse": 1, "saml:ProxyRestriction": 1 } },
  "saml:AudienceRestriction": { children: { "saml:Audience": MANY } },
  "saml:ProxyRestriction":    { children: { "saml:Audience": MANY } },
  "saml:OneTimeUse":      { children: {} },
  "saml:Audience":        TEXT,
  "saml:AuthnStatement":  { children: { "saml:SubjectLocality": 1, "saml:AuthnContext": 1 } },
  "saml:SubjectLocality": { children: {} },
  "saml:AuthnContext":    { children: { "saml:AuthnContextClassRef": 1, "saml:AuthnContextDeclRef": 1, "saml:AuthenticatingAuthority": MANY } },
  "saml:AuthnContextClassRef":    TEXT,
  "saml:AuthnContextDeclRef":     TEXT,
  "saml:AuthenticatingAuthority": TEXT,
  "saml:AttributeStatement": { children: { "saml:Attribute": MANY } },
  "saml:Attribute":       { children: { "saml:AttributeValue": MANY } },
  "saml:AttributeValue":  { children: {}, text: true, open: "harmless" },
  "ds:Signature":         { children: {}, open: "checkedElsewhere" },
  "xenc:EncryptedData":   { children: {}, open: "checkedElsewhere" },
  "xenc:EncryptedKey":    { children: {}, open: "checkedElsewhere" },
};

const PREFIXES = new Map<string, string>([
  [NAMESPACES.protocol, "samlp"],
  [NAMESPACES.assertion, "saml"],
  [NAMESPACES.signature, "ds"],
  [NAMESPACES.encryption, "xenc"],
]);

/** Names that some library looks for without regard to the namespace; nowhere but in their own place. */
const RESERVED_NAMES = new Set(
  (
    "Response Assertion EncryptedAssertion Signature SignedInfo SignatureValue SignatureMethod Object Reference " +
    "CanonicalizationMethod Transforms Transform DigestMethod DigestValue KeyInfo EncryptedData EncryptedKey"
  ).split(" "),
);

const ID = /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/;
const STATUS_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

/** Refuses a document that is not a successful response of the closed shape with exactly one assertion. */
export function checkResponseShape(root: XmlElement): void {
  if (!isNamed(root, "protocol", "Response")) refuse("NotAResponse", nameOf(root));
  checkIds(root);
  checkSuccess(root);
  checkAssertionCount(root);
  checkContent(root);
}

/** The same for an assertion that stands alone: decrypted, or the signed bytes. */
export function checkAssertionShape(root: XmlElement): void {
  if (!isNamed(root, "assertion", "Assertion")) refuse("AssertionMissing", nameOf(root));
  checkIds(root);
  checkAssertionCount(root);
  checkContent(root);
}

/** A logout message, in either direction. */
export function checkLogoutShape(root: XmlElement, name: "LogoutRequest" | "LogoutResponse"): void {
  if (!isNamed(root, "protocol", name)) refuse("NotALogoutMessage", nameOf(root));
  checkIds(root);
  checkContent(root);
}
/** How the specifications write the attribute; elsewhere any one of the three ways. */
const ID_NAMES: ReadonlyMap<string, string> = new Map([
  [NAMESPACES.protocol, "ID"],
  [NAMESPACES.assertion, "ID"],
  [NAMESPACES.signature, "Id"],
  [NAMESPACES.encryption, "Id"],
]);

/**
 * xml-crypto looks for the attributes ID, Id and id in any namespace, so all of them share one set of values here, no
 * element has two of them, and ones with a prefix (xml:id, wsu:Id) are refused.
 */
function checkIds(root: XmlElement): void {
  const seen = new Set<string>();
  for (const element of walk(root)) {
    const [own, ...others] = element.attributes.filter(({ name }) => name.toLowerCase() === "id");
    if (own === undefined) continue;
    const { namespace, name, value } = own;
    const isWritten = name === (ID_NAMES.get(element.namespace) ?? name);
    if (others.length > 0 || namespace !== "" || !isWritten || !ID.test(value)) {
      refuse("IdMalformed", nameOf(element));
    }
    if (seen.has(value)) refuse("DuplicateId", nameOf(element));
    seen.add(value);
  }
}

/** SAML core §3.2.2.1. A response that reports a failure is never looked into, whatever it holds (N-67). */
function checkSuccess(response: XmlElement): void {
  const status = childNamed(response, "protocol", "Status");
  const code = status && childNamed(status, "protocol", "StatusCode");
  const value = code && attributeOf(code, "Value");
  if (value === STATUS_SUCCESS) return;
  const inner = code && childNamed(code, "protocol", "StatusCode");
  refuse("StatusNotSuccess", [value, inner && attributeOf(inner, "Value")].map(lastPart).join(" "));
}

function lastPart(status: string | undefined): string {
  const name = status?.split(":").at(-1) ?? "";
  return /^[A-Za-z]{1,40}$/.test(name) ? name : "unknown";
}

/** Counts by local name alone: an "Assertion" of another namespace is a decoy (N-30). */
function checkAssertionCount(root: XmlElement): void {
  let count = 0;
  for (const { name } of walk(root)) {
    if (name === "Assertion" || name === "EncryptedAssertion") count += 1;
  }
  if (count === 0) refuse("AssertionMissing");
  if (count > 1) refuse("SeveralAssertions");
}

function checkContent(root: XmlElement): void {
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    const content = CONTENT[nameOf(element)] ?? refuse("UnexpectedElement", nameOf(element));
    if (content.text !== true && element.text.trim() !== "") {
      refuse("UnexpectedText", nameOf(element));
    }
    if (content.open === "checkedElsewhere") continue;
    if (content.open === "harmless") checkHarmless(element);
    else waiting.push(...checkChildren(element, content));
  }
}

function checkChildren(element: XmlElement, content: Content): readonly XmlElement[] {
  const counts = new Map<string, number>();
  for (const child of element.children) {
    const name = nameOf(child);
    const count = (counts.get(name) ?? 0) + 1;
    if (count > (content.children[name] ?? 0)) {
      refuse("UnexpectedElement", `${name} in ${nameOf(element)}`);
    }
    counts.set(name, count);
  }
  return element.children;
}

/**
 * Attribute values may hold foreign XML (an eduPersonTargetedID holds a NameID). It is never read, but it must not
 * hold anything that a signature library would find.
 */
function checkHarmless(element: XmlElement): void {
  for (const inner of walk(element)) {
    if (inner === element) continue;
    const known = PREFIXES.has(inner.namespace) && !isNamed(inner, "assertion", "NameID");
    if (known || RESERVED_NAMES.has(inner.name)) {
      refuse("UnexpectedElement", `${nameOf(inner)} in ${nameOf(element)}`);
    }
  }
}

/** With the usual prefix, whatever prefix the message uses. */
export function nameOf(element: XmlElement): string {
  return `${PREFIXES.get(element.namespace) ?? "other"}:${element.name}`;
}
