import { SaxesParser } from "saxes";

/** An element with its namespace resolved. Only what the practice IdP reads of requests and metadata. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const ELEMENTS_MAX = 1_000;
const DEPTH_MAX = 24;

/**
 * Reads a small document in one linear pass. DOCTYPE, comments and processing instructions have no place in SAML
 * messages and are refused, so entities cannot grow and text cannot be split.
 * @throws Error when the document is not well-formed or too large.
 */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;

  parser.on("error", (error) => {
    throw error;
  });
  parser.on("doctype", () => refuse("a DOCTYPE"));
  parser.on("cdata", () => refuse("CDATA"));
  parser.on("comment", () => refuse("a comment"));
  parser.on("processinginstruction", () => refuse("a processing instruction"));
  parser.on("opentag", (tag) => {
    count += 1;
    if (count > ELEMENTS_MAX || open.length >= DEPTH_MAX) refuse("too many elements");
    const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, { value }] of Object.entries(tag.attributes)) attributes[name] = value;
    open.push({ name: tag.local, namespace: tag.uri, attributes, children: [], text: "" });
  });
  parser.on("text", (piece) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  });
  parser.on("closetag", () => {
    const element = open.pop();
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else if (element !== undefined) parent.children.push(element);
  });
  parser.write(text).close();
  if (root === undefined) throw new Error("The document has no element.");
  return root;
}

export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => child.namespace === namespace && child.name === name);
}

export function childOf(
  element: XmlElement,
  namespace: string,
  name: string,
): XmlElement | undefined {
  return childrenOf(element, namespace, name)[0];
}

/** All elements of that name, anywhere below. */
export function descendantsOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  const own = childrenOf(element, namespace, name);
  return element.children.reduce(
    (found, child) => found.concat(descendantsOf(child, namespace, name)),
    own,
  );
}

function refuse(what: string): never {
  throw new Error(`The document holds ${what}.`);
}
