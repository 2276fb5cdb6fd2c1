import { findAttribute } from "./attribute.js";
import type { Attribute, AttributeTable, ResourceSchema } from "./attribute.js";

/** Attribute names as clients write them -> attributes of the schema (RFC 7644 §3.10). */

export interface FoundName {
  /** The extension that holds the attribute; null for a core attribute. */
  readonly extension: Attribute | null;
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

const NAME = /^[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?$/;
const URN = /^urn:[\w.:$-]+$/i;

/** Whether the text has the form of an attribute name, known or not. */
export function isName(text: string): boolean {
  return NAME.test(text) || URN.test(text);
}

/** `attr`, `attr.sub`, `urn:...:attr` or `urn:...:attr.sub`; also an extension's attribute without its URN (case 9). */
export function findName(schema: ResourceSchema, text: string): FoundName | null {
  if (text.length > 4 && text.slice(0, 4).toLowerCase() === "urn:") {
    return findQualified(schema, text);
  }
  const core = findIn(schema.attributes, text, null);
  if (core !== null) {
    return core;
  }
  for (const extension of schema.extensions) {
    const found = findIn(tableOf(extension), text, extension);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/** A name that begins with the URN of the core schema or of an extension; the bare URN is not a name. */
export function findQualified(schema: ResourceSchema, text: string): FoundName | null {
  const core = restAfter(schema.id, text);
  if (core !== null) {
    return findIn(schema.attributes, core, null);
  }
  for (const extension of schema.extensions) {
    const rest = restAfter(extension.name, text);
    if (rest !== null) {
      return findIn(tableOf(extension), rest, extension);
    }
  }
  return null;
}

/** The extension whose URN this is, letter case ignored. */
export function findExtension(schema: ResourceSchema, text: string): Attribute | null {
  const found = findAttribute(schema.attributes, text);
  return found?.isExtension === true ? found : null;
}

function tableOf(extension: Attribute): AttributeTable {
  return extension.subAttributes ?? new Map();
}

function restAfter(urn: string, text: string): string | null {
  const begins = text.length > urn.length + 1 && text[urn.length] === ":";
  return begins && text.slice(0, urn.length).toLowerCase() === urn.toLowerCase()
    ? text.slice(urn.length + 1)
    : null;
}

function findIn(
  table: AttributeTable,
  text: string,
  extension: Attribute | null,
): FoundName | null {
  const dot = text.indexOf(".");
  const attribute = findAttribute(table, dot === -1 ? text : text.slice(0, dot));
  if (attribute === undefined || attribute.isExtension) {
    return null;
  }
  if (dot === -1) {
    return { extension, attribute, sub: null };
  }
  const sub = findAttribute(attribute.subAttributes ?? new Map(), text.slice(dot + 1));
  return sub === undefined ? null : { extension, attribute, sub };
}
