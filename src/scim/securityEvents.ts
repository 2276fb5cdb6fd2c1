import type { OutboxEvent } from "../domain/history.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import { etagOf } from "./serialise.js";

/**
 * Provisioning as security events (RFC 9967), in the form of notices: which attributes changed, not what they are now.
 * A receiver asks for the resource if it wants to know more, and so sees only what it may see.
 */

const PREFIX = "urn:ietf:params:scim:event:prov";

/** Everything that may stand in `events`; shown as `eventUris` (RFC 9967 §4). */
export const EVENT_URIS: readonly string[] = [
  `${PREFIX}:create:notice`,
  `${PREFIX}:patch:notice`,
  `${PREFIX}:put:notice`,
  `${PREFIX}:delete`,
  `${PREFIX}:activate`,
  `${PREFIX}:deactivate`,
];

export interface SecurityEventOptions {
  /** The base URL of the server, whose key set verifies the token. */
  readonly issuer: string;
  readonly audience: string;
}

/**
 * The claims of the token (RFC 8417 §2.2, RFC 9967 §2), the same at every attempt. Null for what is no provisioning.
 * `sub_id.uri` is relative to the SCIM address of `connection` in `organisation`.
 */
export function securityEventOf(
  event: OutboxEvent,
  { issuer, audience }: SecurityEventOptions,
): JsonObject | null {
  const [resource, change = ""] = event.type.split(".");
  const endpoint = { user: "Users", group: "Groups" }[resource ?? ""];
  const events = eventsOf(change, event.data);
  const id = event.data["userId"] ?? event.data["groupId"];
  if (endpoint === undefined || events === null || typeof id !== "string") return null;
  const { externalId = null, connectionId = null } = event.data;
  const seconds = Math.floor(event.at / 1000);
  return {
    iss: issuer,
    aud: [audience],
    iat: seconds,
    toe: seconds,
    jti: event.id,
    // One change, one token: a receiver that hears of it in other ways, too, knows it by this.
    txn: event.id,
    organisation: event.organisationId,
    connection: connectionId,
    sub_id: {
      format: "scim",
      uri: `/${endpoint}/${encodeURIComponent(id)}`,
      ...(externalId === null ? {} : { externalId }),
    },
    events,
  };
}

function eventsOf(change: string, data: JsonObject): JsonObject | null {
  const notice = (kind: string, more: readonly JsonValue[] = []): JsonObject => ({
    [`${PREFIX}:${kind}:notice`]: noticeOf(data, more),
  });
  const changed = (): JsonObject => notice(data["method"] === "put" ? "put" : "patch");
  switch (change) {
    case "created":
      return notice("create", ["id"]);
    case "updated":
      return changed();
    case "activated":
      return { [`${PREFIX}:activate`]: {}, ...changed() };
    case "deactivated":
      return { [`${PREFIX}:deactivate`]: {}, ...changed() };
    case "deleted":
      return { [`${PREFIX}:delete`]: {} };
    default:
      return null;
  }
}

function noticeOf({ attributes, version }: JsonObject, more: readonly JsonValue[]): JsonObject {
  return {
    attributes: [...more, ...(Array.isArray(attributes) ? attributes : [])],
    ...(typeof version === "number" ? { version: etagOf(version) } : {}),
  };
}
