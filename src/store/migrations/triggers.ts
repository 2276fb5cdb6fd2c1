import { SeatkeeperError } from "../../errors.js";
import type { MissingTriggers } from "../../ports.js";
import type { Sql } from "../sql.js";

/** MySQL: binary logging is on and the account may not create triggers. */
const NEEDS_SUPER = 1419;
const DENIED = new Set([1142, 1227]);

/** Those that keep the count of the seats (0003). */
export const TRIGGERS = ["seats_taken", "seats_given_back", "seats_moved"] as const;

/** MySQL shows triggers only to who may make them: who sees none may be blind. */
export async function missingTriggers(sql: Sql): Promise<MissingTriggers> {
  const onSqlite = sql.dialect.name === "sqlite";
  const there = await sql.all<{ name: string }>(
    onSqlite
      ? "SELECT name FROM sqlite_master WHERE type = 'trigger'"
      : "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
  );
  const names = new Set(there.map(({ name }) => name));
  const missing = TRIGGERS.filter((name) => !names.has(name));
  return { missing, areVisible: onSqlite || names.size > 0 || (await maySeeTriggers(sql)) };
}

async function maySeeTriggers(sql: Sql): Promise<boolean> {
  const rights = await sql.all(
    "SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER' UNION ALL SELECT 1 FROM information_schema.schema_privileges WHERE privilege_type = 'TRIGGER' AND DATABASE() LIKE table_schema LIMIT 1",
  );
  return rights.length > 0;
}

export async function dropTrigger(sql: Sql, name: string): Promise<void> {
  await sql.run(`DROP TRIGGER IF EXISTS ${name}`);
}

/** @throws SeatkeeperError InvalidConfiguration with what to do when the account lacks the right. */
export async function createTrigger(sql: Sql, definition: string): Promise<void> {
  try {
    await sql.run(`CREATE TRIGGER ${definition}`);
  } catch (error) {
    const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
    if (errno === NEEDS_SUPER || DENIED.has(Number(errno))) {
      throw new SeatkeeperError("InvalidConfiguration", {
        sentence:
          errno === NEEDS_SUPER
            ? "The database does not let this account create triggers while binary logging is on. Set log_bin_trust_function_creators = 1 on the server for the migration, or migrate with an account that has the SUPER privilege; see docs/database.md."
            : "The database account needs the TRIGGER privilege for migrations; see docs/database.md.",
        cause: error,
      });
    }
    throw error;
  }
}
