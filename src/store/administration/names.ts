import { SeatkeeperError } from "../../errors.js";
import type { Sql } from "../sql.js";

interface Named {
  readonly organisationId: string;
  readonly id: string;
  readonly name: string;
}

const TABLES = { connection: "connections", rule: "rules" } as const;

/**
 * Under the organisation's lock, so that of two who take one name at once the second is refused. No unique index does it: of those
 * that have had one name from of old each can still be changed, as long as it keeps or leaves that name.
 *
 * @throws SeatkeeperError Uniqueness
 */
export async function requireFreeName(
  sql: Sql,
  kind: keyof typeof TABLES,
  { organisationId, id, name }: Named,
): Promise<void> {
  const found = await sql.all<Pick<Named, "id" | "name">>(
    `SELECT id, name FROM ${TABLES[kind]} WHERE organisationId = ? AND name = ?`,
    [organisationId, name],
  );
  // A database may take names for equal that are not.
  const same = found.filter((one) => one.name === name);
  if (same.length === 0 || same.some((one) => one.id === id)) return;
  throw new SeatkeeperError("Uniqueness", {
    field: "name",
    sentence: `There already is a ${kind} "${name}".`,
  });
}
