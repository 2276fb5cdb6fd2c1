import type { Umzug, UmzugStorage } from "umzug";
import type { Database } from "./database.js";
import { fillEmptyDatabase } from "./migrations/emptyDatabase.js";
import { MIGRATIONS } from "./migrations/index.js";
import { columnTypes, createTable } from "./migrations/schema.js";
import type { Sql } from "./sql.js";

/** Runs what is missing. Several nodes may call it at once: one works, the others wait and find nothing to do. */
export function migrate(database: Database): Promise<void> {
  return database.alone(async (sql) => {
    const { text } = columnTypes(sql.dialect);
    await createTable(sql, "migrations", [`name ${text(128)} NOT NULL`], { primaryKey: ["name"] });
    const left = await missing(sql);
    if (left.length === MIGRATIONS.length && (await fillEmptyDatabase(sql))) await runLater(sql);
    else if (left.length > 0) await (await umzug(sql)).up();
  });
}

/** Those that the file for empty databases does not know yet. */
async function runLater(sql: Sql): Promise<void> {
  const left = await missing(sql);
  for (const { name, up } of MIGRATIONS.filter((migration) => left.includes(migration.name))) {
    await up(sql);
    await storage(sql).logMigration({ name, context: undefined });
  }
}

export function pendingMigrations(database: Database): Promise<string[]> {
  return database.read(missing);
}

async function missing(sql: Sql): Promise<string[]> {
  const executed = await executedIn(sql);
  return MIGRATIONS.map(({ name }) => name).filter((name) => !executed.includes(name));
}

/** Loaded when there is something to do: it brings a command line of its own, which takes a third of a second. */
async function umzug(sql: Sql): Promise<Umzug> {
  const { Umzug } = await import("umzug");
  return new Umzug({
    migrations: MIGRATIONS.map(({ name, up }) => ({ name, up: () => up(sql) })),
    storage: storage(sql),
    logger: undefined,
  });
}

function storage(sql: Sql): UmzugStorage {
  return {
    async logMigration({ name }) {
      await sql.run("INSERT INTO migrations (name) VALUES (?)", [name]);
    },
    async unlogMigration({ name }) {
      await sql.run("DELETE FROM migrations WHERE name = ?", [name]);
    },
    executed: () => executedIn(sql),
  };
}

async function executedIn(sql: Sql): Promise<string[]> {
  if (!(await hasTable(sql))) return [];
  const rows = await sql.all<{ name: string }>("SELECT name FROM migrations ORDER BY name");
  return rows.map(({ name }) => name);
}

async function hasTable(sql: Sql): Promise<boolean> {
  const text =
    sql.dialect.name === "sqlite"
      ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
      : "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migrations'";
  return (await sql.all(text)).length > 0;
}
