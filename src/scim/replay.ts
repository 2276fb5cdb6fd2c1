import { createActions } from "../actions/index.js";
import { createLogWriter } from "../actions/provisioningLog.js";
import type { Connection, Id } from "../domain/directory.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import {
  reportOf,
  type NotReplayed,
  type Replayed,
  type ReplayPlan,
  type ReplayReport,
} from "../domain/answers/replay.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonValue, ScimRequest } from "../plugin.js";
import type { Logger, Store } from "../ports.js";
import { openCall, type ScimDeps } from "./context.js";
import { createCursors, cursorKeyOf } from "./cursor.js";
import { idOf } from "./membershipId.js";
import { isAboutMembership, recorded } from "./record.js";
import { handlerFor } from "./routes.js";

/**
 * Recorded requests, sent again to a copy of the organisation through the whole SCIM stack without HTTP: a dry run.
 * The copy lives in memory and delivers no events; what is live is only read.
 */
export type ReplayDeps = Omit<ScimDeps, "actions" | "cursors" | "recorder">;

export const ROWS_MAX = 200_000;
/** Longer than any replay takes. */
const CURSOR_SECONDS = 86_400;

/**
 * Without `isOnEmpty` the copy is the organisation as it is now, without whoever these requests create: everything else
 * has today's state, not that of the time (docs/provisioning-log.md).
 * @throws SeatkeeperError TooMany, Unavailable
 */
export async function replay(deps: ReplayDeps, plan: ReplayPlan): Promise<ReplayReport> {
  const { connection, records, isOnEmpty, isForeign } = plan;
  const clock = { at: deps.store.clock.now(), now: () => clock.at };
  const copy = await deps.store.copyOf(connection.organisationId, {
    clock,
    rowsMax: ROWS_MAX,
    isSetUpOnly: isOnEmpty,
    without: createdBy(records),
  });
  try {
    const stage = createStage(deps, copy, connection);
    const skipped = new Map<Id, NotReplayed>();
    for (const record of records) {
      clock.at = record.at;
      const reason = await stage.perform(record);
      if (reason !== null) skipped.set(record.id, reason);
    }
    const again = await stage.recordsById();
    const replayed = records.map((record): Replayed => ({
      record,
      again: skipped.get(record.id) ?? again.get(record.id) ?? "notARequest",
    }));
    return reportOf(replayed, {
      person: stage.recordedId,
      pool: (id) => (isForeign ? null : id),
    });
  } finally {
    await copy.close();
  }
}

/** Users and groups whose first request is the one that made them. */
function createdBy(records: readonly ProvisioningRecord[]): Set<Id> {
  const seen = new Set<Id>();
  const created = new Set<Id>();
  for (const record of records) {
    const { method, resourceId, refusal } = record;
    const isResource = !isAboutMembership(record.resource);
    if (resourceId === null || refusal !== null || method === "GET" || !isResource) continue;
    if (method === "POST" && !seen.has(resourceId)) created.add(resourceId);
    seen.add(resourceId);
  }
  return created;
}

/** Recorded when the log did not yet keep whose membership it was. */
function isAboutNobody({ resource, method, userId, refusal }: ProvisioningRecord): boolean {
  return isAboutMembership(resource) && method === "DELETE" && userId === null && refusal === null;
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Said before the body was read, or because of what else went on at that time. */
const NOT_ABOUT_THE_REQUEST = new Set([
  "MalformedJson",
  "UnsupportedMediaType",
  "PayloadTooLarge",
  "MethodNotAllowed",
  "TooManyRequests",
  "Internal",
]);

export type Stage = ReturnType<typeof createStage>;

/** The copy with its SCIM door. @param isPlan somebody sees what is lost before it happens, so the brake lets it */
export function createStage(deps: ReplayDeps, copy: Store, connection: Connection, isPlan = false) {
  let isDue = false;
  const actions = createActions({
    store: copy,
    catalogue: deps.catalogue,
    ids: deps.ids,
    logger: SILENT,
    committed: (_organisationId, { usersStale, membersStale }) => {
      isDue ||= usersStale.length + membersStale.length > 0;
    },
    ...(isPlan ? { brakeTurn: "plan" as const } : {}),
  });
  const writer = createLogWriter({ store: copy, logger: SILENT });
  const recorder = { keepsReads: true, note: writer.note };
  const cursors = createCursors({
    keys: [cursorKeyOf(Buffer.from(deps.ids.secret(32)))],
    lifetimeSeconds: CURSOR_SECONDS,
    clock: copy.clock,
  });
  const scim: ScimDeps = { ...deps, store: copy, actions, cursors, recorder, logger: SILENT };
  const newIds = new Map<Id, Id>();
  const oldIds = new Map<Id, Id>();

  /** Null when it was sent; what became of it is in the copy's own log. */
  async function perform(record: ProvisioningRecord): Promise<NotReplayed | null> {
    const request = requestOf(record, newIds);
    const handler = handlerFor(request);
    if (record.isBodyTooLarge) return "bodyNotKept";
    if (handler === null || isAboutSomethingElse(record)) return "notARequest";
    const input = { request, requestId: record.id, ifMatch: record.ifMatch ?? undefined };
    const call = openCall(scim, connection, input);
    try {
      const { location } = await recorded(call, () => handler(scim, call));
      learn(record, location);
    } catch (error) {
      if (isGone(error) && record.refusal === null) return "goneSince";
      // A refusal is an answer, too, and stands in the copy's log.
      if (!(error instanceof SeatkeeperError)) throw error;
    }
    await settle();
    return null;
  }

  function learn({ resource, resourceId: oldId }: ProvisioningRecord, location?: string): void {
    const newId = location?.split("/").at(-1);
    if (oldId === null || newId === undefined || isAboutMembership(resource)) return;
    newIds.set(oldId, newId);
    oldIds.set(newId, oldId);
  }

  /** What large changes leave to do. */
  async function settle(): Promise<void> {
    if (!isDue) return;
    isDue = false;
    while ((await actions.reconcile(connection.organisationId)) > 0);
  }

  async function recordsById(): Promise<Map<Id, ProvisioningRecord>> {
    await writer.flushed();
    const scope = { organisationId: connection.organisationId, connectionId: connection.id };
    // The copy began with an empty log.
    const all = await copy.provisioningLog.list(scope, { limit: ROWS_MAX });
    return new Map(all.map((record) => [record.requestId, record]));
  }

  const recordedId = (id: Id): Id => oldIds.get(id) ?? id;
  return { scim, connection, perform, settle, recordsById, recordedId };
}

function isAboutSomethingElse(record: ProvisioningRecord): boolean {
  const { refusal } = record;
  return isAboutNobody(record) || (refusal !== null && NOT_ABOUT_THE_REQUEST.has(refusal.code));
}

function isGone(error: unknown): boolean {
  return error instanceof SeatkeeperError && error.code === "NotFound";
}

function requestOf(record: ProvisioningRecord, newIds: ReadonlyMap<Id, Id>): ScimRequest {
  const { method, resource, query, body } = record;
  const id = method === "POST" ? null : idIn(record, (old) => newIds.get(old) ?? old);
  return {
    method: method as ScimRequest["method"],
    resource,
    query,
    ...(id === null ? {} : { id }),
    ...(body === undefined ? {} : { body: withNewIds(body, newIds) }),
  };
}

/** The id of a membership is made of two others. */
function idIn(
  { resource, resourceId, userId }: ProvisioningRecord,
  translated: (id: Id) => Id,
): Id | null {
  if (resourceId === null) return null;
  return isAboutMembership(resource) && userId !== null
    ? idOf({ groupId: translated(resourceId), userId: translated(userId) })
    : translated(resourceId);
}

/** Members, managers and paths name users and groups by ids that were new when the requests were recorded. */
function withNewIds(body: JsonValue, newIds: ReadonlyMap<Id, Id>): JsonValue {
  if (newIds.size === 0) return body;
  const text = JSON.stringify(body).replace(ID, (id) => newIds.get(id) ?? id);
  return JSON.parse(text) as JsonValue;
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
