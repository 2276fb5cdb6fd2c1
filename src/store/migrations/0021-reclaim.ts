import type { Sql } from "../sql.js";
import {
  addColumn,
  columnTypes,
  createIndex,
  createTable,
  OF_ORGANISATION,
  within,
} from "./schema.js";

/** Taking back what nobody uses: the next look at each seat, who is exempt, smaller pools to come, and resources of owners. */
export async function createReclaim(sql: Sql): Promise<void> {
  const { time } = columnTypes(sql.dialect);
  await addColumn(sql, "seats", "reviewAt", time);
  await createIndex(sql, "seats", "review", ["organisationId", "reviewAt"]);
  await createExemptions(sql);
  await createContractions(sql);
  await createResources(sql);
}

async function createExemptions(sql: Sql): Promise<void> {
  const { id, text, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "reclaim_exemptions",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      // One of the two. Of somebody or a group that is gone it means nobody.
      `userId ${id}`,
      `groupId ${id}`,
      `until ${time}`,
      `reason ${text(256)} NOT NULL`,
      `createdBy ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { user: ["organisationId", "userId"], member: ["organisationId", "groupId"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function createContractions(sql: Sql): Promise<void> {
  const { id, text, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "contractions",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `poolId ${id} NOT NULL`,
      `capacity ${integer} NOT NULL`,
      `at ${time} NOT NULL`,
      `state ${text(16)} NOT NULL`,
      `createdBy ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { due: ["organisationId", "state", "at"] },
      foreignKeys: [within("pools", "poolId")],
    },
  );
}

/** Without a foreign key to the owner: what somebody had outlives the account (I19). */
async function createResources(sql: Sql): Promise<void> {
  const { id, text, time, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "resources",
    [
      `organisationId ${id} NOT NULL`,
      `kind ${text(64)} NOT NULL`,
      `id ${text(256)} NOT NULL`,
      `product ${text(128)}`,
      `userId ${id} NOT NULL`,
      `indispensable ${flag} NOT NULL`,
      `state ${text(16)} NOT NULL`,
      // As it was when the owner's seat went.
      `beforeSeatId ${id}`,
      `beforeUserId ${id}`,
      `beforeState ${text(16)}`,
      `updatedAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "kind", "id"],
      indexes: {
        owner: ["organisationId", "userId"],
        before: ["organisationId", "beforeUserId"],
        guard: ["organisationId", "indispensable"],
      },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}
