import type { JsonObject, JsonValue } from "../plugin.js";
import { isObject, sameJson } from "./values.js";

/**
 * A list in which the same type and value stand once (RFC 7643 §2.4: more "complicates processing by the client"). Of
 * two that say different things besides, both stay: nothing that was sent is lost.
 */
export function withoutRepeated(list: readonly JsonValue[]): readonly JsonValue[] {
  const kept: JsonValue[] = [];
  const places = new Map<string, number>();
  for (const each of list) {
    const key = labelOf(each);
    const place = key === null ? undefined : places.get(key);
    const whole = place === undefined ? null : joined(kept[place], each);
    if (place !== undefined && whole !== null) {
      kept[place] = whole;
    } else {
      if (key !== null) places.set(key, kept.length);
      kept.push(each);
    }
  }
  return kept.length === list.length ? list : kept;
}

/** Null: there is no value, so nothing is repeated (addresses, texts). */
function labelOf(element: JsonValue): string | null {
  if (!isObject(element) || element["value"] === undefined) return null;
  return JSON.stringify([element["type"] ?? null, element["value"]]);
}

/** What both say; null when they contradict each other. */
function joined(one: JsonValue | undefined, other: JsonValue): JsonObject | null {
  if (!isObject(one) || !isObject(other)) return null;
  const agree = Object.keys(other).every(
    (name) => one[name] === undefined || sameJson(one[name], other[name]),
  );
  return agree ? { ...one, ...other } : null;
}
