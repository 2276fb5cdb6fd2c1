import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION } from "./schema.js";

/** What identity providers sent and what became of it. No foreign key to people: a record may outlive its subject. */
export async function createProvisioningLog(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "provisioning_log",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `at ${time} NOT NULL`,
      `requestId ${text(256)} NOT NULL`,
      `method ${text(8)} NOT NULL`,
      `resource ${text(64)} NOT NULL`,
      `resourceId ${id}`,
      `userId ${id}`,
      `userNameKey ${text(512)}`,
      `query ${long} NOT NULL`,
      `ifMatch ${text(256)}`,
      `body ${long}`,
      `isBodyTooLarge ${flag} NOT NULL`,
      `trail ${long} NOT NULL`,
      `status ${integer} NOT NULL`,
      `refused ${flag} NOT NULL`,
      `refusal ${long}`,
      `code ${text(64)}`,
      `effects ${long}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: {
        time: ["organisationId", "connectionId", "at", "id"],
        verdict: ["organisationId", "connectionId", "refused", "at", "id"],
        user: ["organisationId", "userId", "at", "id"],
        name: ["organisationId", "userNameKey", "at", "id"],
        resource: ["organisationId", "resourceId", "at", "id"],
        request: ["organisationId", "requestId"],
        // What is too old is looked for in all organisations at once.
        age: ["at"],
      },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}
