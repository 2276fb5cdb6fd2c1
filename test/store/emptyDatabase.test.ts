import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { openMysql } from "../../src/store/mysql.js";
import type { Database } from "../../src/store/database.js";
import { migrate, pendingMigrations } from "../../src/store/migrate.js";
import { fileFor } from "../../src/store/migrations/emptyDatabase.js";
import { MIGRATIONS } from "../../src/store/migrations/index.js";
import type { Sql } from "../../src/store/sql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";

/**
 * An empty database gets its schema from a file. SEATKEEPER_WRITE_SCHEMA=1 writes the files anew, after the migrations; a
 * migration that comes later needs that only to be as fast as the others.
 */
const WRITES = process.env["SEATKEEPER_WRITE_SCHEMA"] === "1";

async function openMariaDb(): Promise<Database> {
  const address = readDatabaseUrl(await freshDatabase("empty"));
  if (address.type === "sqlite") throw new Error("not a server");
  return openMysql(address.mysql, 1);
}

/** One statement for each table, index and trigger; in an order in which they can be made. */
async function schemaOf(sql: Sql): Promise<string[]> {
  return sql.dialect.name === "sqlite" ? schemaOfSqlite(sql) : schemaOfMariaDb(sql);
}

async function schemaOfSqlite(sql: Sql): Promise<string[]> {
  const rows = await sql.all<{ text: string }>(
    "SELECT sql AS text FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'migrations' AND name NOT LIKE 'sqlite%' ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name",
  );
  return rows.map(({ text }) => text.replaceAll(/\s+/g, " "));
}

async function schemaOfMariaDb(sql: Sql): Promise<string[]> {
  const tables = await sql.all<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'migrations' ORDER BY table_name",
  );
  const made = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await sql.all<Record<string, string>>(`SHOW CREATE TABLE ${name}`);
    const text = row?.["Create Table"] ?? "";
    made.set(name, text.replaceAll(/\s+/g, " ").replace(/ AUTO_INCREMENT=\d+/, ""));
  }
  const triggers = await sql.all<{ text: string }>(
    "SELECT CONCAT('CREATE TRIGGER ', trigger_name, ' ', action_timing, ' ', event_manipulation, ' ON ', event_object_table, ' FOR EACH ROW ', action_statement) AS text FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY trigger_name",
  );
  return [...inOrder(made), ...triggers.map(({ text }) => text)];
}

/** A table after those that it refers to. */
function inOrder(tables: ReadonlyMap<string, string>): string[] {
  const done = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const text = tables.get(name) ?? "";
    for (const [, other = ""] of text.matchAll(/REFERENCES `(\w+)`/g)) {
      if (other !== name) visit(other);
    }
    done.add(name);
  };
  for (const name of tables.keys()) visit(name);
  return [...done].map((name) => tables.get(name) ?? "");
}

/** Without the order of a table's indexes and columns, which is that of their making. */
function sorted(schema: readonly string[]): string[] {
  return schema
    .map((text) =>
      text
        .split(/, (?=[`"]?\w+[`"]? |UNIQUE|CONSTRAINT)/)
        .sort()
        .join(", "),
    )
    .sort();
}

function suite(open: () => Promise<Database>): void {
  let made: Database;
  let expected: readonly string[];
  const databases: Database[] = [];

  async function opened(): Promise<Database> {
    const database = await open();
    databases.push(database);
    return database;
  }

  beforeAll(async () => {
    made = await opened();
    expected = await made.alone(async (sql) => {
      for (const { up } of MIGRATIONS) await up(sql);
      return schemaOf(sql);
    });
    const file = fileFor(made.dialect);
    if (!WRITES || file === null) return;
    const names = MIGRATIONS.map(({ name }) => `('${name}')`).join(", ");
    const all = [...expected, `INSERT INTO migrations (name) VALUES ${names}`];
    writeFileSync(file, `${all.join("\n\n")}\n`);
  });
  afterAll(() => Promise.all(databases.map((database) => database.close())));

  it("gets from a file, in one piece, exactly what the migrations would have made", async () => {
    const database = await opened();
    await migrate(database);

    expect(await pendingMigrations(database)).toEqual([]);
    expect(sorted(await database.read(schemaOf))).toEqual(sorted(expected));
    await migrate(database);
    expect(sorted(await database.read(schemaOf))).toEqual(sorted(expected));
  });

  it.each([1, 20, 45])(
    "is brought to its end by the migrations when that was interrupted after %d statements",
    async (count) => {
      const database = await opened();
      const file = fileFor(database.dialect);
      const statements =
        file === null ? [] : readFileSync(file, "utf8").split("\n\n").slice(0, count);
      await database.change(async (sql) => {
        for (const statement of statements) await sql.run(statement);
      });
      await migrate(database);

      expect(await pendingMigrations(database)).toEqual([]);
      expect(sorted(await database.read(schemaOf))).toEqual(sorted(expected));
    },
  );
}

describe("an empty database on SQLite", () => suite(() => openSqlite(":memory:", 0)));
describeMySql("an empty database on MariaDB", () => suite(openMariaDb));
