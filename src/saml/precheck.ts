import { createHash, verify, X509Certificate, type KeyObject } from "node:crypto";
import { DOMParser } from "@xmldom/xmldom";
import { ExclusiveCanonicalization } from "xml-crypto";
import { NAMESPACES } from "./xml.js";

/**
 * A look at the signatures that can only refuse. The libraries behind it search the document before they look at a
 * signature's value, in quadratic time for wide documents: whoever has no key could keep the threads busy with what nobody
 * signed. Here the values come first and then the digests, both in linear time. What passes is verified as if this did not
 * exist.
 */
export function isSurelyForged(xml: string, certificates: readonly string[]): boolean {
  const root = new DOMParser().parseFromString(xml, "text/xml").documentElement;
  const keys = certificates.map(publicKeyOf);
  const signed = [root, ...childrenNamed(root, NAMESPACES.assertion, "Assertion")].flatMap(partsOf);
  if (signed.some((parts) => !isSignedByOne(parts, keys))) return true;
  // The Response first: its digest covers the assertion's signature, which the digest of that leaves out.
  return signed.some((parts) => !hasDigest(parts));
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "sha256"],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "sha512"],
  ["http://www.w3.org/2001/04/xmlenc#sha256", "sha256"],
  ["http://www.w3.org/2001/04/xmlenc#sha512", "sha512"],
]);

interface Parts {
  readonly owner: Element;
  readonly signature: Element;
  readonly signedInfo: Element;
  readonly value: string;
}

/** The form of each has been checked (algorithms.ts); what is not of it, is left to the verification. */
function partsOf(owner: Element): Parts[] {
  return childrenNamed(owner, NAMESPACES.signature, "Signature").flatMap((signature) => {
    const [signedInfo] = childrenNamed(signature, NAMESPACES.signature, "SignedInfo");
    const [value] = childrenNamed(signature, NAMESPACES.signature, "SignatureValue");
    return signedInfo === undefined
      ? []
      : [{ owner, signature, signedInfo, value: value?.textContent ?? "" }];
  });
}

function isSignedByOne({ signedInfo, value }: Parts, keys: readonly KeyObject[]): boolean {
  const hash = HASHES.get(algorithmOf(signedInfo, "SignatureMethod"));
  if (hash === undefined) return true;
  const bytes = Buffer.from(canonical(signedInfo));
  const signature = Buffer.from(value, "base64");
  return keys.some((key) => verify(hash, bytes, key, signature));
}

/** Takes the signature out of its place, as the first transform does. */
function hasDigest({ owner, signature, signedInfo }: Parts): boolean {
  const [reference] = childrenNamed(signedInfo, NAMESPACES.signature, "Reference");
  const hash = reference && HASHES.get(algorithmOf(reference, "DigestMethod"));
  if (reference === undefined || hash === undefined) return true;
  const [value] = childrenNamed(reference, NAMESPACES.signature, "DigestValue");
  const prefixes = prefixListOf(reference);
  owner.removeChild(signature);
  const digest = createHash(hash).update(canonical(owner, prefixes)).digest();
  return digest.equals(Buffer.from(value?.textContent ?? "", "base64"));
}

/** Prefixes that the second transform renders wherever they are declared (exclusive canonicalisation §3). */
function prefixListOf(reference: Element): string[] {
  const [transforms] = childrenNamed(reference, NAMESPACES.signature, "Transforms");
  const list = transforms?.getElementsByTagNameNS(EXCLUSIVE, "InclusiveNamespaces").item(0);
  return list?.getAttribute("PrefixList")?.split(" ") ?? [];
}

const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

function canonical(element: Element, inclusiveNamespacesPrefixList: string[] = []): string {
  const ancestorNamespaces = namespacesAbove(element);
  const options = { ancestorNamespaces, inclusiveNamespacesPrefixList };
  return new ExclusiveCanonicalization().process(element, options);
}

interface Declared {
  readonly prefix: string;
  readonly namespaceURI: string;
}

/** What is declared around the element; the nearest declaration of a prefix counts. */
function namespacesAbove(element: Element): Declared[] {
  const found = new Map<string, Declared>();
  for (let node = element.parentNode; node?.nodeType === 1; node = node.parentNode) {
    const { attributes } = node as Element;
    for (let index = 0; index < attributes.length; index += 1) {
      const attribute = attributes.item(index);
      if (attribute?.prefix !== "xmlns" || found.has(attribute.localName)) continue;
      const { localName: prefix, value: namespaceURI } = attribute;
      found.set(prefix, { prefix, namespaceURI });
    }
  }
  return [...found.values()];
}

function algorithmOf(parent: Element, name: string): string {
  const [element] = childrenNamed(parent, NAMESPACES.signature, name);
  return element?.getAttribute("Algorithm") ?? "";
}

function childrenNamed(parent: Element, namespace: string, name: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    const element = node as Element;
    if (node.nodeType !== 1 || element.localName !== name) continue;
    if (element.namespaceURI === namespace) found.push(element);
  }
  return found;
}

/** Parsing a certificate costs a hundred times as much as using its key. */
const publicKeys = new Map<string, KeyObject>();
const PUBLIC_KEYS_MAX = 256;

function publicKeyOf(pem: string): KeyObject {
  const known = publicKeys.get(pem);
  if (known !== undefined) return known;
  const key = new X509Certificate(pem).publicKey;
  if (publicKeys.size >= PUBLIC_KEYS_MAX) publicKeys.clear();
  publicKeys.set(pem, key);
  return key;
}
