import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex, dropIndex } from "./schema.js";

/**
 * The order of the waiting list is a column of its own, because a priority is a head start before those who came earlier;
 * and which reservation a seat counts for is another. Who waits already has no priority and comes in the order of before.
 */
export async function addWaitingTurns(sql: Sql): Promise<void> {
  const { text, long, time, integer, flag } = columnTypes(sql.dialect);
  await addColumn(sql, "waiting", "priority", `${integer} NOT NULL DEFAULT 0`);
  await addColumn(sql, "waiting", "turn", `${time} NOT NULL DEFAULT 0`);
  await sql.run("UPDATE waiting SET turn = since WHERE turn = 0");
  await addColumn(sql, "waiting", "reservedIn", long);
  // Few are members of a group with a reservation; so they are found without reading the others.
  await addColumn(sql, "waiting", "isMember", `${flag} AS (reservedIn IS NOT NULL) VIRTUAL`);
  const place = ["organisationId", "product", "tier", "poolId", "atTheDoor", "turn", "id"];
  await createIndex(sql, "waiting", "turn", place);
  await createIndex(sql, "waiting", "order", ["organisationId", "product", "turn", "id"]);
  await createIndex(sql, "waiting", "member", ["organisationId", "isMember", "product", "turn"]);
  await dropIndex(sql, "waiting", "place");
  await dropIndex(sql, "waiting", "list");

  await addColumn(sql, "seats", "reservation", text(256));
  const counted = ["organisationId", "poolId", "reservation", "consumes"];
  await createIndex(sql, "seats", "reservation", counted);
  await addUnits(sql);
}

/** A person has one seat of a product, or one for each session or device. */
async function addUnits(sql: Sql): Promise<void> {
  await addColumn(
    sql,
    "seats",
    "unit",
    `${columnTypes(sql.dialect).text(128)} NOT NULL DEFAULT ''`,
  );
  const before = ["organisationId", "userId", "product"];
  if (sql.dialect.name === "sqlite") await widenHolder(sql, before);
  else {
    await createIndex(sql, "seats", "unit_holder", [...before, "unit"], "UNIQUE INDEX");
    await dropIndex(sql, "seats", "holder");
  }
}

/** SQLite changes no constraint of a table, so the table is made anew from its own text, with its indexes and triggers. */
async function widenHolder(sql: Sql, columns: readonly string[]): Promise<void> {
  const narrow = `UNIQUE (${columns.join(", ")})`;
  const parts = await sql.all<{ type: string; name: string; text: string }>(
    "SELECT type, name, sql AS text FROM sqlite_master WHERE tbl_name = 'seats' AND sql IS NOT NULL",
  );
  const table = parts.find(({ type }) => type === "table")?.text ?? "";
  if (!table.includes(narrow)) return;
  const wide = table.replace(narrow, `UNIQUE (${columns.join(", ")}, unit)`);
  await sql.run(wide.replace(/CREATE TABLE "?seats"?/, "CREATE TABLE seats_wide"));
  const names = await sql.all<{ name: string }>(
    "SELECT name FROM pragma_table_xinfo('seats') WHERE hidden = 0",
  );
  const list = names.map(({ name }) => name).join(", ");
  await sql.run(`INSERT INTO seats_wide (${list}) SELECT ${list} FROM seats`);
  await sql.run("DROP TABLE seats");
  await sql.run("ALTER TABLE seats_wide RENAME TO seats");
  for (const { type, text } of parts) if (type !== "table") await sql.run(text);
}
