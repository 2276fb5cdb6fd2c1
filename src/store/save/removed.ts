import { foldName } from "../../domain/directory.js";
import { erasedData } from "../../domain/events.js";
import type { RemovedPerson } from "../../domain/people/removed.js";
import type { Changes } from "../../domain/snapshot.js";
import type { JsonObject } from "../../plugin.js";
import { emailKeysOf, USER_CHANGEABLE, userValues } from "../rows/directory.js";
import { REMOVED_COLUMNS, removedValues } from "../rows/removed.js";
import { insertRows, placeholders, runIn, selectIn, unique, updateRows } from "../sql.js";
import type { OutboxTable } from "../rows/history.js";
import type { SaveContext } from "./context.js";
import { count, saveCounts } from "./counts.js";
import type { CountChanges } from "./counts.js";
import { StaleDecision } from "./guard.js";
import { bringBackLinks, linksToKeep } from "./keptLinks.js";
import { endPrincipalsOf, eraseInvitations } from "./papers.js";
import { eraseSignIns } from "./signIns.js";
import { deleteOf, insertEmails, stateBefore } from "./users.js";

/** The end of accounts, their return, and the end of every trace of a person. */

/** What goes at once with a user. Seats by a plain DELETE, so that the triggers count. */
const TABLES_OF_USER = [
  "memberships",
  "facts",
  "fact_ends",
  "requirements",
  "seats",
  "waiting",
  "waiting_also",
  "identities",
  "user_emails",
  "stale_users",
] as const;

/** Keeps an empty row, to which the history refers: no name, no document, seen by no read. */
export async function deleteUsers(
  context: SaveContext,
  changes: Pick<Changes, "usersDeleted" | "peopleRemoved" | "groupsUpdated">,
): Promise<void> {
  const { usersDeleted: ids, peopleRemoved } = changes;
  if (ids.length === 0) {
    return;
  }
  const { sql, organisationId, now } = context;
  const before = await stateBefore(context, ids);
  await keepAside(context, peopleRemoved);
  await touchGroupsLeft(context, changes);
  for (const table of TABLES_OF_USER) {
    await deleteOf(context, table, ids);
  }
  const affected = await runIn(
    sql,
    ids,
    (list) =>
      `UPDATE users SET deletedAt = ?, active = 0, userName = '', userNameKey = NULL, externalId = NULL, displayName = NULL, displayNameKey = NULL, document = '{}', search = '{}', emailsDigest = '', assertedGroups = NULL, version = version + 1, updatedAt = ? WHERE organisationId = ? AND deletedAt IS NULL AND id IN (${list})`,
    [now, now, organisationId],
  );
  if (affected !== ids.length) {
    throw new StaleDecision("a user");
  }
  await endPrincipalsOf(context, ids);
  const counts: CountChanges = new Map();
  before.forEach((user) => count(counts, user.connectionId, -1));
  await saveCounts(context, "userCount", counts);
}

/**
 * A group without one of its members is another representation, with another ETag. Those that the batch changes anyway get
 * their new version there. To be called while the memberships are there.
 */
async function touchGroupsLeft(
  { sql, organisationId, now }: SaveContext,
  { usersDeleted, groupsUpdated }: Pick<Changes, "usersDeleted" | "groupsUpdated">,
): Promise<void> {
  const changed = groupsUpdated.map(({ row }) => row.id);
  const others = changed.length === 0 ? "" : ` AND id NOT IN (${placeholders(changed.length)})`;
  await runIn(
    sql,
    usersDeleted,
    (list) =>
      `UPDATE directory_groups SET version = version + 1, updatedAt = ? WHERE organisationId = ?${others} AND id IN (SELECT m.groupId FROM memberships m WHERE m.organisationId = ? AND m.userId IN (${list}))`,
    [now, organisationId, ...changed, organisationId],
  );
}

async function keepAside(context: SaveContext, people: readonly RemovedPerson[]): Promise<void> {
  if (people.length === 0) return;
  const { sql } = context;
  const links = await linksToKeep(
    context,
    people.map(({ user }) => user.id),
  );
  await insertRows(
    sql,
    "removed_people",
    REMOVED_COLUMNS,
    people.map((person) => removedValues(person, links.get(person.user.id) ?? [])),
  );
}

/** The empty row becomes the account again, so that everything that names the id means the same person as before. */
export async function restorePeople(
  context: SaveContext,
  restored: Changes["peopleRestored"],
): Promise<void> {
  if (restored.length === 0) return;
  const { sql, organisationId } = context;
  const users = restored.map(({ user }) => user);
  const ids = users.map(({ id }) => id);
  const revived = await runIn(
    sql,
    ids,
    (list) =>
      `UPDATE users SET deletedAt = NULL WHERE organisationId = ? AND deletedAt IS NOT NULL AND id IN (${list})`,
    [organisationId],
  );
  if (revived !== ids.length) throw new StaleDecision("a removed person");
  const keys = users.map(emailKeysOf);
  const rows = users.map((user, index) => ({
    id: user.id,
    values: userValues(user, keys[index] ?? []),
  }));
  await updateRows(sql, "users", organisationId, USER_CHANGEABLE, rows);
  await insertEmails(context, users, keys);
  await bringBackLinks(
    context,
    restored.filter(({ withIdentities }) => withIdentities).map(({ user }) => user.id),
  );
  await deleteOf(context, "removed_people", ids);
  const counts: CountChanges = new Map();
  users.forEach((user) => count(counts, user.connectionId, 1));
  await saveCounts(context, "userCount", counts);
}

/**
 * Comes last in a save, so that it also finds what the same batch has written. The ledger knows people by id alone and
 * stays as it is.
 */
export async function erasePeople(
  context: SaveContext,
  people: Changes["peopleErased"],
): Promise<void> {
  if (people.length === 0) return;
  const ids = people.map(({ userId }) => userId);
  for (const table of ["outbox", "push_outbox"] as const) await scrubEvents(context, table, ids);
  await eraseFromLog(context, ids, unique(people.map(({ userName }) => userName)));
  const keys = people.map(({ userName }) => foldName(userName));
  await eraseInvitations(context, ids, keys);
  await eraseSignIns(context, ids, keys);
  await runIn(
    context.sql,
    keys,
    (list) => `DELETE FROM hand_overs WHERE organisationId = ? AND userNameKey IN (${list})`,
    [context.organisationId],
  );
  await forgetRemoved(context, ids);
  await deleteOf(context, "session_spans", ids);
  // Plans name many people, and are soon made again.
  await context.sql.run("DELETE FROM plans WHERE organisationId = ?", [context.organisationId]);
}

/**
 * Requests about the person, requests that named one of the person's userNames and led to nobody, and requests on groups
 * or of others that name the person. The last are found by reading the organisation's log: erasures are rare, and a
 * column of every person in every request is not worth them.
 */
async function eraseFromLog(
  { sql, organisationId }: SaveContext,
  ids: readonly string[],
  userNames: readonly string[],
): Promise<void> {
  const names = await selectIn<{ userNameKey: string }>(
    sql,
    ids,
    (list) =>
      `SELECT DISTINCT userNameKey FROM provisioning_log WHERE organisationId = ? AND userNameKey IS NOT NULL AND userId IN (${list})`,
    [organisationId],
  );
  const keys = unique([...names.map(({ userNameKey }) => userNameKey), ...userNames.map(foldName)]);
  const remove = (items: readonly string[], condition: (list: string) => string) =>
    runIn(
      sql,
      items,
      (list) => `DELETE FROM provisioning_log WHERE organisationId = ? AND ${condition(list)}`,
      [organisationId],
    );
  await remove(ids, (list) => `userId IN (${list})`);
  await remove(ids, (list) => `resourceId IN (${list})`);
  await remove(keys, (list) => `userId IS NULL AND userNameKey IN (${list})`);
  const traces = [...ids, ...userNames.map((name) => JSON.stringify(name).slice(1, -1))];
  for (const trace of traces) {
    const pattern = `%${trace.replace(/[|%_]/g, "|$&")}%`;
    for (const column of ["query", "body", "trail", "refusal", "effects"]) {
      await remove([pattern], (bound) => `${column} LIKE ${bound} ESCAPE '|'`);
    }
  }
}

/** Everything that is left of deleted users, the empty row included. Of a user who exists it touches nothing. */
export async function forgetRemoved(
  context: Pick<SaveContext, "sql" | "organisationId">,
  ids: readonly string[],
): Promise<void> {
  const { sql, organisationId } = context;
  const rows = await selectIn<{ id: string }>(
    sql,
    ids,
    (list) =>
      `SELECT id FROM users WHERE organisationId = ? AND deletedAt IS NOT NULL AND id IN (${list})`,
    [organisationId],
  );
  const gone = rows.map(({ id }) => id);
  const also = ["sessions", "removed_people", "reclaim_exemptions"] as const;
  for (const table of [...TABLES_OF_USER, ...also]) {
    await deleteOf(context, table, gone);
  }
  await runIn(
    sql,
    gone,
    (list) => `DELETE FROM users WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
}

interface PersonalEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/**
 * Delivered messages go. Those that still wait keep their place and their type, without saying who it was. A message about a
 * person has that person for its subject.
 */
async function scrubEvents(
  { sql, organisationId }: SaveContext,
  table: OutboxTable,
  ids: readonly string[],
): Promise<void> {
  await runIn(
    sql,
    ids,
    (list) =>
      `DELETE FROM ${table} WHERE organisationId = ? AND deliveredAt IS NOT NULL AND subjectId IN (${list})`,
    [organisationId],
  );
  // What a receiver answered may repeat what it was sent.
  await runIn(
    sql,
    ids,
    (list) =>
      `UPDATE ${table} SET lastError = NULL WHERE organisationId = ? AND lastError IS NOT NULL AND subjectId IN (${list})`,
    [organisationId],
  );
  const waiting = await selectIn<PersonalEvent>(
    sql,
    ids,
    (list) =>
      `SELECT id, type, data FROM ${table} WHERE organisationId = ? AND (type LIKE 'user.%' OR type LIKE 'breakGlass.%') AND subjectId IN (${list})`,
    [organisationId],
  );
  for (const { id, type, data } of waiting) {
    const told = JSON.parse(data) as JsonObject;
    // The words of a reason may name anybody.
    const left = type.startsWith("user.") ? erasedData(told) : { ...told, reason: null };
    await sql.run(`UPDATE ${table} SET data = ? WHERE id = ?`, [JSON.stringify(left), id]);
  }
}
