import type { JsonObject, JsonValue } from "../plugin.js";
import type { Attribute, ResourceSchema, Selection } from "./attribute.js";
import { findExtension, findName } from "./names.js";
import { invalidValue, isObject } from "./values.js";

/** `attributes` and `excludedAttributes` (RFC 7644 §3.9). They shape the answer and nothing else (case 55). */

export interface Projection {
  readonly mode: "only" | "except";
  readonly selection: Selection;
}

export interface ProjectionQuery {
  readonly attributes?: string | undefined;
  readonly excludedAttributes?: string | undefined;
}

/**
 * Null when the whole resource is wanted. Unknown names are passed over; a value filter, as in emails[type eq "work"],
 * stands for the attribute itself.
 * @throws SeatkeeperError InvalidValue when both parameters are given (RFC 7644 §3.9: mutually exclusive)
 */
export function readProjection(schema: ResourceSchema, query: ProjectionQuery): Projection | null {
  const only = namesIn(query.attributes);
  const except = namesIn(query.excludedAttributes);
  if (only.length > 0 && except.length > 0) {
    throw invalidValue("attributes", "attributes and excludedAttributes cannot be combined.");
  }
  if (only.length > 0) {
    return { mode: "only", selection: add(selectionOf(schema, only), schema.always) };
  }
  if (except.length === 0) {
    return null;
  }
  const selection = without(selectionOf(schema, except), schema.always);
  return { mode: "except", selection: add(selection, schema.withheld) };
}

/** Whether the answer will show the top-level attribute, so that it need not be loaded otherwise (case 19). */
export function isWanted(projection: Projection | null, name: string): boolean {
  if (projection === null) {
    return true;
  }
  const held = projection.selection.get(name);
  return projection.mode === "only" ? held !== undefined : held !== null;
}

/** Whether the client asks for the top-level attribute by name: for what is costly in a list and of interest to few. */
export function isNamed(projection: Projection | null, name: string): boolean {
  return projection?.mode === "only" && projection.selection.has(name);
}

/** What is a column, or made for the answer: to show these, no document has to be read. */
const OUTSIDE_DOCUMENTS: ReadonlySet<string> = new Set([
  "schemas",
  "id",
  "meta",
  "userName",
  "externalId",
  "displayName",
  "active",
  "groups",
  "members",
]);

/** For the store: whether it has to read documents at all. */
export function documentsFor(projection: Projection | null): { documents?: false } {
  const spared =
    projection?.mode === "only" &&
    [...projection.selection.keys()].every((name) => OUTSIDE_DOCUMENTS.has(name));
  return spared ? { documents: false } : {};
}

/** The whole resource -> the part that is asked for. */
export function project(
  schema: ResourceSchema,
  resource: JsonObject,
  projection: Projection | null,
): JsonObject {
  if (projection === null) {
    return schema.withheld === null ? resource : omit(resource, schema.withheld);
  }
  return projection.mode === "only"
    ? pick(resource, projection.selection)
    : omit(resource, projection.selection);
}

type Tree = Map<string, Tree | null>;

function selectionOf(schema: ResourceSchema, names: readonly string[]): Tree {
  const tree: Tree = new Map();
  for (const name of names) {
    const path = attributePath(schema, name);
    if (path !== null) {
      addPath(tree, path);
    }
  }
  return tree;
}

function attributePath(schema: ResourceSchema, name: string): readonly string[] | null {
  const extension = findExtension(schema, name);
  if (extension !== null) {
    return extension.ref.names;
  }
  const found = findName(schema, name.replace(/\[[^[\]]*\]/, ""));
  const attribute: Attribute | null = found === null ? null : (found.sub ?? found.attribute);
  return attribute === null || attribute.returned === "never" ? null : attribute.ref.names;
}

function addPath(tree: Tree, [first, ...rest]: readonly string[]): void {
  if (first === undefined) {
    return;
  }
  const below = tree.get(first);
  if (rest.length === 0 || below === null) {
    tree.set(first, null);
    return;
  }
  const next: Tree = below ?? new Map<string, Tree | null>();
  tree.set(first, next);
  addPath(next, rest);
}

/** The tree with the selection added; parts of what is already whole change nothing. */
function add(tree: Tree, more: Selection | null): Tree {
  for (const [name, parts] of more ?? []) {
    const held = tree.get(name);
    if (parts === null) {
      tree.set(name, null);
    } else if (held !== null) {
      tree.set(name, add(held ?? new Map<string, Tree | null>(), parts));
    }
  }
  return tree;
}

/** The tree without what is always returned. */
function without(tree: Tree, always: Selection): Tree {
  for (const [name, parts] of always) {
    const held = tree.get(name);
    if (parts === null) {
      tree.delete(name);
    } else if (held !== undefined && held !== null) {
      tree.set(name, without(held, parts));
    }
  }
  return tree;
}

/** Commas separate names, but not inside brackets: emails[value eq "a,b"]. */
function namesIn(text: string | undefined): string[] {
  const names: string[] = [];
  let name = "";
  let depth = 0;
  for (const character of text ?? "") {
    depth = depthAfter(depth, character);
    if (character === "," && depth === 0) {
      names.push(name.trim());
      name = "";
    } else {
      name += character;
    }
  }
  names.push(name.trim());
  return names.filter((each) => each !== "");
}

function depthAfter(depth: number, character: string): number {
  if (character === "[") {
    return depth + 1;
  }
  return character === "]" ? Math.max(0, depth - 1) : depth;
}

function pick(resource: JsonObject, selection: Selection): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(resource)) {
    const parts = selection.get(name);
    if (parts === null) {
      result[name] = value;
    } else if (parts !== undefined) {
      keep(
        result,
        name,
        inEach(value, (each) => pick(each, parts)),
      );
    }
  }
  return result;
}

function omit(resource: JsonObject, selection: Selection): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(resource)) {
    const parts = selection.get(name);
    if (parts === undefined) {
      result[name] = value;
    } else if (parts !== null) {
      keep(
        result,
        name,
        inEach(value, (each) => omit(each, parts)),
      );
    }
  }
  return result;
}

function keep(target: JsonObject, name: string, value: JsonValue): void {
  if (!isObject(value) || Object.keys(value).length > 0) {
    target[name] = value;
  }
}

function inEach(value: JsonValue, change: (each: JsonObject) => JsonObject): JsonValue {
  if (Array.isArray(value)) {
    return value
      .map((each) => (isObject(each) ? change(each) : each))
      .filter((each) => !isObject(each) || Object.keys(each).length > 0);
  }
  return isObject(value) ? change(value) : value;
}
