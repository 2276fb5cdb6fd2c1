import type { Changes } from "../../domain/snapshot.js";
import { isGlass } from "../../domain/entitlement/breakGlass.js";
import { keepExisting } from "../dialect.js";
import { pairConditions } from "../load/found.js";
import { factDigest } from "../rows/entitlements.js";
import { insertRows, runIn, unawaited } from "../sql.js";
import { StaleDecision } from "./guard.js";
import type { SaveContext } from "./context.js";

/**
 * Takes users off the stale list, then marks: a user who is marked in the same transaction stays marked, because the
 * decision that took them did not see the change that marks them.
 */
export async function markStale(context: SaveContext, changes: Changes): Promise<void> {
  const { organisationId } = context;
  const sql = unawaited(context.sql);
  await runIn(
    sql,
    changes.staleTaken,
    (list) => `DELETE FROM stale_users WHERE organisationId = ? AND userId IN (${list})`,
    [organisationId],
  );
  await runIn(
    sql,
    changes.membersStale,
    (list) =>
      `INSERT INTO stale_users (organisationId, userId) SELECT DISTINCT m.organisationId, m.userId FROM memberships m WHERE m.organisationId = ? AND m.groupId IN (${list})${keepExisting(sql.dialect, "stale_users.userId")}`,
    [organisationId],
  );
  await insertRows(
    sql,
    "stale_users",
    ["organisationId", "userId"],
    changes.usersStale.map((userId) => [organisationId, userId]),
    keepExisting(sql.dialect, "userId"),
  );
}

/** Seats first: whatever is inserted later may need the place. */
export async function deleteRows(context: SaveContext, changes: Changes): Promise<void> {
  const seats = deleteById(context, "seats", changes.seatsDeleted);
  const unasked = { ...context, sql: unawaited(context.sql) };
  await deleteById(unasked, "waiting", changes.waitingDeleted);
  await deletePairs(
    unasked,
    "facts",
    ["userId", "digest"],
    changes.factsRemoved.map((fact) => [fact.userId, factDigest(fact)]),
  );
  await deletePairs(
    unasked,
    "fact_ends",
    ["userId", "digest"],
    changes.factsRemoved.filter(isGlass).map((fact) => [fact.userId, factDigest(fact)]),
  );
  await deletePairs(
    unasked,
    "requirements",
    ["userId", "product"],
    changes.requirementsRemoved.map(({ userId, product }) => [userId, product]),
  );
  await deletePairs(
    unasked,
    "sign_in_requests",
    ["connectionId", "id"],
    changes.signInRequestsConsumed.map(({ connectionId, requestId }) => [connectionId, requestId]),
  );
  if ((await seats) !== changes.seatsDeleted.length) {
    throw new StaleDecision("a seat");
  }
}

function deleteById(
  { sql, organisationId }: SaveContext,
  table: string,
  rows: readonly { readonly id: string }[],
): Promise<number> {
  return runIn(
    sql,
    rows.map((row) => row.id),
    (list) => `DELETE FROM ${table} WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
}

export async function deletePairs(
  { sql, organisationId }: SaveContext,
  table: string,
  columns: readonly [string, string],
  pairs: readonly (readonly [string, string])[],
): Promise<void> {
  for (const { condition, values } of pairConditions(pairs, columns)) {
    await sql.run(`DELETE FROM ${table} WHERE organisationId = ? AND (${condition})`, [
      organisationId,
      ...values,
    ]);
  }
}
