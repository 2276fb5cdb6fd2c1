import type { MemberDelta } from "../domain/groups.js";
import type { JsonValue } from "../plugin.js";
import { invalidValue, isObject, kindOf } from "./values.js";

/**
 * Members of a group as ids. An id is opaque: it is never made part of a filter or of any other text that is read
 * again (case 56).
 */

/** Folds operations in their order: what is said last about an id holds (cases 31 and 39). */
export class MemberChanges {
  #clear = false;
  readonly #last = new Map<string, "add" | "remove">();

  add(ids: readonly string[]): void {
    for (const id of ids) {
      this.#last.set(id, "add");
    }
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#last.set(id, "remove");
    }
  }

  clear(): void {
    this.#clear = true;
    this.#last.clear();
  }

  delta(): MemberDelta {
    const idsThat = (wanted: "add" | "remove"): string[] =>
      [...this.#last].filter(([, change]) => change === wanted).map(([id]) => id);
    return {
      clear: this.#clear,
      add: idsThat("add"),
      remove: this.#clear ? [] : idsThat("remove"),
    };
  }
}

/**
 * The ids in a list of members: `{ "value": id }` with whatever else a client adds (`$ref`, `display`), or the bare id.
 * Each id once, in the order of the list.
 * @throws SeatkeeperError InvalidValue
 */
export function readMemberIds(value: JsonValue): string[] {
  if (value === null) {
    return [];
  }
  const list = Array.isArray(value) ? value : [value];
  return [...new Set(list.map(readMemberId))];
}

function readMemberId(member: JsonValue): string {
  const id = isObject(member) ? lookUp(member, "value") : member;
  if (typeof id !== "string" || id === "") {
    throw invalidValue(
      "members.value",
      `members.value must be the id of a user, but is ${id === undefined ? "missing" : kindOf(id)}.`,
    );
  }
  const type = isObject(member) ? lookUp(member, "type") : undefined;
  if (typeof type === "string" && type.toLowerCase() !== "user" && type !== "") {
    throw invalidValue("members.type", "Only users can be members of a group, not other groups.");
  }
  return id;
}

function lookUp(member: Record<string, JsonValue>, name: "value" | "type"): JsonValue | undefined {
  if (Object.hasOwn(member, name)) {
    return member[name];
  }
  const key = Object.keys(member).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : member[key];
}
