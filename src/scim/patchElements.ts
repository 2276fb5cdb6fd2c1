import { foldName } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { Filter } from "../ports.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { Attribute } from "./attribute.js";
import { matches } from "./matches.js";
import { noteTaken } from "./leniency.js";
import { changeMember, inShape, isClearing } from "./patchValue.js";
import type { Change } from "./patchValue.js";
import { readValue, refuseLongList, refuseSecondPrimary } from "./readResource.js";
import type { ReadContext } from "./readResource.js";
import { canonicalJson, invalidValue, isObject } from "./values.js";

/** Changes of multi-valued attributes: as a whole, by value, and by a filter in the path. */

export interface ElementTarget {
  readonly filter: Filter;
  readonly sub: Attribute | null;
}

/** `attr[filter]` and `attr[filter].sub`. */
export function changeElements(
  attribute: Attribute,
  list: readonly JsonValue[],
  target: ElementTarget,
  change: Change,
  context: ReadContext,
): JsonValue | undefined {
  const isMatched = list.map((each) => matches(target.filter, each));
  if (!isMatched.includes(true)) {
    return changeMissing(attribute, list, target, change, context);
  }
  const touched = new Set<JsonValue>();
  const changed = list.flatMap((each, index) => {
    if (isMatched[index] !== true || !isObject(each)) {
      return [each];
    }
    const after = changeElement(attribute, each, target, change, context);
    if (after === undefined) {
      return [];
    }
    touched.add(after);
    return [after];
  });
  return settlePrimary(attribute, changed, touched);
}

function changeElement(
  attribute: Attribute,
  element: JsonObject,
  { filter, sub }: ElementTarget,
  change: Change,
  context: ReadContext,
): JsonObject | undefined {
  if (sub !== null) {
    return changeMember(element, sub, change, context);
  }
  if (change.op === "remove" || isClearing(change, context)) {
    return undefined;
  }
  const given = readElement(attribute, change.value ?? null, context);
  // What the path says of the element stays true of its replacement, unless the value says otherwise.
  return change.op === "add" ? { ...element, ...given } : { ...impliedBy(filter), ...given };
}

/** No element fits: RFC 7644 §3.5.2.3 answers noTarget; Entra expects the element to be made (case 6). */
function changeMissing(
  attribute: Attribute,
  list: readonly JsonValue[],
  { filter, sub }: ElementTarget,
  change: Change,
  context: ReadContext,
): JsonValue | undefined {
  if (isAlreadyGone(change, context)) {
    noteTaken(context.leniency, `${attribute.path}: no value fits the path -> nothing to clear`);
    return list.length === 0 ? undefined : [...list];
  }
  const implied = mayCreate(change, context) ? impliedBy(filter) : null;
  if (implied === null) {
    throw new SeatkeeperError("NoTarget", {
      field: attribute.path,
      sentence: `No value of ${attribute.path} fits the filter of the path.`,
    });
  }
  const made =
    sub === null
      ? { ...implied, ...readElement(attribute, change.value ?? null, context) }
      : changeMember(implied, sub, change, context);
  refuseLongList(attribute, list.length + 1);
  if (change.op === "replace") {
    noteTaken(context.leniency, `${attribute.path}: no value fits the path -> made one`);
  }
  return settlePrimary(attribute, [...list, made], new Set([made]));
}

/** What is to be cleared is not there (case 12). */
function isAlreadyGone(change: Change, context: ReadContext): boolean {
  const { createOnMissingTarget, emptyMeansClear } = context.leniency;
  if (change.op === "remove") {
    return createOnMissingTarget;
  }
  return isClearing(change, context) && (emptyMeansClear || change.op === "add");
}

/** RFC 7644 §3.5.2.1: an add to a place that does not exist makes it (case 5). */
function mayCreate({ op }: Change, { leniency }: ReadContext): boolean {
  return op === "add" || (op === "replace" && leniency.createOnMissingTarget);
}

/** The element that `type eq "work" and primary eq true` describes; null when it describes none. */
function impliedBy(filter: Filter): JsonObject | null {
  if (filter.kind === "and") {
    const parts = filter.filters.map(impliedBy);
    return parts.reduce((whole, part) => (whole && part ? { ...whole, ...part } : null), {});
  }
  if (filter.kind !== "compare" || filter.operator !== "eq") {
    return null;
  }
  const [name] = filter.attribute.names;
  return name === undefined ? null : { [name]: filter.value };
}

function readElement(attribute: Attribute, value: JsonValue, context: ReadContext): JsonObject {
  const list = readValue(attribute, inShape(attribute, value, context), context);
  const [element, second] = Array.isArray(list) ? list : [];
  if (second !== undefined) {
    throw invalidValue(attribute.path, `The value must be one value of ${attribute.path}.`);
  }
  return isObject(element) ? element : {};
}

/** `attr.sub` without filter means the part of every value; without any value, of a new one. */
export function setOnAll(
  attribute: Attribute,
  list: readonly JsonValue[],
  sub: Attribute,
  change: Change,
  context: ReadContext,
): JsonValue | undefined {
  const isRemoval = change.op === "remove" || isClearing(change, context);
  const targets = list.length === 0 && !isRemoval ? [{}] : list.filter(isObject);
  const changed = targets.map((each) => changeMember(each, sub, change, context));
  return settlePrimary(attribute, changed, new Set(changed));
}

/** Adds values; one that is already there is completed, not repeated (RFC 7644 §3.5.2.1). */
export function addElements(
  attribute: Attribute,
  list: readonly JsonValue[],
  added: JsonValue | undefined,
): JsonValue | undefined {
  const result = [...list];
  const places = placesOf(attribute, list);
  const touched = new Set<JsonValue>();
  for (const each of Array.isArray(added) ? added : []) {
    const candidates = places.get(keyOf(attribute, each)) ?? [];
    const place = candidates.find((index) => isSameType(result[index], each));
    const held = place === undefined ? undefined : result[place];
    const element = isObject(held) && isObject(each) ? { ...held, ...each } : each;
    result.splice(place ?? result.length, 1, element);
    touched.add(element);
  }
  refuseLongList(attribute, result.length);
  return settlePrimary(attribute, result, touched);
}

/** Removes the values that are listed and no others, as Entra means it (case 16). */
export function removeElements(
  attribute: Attribute,
  list: readonly JsonValue[],
  listed: JsonValue,
  context: ReadContext,
): JsonValue | undefined {
  const shaped = inShape(attribute, listed, context);
  const places = placesOf(attribute, list);
  const gone = new Set<number>();
  for (const item of Array.isArray(shaped) ? shaped : []) {
    for (const index of places.get(keyOf(attribute, item)) ?? []) {
      if (isSameType(list[index], item)) {
        gone.add(index);
      }
    }
  }
  const kept = list.filter((_each, index) => !gone.has(index));
  return kept.length === 0 ? undefined : kept;
}

/** Where the values stand, by key, so that many can be looked up in a long list. */
function placesOf(attribute: Attribute, list: readonly JsonValue[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  list.forEach((each, index) => {
    const key = keyOf(attribute, each);
    const known = places.get(key);
    if (known === undefined) {
      places.set(key, [index]);
    } else {
      known.push(index);
    }
  });
  return places;
}

/** RFC 7643 §2.4: a value is known by its `value` and its `type`; one without `value` by all it has. */
function keyOf(attribute: Attribute, element: JsonValue): string {
  const value = isObject(element) ? element["value"] : undefined;
  if (typeof value !== "string") {
    return `json ${canonicalJson(element)}`;
  }
  const isExact = attribute.subAttributes?.get("value")?.ref.caseExact === true;
  return `value ${isExact ? value : foldName(value)}`;
}

/** A value that comes without type means the one that is there. */
function isSameType(held: JsonValue | undefined, item: JsonValue): boolean {
  const heldType = isObject(held) ? held["type"] : undefined;
  const itemType = isObject(item) ? item["type"] : undefined;
  if (itemType === undefined || heldType === itemType) {
    return true;
  }
  return (
    typeof heldType === "string" &&
    typeof itemType === "string" &&
    foldName(heldType) === foldName(itemType)
  );
}

/** RFC 7644 §3.5.2: a value that becomes primary takes that from all others. */
function settlePrimary(
  attribute: Attribute,
  list: readonly JsonValue[],
  touched: ReadonlySet<JsonValue>,
): JsonValue | undefined {
  refuseSecondPrimary(attribute, [...touched]);
  const isTaken = [...touched].some((each) => isObject(each) && each["primary"] === true);
  const settled = list.map((each) =>
    isTaken && isObject(each) && each["primary"] === true && !touched.has(each)
      ? { ...each, primary: false }
      : each,
  );
  return settled.length === 0 ? undefined : settled;
}
