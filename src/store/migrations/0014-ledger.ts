import { CHAIN_COLUMNS, type ChainHead, nextHead, NOTHING_YET } from "../chain.js";
import { systemIds } from "../ids.js";
import { ENTRY_COLUMNS } from "../rows/history.js";
import { insertRows, placeholders } from "../sql.js";
import type { Sql, SqlValue } from "../sql.js";
import { addColumn, columnTypes, createIndex } from "./schema.js";
import { createTrigger, dropTrigger } from "./triggers.js";

/**
 * Numbers the entries of each organisation without a gap, chains them by hashes, and lets the database refuse to change
 * or delete one (docs/ledger.md). MySQL commits each portion by itself; after an interruption it goes on where it was.
 */
export async function chainLedger(sql: Sql): Promise<void> {
  for (const name of TRIGGERS) await dropTrigger(sql, name);
  const { id: idType, time } = columnTypes(sql.dialect);
  await addColumn(sql, "entries", "sequence", time);
  await addColumn(sql, "entries", "hash", idType);
  const organisations = await sql.all<{ id: string }>("SELECT id FROM organisations ORDER BY id");
  for (const { id } of organisations) {
    await adoptPools(sql, id);
    await chainEntries(sql, id);
  }
  await changeIndexes(sql);
  await guardEntries(sql);
}

const TRIGGERS = ["entries_appended", "entries_unchanged", "entries_kept"];

interface PoolRow {
  readonly id: string;
  readonly product: string;
  readonly name: string;
  readonly kind: string;
  readonly capacity: number;
  readonly createdAt: number;
}

/**
 * Who adds up the ledger must know the capacity of each pool from its beginning: it is what the first change of it
 * started from. Tiers and policy of that time are not known.
 */
async function adoptPools(sql: Sql, organisationId: string): Promise<void> {
  const pools = await sql.all<PoolRow>(
    "SELECT id, product, name, kind, capacity, createdAt FROM pools WHERE organisationId = ? AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.organisationId = pools.organisationId AND e.kind = 'pool.created' AND e.poolId = pools.id) ORDER BY createdAt, id",
    [organisationId],
  );
  if (pools.length === 0) return;
  const changes = await sql.all<{ poolId: string; details: string }>(
    "SELECT poolId, details FROM entries WHERE organisationId = ? AND kind = 'pool.capacityChanged' ORDER BY position DESC",
    [organisationId],
  );
  // The oldest comes last and stays.
  const first = new Map(
    changes.map(({ poolId, details }) => [poolId, (JSON.parse(details) as { from: number }).from]),
  );
  const cause = { type: "admin", action: "ledger.adopted", actor: "system", requestId: null };
  const rows = pools.map(({ id, product, name, kind, capacity, createdAt }): SqlValue[] => {
    const details = { name, kind, capacity: first.get(id) ?? capacity };
    return [
      ...[systemIds.next(), organisationId, createdAt, "pool.created", null, product, id, null],
      ...[null, 0, "adopted", JSON.stringify(cause), JSON.stringify(details)],
    ];
  });
  await insertRows(sql, "entries", ENTRY_COLUMNS, rows);
}

const PORTION = 100;

/** Pools that were adopted come first: seats are given from them. All else in the order of the commits. */
async function chainEntries(sql: Sql, organisationId: string): Promise<void> {
  let head = await headOf(sql, organisationId);
  for (const isAdopted of [true, false]) {
    const kind = `kind ${isAdopted ? "=" : "<>"} 'pool.created'`;
    const [done] = await sql.all<{ position: number | null }>(
      `SELECT MAX(position) AS position FROM entries WHERE organisationId = ? AND ${kind} AND sequence IS NOT NULL`,
      [organisationId],
    );
    let after = done?.position ?? 0;
    for (;;) {
      const rows = await sql.all<Record<string, SqlValue> & { position: number }>(
        `SELECT position, ${ENTRY_COLUMNS.join(", ")} FROM entries WHERE organisationId = ? AND position > ? AND ${kind} ORDER BY position LIMIT ${String(PORTION)}`,
        [organisationId, after],
      );
      if (rows.length === 0) break;
      head = await chainPortion(sql, head, rows);
      after = rows.at(-1)?.position ?? after;
    }
  }
}

async function headOf(sql: Sql, organisationId: string): Promise<ChainHead> {
  const [head] = await sql.all<ChainHead>(
    "SELECT sequence, hash FROM entries WHERE organisationId = ? AND sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1",
    [organisationId],
  );
  return head ?? NOTHING_YET;
}

async function chainPortion(
  sql: Sql,
  before: ChainHead,
  rows: readonly (Record<string, SqlValue> & { readonly position: number })[],
): Promise<ChainHead> {
  let head = before;
  const heads = rows.map((row) => {
    head = nextHead(
      head,
      ENTRY_COLUMNS.map((column) => row[column] ?? null),
    );
    return { position: row.position, ...head };
  });
  const sets = CHAIN_COLUMNS.map(
    (column) => `${column} = CASE position${" WHEN ? THEN ?".repeat(heads.length)} END`,
  );
  await sql.run(
    `UPDATE entries SET ${sets.join(", ")} WHERE position IN (${placeholders(heads.length)})`,
    [
      ...CHAIN_COLUMNS.flatMap((column) => heads.flatMap((one) => [one.position, one[column]])),
      ...heads.map(({ position }) => position),
    ],
  );
  return head;
}

/** The number takes the place of the position in both indexes, so that an insertion costs what it did. */
async function changeIndexes(sql: Sql): Promise<void> {
  if (sql.dialect.name === "sqlite") {
    await sql.run("DROP INDEX IF EXISTS entries_organisation");
    await sql.run("DROP INDEX IF EXISTS entries_user");
    await sql.run(
      "CREATE UNIQUE INDEX IF NOT EXISTS entries_sequence ON entries (organisationId, sequence)",
    );
    await createIndex(sql, "entries", "person", ["organisationId", "userId", "sequence"]);
    return;
  }
  const { id } = columnTypes(sql.dialect);
  const [old] = await sql.all(
    "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'entries' AND index_name = 'entries_organisation' LIMIT 1",
  );
  if (old === undefined) return;
  await sql.run(
    `ALTER TABLE entries MODIFY sequence BIGINT NOT NULL, MODIFY hash ${id} NOT NULL, DROP INDEX entries_organisation, DROP INDEX entries_user, ADD UNIQUE INDEX entries_sequence (organisationId, sequence), ADD INDEX entries_person (organisationId, userId, sequence)`,
  );
}

const CHAINED = "seatkeeper: a ledger entry needs the next number and a hash";
const APPEND_ONLY = "seatkeeper: the ledger is append-only";

async function guardEntries(sql: Sql): Promise<void> {
  if (sql.dialect.name === "sqlite") {
    // A column that is added later cannot be NOT NULL; and REPLACE removes rows without firing the trigger on DELETE.
    const taken =
      "SELECT 1 FROM entries WHERE organisationId = NEW.organisationId AND sequence >= NEW.sequence";
    await createTrigger(
      sql,
      `entries_appended BEFORE INSERT ON entries WHEN NEW.sequence IS NULL OR NEW.hash IS NULL OR EXISTS (${taken}) OR EXISTS (SELECT 1 FROM entries WHERE position = NEW.position) BEGIN SELECT RAISE(ABORT, '${CHAINED}'); END`,
    );
    const refuse = `BEGIN SELECT RAISE(ABORT, '${APPEND_ONLY}'); END`;
    await createTrigger(sql, `entries_unchanged BEFORE UPDATE ON entries ${refuse}`);
    await createTrigger(sql, `entries_kept BEFORE DELETE ON entries ${refuse}`);
    return;
  }
  const refuse = `FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${APPEND_ONLY}'`;
  await createTrigger(sql, `entries_unchanged BEFORE UPDATE ON entries ${refuse}`);
  await createTrigger(sql, `entries_kept BEFORE DELETE ON entries ${refuse}`);
}
