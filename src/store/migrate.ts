import { Umzug } from "umzug";
import type { UmzugStorage } from "umzug";
import type { Database } from "./database.js";
import { MIGRATIONS } from "./migrations/index.js";
import { columnTypes, createTable } from "./migrations/schema.js";
import type { Sql } from "./sql.js";

/** Runs what is missing. Several nodes may call it at once: one works, the others wait and find nothing to do. */
export function migrate(database: Database): Promise<void> {
  return database.alone(async (sql) => {
    const { text } = columnTypes(sql.dialect);
    await createTable(sql, "migrations", [`name ${text(128)} NOT NULL`], { primaryKey: ["name"] });
    await umzug(sql).up();
  });
}

export function pendingMigrations(database: Database): Promise<string[]> {
  return database.read(async (sql) => {
    const pending = await umzug(sql).pending();
    return pending.map((migration) => migration.name);
  });
}

function umzug(sql: Sql): Umzug {
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
    async executed() {
      if (!(await hasTable(sql))) {
        return [];
      }
      const rows = await sql.all<{ name: string }>("SELECT name FROM migrations ORDER BY name");
      return rows.map((row) => row.name);
    },
  };
}

async function hasTable(sql: Sql): Promise<boolean> {
  const text =
    sql.dialect.name === "sqlite"
      ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
      : "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migrations'";
  return (await sql.all(text)).length > 0;
}
