import type { Id } from "../domain/directory.js";
import type { JsonValue } from "../plugin.js";
import { isObject } from "./values.js";

/** What a membership consists of. */
export interface Pair {
  readonly groupId: Id;
  readonly userId: Id;
}

/** Follows from the pair, so that it is the same whenever the two belong together. Ids have no spaces. */
export function idOf({ groupId, userId }: Pair): string {
  return Buffer.from(`${groupId} ${userId}`).toString("base64url");
}

/** Only the form is looked at: whether there is such a membership, the directory of the connection says. */
export function pairOf(id: string): Pair | null {
  const [groupId = "", userId = "", ...more] = Buffer.from(id, "base64url").toString().split(" ");
  const pair = { groupId, userId };
  return more.length === 0 && idOf(pair) === id ? pair : null;
}

/** As a body names them: `{ "group": { "value": ... }, "member": { "value": ... } }`. */
export function pairIn(body: JsonValue | undefined): Pair | null {
  const groupId = partOf(partOf(body, "group"), "value");
  const userId = partOf(partOf(body, "member"), "value");
  return typeof groupId === "string" && typeof userId === "string" ? { groupId, userId } : null;
}

function partOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (!isObject(value)) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1];
}
