import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS, type XMLDecl } from "saxes";
import { attempt, refuse, type Outcome, type SamlReason } from "./reasons.js";
import type { XmlAttribute, XmlElement } from "./xml.js";

/**
 * The first look at a message, before any DOM or signature code: one linear pass that refuses what no genuine
 * identity provider sends. The libraries behind it need quadratic time for wide documents and disagree about
 * comments, entities and CDATA (docs/adr/0004-saml-verification.md), so nothing of the kind reaches them.
 */
export interface XmlLimits {
  readonly elementsMax: number;
  readonly childrenMax: number;
  readonly depthMax: number;
  /** Of one element. */
  readonly attributesMax: number;
  readonly attributesTotalMax: number;
  /** Character and entity references. */
  readonly referencesMax: number;
  /** Metadata files often begin with one. Skipped there, refused in messages. */
  readonly commentsAllowed: boolean;
}

/** A genuine response has about 60 elements; 1,000 groups fit. */
export const RESPONSE_LIMITS: XmlLimits = {
  elementsMax: 3_000,
  childrenMax: 1_000,
  depthMax: 32,
  attributesMax: 64,
  attributesTotalMax: 10_000,
  referencesMax: 5_000,
  commentsAllowed: false,
};

export const METADATA_LIMITS: XmlLimits = {
  elementsMax: 20_000,
  childrenMax: 2_000,
  depthMax: 32,
  attributesMax: 64,
  attributesTotalMax: 40_000,
  referencesMax: 20_000,
  commentsAllowed: true,
};

export const ENCODED_LENGTH_MAX = 192 * 1024;
export const METADATA_LENGTH_MAX = 1024 * 1024;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/**
 * A namespace name is a plain URI. Quotes and blanks in it are read differently by different libraries, and what is not
 * absolute makes some canonicalise to nothing.
 */
const NAMESPACE_NAME = /^[A-Za-z][A-Za-z0-9+.-]{0,30}:[!#-%(-;=?-~]{1,300}$/;
const PREFIX = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/**
 * The XML text in a SAMLResponse form field. Only line breaks are stripped from the base64; any other blank, a
 * missing or superfluous padding and non-zero left-over bits are refused, so one message has one encoding.
 */
export function decodeMessage(encoded: unknown): Outcome<string> {
  return attempt(() => {
    if (typeof encoded !== "string") refuse("NotBase64");
    if (encoded.length > ENCODED_LENGTH_MAX) refuse("MessageTooLarge");
    const base64 = encoded.replace(/[\r\n]/g, "");
    if (base64.length % 4 !== 0 || !BASE64.test(base64)) refuse("NotBase64");
    const bytes = Buffer.from(base64, "base64");
    if (bytes.toString("base64") !== base64) refuse("NotBase64");
    return decodeUtf8(bytes);
  });
}

/** Also ends lines as XML 1.0 §2.11 demands, so that every later stage sees the same characters. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.replace(/\r\n?/g, "\n");
  } catch {
    return refuse("NotUtf8");
  }
}

/** Reads the document into a tree, or says why not. Time is linear in the length of the text. */
export function readXml(xml: string, limits: XmlLimits): Outcome<XmlElement> {
  return attempt(() => scan(xml, limits));
}

interface OpenElement {
  namespace: string;
  name: string;
  attributes: XmlAttribute[];
  children: OpenElement[];
  text: string;
}

function scan(xml: string, limits: XmlLimits): XmlElement {
  // The parser would skip a byte order mark; the libraries behind it see a character before the root.
  if (xml.startsWith("\ufeff")) refuse("TextOutsideRoot");
  if (!limits.commentsAllowed) checkMarkup(xml);
  checkReferences(xml, limits.referencesMax);
  const parser = new SaxesParser({ xmlns: true, position: false });
  const tree = new TreeBuilder(limits);
  parser.on("error", (error) => refuse(reasonOf(error.message)));
  parser.on("xmldecl", checkDeclaration);
  parser.on("doctype", () => refuse("DoctypeRefused"));
  parser.on("processinginstruction", () => refuse("InstructionRefused"));
  parser.on("cdata", () => refuse("CdataRefused"));
  parser.on("comment", () => {
    if (!limits.commentsAllowed) refuse("CommentRefused");
  });
  parser.on("opentagstart", () => tree.start());
  parser.on("attribute", () => tree.countAttribute());
  parser.on("opentag", (tag) => tree.open(tag));
  parser.on("text", (text) => tree.text(text));
  parser.on("closetag", () => tree.close());
  parser.write(xml).close();
  return tree.root ?? refuse("NotWellFormed");
}

/**
 * A `<` is markup wherever it stands, so what begins with `<!` or `<?` can be refused by a search, which is a hundred
 * times faster than the parser is at reading a long comment.
 */
function checkMarkup(xml: string): void {
  const declaration = xml.startsWith("<?xml ") ? "<?xml ".length : 0;
  const found = /<[!?]/g;
  found.lastIndex = declaration;
  const index = found.exec(xml)?.index;
  if (index === undefined) return;
  if (xml.startsWith("<?", index)) refuse("InstructionRefused");
  if (xml.startsWith("<!--", index)) refuse("CommentRefused");
  if (xml.startsWith("<![CDATA[", index)) refuse("CdataRefused");
  refuse(xml.startsWith("<!DOCTYPE", index) ? "DoctypeRefused" : "NotWellFormed");
}

/** The parser needs some microseconds for each reference. */
function checkReferences(xml: string, max: number): void {
  let count = 0;
  for (let index = xml.indexOf("&"); index !== -1; index = xml.indexOf("&", index + 1)) {
    count += 1;
    if (count > max) refuse("TooManyReferences");
  }
}

/** Counts before anything is allocated for the element, so that a hostile document stops the pass early. */
class TreeBuilder {
  root: OpenElement | undefined;
  readonly #limits: XmlLimits;
  readonly #open: OpenElement[] = [];
  #elements = 0;
  #attributes = 0;
  #attributesTotal = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  start(): void {
    this.#elements += 1;
    this.#attributes = 0;
    if (this.#elements > this.#limits.elementsMax) refuse("TooManyElements");
    if (this.#open.length >= this.#limits.depthMax) refuse("TooDeep");
    const siblings = this.#open.at(-1)?.children.length ?? 0;
    if (siblings >= this.#limits.childrenMax) refuse("TooManyChildren");
  }

  countAttribute(): void {
    this.#attributes += 1;
    this.#attributesTotal += 1;
    const { attributesMax, attributesTotalMax } = this.#limits;
    const tooMany = this.#attributes > attributesMax || this.#attributesTotal > attributesTotalMax;
    if (tooMany) refuse("TooManyAttributes");
  }

  open(tag: SaxesTagNS): void {
    const element: OpenElement = {
      namespace: tag.uri,
      name: tag.local,
      attributes: readAttributes(Object.values(tag.attributes)),
      children: [],
      text: "",
    };
    this.#open.at(-1)?.children.push(element);
    this.root ??= element;
    this.#open.push(element);
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }

  close(): void {
    this.#open.pop();
  }
}

function readAttributes(attributes: readonly SaxesAttributeNS[]): XmlAttribute[] {
  const found: XmlAttribute[] = [];
  for (const { name, prefix, local, uri, value } of attributes) {
    if (prefix === "xmlns") checkNamespace(local, value);
    else if (name === "xmlns") checkNamespace("x", value);
    else found.push({ namespace: uri, name: local, value });
  }
  return found;
}

/**
 * xml-crypto writes namespace names into the canonical form without escaping them, and prefixes are keys of plain
 * objects in the libraries behind the guard; so only harmless ones pass.
 */
function checkNamespace(prefix: string, name: string): void {
  if (!PREFIX.test(prefix) || prefix in Object.prototype) refuse("NamespaceRefused");
  if (name !== "" && !NAMESPACE_NAME.test(name)) refuse("NamespaceRefused");
}

function checkDeclaration(declaration: XMLDecl): void {
  if (declaration.version !== "1.0") refuse("EncodingRefused");
  const encoding = declaration.encoding?.toLowerCase() ?? "utf-8";
  if (encoding !== "utf-8") refuse("EncodingRefused");
}

/** The parser's own words; test/saml/guard.test.ts notices when a new version changes them. */
function reasonOf(message: string): SamlReason {
  if (message.startsWith("text data outside of root")) return "TextOutsideRoot";
  if (message.includes("only one root")) return "SeveralRoots";
  if (message.includes("undefined entity") || message.includes("entity name")) {
    return "EntityRefused";
  }
  if (message.includes("doctype")) return "DoctypeRefused";
  if (message.includes("instructions are not allowed")) return "InstructionRefused";
  return "NotWellFormed";
}
