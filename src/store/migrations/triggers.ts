import { SeatkeeperError } from "../../errors.js";
import type { Sql } from "../sql.js";

/** MySQL: binary logging is on and the account may not create triggers. */
const NEEDS_SUPER = 1419;
const DENIED = new Set([1142, 1227]);

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
