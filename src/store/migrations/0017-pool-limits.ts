import { POOL_FULL_MESSAGE } from "../failures.js";
import type { Sql } from "../sql.js";
import { addColumn, columnTypes } from "./schema.js";
import { createTrigger, dropTrigger } from "./triggers.js";

/**
 * What a pool may hold above its capacity, and up to where it may grow by itself, beside the policy that says so: the
 * triggers cannot read a policy. Pools that exist have neither.
 */
export async function addPoolLimits(sql: Sql): Promise<void> {
  const { integer } = columnTypes(sql.dialect);
  await addColumn(sql, "pools", "overage", `${integer} NOT NULL DEFAULT 0`);
  await addColumn(sql, "pools", "autoscaleMax", `${integer} NOT NULL DEFAULT 0`);
  for (const name of ["seats_taken", "seats_given_back", "seats_moved"]) {
    await dropTrigger(sql, name);
  }
  if (sql.dialect.name === "sqlite") await guardOnSqlite(sql);
  else await guardOnMysql(sql);
}

const TAKE =
  "UPDATE pools SET used = used + 1 WHERE organisationId = NEW.organisationId AND id = NEW.poolId";
const HAS_ROOM = "used < capacity + overage";

/** `ceiling` first: MySQL assigns from left to right, and `used` must still be the old value there. */
function giveBack(larger: "MAX" | "GREATEST"): string {
  return `UPDATE pools SET ceiling = ${larger}(capacity + overage, used - 1), used = used - 1 WHERE organisationId = OLD.organisationId AND id = OLD.poolId`;
}

async function guardOnSqlite(sql: Sql): Promise<void> {
  const refuse = `SELECT RAISE(ABORT, '${POOL_FULL_MESSAGE}') WHERE NOT EXISTS (SELECT 1 FROM pools WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND ${HAS_ROOM})`;
  const give = giveBack("MAX");
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats BEGIN ${refuse}; ${TAKE}; END`);
  await createTrigger(sql, `seats_given_back AFTER DELETE ON seats BEGIN ${give}; END`);
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE OF organisationId, poolId ON seats WHEN NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId BEGIN ${give}; ${refuse}; ${TAKE}; END`,
  );
}

async function guardOnMysql(sql: Sql): Promise<void> {
  const take = `${TAKE} AND ${HAS_ROOM}; IF ROW_COUNT() = 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${POOL_FULL_MESSAGE}'; END IF`;
  const give = giveBack("GREATEST");
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats FOR EACH ROW BEGIN ${take}; END`);
  await createTrigger(
    sql,
    `seats_given_back AFTER DELETE ON seats FOR EACH ROW BEGIN ${give}; END`,
  );
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE ON seats FOR EACH ROW BEGIN IF NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId THEN ${give}; ${take}; END IF; END`,
  );
}
