import { POOL_FULL_MESSAGE } from "../failures.js";
import type { Sql } from "../sql.js";
import { addColumn, columnTypes } from "./schema.js";
import { createTrigger, dropTrigger, TRIGGERS } from "./triggers.js";

/**
 * Seats that give no access but are kept: invitations, parked and suspended ones. Whether such a seat takes one of those that
 * were bought is a column, so that the triggers count by it (and by the limits of 0017); a seat that gives access always does. What exists is in use.
 */
export async function addSeatStates(sql: Sql): Promise<void> {
  const { text, long, time, flag } = columnTypes(sql.dialect);
  const always = "CHECK (consumes = 1 OR state NOT IN ('active', 'grace'))";
  const onSqlite = sql.dialect.name === "sqlite";
  await addColumn(sql, "seats", "state", `${text(16)} NOT NULL DEFAULT 'active'`);
  await addColumn(
    sql,
    "seats",
    "consumes",
    onSqlite
      ? `${flag} NOT NULL DEFAULT 1 ${always}`
      : `${flag} NOT NULL DEFAULT 1, ADD CONSTRAINT seats_live_consumes ${always}`,
  );
  await addColumn(sql, "seats", "protectedUntil", time);
  await addColumn(sql, "seats", "memory", long);
  for (const name of TRIGGERS) {
    await dropTrigger(sql, name);
  }
  if (onSqlite) await guardOnSqlite(sql);
  else await guardOnMysql(sql);
}

const TAKE =
  "UPDATE pools SET used = used + 1 WHERE organisationId = NEW.organisationId AND id = NEW.poolId";
const HAS_ROOM = "used < capacity + overage";
const IS_OTHER =
  "(NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId OR NEW.consumes <> OLD.consumes)";

/** `ceiling` first: MySQL assigns from left to right, and `used` must still be the old value there. */
function giveBack(larger: "MAX" | "GREATEST"): string {
  return `UPDATE pools SET ceiling = ${larger}(capacity + overage, used - 1), used = used - 1 WHERE organisationId = OLD.organisationId AND id = OLD.poolId`;
}

/** Without IF in SQLite's triggers, each statement says itself for whom it is. */
async function guardOnSqlite(sql: Sql): Promise<void> {
  const refuse = `SELECT RAISE(ABORT, '${POOL_FULL_MESSAGE}') WHERE NEW.consumes = 1 AND NOT EXISTS (SELECT 1 FROM pools WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND ${HAS_ROOM})`;
  const take = `${TAKE} AND NEW.consumes = 1`;
  const give = `${giveBack("MAX")} AND OLD.consumes = 1`;
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats BEGIN ${refuse}; ${take}; END`);
  await createTrigger(sql, `seats_given_back AFTER DELETE ON seats BEGIN ${give}; END`);
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE OF organisationId, poolId, consumes ON seats WHEN ${IS_OTHER} BEGIN ${give}; ${refuse}; ${take}; END`,
  );
}

async function guardOnMysql(sql: Sql): Promise<void> {
  const take = `IF NEW.consumes = 1 THEN ${TAKE} AND ${HAS_ROOM}; IF ROW_COUNT() = 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${POOL_FULL_MESSAGE}'; END IF; END IF`;
  const give = `IF OLD.consumes = 1 THEN ${giveBack("GREATEST")}; END IF`;
  await createTrigger(sql, `seats_taken AFTER INSERT ON seats FOR EACH ROW BEGIN ${take}; END`);
  await createTrigger(
    sql,
    `seats_given_back AFTER DELETE ON seats FOR EACH ROW BEGIN ${give}; END`,
  );
  await createTrigger(
    sql,
    `seats_moved AFTER UPDATE ON seats FOR EACH ROW BEGIN IF ${IS_OTHER} THEN ${give}; ${take}; END IF; END`,
  );
}
