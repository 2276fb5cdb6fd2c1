import { DOMParser, XMLSerializer } from "@xmldom/xmldom";

/**
 * Signature wrapping: documents whose signature is good, and which offer another assertion beside the signed one. The
 * shapes XSW1 to XSW8 are those of SAML Raider, written anew from their description.
 */
export type Wrapping = (xml: string) => string;

const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";
const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";

// prettier-ignore
export const WRAPPINGS: readonly (readonly [title: string, wrap: Wrapping])[] = [
  ["N-20 XSW1 original response inside the evil one's signature", withDocument((document) => {
    const { evil, original } = twoResponses(document);
    signatureOf(evil).appendChild(original);
  })],
  ["N-21 XSW2 original response before the signature", withDocument((document) => {
    const { evil, original } = twoResponses(document);
    evil.insertBefore(original, ownSignature(evil) ?? evil.firstChild);
  })],
  ["N-22 XSW3 evil assertion before the original", withDocument((document) => {
    const { evil, original } = twoAssertions(document);
    original.parentNode?.insertBefore(evil, original);
  })],
  ["N-23 XSW4 original assertion inside the evil one", withDocument((document) => {
    const { evil, original } = twoAssertions(document);
    original.parentNode?.replaceChild(evil, original);
    evil.appendChild(original);
  })],
  ["N-24 XSW5 signed copy changed, original at the end", withDocument((document) => {
    const { evil: copy, original } = twoAssertions(document, { keepSignature: true });
    original.parentNode?.insertBefore(copy, original);
    removeSignature(original);
    document.documentElement.appendChild(original);
  })],
  ["N-25 XSW6 original inside the signature of the changed copy", withDocument((document) => {
    const { evil: copy, original } = twoAssertions(document, { keepSignature: true });
    original.parentNode?.replaceChild(copy, original);
    removeSignature(original);
    signatureOf(copy, document.documentElement).appendChild(original);
  })],
  ["N-26 XSW7 evil assertion in Extensions", withDocument((document) => {
    const { evil, original } = twoAssertions(document);
    const extensions = document.createElementNS(PROTOCOL, "samlp:Extensions");
    extensions.appendChild(evil);
    original.parentNode?.insertBefore(extensions, original);
  })],
  ["N-27 XSW8 original inside an Object of the changed copy's signature", withDocument((document) => {
    const { evil: copy, original } = twoAssertions(document, { keepSignature: true });
    original.parentNode?.replaceChild(copy, original);
    removeSignature(original);
    const object = document.createElementNS(SIGNATURE, "ds:Object");
    object.appendChild(original);
    signatureOf(copy, document.documentElement).appendChild(object);
  })],
  ["N-28 evil assertion with the same ID", withDocument((document) => {
    const { evil, original } = twoAssertions(document);
    evil.setAttribute("ID", original.getAttribute("ID") ?? "");
    original.parentNode?.insertBefore(evil, original);
  })],
  ["N-30 evil assertion of another namespace first", (xml) =>
    xml.replace("<saml:Assertion", `<x:Assertion xmlns:x="urn:x" ID="_evil"/><saml:Assertion`)],
  ["N-31 a response around the response", (xml) =>
    `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="_evil" Version="2.0"><samlp:Status><samlp:StatusCode Value=` +
    `"urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${xml}</samlp:Response>`],
  ["N-32 an EncryptedAssertion beside the plain one", (xml) =>
    xml.replace("</samlp:Response>", "<saml:EncryptedAssertion/></samlp:Response>")],
  ["N-34 signed content grafted into an attribute value", (xml) => {
    const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? "";
    const evil = unsigned(assertion).replaceAll("alice", "mallory").replace("_assertion1", "_evil");
    const graft = evil.replace("</saml:AttributeValue>", `${assertion}</saml:AttributeValue>`);
    return xml.replace(assertion, graft);
  }],
  ["N-34 the signature grafted onto an evil assertion", (xml) => xml.replaceAll("alice", "mallory")],
  ["an evil assertion in Advice", (xml) => {
    const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? "";
    const evil = unsigned(assertion).replace("_assertion1", "_evil");
    return xml.replace("<saml:Subject>", `<saml:Advice>${evil}</saml:Advice><saml:Subject>`);
  }],
  ["an evil assertion in StatusDetail", (xml) => {
    const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)?.[0] ?? "";
    const evil = unsigned(assertion).replace("_assertion1", "_evil");
    return xml.replace("</samlp:Status>", `<samlp:StatusDetail>${evil}</samlp:StatusDetail></samlp:Status>`);
  }],
  ["an ID in another namespace", (xml) =>
    xml.replace("<saml:Subject>", `<saml:Subject xmlns:w="urn:w" w:Id="_assertion1">`)],
  ["an ID in other letters", (xml) => xml.replace("<saml:Subject>", `<saml:Subject id="_assertion1">`)],
];

function withDocument(change: (document: Document) => void): Wrapping {
  return (xml) => {
    const document = new DOMParser().parseFromString(xml, "text/xml");
    change(document);
    return new XMLSerializer().serializeToString(document);
  };
}

/** The root becomes evil; the original is a copy of it as it was. */
function twoResponses(document: Document): { evil: Element; original: Node } {
  const evil = document.documentElement;
  const original = evil.cloneNode(true);
  if (isElement(original)) removeSignature(original);
  evil.setAttribute("ID", "_evil");
  setNameId(evil);
  return { evil, original };
}

function twoAssertions(
  document: Document,
  { keepSignature = false } = {},
): { evil: Element; original: Element } {
  const original = document.getElementsByTagNameNS(ASSERTION, "Assertion").item(0);
  const evil = original?.cloneNode(true);
  if (original === null || !isElement(evil)) throw new Error("no assertion");
  if (!keepSignature) {
    removeSignature(evil);
    evil.setAttribute("ID", "_evil");
  }
  setNameId(evil);
  return { evil, original };
}

function setNameId(element: Element): void {
  const nameId = element.getElementsByTagNameNS(ASSERTION, "NameID").item(0);
  if (nameId !== null) nameId.textContent = "mallory";
}

function signatureOf(element: Element, otherwise: Element = element): Element {
  const own = ownSignature(element) ?? ownSignature(otherwise);
  const any = element.ownerDocument.getElementsByTagNameNS(SIGNATURE, "Signature").item(0);
  const found = own ?? any;
  if (found === null) throw new Error("no signature");
  return found;
}

function ownSignature(element: Element): Element | undefined {
  const all = element.getElementsByTagNameNS(SIGNATURE, "Signature");
  for (let index = 0; index < all.length; index += 1) {
    const item = all.item(index);
    if (item?.parentNode === element) return item;
  }
  return undefined;
}

function removeSignature(element: Element): void {
  const own = ownSignature(element);
  if (own !== undefined) element.removeChild(own);
}

function isElement(node: Node | undefined): node is Element {
  return node?.nodeType === 1;
}

function unsigned(assertion: string): string {
  return assertion.replace(/<ds:Signature.*?<\/ds:Signature>/s, "");
}
