import type { ProvisioningRecord, Refusal } from "../../domain/answers/provisioningLog.js";
import type { JsonValue } from "../../plugin.js";
import { isStorableId, KEY_LIMITS, LIMITS } from "../limits.js";
import { searchable } from "../search.js";
import type { SqlValue } from "../sql.js";

export interface ProvisioningRecordRow {
  readonly id: string;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly at: number;
  readonly requestId: string;
  readonly method: string;
  readonly resource: string;
  readonly resourceId: string | null;
  readonly userId: string | null;
  readonly userNameKey: string | null;
  readonly query: string;
  readonly ifMatch: string | null;
  /** Missing where it was not asked for. */
  readonly body?: string | null;
  readonly isBodyTooLarge: number;
  readonly trail: string;
  readonly status: number;
  readonly refusal: string | null;
  readonly effects: string | null;
}

/** Without the body, which may be large. */
export const RECORD_SUMMARY =
  "id, organisationId, connectionId, at, requestId, method, resource, resourceId, userId, userNameKey, query, ifMatch, isBodyTooLarge, trail, status, refusal, effects";

export const RECORD_COLUMNS = [
  "id",
  "organisationId",
  "connectionId",
  "at",
  "requestId",
  "method",
  "resource",
  "resourceId",
  "userId",
  "userNameKey",
  "query",
  "ifMatch",
  "body",
  "isBodyTooLarge",
  "trail",
  "status",
  "refused",
  "refusal",
  "code",
  "effects",
] as const;

/** A body of more characters is left out: the log must not outgrow the directory. */
const BODY_CHARACTERS_MAX = 262_144;

export function recordFromRow(row: ProvisioningRecordRow): ProvisioningRecord {
  const { body, isBodyTooLarge, userNameKey, query, trail, refusal, effects, ...plain } = row;
  return {
    ...plain,
    userName: userNameKey,
    query: JSON.parse(query) as ProvisioningRecord["query"],
    ...(body == null ? {} : { body: JSON.parse(body) as JsonValue }),
    isBodyTooLarge: isBodyTooLarge !== 0,
    trail: JSON.parse(trail) as string[],
    refusal: refusal === null ? null : (JSON.parse(refusal) as Refusal),
    effects: effects === null ? null : (JSON.parse(effects) as ProvisioningRecord["effects"]),
  };
}

/**
 * Never throws: what a provider sends may be odd in any way, and a record must not spoil the change that it describes.
 * JSON text escapes what a database cannot hold; bare text is shortened and mended.
 */
export function recordValues(record: ProvisioningRecord): SqlValue[] {
  const body = record.body === undefined ? "" : JSON.stringify(record.body);
  const isTooLarge = record.isBodyTooLarge || body.length > BODY_CHARACTERS_MAX;
  const { refusal, effects } = record;
  return [
    record.id,
    record.organisationId,
    record.connectionId,
    record.at,
    plain(record.requestId, LIMITS.requestId),
    plain(record.method, 8),
    plain(record.resource, 64),
    idOrNull(record.resourceId),
    idOrNull(record.userId),
    plainOrNull(record.userName, KEY_LIMITS.userName),
    JSON.stringify(record.query),
    plainOrNull(record.ifMatch, 256),
    isTooLarge || body === "" ? null : body,
    isTooLarge,
    JSON.stringify(record.trail),
    record.status,
    refusal !== null,
    jsonOrNull(refusal),
    refusal === null ? null : refusal.code,
    jsonOrNull(effects),
  ];
}

function plain(text: string, max: number): string {
  return searchable(text.slice(0, max));
}

function plainOrNull(text: string | null, max: number): string | null {
  return text === null ? null : plain(text, max);
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function idOrNull(id: string | null): string | null {
  return id !== null && isStorableId(id) ? id : null;
}
