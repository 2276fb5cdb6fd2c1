import type { JsonValue } from "../plugin.js";
import type { ResourceSchema } from "./attribute.js";
import type { Liberties } from "./leniency.js";
import { readMemberDisplays, readMemberIds } from "./members.js";
import { findName } from "./names.js";
import { readResource } from "./readResource.js";
import type { ReadResult } from "./readResource.js";
import { invalidValue, isObject } from "./values.js";

export interface GroupReadResult extends ReadResult {
  /**
   * Each id once. Null when the body does not name members, or says `null` (case 41): then a PUT leaves them alone.
   */
  readonly members: readonly string[] | null;
  /** What the client calls some of them, where that is kept. */
  readonly displays?: ReadonlyMap<string, string>;
}

/**
 * Reads the body of POST and PUT on a group. Members are kept apart, because they are rows and not part of the document.
 * @throws SeatkeeperError InvalidSyntax, InvalidValue (with `field`)
 */
export function readGroup(
  schema: ResourceSchema,
  body: JsonValue | undefined,
  leniency: Liberties,
): GroupReadResult {
  if (!isObject(body)) {
    return { ...readResource(schema, body, leniency), members: null };
  }
  const rest: Record<string, JsonValue> = {};
  let members: string[] | null = null;
  let displays: ReadonlyMap<string, string> = new Map();
  for (const [key, value] of Object.entries(body)) {
    if (!namesMembers(schema, key)) {
      rest[key] = value;
    } else if (value !== null) {
      refuseSecond(members);
      members = readMemberIds(value, leniency);
      displays = readMemberDisplays(value, leniency);
    }
  }
  return {
    ...readResource(schema, rest, leniency),
    members,
    ...(displays.size === 0 ? {} : { displays }),
  };
}

/** "members" in any letter case, also behind the URN of the schema (RFC 7644 §3.10): never part of the document. */
function namesMembers(schema: ResourceSchema, key: string): boolean {
  const found = findName(schema, key);
  return found?.extension === null && found.attribute.name === "members" && found.sub === null;
}

function refuseSecond(members: readonly string[] | null): void {
  if (members !== null) {
    throw invalidValue("members", "members is given twice.");
  }
}
