import type { Database, Link } from "../../../src/store/database.js";
import { MIGRATIONS } from "../../../src/store/migrations/index.js";
import { columnTypes, createTable } from "../../../src/store/migrations/schema.js";

/** Makes an empty database what it was before the migration of this name, and fills it as it was then. */
export function becomeOlder(
  database: Database,
  name: string,
  fill: (sql: Link) => Promise<void>,
): Promise<void> {
  return database.alone(async (sql) => {
    const { text } = columnTypes(sql.dialect);
    const columns = [`name ${text(128)} NOT NULL`];
    await createTable(sql, "migrations", columns, { primaryKey: ["name"] });
    for (const { name: earlier, up } of MIGRATIONS.filter((one) => one.name < name)) {
      await up(sql);
      await sql.run("INSERT INTO migrations (name) VALUES (?)", [earlier]);
    }
    await fill(sql);
  });
}

/** One migration again, as after an interruption: what is done already is passed over. */
export function migrateAgain(database: Database, name: string): Promise<void> {
  return database.alone((sql) => MIGRATIONS.find((one) => one.name === name)!.up(sql));
}
