import { POOL_FULL_MESSAGE } from "../failures.js";
import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION, within } from "./schema.js";
import { createTrigger, dropTrigger, TRIGGERS } from "./triggers.js";

/** Pools, seats, the waiting list, and the triggers that make an oversold pool impossible. */
export async function createSeats(sql: Sql): Promise<void> {
  await createPools(sql);
  await createSeatTable(sql);
  await createWaiting(sql);
  await guardCapacity(sql);
}

async function createPools(sql: Sql): Promise<void> {
  const { id, text, long, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "pools",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `name ${text(256)} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `tiers ${long} NOT NULL`,
      `kind ${text(16)} NOT NULL`,
      `capacity ${integer} NOT NULL`,
      // Kept by the triggers below and by nothing else.
      `used ${integer} NOT NULL DEFAULT 0`,
      // The capacity, or the seats held when the capacity was lowered below them; shrinks with every release.
      `ceiling ${integer} NOT NULL`,
      `priority ${integer} NOT NULL`,
      `policy ${long} NOT NULL`,
      `version ${integer} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { name: ["organisationId", "name"] },
      checks: { used_within: "used >= 0 AND used <= ceiling", capacity_positive: "capacity >= 0" },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function createSeatTable(sql: Sql): Promise<void> {
  const { id, text, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "seats",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `poolId ${id} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `userId ${id} NOT NULL`,
      `tier ${text(128)} NOT NULL`,
      `grantedAt ${time} NOT NULL`,
      `lastUsedAt ${time} NOT NULL`,
      `lastSignInAt ${time}`,
      `expiresAt ${time}`,
      `generation ${integer} NOT NULL`,
      // The order of displacement by sign-in; who never signed in counts from the grant.
      `signInOrder ${time} AS (COALESCE(lastSignInAt, grantedAt)) STORED`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { holder: ["organisationId", "userId", "product"] },
      indexes: {
        use: ["organisationId", "poolId", "lastUsedAt", "grantedAt", "id"],
        sign_in: ["organisationId", "poolId", "signInOrder", "grantedAt", "id"],
        expiry: ["organisationId", "expiresAt"],
      },
      // No cascades: MySQL does not fire triggers for them, and the count would be wrong.
      foreignKeys: [within("pools", "poolId"), within("users", "userId")],
    },
  );
}

async function createWaiting(sql: Sql): Promise<void> {
  const { id, text, time, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "waiting",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `tier ${text(128)} NOT NULL`,
      `poolId ${id}`,
      `since ${time} NOT NULL`,
      `atTheDoor ${flag} NOT NULL`,
      `reason ${text(32)} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: {
        user: ["organisationId", "userId"],
        // One range per product, tier, wished pool and door, each already in the order of the list.
        place: ["organisationId", "product", "tier", "poolId", "atTheDoor", "since", "id"],
        list: ["organisationId", "product", "since", "id"],
      },
      foreignKeys: [within("users", "userId")],
    },
  );
}

const TAKE =
  "UPDATE pools SET used = used + 1 WHERE organisationId = NEW.organisationId AND id = NEW.poolId";
// `ceiling` first: MySQL assigns from left to right, and `used` must still be the old value there.
function give(larger: string): string {
  return `UPDATE pools SET ceiling = ${larger}, used = used - 1 WHERE organisationId = OLD.organisationId AND id = OLD.poolId`;
}

async function guardCapacity(sql: Sql): Promise<void> {
  for (const name of TRIGGERS) {
    await dropTrigger(sql, name);
  }
  if (sql.dialect.name === "sqlite") {
    await guardOnSqlite(sql);
  } else {
    await guardOnMysql(sql);
  }
}

async function guardOnSqlite(sql: Sql): Promise<void> {
  const refuse = `SELECT RAISE(ABORT, '${POOL_FULL_MESSAGE}') WHERE NOT EXISTS (SELECT 1 FROM pools WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND used < capacity)`;
  const giveBack = give("MAX(capacity, used - 1)");
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats BEGIN ${refuse}; ${TAKE}; END`);
  await createTrigger(sql, `seats_given_back AFTER DELETE ON seats BEGIN ${giveBack}; END`);
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE OF organisationId, poolId ON seats WHEN NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId BEGIN ${giveBack}; ${refuse}; ${TAKE}; END`,
  );
}

async function guardOnMysql(sql: Sql): Promise<void> {
  const take = `${TAKE} AND used < capacity; IF ROW_COUNT() = 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${POOL_FULL_MESSAGE}'; END IF`;
  const giveBack = give("GREATEST(capacity, used - 1)");
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats FOR EACH ROW BEGIN ${take}; END`);
  await createTrigger(
    sql,
    `seats_given_back AFTER DELETE ON seats FOR EACH ROW BEGIN ${giveBack}; END`,
  );
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE ON seats FOR EACH ROW BEGIN IF NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId THEN ${giveBack}; ${take}; END IF; END`,
  );
}
