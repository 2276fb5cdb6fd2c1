import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { SeatkeeperError } from "../errors.js";
import type { JsonValue } from "../plugin.js";
import type { Clock } from "../ports.js";

/**
 * Cursors of RFC 9865: where a walk through a list goes on. A cursor is signed, so that nobody can ask the database
 * for a place that was not given out; it is bound to its query, ends at a time, and opens nothing: the credentials of
 * the request decide what is seen.
 *
 *   <key id>.<[expiry, count, position] as JSON>.<HMAC-SHA-256 over binding and payload>       each part base64url
 */
export interface Cursors {
  /** What a query may not change while it is walked through: connection, address, filter, order. */
  readonly issue: (query: CursorQuery, position: JsonValue) => string;
  /** @throws SeatkeeperError InvalidCursor, ExpiredCursor, InvalidCount */
  readonly open: (query: CursorQuery, cursor: string) => JsonValue;
  readonly lifetimeSeconds: number;
}

export interface CursorQuery {
  readonly binding: readonly (string | null)[];
  /** RFC 9865 §2.1: the same on every page. */
  readonly count: number;
}

export interface CursorKey {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** The key for cursors that follows from a master secret. */
export function cursorKeyOf(master: Uint8Array): CursorKey {
  return cursorKeyWith(
    new Uint8Array(hkdfSync("sha256", master, "", "seatkeeper scim cursor", 32)),
  );
}

export function cursorKeyWith(secret: Uint8Array): CursorKey {
  const id = createHash("sha256").update(secret).digest("base64url").slice(0, 6);
  return { id, secret };
}

/**
 * The first key signs; all of them verify, so that walks go on while keys are changed. `keys` is asked for each time: it
 * may be a getter.
 */
export function createCursors(options: {
  readonly keys: readonly [CursorKey, ...CursorKey[]];
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
}): Cursors {
  const { lifetimeSeconds, clock } = options;
  return {
    lifetimeSeconds,
    issue: ({ binding, count }, position) => {
      const [key] = options.keys;
      const content = [clock.now() + lifetimeSeconds * 1000, count, position];
      const payload = Buffer.from(JSON.stringify(content)).toString("base64url");
      return `${key.id}.${payload}.${sign(key, binding, payload)}`;
    },
    open: ({ binding, count }, cursor) => {
      const payload = verified(options.keys, binding, cursor);
      const content: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
      // What carries our signature was made above.
      const [expiresAt, firstCount, position] = content as [number, number, JsonValue];
      if (expiresAt <= clock.now()) {
        throw new SeatkeeperError("ExpiredCursor", { field: "cursor" });
      }
      if (firstCount !== count) {
        throw new SeatkeeperError("InvalidCount", {
          field: "count",
          sentence: `count must stay ${String(firstCount)}, as in the first request of this list.`,
        });
      }
      return position;
    },
  };
}

function verified(
  keys: readonly CursorKey[],
  binding: CursorQuery["binding"],
  cursor: string,
): string {
  const [id = "", payload = "", signature = "", ...more] = cursor.split(".");
  const key = keys.find((each) => each.id === id);
  if (key === undefined || more.length > 0) {
    throw invalid();
  }
  const expected = Buffer.from(sign(key, binding, payload));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid();
  }
  return payload;
}

function sign({ secret }: CursorKey, binding: CursorQuery["binding"], payload: string): string {
  return createHmac("sha256", secret)
    .update(JSON.stringify([...binding, payload]))
    .digest("base64url");
}

function invalid(): SeatkeeperError {
  return new SeatkeeperError("InvalidCursor", { field: "cursor" });
}
