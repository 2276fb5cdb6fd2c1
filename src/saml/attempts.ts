import type { Request, Response } from "express";
import { TRACED_MAX, type SignInLogWriter } from "../actions/signInLog.js";
import type { Connection } from "../domain/directory.js";
import type { SignInNote } from "../domain/signIn/signInLog.js";
import { toSeatkeeperError } from "../http/errors.js";
import { keptAddress, type AddressChoice } from "../http/keptAddress.js";
import { requestIdOf } from "../http/requestId.js";
import type { Ids, Store } from "../ports.js";
import { seal, unsealEither } from "./seal.js";
import { SIGN_IN_REASONS, reasonOf } from "./signInReasons.js";

/** Every attempt to sign in, for the log of its connection. What was sent is kept only while a trace is on. */

/** The log as the door sees it. Null: nothing is kept. */
export interface SignInLogDoor {
  readonly writer: SignInLogWriter;
  readonly master: Uint8Array;
  /** How long a traced message is kept. */
  readonly traceHours: number;
}

/** One attempt, while it is decided. */
export interface Attempt {
  /** Of the line in the log; absent: nothing is kept. */
  readonly note?: SignInNote;
  /** To be told as soon as the identity provider's signature was found good. */
  readonly verified: (person: { readonly userName: string }) => void;
}

export interface AttemptDeps {
  readonly store: Pick<Store, "signInLog" | "clock">;
  readonly ids: Ids;
  readonly signInLog?: SignInLogDoor | null;
  readonly signIn: { readonly addresses: AddressChoice };
}

/**
 * Runs one attempt. What it throws is noted with its reason and thrown on; a success is written by the decision itself, in its
 * transaction.
 */
export async function recorded<T>(
  deps: AttemptDeps,
  connection: Connection,
  { request, response }: { readonly request: Request; readonly response: Response },
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { signInLog } = deps;
  if (signInLog == null) return work({ verified: () => undefined });
  const note = await noteOf(deps, signInLog, connection, request);
  const seen: { userName: string | null } = { userName: null };
  try {
    return await work({ note, verified: (person) => void (seen.userName = person.userName) });
  } catch (thrown) {
    const error = toSeatkeeperError(thrown);
    const record = {
      ...note,
      ...{ organisationId: connection.organisationId, connectionId: connection.id, ...seen },
      ...{ at: deps.store.clock.now(), requestId: requestIdOf(response), code: error.code },
      ...{ reason: reasonOf(error), userId: null, sessionId: null, count: 1 },
      address: keptAddress(request, deps.signIn.addresses),
    };
    // What went wrong on our side is in the server's log; it says nothing about the person or the provider.
    if (error.status < 500) signInLog.writer.note(record, seen.userName !== null);
    throw thrown;
  }
}

async function noteOf(
  { store, ids }: AttemptDeps,
  { master, traceHours }: SignInLogDoor,
  { id: connectionId }: Connection,
  request: Request,
): Promise<SignInNote> {
  const id = ids.next();
  const now = store.clock.now();
  const { SAMLResponse: message } = (request.body ?? {}) as { SAMLResponse?: unknown };
  const isTraced =
    typeof message === "string" && (await store.signInLog.takeTrace(connectionId, now, TRACED_MAX));
  if (!isTraced) return { id, trace: null, traceUntil: null };
  const trace = seal(master, sealName(id), message, ids);
  return { id, trace, traceUntil: now + traceHours * 3_600_000 };
}

/** What an administrator may want to know of a line (src/admin/signIns.ts). */
export function signInInsight(masters: readonly [Uint8Array, ...Uint8Array[]]) {
  return {
    sentenceOf: (reason: string): string | null =>
      Object.hasOwn(SIGN_IN_REASONS, reason) ? (SIGN_IN_REASONS[reason] ?? null) : null,
    reasons: Object.keys(SIGN_IN_REASONS),
    /** The message as it came: base64. */
    openTrace: (id: string, sealed: string): string =>
      unsealEither(masters, sealName(id), sealed).text,
  };
}

/** A sealed message cannot be moved to another line. */
function sealName(id: string): string {
  return `sign-in ${id}`;
}
