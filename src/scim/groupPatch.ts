import type { MemberDelta } from "../domain/people/groups.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { Filter } from "../ports.js";
import type { AttributeTable, ResourceSchema } from "./attribute.js";
import type { Liberties } from "./leniency.js";
import { MemberChanges, readMemberDisplays, readMemberIds } from "./members.js";
import { applyPatch } from "./patch.js";
import { put } from "./patchValue.js";
import type { PatchOperation } from "./patchRequest.js";
import { parsePath } from "./path.js";
import type { PatchPath } from "./path.js";
import { isObject } from "./values.js";

/**
 * PATCH on a group as a delta (section 6, point 2): its cost is that of the change, and the members that the group
 * already has are neither read nor needed.
 */

export interface GroupPatch {
  /** What becomes of the attributes besides members: the new value, or null where it is cleared. */
  readonly set: JsonObject;
  readonly members: MemberDelta;
  /** Unknown attributes that were left out, at most twenty. */
  readonly ignored: readonly string[];
}

export interface GroupPatchOptions {
  /** The id of the group, which a value without path may repeat but not change (case 38). */
  readonly id?: string;
}

/**
 * @throws SeatkeeperError InvalidPath, InvalidFilter, InvalidValue, NoTarget, Mutability
 */
export function readGroupPatch(
  operations: readonly PatchOperation[],
  schema: ResourceSchema,
  leniency: Liberties,
  options: GroupPatchOptions = {},
): GroupPatch {
  const members = new MemberChanges();
  const others: PatchOperation[] = [];
  for (const operation of operations) {
    const rest = takeMembers(operation, members, schema, leniency);
    if (rest !== null) {
      others.push(rest);
    }
  }
  const { set, ignored } = readAttributes(others, schema, leniency, options);
  return { set, members: members.delta(), ignored };
}

/** The stored document of the group with `set` applied. */
export function applyGroupSet(document: JsonObject, set: JsonObject): JsonObject {
  let result = document;
  for (const [name, value] of Object.entries(set)) {
    const held = document[name];
    const after = isObject(value) ? applyGroupSet(isObject(held) ? held : {}, value) : value;
    result = put(result, name, after ?? undefined);
  }
  return result;
}

/** Notes what the operation does to members; returns what is left of it, or null. */
function takeMembers(
  operation: PatchOperation,
  members: MemberChanges,
  schema: ResourceSchema,
  leniency: Liberties,
): PatchOperation | null {
  const { op, path, value } = operation;
  if (path === null) {
    return takeMembersFromValue(operation, members, schema, leniency);
  }
  const target = parsePath(path, schema, leniency);
  if (!isAtMembers(target)) {
    return operation;
  }
  changeMembersAt(target, { op, value }, members, leniency);
  return null;
}

function isAtMembers(target: PatchPath | null): target is PatchPath {
  return target?.extension === null && target.attribute?.name === "members";
}

function changeMembersAt(
  target: PatchPath,
  change: MembersOperation,
  members: MemberChanges,
  leniency: Liberties,
): void {
  if (target.filter === null) {
    refusePartOfMembers(target, change);
    changeMembers(change, members, leniency);
  } else {
    changeChosenMembers(change.op, target, target.filter, members);
  }
}

/**
 * `members.value` with a value names members like `members` itself. Every other change of a part would change members
 * that stay, and their parts are immutable (RFC 7643 §4.2, RFC 7644 §3.5.2): above all, to remove `members.display` is
 * not to remove the members.
 */
function refusePartOfMembers({ sub }: PatchPath, { op, value }: MembersOperation): void {
  const namesMembers = sub?.name === "value" && op !== "replace" && value != null;
  if (sub !== null && !namesMembers) {
    throw unchangeable();
  }
}

/** `{ "op": "replace", "value": { "displayName": "x", "members": [] } }`; each key is a path (case 4). */
function takeMembersFromValue(
  operation: PatchOperation,
  members: MemberChanges,
  schema: ResourceSchema,
  leniency: Liberties,
): PatchOperation | null {
  const { op, value } = operation;
  if (!isObject(value)) {
    return operation;
  }
  const rest: JsonObject = {};
  for (const [key, each] of Object.entries(value)) {
    const target = op === "remove" ? null : pathOfKey(key, schema, leniency);
    if (isAtMembers(target)) {
      changeMembersAt(target, { op, value: each }, members, leniency);
    } else {
      rest[key] = each;
    }
  }
  return { ...operation, value: rest };
}

/** Null for a key that is no path, which is an unknown attribute like any other (patch.ts). */
function pathOfKey(key: string, schema: ResourceSchema, leniency: Liberties): PatchPath | null {
  try {
    return parsePath(key, schema, leniency);
  } catch (error) {
    if (error instanceof SeatkeeperError && error.code === "InvalidPath") {
      return null;
    }
    throw error;
  }
}

type MembersOperation = Pick<PatchOperation, "op" | "value">;

function changeMembers(
  { op, value }: MembersOperation,
  members: MemberChanges,
  leniency: Liberties,
): void {
  if (op === "remove") {
    if (value === undefined || value === null) {
      members.clear();
    } else {
      // Only those that are listed, never all (case 16); an empty list is none.
      members.remove(readMemberIds(value, leniency));
    }
    return;
  }
  if (value === undefined) {
    throw new SeatkeeperError("InvalidValue", {
      field: "members",
      sentence: `The ${op} operation on members needs a value.`,
    });
  }
  const ids = readMemberIds(value, leniency);
  if (op === "replace") {
    members.clear();
  }
  members.add(ids, readMemberDisplays(value, leniency));
}

/** `members[value eq "x"]`: may name members to remove. What a membership consists of cannot be changed. */
function changeChosenMembers(
  op: PatchOperation["op"],
  target: PatchPath,
  filter: Filter,
  members: MemberChanges,
): void {
  if (op !== "remove" || target.sub !== null) {
    throw unchangeable();
  }
  const ids = idsIn(filter);
  if (ids === null) {
    throw new SeatkeeperError("InvalidFilter", {
      field: "members",
      sentence: 'Members can be chosen by their value only: members[value eq "id"].',
    });
  }
  members.remove(ids);
}

function unchangeable(): SeatkeeperError {
  return new SeatkeeperError("Mutability", {
    field: "members",
    sentence: "A member of a group can be added or removed, but not changed.",
  });
}

/** The ids that the filter names, or null when only the list of members could tell. */
function idsIn(filter: Filter): string[] | null {
  if (filter.kind === "or") {
    const parts = filter.filters.map(idsIn);
    return parts.includes(null) ? null : parts.flatMap((each) => each ?? []);
  }
  if (filter.kind === "and") {
    const choosing = filter.filters.filter((each) => !saysUser(each)).map(idsIn);
    const [only, ...more] = choosing;
    return more.length === 0 ? (only ?? null) : null;
  }
  const isId = filter.kind === "compare" && filter.attribute.names[0] === "value";
  return isId && filter.operator === "eq" && typeof filter.value === "string"
    ? [filter.value]
    : null;
}

/** True of every member. */
function saysUser(filter: Filter): boolean {
  return (
    filter.kind === "compare" &&
    filter.attribute.names[0] === "type" &&
    filter.operator === "eq" &&
    String(filter.value).toLowerCase() === "user"
  );
}

/**
 * The other attributes go through the same code as a user's, against a document that holds a marker for each of them:
 * what is gone afterwards was cleared, what is no longer the marker was set.
 */
function readAttributes(
  operations: readonly PatchOperation[],
  schema: ResourceSchema,
  leniency: Liberties,
  options: GroupPatchOptions,
): { set: JsonObject; ignored: readonly string[] } {
  if (operations.length === 0) {
    return { set: {}, ignored: [] };
  }
  const marked = markedDocument(schema.attributes);
  const patch = applyPatch(marked, operations, schema, leniency, {
    ...options,
    isMarked: true,
  });
  return { set: changesIn(marked, patch.document), ignored: patch.ignored };
}

/** Known by identity; and no client can send an object for a simple attribute. */
const UNCHANGED: JsonObject = Object.freeze({});

function markedDocument(attributes: AttributeTable): JsonObject {
  const marked: JsonObject = {};
  for (const attribute of new Set(attributes.values())) {
    if (attribute.isExtension) {
      marked[attribute.name] = markedDocument(attribute.subAttributes ?? new Map());
    } else if (attribute.subAttributes === null && !attribute.multiValued && attribute.isStored) {
      marked[attribute.name] = UNCHANGED;
    }
  }
  return marked;
}

function changesIn(marked: JsonObject, patched: JsonObject): JsonObject {
  const set: JsonObject = {};
  for (const [name, before] of Object.entries(marked)) {
    const after = patched[name] ?? null;
    if (before === UNCHANGED) {
      if (after !== UNCHANGED) {
        set[name] = after;
      }
    } else if (isObject(before)) {
      const below = changesIn(before, isObject(after) ? after : {});
      if (Object.keys(below).length > 0) {
        set[name] = below;
      }
    }
  }
  return set;
}
