import type { UsedDay } from "../../domain/billing/invoice.js";
import type { Changes } from "../../domain/snapshot.js";
import { appendEntries, readHead } from "../chain.js";
import { keepExisting, replaceExisting } from "../dialect.js";
import { checkText, LIMITS } from "../limits.js";
import {
  FACT_COLUMNS,
  FACT_END_COLUMNS,
  factEndValues,
  factValues,
  REQUIREMENT_KEY,
  REQUIREMENT_REPLACED,
  requirementValues,
} from "../rows/entitlements.js";
import { EVENT_COLUMNS, eventValues, SESSION_COLUMNS, sessionValues } from "../rows/history.js";
import { SEAT_COLUMNS, seatValues, WAITING_COLUMNS, waitingValues } from "../rows/seats.js";
import { insertSignInRecords } from "../rows/signInLog.js";
import { insertRows } from "../sql.js";
import { insertAlsoWaiting } from "./alsoWaiting.js";
import type { SaveContext } from "./context.js";
import { insertRecords } from "./records.js";

/** Everything that refers to users, groups and pools, and last what happened. */
export async function insertRest(context: SaveContext, changes: Changes): Promise<void> {
  const { sql, organisationId } = context;
  await insertRows(
    sql,
    "facts",
    FACT_COLUMNS,
    changes.factsAdded.map((fact) => factValues(organisationId, fact)),
  );
  await insertRows(
    sql,
    "fact_ends",
    FACT_END_COLUMNS,
    factEndValues(organisationId, changes.factsAdded),
  );
  await insertRows(
    sql,
    "requirements",
    [...REQUIREMENT_KEY, ...REQUIREMENT_REPLACED],
    changes.requirementsSet.map((requirement) => requirementValues(organisationId, requirement)),
    replaceExisting(sql.dialect, REQUIREMENT_KEY, REQUIREMENT_REPLACED),
  );
  await insertRows(sql, "seats", SEAT_COLUMNS, changes.seatsInserted.map(seatValues));
  await insertRows(sql, "waiting", WAITING_COLUMNS, changes.waitingInserted.map(waitingValues));
  await insertAlsoWaiting(context, changes);
  await insertSignIns(context, changes);
  await appendToLedger(context, changes.entries);
  await insertDays(context, changes.daysUsed);
  await insertRows(sql, "outbox", EVENT_COLUMNS, changes.events.map(eventValues));
  await insertRecords(sql, changes.requestsRecorded);
  await insertSignInRecords(sql, changes.signInsRecorded);
  if (context.pushEvents) {
    const pushed = changes.events.filter(({ type }) => /^(?:user|group)\./.test(type));
    await insertRows(sql, "push_outbox", EVENT_COLUMNS, pushed.map(eventValues));
  }
}

/** A person's second sign-in of the day finds the row of the first. */
export async function insertDays(
  { sql, organisationId }: Pick<SaveContext, "sql" | "organisationId">,
  used: readonly UsedDay[],
): Promise<void> {
  await insertRows(
    sql,
    "use_days",
    ["organisationId", "day", "product", "userId"],
    used.map(({ day, product, userId }) => [
      organisationId,
      day,
      checkText("product", product, LIMITS.word),
      userId,
    ]),
    keepExisting(sql.dialect, "day"),
  );
}

async function insertSignIns(
  { sql, organisationId }: SaveContext,
  changes: Changes,
): Promise<void> {
  await insertRows(
    sql,
    "identities",
    ["organisationId", "connectionId", "nameId", "userId"],
    changes.identitiesInserted.map((identity) => [
      organisationId,
      identity.connectionId,
      checkText("nameId", identity.nameId, LIMITS.nameId),
      identity.userId,
    ]),
  );
  await insertRows(sql, "sessions", SESSION_COLUMNS, changes.sessionsInserted.map(sessionValues));
  await insertRows(
    sql,
    "used_assertions",
    ["organisationId", "connectionId", "assertionId", "expiresAt"],
    changes.assertionsUsed.map((assertion) => [
      organisationId,
      assertion.connectionId,
      checkText("assertionId", assertion.assertionId, LIMITS.requestId),
      assertion.expiresAt,
    ]),
  );
  await insertRows(
    sql,
    "logout_messages",
    ["organisationId", "connectionId", "direction", "id", "expiresAt"],
    changes.logoutsReceived.map(({ connectionId, messageId, expiresAt }) => [
      organisationId,
      connectionId,
      "received",
      checkText("messageId", messageId, LIMITS.requestId),
      expiresAt,
    ]),
  );
}

/** Load has read where the ledger ends; only who saves without a load asks here. */
async function appendToLedger(
  { sql, organisationId, seen }: SaveContext,
  entries: Changes["entries"],
): Promise<void> {
  if (entries.length === 0) return;
  const head = seen.head ?? (await readHead(sql, organisationId));
  seen.head = await appendEntries(sql, head, entries);
}
