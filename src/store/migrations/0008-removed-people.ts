import { keepExisting } from "../dialect.js";
import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION, within } from "./schema.js";

/** Deleted people who may come back, and accounts that an administrator hands from one connection to another. */
export async function createRemovedPeople(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "removed_people",
    [
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `connectionId ${id}`,
      `externalId ${text(512)}`,
      `userNameKey ${text(512)}`,
      `removedAt ${time} NOT NULL`,
      // Everything that it takes to bring the account back, in one place: erasing it is deleting this row.
      `person ${long} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "userId"],
      indexes: {
        external: ["organisationId", "connectionId", "externalId", "userId"],
        name: ["organisationId", "userNameKey", "connectionId", "userId"],
        due: ["removedAt"],
      },
      foreignKeys: [within("users", "userId")],
    },
  );
  // Rows of people who were deleted before there was a retention: nothing in them but the id, and they go in time, too.
  await sql.run(
    `INSERT INTO removed_people (organisationId, userId, removedAt, person) SELECT organisationId, id, deletedAt, '' FROM users WHERE deletedAt IS NOT NULL${keepExisting(sql.dialect, "removed_people.userId")}`,
  );
  await createTable(
    sql,
    "hand_overs",
    [
      `organisationId ${id} NOT NULL`,
      `toConnectionId ${id} NOT NULL`,
      `fromConnectionId ${id} NOT NULL`,
      // Empty: everybody.
      `userNameKey ${text(512)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "toConnectionId", "fromConnectionId", "userNameKey"],
      foreignKeys: [OF_ORGANISATION],
    },
  );
}
