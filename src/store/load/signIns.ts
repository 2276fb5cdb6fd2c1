import { bindingKey, type SignInRows } from "../../domain/signIn/signInRows.js";
import { signInKey, type Needs } from "../../domain/snapshot.js";
import { bindingFromRow, type ConnectionRow } from "../rows/administration.js";
import { selectIn, type Sql } from "../sql.js";
import { selectPairs } from "./found.js";
import type { LogoutRows } from "./logouts.js";

type Wanted = NonNullable<Needs["signIns"]>;

interface RequestRow {
  readonly connectionId: string;
  readonly id: string;
  readonly browserHash: string;
  readonly returnTo: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

type Requests = Map<string, Pick<RequestRow, "returnTo" | "createdAt" | "expiresAt">>;

/** What sign-ins are decided by, in statements of which none waits for another. */
export async function loadSignIns(sql: Sql, organisationId: string, wanted: Wanted) {
  const [signInRequests, usedAssertions, bindingsEnded] = await Promise.all([
    loadSignInRequests(sql, organisationId, wanted),
    loadUsedAssertions(sql, organisationId, wanted),
    loadBindingsEnded(sql, organisationId, wanted),
  ]);
  return { signInRequests, usedAssertions, bindingsEnded };
}

/** Only for the browser that made them. */
async function loadSignInRequests(
  sql: Sql,
  organisationId: string,
  wanted: Wanted,
): Promise<Requests> {
  const rows = await selectPairs<RequestRow>(
    sql,
    wanted.flatMap(({ connectionId, requestId }) =>
      requestId === null ? [] : [[connectionId, requestId] as const],
    ),
    ["connectionId", "id"],
    (condition) =>
      `SELECT connectionId, id, browserHash, returnTo, createdAt, expiresAt FROM sign_in_requests WHERE organisationId = ? AND (${condition})`,
    [organisationId],
  );
  // The key names the browser that asked, so that another one in the same batch finds nothing.
  return new Map(
    rows.map(({ connectionId, id, browserHash, returnTo, createdAt, expiresAt }) => [
      signInKey({ connectionId, requestId: id, browserHash }),
      { returnTo, createdAt, expiresAt },
    ]),
  );
}

/** Without what time has ended by itself. */
export function liveSignIns(
  asked: { readonly signInRequests: Requests; readonly logouts: LogoutRows },
  now: number,
): Omit<SignInRows, "usedAssertions" | "bindingsEnded"> {
  const { liveSessions, usedLogouts } = asked.logouts;
  const live = [...asked.signInRequests].filter(([, { expiresAt }]) => expiresAt > now);
  return {
    signInRequests: new Map(
      live.map(([key, { returnTo, createdAt }]) => [key, { returnTo, createdAt }]),
    ),
    liveSessions: liveSessions.filter(({ expiresAt }) => expiresAt > now),
    usedLogouts,
  };
}

async function loadUsedAssertions(
  sql: Sql,
  organisationId: string,
  wanted: Wanted,
): Promise<Set<string>> {
  const rows = await selectPairs<{ connectionId: string; assertionId: string }>(
    sql,
    wanted.map((signIn) => [signIn.connectionId, signIn.assertionId]),
    ["connectionId", "assertionId"],
    (condition) =>
      `SELECT connectionId, assertionId FROM used_assertions WHERE organisationId = ? AND (${condition})`,
    [organisationId],
  );
  return new Set(rows.map((row) => `${row.connectionId} ${row.assertionId}`));
}

/** Under the lock that every change of a connection takes, too. */
async function loadBindingsEnded(
  sql: Sql,
  organisationId: string,
  wanted: Wanted,
): Promise<Set<string>> {
  const asked = wanted.filter(({ provider }) => provider !== undefined);
  const rows = await selectIn<Pick<ConnectionRow, "id" | "enabled" | "saml">>(
    sql,
    asked.map(({ connectionId }) => connectionId),
    (list) =>
      `SELECT id, enabled, saml FROM connections WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  const live = rows.flatMap(({ id, enabled, saml }) => {
    const { saml: settings } = bindingFromRow({ saml, lastProvider: null });
    return enabled === 0 || settings === null ? [] : [bindingKey(id, settings.idpEntityId)];
  });
  const all = asked.map(({ connectionId, provider = "" }) => bindingKey(connectionId, provider));
  return new Set(all.filter((key) => !live.includes(key)));
}
