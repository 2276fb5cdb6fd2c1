/**
 * A plain tree of an XML document that has passed the guard. No comments, no CDATA, no entities: only elements,
 * attributes and text, so there is one way to read it.
 */
export interface XmlAttribute {
  /** Empty for an attribute without prefix. */
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The element's own text, all pieces together. */
  readonly text: string;
}

export const NAMESPACES = {
  protocol: "urn:oasis:names:tc:SAML:2.0:protocol",
  assertion: "urn:oasis:names:tc:SAML:2.0:assertion",
  metadata: "urn:oasis:names:tc:SAML:2.0:metadata",
  signature: "http://www.w3.org/2000/09/xmldsig#",
  encryption: "http://www.w3.org/2001/04/xmlenc#",
  encryption11: "http://www.w3.org/2009/xmlenc11#",
  schemaInstance: "http://www.w3.org/2001/XMLSchema-instance",
} as const;

export type Namespace = keyof typeof NAMESPACES;

/** Only attributes without prefix: SAML and XML Signature define no others on their elements. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((item) => item.namespace === "" && item.name === name)?.value;
}

export function isNamed(element: XmlElement, namespace: Namespace, name: string): boolean {
  return element.name === name && element.namespace === NAMESPACES[namespace];
}

export function childrenNamed(
  element: XmlElement,
  namespace: Namespace,
  name: string,
): readonly XmlElement[] {
  return element.children.filter((child) => isNamed(child, namespace, name));
}

/** The first child of that name. Callers have made sure that there is at most one. */
export function childNamed(
  element: XmlElement,
  namespace: Namespace,
  name: string,
): XmlElement | undefined {
  return element.children.find((child) => isNamed(child, namespace, name));
}

/** The element and everything below it, in document order. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* walk(child);
}
