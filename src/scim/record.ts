import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import { refusalOf } from "../actions/run.js";
import { foldName, type Connection } from "../domain/directory.js";
import type {
  Outcome,
  ProvisioningRecord,
  RequestTicket,
} from "../domain/answers/provisioningLog.js";
import { toSeatkeeperError } from "../http/errors.js";
import { WITHHELD, withoutCredentials } from "../http/credentials.js";
import { requestIdOf } from "../http/requestId.js";
import type { JsonValue, Plugin, ScimRequest } from "../plugin.js";
import type { Administration, Clock, Ids } from "../ports.js";
import type { ScimAnswer } from "./answer.js";
import { pairIn, pairOf } from "./membershipId.js";
import {
  queryWithoutSecrets,
  sentenceWithoutSecrets,
  textWithoutSecrets,
  withoutSecrets,
  type Schemas,
} from "./withoutSecrets.js";

/**
 * The provisioning log, seen from the door. A request that changes something is recorded in the transaction of the
 * change; one that was refused or changed nothing is noted afterwards (docs/adr/0007).
 */
export interface RequestRecorder {
  /** Reads that were answered are recorded, too. */
  readonly keepsReads: boolean;
  /** A record that no transaction has written. Returns at once. */
  note(record: ProvisioningRecord): void;
}

export interface CallTicket extends RequestTicket {
  answered(answer: ScimAnswer): void;
  refused(error: unknown): void;
}

export interface RecordDeps {
  readonly store: {
    readonly clock: Clock;
    readonly administration: Pick<Administration, "findConnection">;
  };
  readonly ids: Ids;
  readonly schemas: Schemas;
  /** Null: nothing is recorded. */
  readonly recorder?: RequestRecorder | null;
}

/** A request before its dialect is repaired. */
interface Sent {
  readonly request: ScimRequest;
  readonly requestId: string;
  readonly ifMatch?: string | undefined;
  readonly plugin?: Plugin;
}

/** Who is not let in has no record: otherwise strangers could fill it. An outage says nothing about the request. */
const UNRECORDED = new Set(["Unauthorized", "Unavailable"]);

/** @param trail grows while the request is worked on */
export function openTicket(
  deps: RecordDeps,
  connection: Pick<Connection, "id" | "organisationId">,
  input: Sent,
  trail: readonly string[],
): CallTicket | undefined {
  const { recorder } = deps;
  if (recorder == null) return undefined;
  let isSaved = false;
  let last: ProvisioningRecord | undefined;
  const sent = once(() => asSent(deps, input));
  const shown = (text: string): string =>
    sentenceWithoutSecrets(deps.schemas, text, () => {
      const { query, body = null, isBodyTooLarge } = sent();
      return [query, isBodyTooLarge ? WITHHELD : body];
    });

  const recordOf = (outcome: Outcome, now: number): ProvisioningRecord => {
    last = {
      id: deps.ids.next(),
      organisationId: connection.organisationId,
      connectionId: connection.id,
      at: now,
      ...sent(),
      ...subjectOf(input.request, outcome, deps.schemas),
      trail: trail.map(shown),
      ...verdictOf(input, outcome, shown),
    };
    return last;
  };

  const now = (): number => deps.store.clock.now();
  return {
    recordOf,
    saved: () => {
      isSaved = true;
    },
    answered: ({ status }) => {
      if (isSaved || (input.request.method === "GET" && !recorder.keepsReads)) return;
      const record = last ?? recordOf({ ok: null, effects: null }, now());
      recorder.note({ ...record, trail: trail.map(shown), status });
    },
    refused: (thrown) => {
      const error = toSeatkeeperError(thrown);
      if (isSaved || UNRECORDED.has(error.code)) return;
      recorder.note(recordOf({ refused: refusalOf(error) }, now()));
    },
  };
}

/** Runs a handler and sees to its record. For a request and for each operation of a bulk request alike. */
export async function recorded(
  { ticket }: { readonly ticket: CallTicket | undefined },
  work: () => Promise<ScimAnswer>,
): Promise<ScimAnswer> {
  try {
    const answer = await work();
    ticket?.answered(answer);
    return answer;
  } catch (error) {
    ticket?.refused(error);
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Refusals before a handler: a body that is no JSON, a method or an address that does not exist.

interface Locals {
  scimConnectionId?: string;
  scimHasTicket?: boolean;
}

/** Behind the check of the token: from here on a refusal belongs to the connection. */
export const admitted: RequestHandler = (request, response, next) => {
  locals(response).scimConnectionId = String(request.params["connection"] ?? "");
  next();
};

/** The request has a ticket, which sees to the record. */
export function hasTicket(response: Response): void {
  locals(response).scimHasTicket = true;
}

export function recordRefusals(deps: RecordDeps): ErrorRequestHandler {
  return async (thrown: unknown, request, response, next) => {
    const { scimConnectionId, scimHasTicket } = locals(response);
    if (deps.recorder != null && scimConnectionId !== undefined && scimHasTicket !== true) {
      const [, , resource = "", id] = request.path.split("/");
      const { method } = request;
      const input: Sent = {
        requestId: requestIdOf(response),
        request: {
          method: method as ScimRequest["method"],
          resource: textWithoutSecrets(deps.schemas, resource),
          query: {},
          ...(id === undefined ? {} : { id: textWithoutSecrets(deps.schemas, id) }),
        },
      };
      const connection = await deps.store.administration
        .findConnection(scimConnectionId)
        .catch(() => null);
      if (connection !== null) openTicket(deps, connection, input, [])?.refused(thrown);
    }
    next(thrown);
  };
}

function locals(response: Response): Locals {
  return response.locals as Locals;
}

// ---------------------------------------------------------------------------------------------------------------
// The parts of a record

function asSent(deps: RecordDeps, { request, requestId, ifMatch }: Sent) {
  const { method, resource, query, body } = request;
  const kept = body === undefined ? undefined : withoutSecrets(deps.schemas, body);
  return {
    requestId,
    method,
    resource,
    query: queryWithoutSecrets(deps.schemas, query),
    ifMatch: ifMatch === undefined ? null : textWithoutSecrets(deps.schemas, ifMatch),
    ...(kept == null ? {} : kept),
    isBodyTooLarge: kept === null,
  };
}

type Subject = Pick<ProvisioningRecord, "resourceId" | "userId" | "userName">;

/** An id in an address and a name in a body are whatever somebody sent. */
function subjectOf(request: ScimRequest, outcome: Outcome, schemas: Schemas): Subject {
  const { resourceId, userId, userName } = askedFor(request, outcome, schemas);
  return {
    resourceId: harmless(resourceId),
    userId: harmless(userId),
    userName: harmless(userName),
  };
}

function harmless(text: string | null): string | null {
  return text === null ? null : withoutCredentials(text);
}

function askedFor(request: ScimRequest, outcome: Outcome, schemas: Schemas): Subject {
  const { resource, body } = request;
  if (isAboutMembership(resource)) return membershipSubject(request);
  const { user, group } = "ok" in outcome ? affectedBy(outcome.ok) : {};
  const affected = user ?? group;
  // What was found has an id of ours; what was not may be anything.
  const asked = request.id === undefined ? null : textWithoutSecrets(schemas, request.id);
  const resourceId = affected?.id ?? asked;
  const named = user === undefined ? userNameIn(body) : user.userName;
  return {
    resourceId,
    userId: resource === "Users" ? resourceId : null,
    userName: named === null ? null : foldName(named),
  };
}

/** The group and the user: what the request changes, and all that its id consists of. */
function membershipSubject({ id, body }: ScimRequest): Subject {
  const pair = id === undefined ? pairIn(body) : pairOf(id);
  return { resourceId: pair?.groupId ?? id ?? null, userId: pair?.userId ?? null, userName: null };
}

export function isAboutMembership(resource: string): boolean {
  return resource.toLowerCase() === "groupmemberships";
}

interface Affected {
  readonly user?: { readonly id: string; readonly userName: string };
  readonly group?: { readonly id: string };
}

/** Every action about one user or group answers with it. */
function affectedBy(result: unknown): Affected {
  return typeof result === "object" && result !== null ? result : {};
}

function userNameIn(body: JsonValue | undefined): string | null {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return null;
  const entry = Object.entries(body).find(([name]) => name.toLowerCase() === "username");
  return typeof entry?.[1] === "string" ? entry[1] : null;
}

function verdictOf(
  sent: Sent,
  outcome: Outcome,
  shown: (text: string) => string,
): Pick<ProvisioningRecord, "status" | "refusal" | "effects"> {
  if ("refused" in outcome) {
    const { status, code, scimType, sentence } = outcome.refused;
    const refusal = { code, scimType, sentence: shown(sentence) };
    return { status, refusal, effects: null };
  }
  return { status: successOf(sent), refusal: null, effects: outcome.effects };
}

/** What the handlers answer; a change is recorded before its answer is made. */
function successOf({ request: { method, resource, query }, plugin }: Sent): number {
  if (method === "POST") return 201;
  if (method === "DELETE") return 204;
  const isShown =
    method !== "PATCH" ||
    query["attributes"] !== undefined ||
    (resource === "Users" && plugin?.showsPatchedUser === true);
  return isShown ? 200 : 204;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
