import { refuse } from "./reasons.js";
import { nameOf } from "./structure.js";
import { NAMESPACES, attributeOf, childNamed, isNamed, walk, type XmlElement } from "./xml.js";

/**
 * What a signature may look like, checked before the verifier runs. The verifier itself still accepts SHA-1, a
 * missing canonicalisation, further transforms and references by any name (docs/attacks.md N-08, N-09, N-16 to N-19).
 *
 * SHA-384 and ECDSA are not on the list because xml-crypto 6 cannot verify them. Beside each algorithm stands its name for
 * node:crypto.
 */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "RSA-SHA256"],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "RSA-SHA512"],
]);

const DIGEST_ALGORITHMS = new Set([
  "http://www.w3.org/2001/04/xmlenc#sha256",
  "http://www.w3.org/2001/04/xmlenc#sha512",
]);

/** Without comments. */
const EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

const BASE64_TEXT = /^[A-Za-z0-9+/=\s]+$/;

/** KeyInfo is not used, as the keys are pinned; but it may hold nothing except descriptions of keys. */
const KEY_INFO_NAMES = new Set(
  (
    "KeyInfo KeyName KeyValue RSAKeyValue Modulus Exponent X509Data X509Certificate X509SubjectName " +
    "X509IssuerSerial X509IssuerName X509SerialNumber X509SKI"
  ).split(" "),
);

/** The signature of `parent`, checked, or undefined when it has none. */
export function findSignature(parent: XmlElement): XmlElement | undefined {
  const signature = childNamed(parent, "signature", "Signature");
  if (signature !== undefined) checkSignature(signature, parent);
  return signature;
}

function checkSignature(signature: XmlElement, parent: XmlElement): void {
  checkAttributes(signature);
  const [signedInfo, value, keyInfo] = exactly(
    signature,
    ["SignedInfo", "SignatureValue"],
    "KeyInfo",
  );
  checkSignedInfo(signedInfo, parent);
  checkBase64(value);
  if (keyInfo !== undefined) checkKeyInfo(keyInfo);
}

/**
 * XML Signature has no attributes with a prefix. xml-crypto takes the first "Algorithm" or "URI" of any namespace, so one with
 * a prefix would be read there instead of the one that is checked here.
 */
function checkAttributes(signature: XmlElement): void {
  for (const element of walk(signature)) {
    const odd = element.attributes.find(({ namespace }) => namespace !== "");
    if (odd !== undefined) refuse("SignatureMalformed", `${odd.name} in ${nameOf(element)}`);
  }
}

function checkSignedInfo(signedInfo: XmlElement, parent: XmlElement): void {
  const references = signedInfo.children.filter((child) =>
    isNamed(child, "signature", "Reference"),
  );
  if (references.length !== 1) refuse("ReferenceRefused", `${references.length} references`);
  const [canonicalization, method, reference] = exactly(signedInfo, [
    "CanonicalizationMethod",
    "SignatureMethod",
    "Reference",
  ]);
  if (algorithmOf(canonicalization) !== EXCLUSIVE_C14N) {
    refuse("CanonicalizationAlgorithm", algorithmOf(canonicalization));
  }
  checkPrefixList(canonicalization, "CanonicalizationAlgorithm");
  if (!SIGNATURE_ALGORITHMS.has(algorithmOf(method))) {
    refuse("SignatureAlgorithm", algorithmOf(method));
  }
  exactly(method, []);
  checkReference(reference, parent);
}

function checkReference(reference: XmlElement, parent: XmlElement): void {
  const id = attributeOf(parent, "ID");
  if (id === undefined) refuse("IdMalformed", nameOf(parent));
  if (attributeOf(reference, "URI") !== `#${id}`) refuse("ReferenceRefused", "URI");
  const [transforms, method, value] = exactly(reference, [
    "Transforms",
    "DigestMethod",
    "DigestValue",
  ]);
  checkTransforms(transforms);
  if (!DIGEST_ALGORITHMS.has(algorithmOf(method))) refuse("DigestAlgorithm", algorithmOf(method));
  exactly(method, []);
  checkBase64(value);
}

/** Exactly these two in this order; anything else could change what was signed (SAML core §5.4.4). */
function checkTransforms(transforms: XmlElement): void {
  const algorithms = transforms.children.map(algorithmOf).join(" ");
  if (algorithms !== `${ENVELOPED_SIGNATURE} ${EXCLUSIVE_C14N}`) {
    refuse("TransformRefused", algorithms);
  }
  const [enveloped, canonical] = exactly(transforms, ["Transform", "Transform"]);
  exactly(enveloped, []);
  checkPrefixList(canonical, "TransformRefused");
}

function checkPrefixList(
  element: XmlElement,
  reason: "CanonicalizationAlgorithm" | "TransformRefused",
): void {
  const [list, ...others] = element.children;
  if (list === undefined) return;
  const isList = list.name === "InclusiveNamespaces" && list.namespace === EXCLUSIVE_C14N;
  if (!isList || others.length > 0 || list.children.length > 0) refuse(reason, nameOf(list));
}

function checkKeyInfo(keyInfo: XmlElement): void {
  for (const { namespace, name } of walk(keyInfo)) {
    if (namespace !== NAMESPACES.signature || !KEY_INFO_NAMES.has(name)) {
      refuse("SignatureMalformed", `${name} in KeyInfo`);
    }
  }
}

function checkBase64(element: XmlElement): void {
  if (element.children.length > 0 || !BASE64_TEXT.test(element.text)) {
    refuse("SignatureMalformed", nameOf(element));
  }
}

function algorithmOf(element: XmlElement): string {
  return attributeOf(element, "Algorithm") ?? "none";
}

type Elements<T extends readonly string[]> = { [K in keyof T]: XmlElement };

/** The children, which must be these XML Signature elements in this order, and then perhaps the optional one. */
function exactly<const T extends readonly string[]>(
  element: XmlElement,
  names: T,
  optional?: string,
): [...Elements<T>, XmlElement | undefined] {
  const { children } = element;
  const expected =
    children.length > names.length && optional !== undefined ? [...names, optional] : names;
  const fits =
    children.length === expected.length &&
    children.every((child, index) => isNamed(child, "signature", expected[index] ?? ""));
  if (!fits) {
    refuse(
      "SignatureMalformed",
      `${nameOf(element)}: ${children.map((child) => child.name).join(" ")}`,
    );
  }
  return [...children] as [...Elements<T>, XmlElement | undefined];
}
