import { afterEach, describe, expect, it } from "@jest/globals";
import type { Database, Link } from "../../src/store/database.js";
import { systemIds } from "../../src/store/ids.js";
import { migrate, pendingMigrations } from "../../src/store/migrate.js";
import { MIGRATIONS } from "../../src/store/migrations/index.js";
import { columnTypes, createTable } from "../../src/store/migrations/schema.js";
import { openMysql } from "../../src/store/mysql.js";
import { createOutbox } from "../../src/store/outbox.js";
import { createReader } from "../../src/store/reader.js";
import { EVENT_COLUMNS } from "../../src/store/rows/history.js";
import { insertRows, type SqlValue } from "../../src/store/sql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { createWriter } from "../../src/store/write.js";
import { RuleCache } from "../../src/store/load/tenant.js";
import { defineModels } from "../../src/store/models/index.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { freshFile } from "./support/sqlite.js";

/** A database from before some indexes went: what waits in it is still delivered, in order, and to one at a time. */

const NAME = "0019-lighter-writes";

describeLighter("SQLite", async () => openSqlite(await freshFile(), 1));

describeMySql("MariaDB", () => {
  describeLighter("MariaDB", async () => {
    const address = readDatabaseUrl(await freshDatabase("lighter"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return openMysql(address.mysql, 2);
  });
});

function describeLighter(name: string, open: () => Promise<Database>): void {
  describe(`the indexes that went on ${name}`, () => {
    let database: Database;
    afterEach(() => database.close());

    it("take no message with them, also after an interruption", async () => {
      database = await open();
      await database.alone(before);
      expect(await indexesOf(database)).toContain("outbox_claim");

      const lighten = MIGRATIONS.find((one) => one.name === NAME)!.up;
      await expect(database.alone((sql) => lighten(stoppingAfter(sql, 2)))).rejects.toThrow("stop");
      await migrate(database);

      expect(await pendingMigrations(database)).toEqual([]);
      expect(await indexesOf(database)).toEqual(
        expect.not.arrayContaining(["outbox_user", "outbox_claim", "push_outbox_user"]),
      );
      for (const table of ["outbox", "push_outbox"] as const) {
        const writer = createWriter({
          database,
          clock: { now: () => 9 },
          logger: quiet,
          rules: new RuleCache(),
        });
        const context = {
          reader: createReader(database),
          writer,
          models: defineModels(database.sequelize),
        };
        const outbox = createOutbox(context, systemIds, table);
        // Somebody has the first of Alice's; the group's and Bob's are free.
        expect((await outbox.claim(9, 10, 99)).map(({ id }) => id)).toEqual(["b1", "g1"]);
        expect((await outbox.claim(60, 10, 99)).map(({ id }) => id)).toEqual(["a1"]);
        await outbox.delivered(["a1"], 60);
        expect((await outbox.claim(60, 10, 99)).map(({ id }) => id)).toEqual(["a2"]);
      }
    });
  });
}

async function before(sql: Link): Promise<void> {
  const { text } = columnTypes(sql.dialect);
  await createTable(sql, "migrations", [`name ${text(128)} NOT NULL`], { primaryKey: ["name"] });
  for (const { name, up } of MIGRATIONS.filter((one) => one.name < NAME)) {
    await up(sql);
    await sql.run("INSERT INTO migrations (name) VALUES (?)", [name]);
  }
  const event = (id: string, userId: string | null, subjectId: string): SqlValue[] => [
    ...[id, "acorn", userId, subjectId, "user.updated", 1, "{}", 1],
  ];
  for (const table of ["outbox", "push_outbox"]) {
    await insertRows(sql, table, EVENT_COLUMNS, [
      event("a1", "alice", "alice"),
      event("b1", "bob", "bob"),
      event("a2", "alice", "alice"),
      event("g1", null, "crew"),
    ]);
    await sql.run(`UPDATE ${table} SET claimedUntil = 50, claimedBy = 'other' WHERE id = 'a1'`);
  }
}

/** The connection is lost after so many indexes. */
function stoppingAfter(sql: Link, indexes: number): Link {
  let left = indexes;
  return {
    ...sql,
    run: async (text, values) => {
      if (text.startsWith("DROP INDEX") && (left -= 1) < 0) throw new Error("stop");
      return sql.run(text, values);
    },
  };
}

async function indexesOf(database: Database): Promise<string[]> {
  const rows = await database.read((sql) =>
    sql.all<{ name: string }>(
      sql.dialect.name === "sqlite"
        ? "SELECT name FROM sqlite_master WHERE type = 'index'"
        : "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE()",
    ),
  );
  return rows.map(({ name }) => name);
}
