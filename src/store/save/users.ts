import { foldName } from "../../domain/directory.js";
import type { User } from "../../domain/directory.js";
import type { Update } from "../../domain/snapshot.js";
import type { SeenUser } from "../load/seen.js";
import {
  digestOf,
  emailKeysOf,
  newUserValues,
  USER_CHANGEABLE,
  USER_COLUMNS,
  userValues,
} from "../rows/directory.js";
import { insertRows, runIn, selectIn, unawaited, updateRows } from "../sql.js";
import type { RowUpdate, SqlValue } from "../sql.js";
import { count, saveCounts } from "./counts.js";
import type { CountChanges } from "./counts.js";
import { StaleDecision } from "./guard.js";
import type { SaveContext } from "./context.js";

export async function insertUsers(context: SaveContext, users: readonly User[]): Promise<void> {
  if (users.length === 0) {
    return;
  }
  const keys = users.map(emailKeysOf);
  const rows = users.map((user, index) => newUserValues(user, keys[index] ?? []));
  await insertRows(context.sql, "users", USER_COLUMNS, rows);
  await insertEmails(context, users, keys);
  const counts: CountChanges = new Map();
  users.forEach((user) => count(counts, user.connectionId, 1));
  await saveCounts(context, "userCount", counts);
}

export async function updateUsers(
  context: SaveContext,
  updates: readonly Update<User>[],
): Promise<void> {
  if (updates.length === 0) {
    return;
  }
  const users = updates.map((update) => update.row);
  const before = await stateBefore(
    context,
    users.map((user) => user.id),
  );
  await freeChangedNames(context, users, before);
  const keys = users.map(emailKeysOf);
  const rows = updates.map(({ row, expectedVersion }, index) => ({
    id: row.id,
    values: userValues(row, keys[index] ?? []),
    expectedVersion,
  }));
  const { sql, organisationId } = context;
  const { columns, changes } = whatChanges(rows, before);
  const affected = updateRows(sql, "users", organisationId, columns, changes);
  const following = { ...context, sql: unawaited(sql) };
  await replaceEmails(following, users, keys, before);
  const counts: CountChanges = new Map();
  for (const user of users) {
    count(counts, before.get(user.id)?.connectionId ?? null, -1);
    count(counts, user.connectionId, 1);
  }
  await saveCounts(following, "userCount", counts);
  if ((await affected) !== updates.length) {
    throw new StaleDecision("a user");
  }
}

/** Columns that follow from another one. */
const FOLLOWS: ReadonlyMap<string, keyof SeenUser> = new Map([
  ["displayNameKey", "displayName"],
  ["search", "document"],
]);

/** Most changes leave most of a user alone: what stays as it was in every row is not written. */
function whatChanges(
  rows: readonly RowUpdate[],
  before: ReadonlyMap<string, SeenUser>,
): { readonly columns: readonly string[]; readonly changes: readonly RowUpdate[] } {
  const places = USER_CHANGEABLE.map((_, index) => index);
  const different = places.filter((index) => {
    const name = FOLLOWS.get(USER_CHANGEABLE[index] ?? "") ?? USER_CHANGEABLE[index];
    const source = USER_CHANGEABLE.findIndex((column) => column === name);
    return rows.some(
      ({ id, values }) => before.get(id)?.[name as keyof SeenUser] !== storedAs(values[source]),
    );
  });
  // A statement has to set something, also for who signs in twice in the same millisecond.
  const changed = different.length > 0 ? different : places.slice(0, 1);
  return {
    columns: changed.map((index) => USER_CHANGEABLE[index] ?? ""),
    changes: rows.map((row) => ({
      ...row,
      values: changed.map((index) => row.values[index] ?? null),
    })),
  };
}

/** Databases give back a flag as a number. */
function storedAs(value: SqlValue | undefined): SqlValue | undefined {
  return typeof value === "boolean" ? Number(value) : value;
}

/** Two users may swap their names in one batch; a row-by-row check would refuse that. */
async function freeChangedNames(
  { sql, organisationId }: SaveContext,
  users: readonly User[],
  before: ReadonlyMap<string, SeenUser>,
): Promise<void> {
  const renamed = users.filter(
    (user) => before.get(user.id)?.userNameKey !== foldName(user.userName),
  );
  if (renamed.length > 1) {
    await runIn(
      sql,
      renamed.map((user) => user.id),
      (list) => `UPDATE users SET userNameKey = NULL WHERE organisationId = ? AND id IN (${list})`,
      [organisationId],
    );
  }
}

export async function stateBefore(
  { sql, organisationId, seen }: SaveContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SeenUser>> {
  const rows = await selectIn<SeenUser & { id: string }>(
    sql,
    ids.filter((id) => !seen.users.has(id)),
    (list) =>
      `SELECT id, version, connectionId, userNameKey, emailsDigest FROM users WHERE organisationId = ? AND id IN (${list}) AND deletedAt IS NULL`,
    [organisationId],
  );
  const state = new Map(rows.map((row) => [row.id, row as SeenUser]));
  for (const id of ids) {
    const user = seen.users.get(id);
    if (user !== undefined) {
      state.set(id, user);
    }
  }
  return state;
}

async function replaceEmails(
  context: SaveContext,
  users: readonly User[],
  keys: readonly (readonly string[])[],
  before: ReadonlyMap<string, SeenUser>,
): Promise<void> {
  const changed = users.filter(
    (user, index) => before.get(user.id)?.emailsDigest !== digestOf(keys[index] ?? []),
  );
  await deleteOf(
    context,
    "user_emails",
    changed.map((user) => user.id),
  );
  await insertEmails(context, changed, changed.map(emailKeysOf));
}

export async function insertEmails(
  { sql, organisationId }: SaveContext,
  users: readonly User[],
  keys: readonly (readonly string[])[],
): Promise<void> {
  const rows = users.flatMap((user, index) =>
    (keys[index] ?? []).map((key) => [organisationId, user.id, key]),
  );
  await insertRows(sql, "user_emails", ["organisationId", "userId", "valueKey"], rows);
}

export async function deleteOf(
  { sql, organisationId }: Pick<SaveContext, "sql" | "organisationId">,
  table: string,
  userIds: readonly string[],
): Promise<void> {
  await runIn(
    sql,
    userIds,
    (list) => `DELETE FROM ${table} WHERE organisationId = ? AND userId IN (${list})`,
    [organisationId],
  );
}
