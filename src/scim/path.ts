import type { Filter } from "../ports.js";
import { findAttribute } from "./attribute.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { readElementFilter } from "./filter.js";
import { accept, atEnd, cursorOf, faultAt, found, readWord } from "./filterText.js";
import type { Cursor } from "./filterText.js";
import type { FilterLeniency } from "./filterValue.js";
import { findExtension, findName, isName } from "./names.js";

/** RFC 7644 §3.5.2: what a patch operation points at. */
export interface PatchPath {
  /** The extension that holds the attribute; null for a core attribute. */
  readonly extension: Attribute | null;
  /** Null when the path is an extension's URN alone. */
  readonly attribute: Attribute | null;
  /** The elements of the attribute that are meant. */
  readonly filter: Filter | null;
  readonly sub: Attribute | null;
}

/**
 * Reads `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, each also behind a URN, or the URN of an extension.
 * Null for a well-formed path that names no known attribute.
 * @throws SeatkeeperError InvalidPath; InvalidFilter for a fault between the brackets (RFC 7644 §3.12)
 */
export function parsePath(
  text: string,
  schema: ResourceSchema,
  leniency: FilterLeniency,
): PatchPath | null {
  const direct = findAttribute(schema.attributes, text);
  if (direct !== undefined) {
    return direct.isExtension
      ? { extension: direct, attribute: null, filter: null, sub: null }
      : { extension: null, attribute: direct, filter: null, sub: null };
  }
  return readPath(cursorOf(text, "InvalidPath"), schema, leniency);
}

function readPath(
  cursor: Cursor,
  schema: ResourceSchema,
  leniency: FilterLeniency,
): PatchPath | null {
  const name = readWord(cursor);
  if (!isName(name)) {
    throw faultAt(cursor, "it must begin with the name of an attribute", 0);
  }
  if (atEnd(cursor)) {
    return named(schema, name);
  }
  if (!accept(cursor, "[")) {
    throw faultAt(cursor, `"[" or the end was expected, not ${found(cursor)}`);
  }
  const owner = findName(schema, name);
  if (owner === null || owner.sub !== null) {
    return null;
  }
  if (!owner.attribute.multiValued || owner.attribute.subAttributes === null) {
    throw faultAt(cursor, `${owner.attribute.path} has no elements to choose from`, name.length);
  }
  const filter = readBrackets(cursor, schema, owner.attribute, leniency);
  const sub = readSub(cursor, owner.attribute);
  return sub === undefined ? null : { ...owner, filter, sub };
}

function named(schema: ResourceSchema, name: string): PatchPath | null {
  const extension = findExtension(schema, name);
  if (extension !== null) {
    return { extension, attribute: null, filter: null, sub: null };
  }
  const owner = findName(schema, name);
  return owner === null ? null : { ...owner, filter: null };
}

function readBrackets(
  cursor: Cursor,
  schema: ResourceSchema,
  attribute: Attribute,
  leniency: FilterLeniency,
): Filter {
  cursor.fault = "InvalidFilter";
  const filter = readElementFilter(cursor, schema, attribute, leniency);
  cursor.fault = "InvalidPath";
  return filter;
}

/** Null when the path ends behind the brackets; undefined for a sub-attribute that does not exist. */
function readSub(cursor: Cursor, attribute: Attribute): Attribute | null | undefined {
  if (atEnd(cursor)) {
    return null;
  }
  if (!accept(cursor, ".")) {
    throw faultAt(cursor, `"." or the end was expected, not ${found(cursor)}`);
  }
  const name = readWord(cursor);
  if (!isName(name) || !atEnd(cursor)) {
    throw faultAt(cursor, `the name of a sub-attribute was expected, not ${found(cursor)}`);
  }
  return findAttribute(attribute.subAttributes ?? new Map(), name);
}
