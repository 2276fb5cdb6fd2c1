import type { MemberDelta } from "../domain/people/groups.js";
import type { JsonValue } from "../plugin.js";
import { noteTaken, type Liberties } from "./leniency.js";
import { unknownAttribute } from "./unknown.js";
import { invalidValue, isObject, kindOf } from "./values.js";

/**
 * Members of a group as ids. An id is opaque: it is never made part of a filter or of any other text that is read
 * again (case 56).
 */

/** Folds operations in their order: what is said last about an id holds (cases 31 and 39). */
export class MemberChanges {
  #clear = false;
  readonly #last = new Map<string, "add" | "remove">();
  readonly #displays = new Map<string, string>();

  add(ids: readonly string[], displays?: ReadonlyMap<string, string>): void {
    for (const id of ids) {
      this.#last.set(id, "add");
    }
    displays?.forEach((display, id) => this.#displays.set(id, display));
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
      ...(this.#displays.size === 0 ? {} : { displays: this.#displays }),
    };
  }
}

/**
 * The ids in a list of members: `{ "value": id }` with whatever else a client adds (`$ref`, `display`), or the bare id.
 * Each id once, in the order of the list.
 * @throws SeatkeeperError InvalidValue; InvalidSyntax for a part that no schema knows, on connections that do not pass over it
 */
export function readMemberIds(
  value: JsonValue,
  { ignoreUnknownAttributes }: Pick<Liberties, "ignoreUnknownAttributes">,
): string[] {
  if (value === null) {
    return [];
  }
  const list = Array.isArray(value) ? value : [value];
  if (!ignoreUnknownAttributes) list.forEach(refuseUnknownParts);
  return [...new Set(list.map(readMemberId))];
}

/** RFC 7643 §8.7.1, `members` of a group. */
const PARTS = new Set(["value", "$ref", "display", "type"]);

function refuseUnknownParts(member: JsonValue): void {
  if (!isObject(member)) return;
  const strange = Object.keys(member).find((name) => !PARTS.has(name.toLowerCase()));
  if (strange !== undefined) throw unknownAttribute(`members.${strange.slice(0, 100)}`);
}

/** Longer is no name; and what no database keeps is not worth a refusal either. */
const DISPLAY_MAX = 256;
const UNSTORABLE = /\p{Surrogate}|\0/u;

/**
 * What the client calls those whom it adds, where the connection keeps it. `displayName`, which no schema knows, is
 * what some clients call it.
 */
export function readMemberDisplays(
  value: JsonValue,
  liberties: Pick<Liberties, "keepMemberDisplay" | "ignoreUnknownAttributes" | "taken">,
): Map<string, string> {
  const displays = new Map<string, string>();
  if (!liberties.keepMemberDisplay || value === null) return displays;
  for (const member of Array.isArray(value) ? value : [value]) {
    const display = isObject(member) ? displayOf(member, liberties) : null;
    if (display !== null) displays.set(readMemberId(member), display);
  }
  return displays;
}

function displayOf(
  member: Record<string, JsonValue>,
  liberties: Pick<Liberties, "ignoreUnknownAttributes" | "taken">,
): string | null {
  const display = lookUp(member, "display");
  if (isName(display)) return display;
  const displayName = liberties.ignoreUnknownAttributes ? lookUp(member, "displayname") : undefined;
  if (!isName(displayName)) return null;
  noteTaken(liberties, "members.displayName -> members.display");
  return displayName;
}

function isName(value: JsonValue | undefined): value is string {
  if (typeof value !== "string" || value.trim() === "") return false;
  return value.length <= DISPLAY_MAX && !UNSTORABLE.test(value);
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

/** @param name in lower case */
function lookUp(member: Record<string, JsonValue>, name: string): JsonValue | undefined {
  if (Object.hasOwn(member, name)) {
    return member[name];
  }
  const key = Object.keys(member).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : member[key];
}
