import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";

/** Every row of every table as JSON text, by table: what somebody with a copy of the database could read. */
export async function dumpDatabase(url: string): Promise<Map<string, string>> {
  const address = readDatabaseUrl(url);
  const database =
    address.type === "sqlite"
      ? await openSqlite(address.path, 1)
      : await openMysql(address.mysql, 1);
  try {
    return await database.read(async (sql) => {
      const tables = await sql.all<{ name: string }>(
        address.type === "sqlite"
          ? "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
          : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
      );
      const dump = new Map<string, string>();
      for (const { name } of tables) {
        dump.set(name, JSON.stringify(await sql.all(`SELECT * FROM ${name}`)));
      }
      return dump;
    });
  } finally {
    await database.close();
  }
}

/** Names of the tables in which the text stands, letter case ignored. */
export async function tablesWith(url: string, text: string): Promise<string[]> {
  const wanted = text.toLowerCase();
  return [...(await dumpDatabase(url))]
    .filter(([, rows]) => rows.toLowerCase().includes(wanted))
    .map(([name]) => name);
}
