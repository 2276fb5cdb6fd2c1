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
}
