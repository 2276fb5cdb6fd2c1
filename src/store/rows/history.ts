import type { Session } from "../../domain/directory.js";
import type { Cause, Entry, OutboxEvent } from "../../domain/history.js";
import type { JsonObject } from "../../plugin.js";
import { checkId, checkOptional, checkText, documentText, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

export interface EntryRow extends Omit<Entry, "cause" | "details" | "position"> {
  readonly position: number;
  readonly cause: string;
  readonly details: string;
}

export const ENTRY_COLUMNS = [
  "id",
  "organisationId",
  "at",
  "kind",
  "userId",
  "product",
  "poolId",
  "seatId",
  "tier",
  "delta",
  "reason",
  "cause",
  "details",
] as const;

export function entryFromRow(row: EntryRow): Entry {
  return {
    id: row.id,
    organisationId: row.organisationId,
    position: row.position,
    at: row.at,
    kind: row.kind,
    userId: row.userId,
    product: row.product,
    poolId: row.poolId,
    seatId: row.seatId,
    tier: row.tier,
    delta: row.delta,
    reason: row.reason,
    cause: JSON.parse(row.cause) as Cause,
    details: JSON.parse(row.details) as JsonObject,
  };
}

export function entryValues(entry: Entry): SqlValue[] {
  return [
    checkId(entry.id),
    entry.organisationId,
    entry.at,
    entry.kind,
    entry.userId,
    checkText("product", entry.product, LIMITS.word),
    entry.poolId,
    entry.seatId,
    checkOptional("tier", entry.tier, LIMITS.word),
    entry.delta,
    checkText("reason", entry.reason, LIMITS.word),
    documentText("cause", entry.cause),
    documentText("details", entry.details),
  ];
}

/** The queues of events: the application's, and that of the receiver of security events. */
export type OutboxTable = "outbox" | "push_outbox";

export interface EventRow extends Omit<OutboxEvent, "data" | "position" | "attempts"> {
  readonly position: number;
  readonly attempts: number;
  readonly data: string;
}

export const EVENT_COLUMNS = [
  "id",
  "organisationId",
  "userId",
  "subjectId",
  "type",
  "at",
  "data",
  "nextAttemptAt",
] as const;

export function eventFromRow(row: EventRow): OutboxEvent {
  return {
    id: row.id,
    organisationId: row.organisationId,
    userId: row.userId,
    type: row.type,
    at: row.at,
    data: JSON.parse(row.data) as JsonObject,
    position: row.position,
    attempts: row.attempts,
  };
}

export function eventValues(event: OutboxEvent): SqlValue[] {
  return [
    checkId(event.id),
    event.organisationId,
    event.userId,
    subjectOf(event),
    event.type,
    event.at,
    documentText("data", event.data),
    event.at,
  ];
}

/** Messages about one subject leave in order. */
function subjectOf({ userId, data }: OutboxEvent): string | null {
  const subjectId = data["groupId"] ?? data["purchaseId"];
  return userId ?? (typeof subjectId === "string" ? subjectId : null);
}

export const SESSION_COLUMNS = [
  "id",
  "idHash",
  "organisationId",
  "userId",
  "connectionId",
  "nameId",
  "sessionIndex",
  "createdAt",
  "lastSeenAt",
  "expiresAt",
  "endedAt",
  "endReason",
  "nameIdFormat",
  "address",
  "browserHash",
] as const;

export interface SessionRow extends Omit<Session, "nameIdFormat" | "browserHash"> {
  readonly nameIdFormat: string | null;
  readonly browserHash: string | null;
}

export function sessionFromRow(row: SessionRow): Session {
  return {
    ...(row.nameIdFormat === null ? {} : { nameIdFormat: row.nameIdFormat }),
    ...(row.browserHash === null ? {} : { browserHash: row.browserHash }),
    id: row.id,
    idHash: row.idHash,
    organisationId: row.organisationId,
    userId: row.userId,
    connectionId: row.connectionId,
    nameId: row.nameId,
    sessionIndex: row.sessionIndex,
    createdAt: row.createdAt,
    lastSeenAt: row.lastSeenAt,
    expiresAt: row.expiresAt,
    endedAt: row.endedAt,
    endReason: row.endReason,
    address: row.address,
  };
}

export function sessionValues(session: Session): SqlValue[] {
  return [
    checkId(session.id),
    checkId(session.idHash),
    session.organisationId,
    session.userId,
    session.connectionId,
    checkText("nameId", session.nameId, LIMITS.nameId),
    checkOptional("sessionIndex", session.sessionIndex, LIMITS.nameId),
    session.createdAt,
    session.lastSeenAt,
    session.expiresAt,
    session.endedAt,
    session.endReason,
    checkOptional("nameIdFormat", session.nameIdFormat ?? null, LIMITS.requestId),
    checkOptional("address", session.address, LIMITS.id),
    checkOptional("browserHash", session.browserHash ?? null, LIMITS.word),
  ];
}
