import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Database, Link } from "../../src/store/database.js";
import { systemIds } from "../../src/store/ids.js";
import { createLedger } from "../../src/store/ledger.js";
import { migrate, pendingMigrations } from "../../src/store/migrate.js";
import { MIGRATIONS } from "../../src/store/migrations/index.js";
import { openMysql } from "../../src/store/mysql.js";
import { createReader } from "../../src/store/reader.js";
import { ENTRY_COLUMNS } from "../../src/store/rows/history.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { insertRows, type SqlValue } from "../../src/store/sql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { Verifier } from "../../src/verify/verify.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { becomeOlder, migrateAgain } from "./support/older.js";
import { freshFile } from "./support/sqlite.js";

/** A database from before the chain: its entries are numbered and chained, and nothing else about them changes. */

const NAME = "0014-ledger";
const ORGANISATIONS = ["acorn", "birch", "empty"];
/** More than two portions. */
const ENTRIES = 260;

describeMigration("SQLite", async () => openSqlite(await freshFile(), 1));

describeMySql("MariaDB", () => {
  describeMigration("MariaDB", async () => {
    const address = readDatabaseUrl(await freshDatabase("ledger"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return openMysql(address.mysql, 2);
  });
});

function describeMigration(name: string, open: () => Promise<Database>): void {
  describe(`the chain of an older ledger on ${name}`, () => {
    let database: Database;

    beforeAll(async () => {
      database = await open();
      await becomeOlder(database, NAME, async (sql) => {
        for (const organisation of ORGANISATIONS) await fill(sql, organisation);
      });
    });

    afterAll(() => database.close());

    it("is made also after it was interrupted, with each pool's first capacity, and verifies", async () => {
      const chainLedger = MIGRATIONS.find((one) => one.name === NAME)!.up;
      for (const portionsDone of [0, 2, 4]) {
        await expect(
          database.alone((sql) => chainLedger(stoppingAfter(sql, portionsDone))),
        ).rejects.toThrow("stopped");
      }
      await migrate(database);
      expect(await pendingMigrations(database)).toEqual([]);
      for (const organisationId of ORGANISATIONS) await expectChained(database, organisationId);
    });

    it("leaves nothing to do for a second run", async () => {
      const before = await linesOf(database, "acorn");
      await migrateAgain(database, NAME);
      expect(await linesOf(database, "acorn")).toEqual(before);
      await expect(database.change((sql) => sql.run("DELETE FROM entries"))).rejects.toThrow(
        "seatkeeper: the ledger is append-only",
      );
    });
  });
}

/** The connection is lost after so many portions were written. */
function stoppingAfter(sql: Link, portions: number): Link {
  let left = portions;
  return {
    ...sql,
    all: (text, values) => sql.all(text, values),
    run: async (text, values) => {
      if (text.startsWith("UPDATE entries") && (left -= 1) < 0) throw new Error("stopped");
      return sql.run(text, values);
    },
  };
}

const linesOf = (database: Database, organisationId: string) =>
  createLedger(createReader(database)).lines(organisationId, { after: 0, limit: 1_000 });

async function expectChained(database: Database, organisationId: string): Promise<void> {
  const present = await createLedger(createReader(database)).standing(organisationId);
  const verifier = new Verifier({ present });
  const lines = await linesOf(database, organisationId);
  lines.forEach((line) => verifier.add({ ...line }));
  expect(verifier.report().fault).toBeNull();
  const [pool, ...rest] = lines;
  expect(pool).toMatchObject({ kind: "pool.created", reason: "adopted", poolId: "pool", at: 5 });
  expect(JSON.parse(pool!.details)).toMatchObject({ name: "Pool" });
  const isEmpty = organisationId === "empty";
  expect(JSON.parse(pool!.details)).toMatchObject({ capacity: isEmpty ? 9 : 2 });
  const expected = isEmpty ? [] : happenings(organisationId);
  expect(rest.map(({ sequence: _, hash: __, ...fields }) => Object.values(fields))).toEqual(
    expected,
  );
}

async function fill(sql: Link, organisationId: string): Promise<void> {
  await insertRows(
    sql,
    "organisations",
    ["id", "slug", "name", "createdAt"],
    [[organisationId, organisationId, organisationId, 1]],
  );
  await insertRows(
    sql,
    "pools",
    [
      ...["organisationId", "id", "name", "product", "tiers", "kind", "capacity", "ceiling"],
      ...["priority", "policy", "version", "createdAt"],
    ],
    [[organisationId, "pool", "Pool", "desk", '["basic"]', "locked", 9, 9, 0, "{}", 1, 5]],
  );
  if (organisationId === "empty") return;
  await insertRows(sql, "entries", ENTRY_COLUMNS, happenings(organisationId));
}

const made = new Map<string, SqlValue[][]>();

/** Seats are given and taken back in turn; the capacity changes twice, from 2 to 5 to 9. */
function happenings(organisationId: string): SqlValue[][] {
  const before = made.get(organisationId);
  if (before !== undefined) return before;
  const rows = Array.from({ length: ENTRIES }, (_, index): SqlValue[] => {
    const turn = String(Math.floor(index / 2));
    const isGrant = index % 2 === 0;
    const head = [systemIds.next(), organisationId, 10 + index];
    const cause = '{"type":"scim","action":"ä","actor":"idp","requestId":null}';
    if (index === 100 || index === 200) {
      const details = index === 100 ? '{"from":2,"to":5}' : '{"from":5,"to":9}';
      const changed = ["pool.capacityChanged", null, "desk", "pool", null, null, 0, "raised"];
      return [...head, ...changed, cause, details];
    }
    const [kind, delta] = isGrant ? ["seat.granted", 1] : ["seat.released", -1];
    const about = [kind, `u${turn}`, "desk", "pool", `s${turn}`, "basic", delta, "x"] as const;
    // Behind a change of the capacity stands a wait instead of a release without its grant.
    return index === 101 || index === 201
      ? [...head, "waiting.added", `u${turn}`, "desk", null, null, "basic", 0, "x", cause, "{}"]
      : [...head, ...about, cause, "{}"];
  });
  made.set(organisationId, rows);
  return rows;
}
