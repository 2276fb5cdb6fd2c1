import type { Sql } from "./sql.js";

/**
 * MariaDB reads the triggers of a table whenever it opens the table anew. Where another node of a Galera cluster ends
 * the transaction in that moment, the reading stops half-way, and the server keeps the opened table with what it could
 * not read: from then on every statement that would fire them fails on this node, with 1064, until the table is opened
 * again. FLUSH TABLES does that, and needs a privilege for the whole server. REPAIR TABLE opens it as well, does
 * nothing to a table of InnoDB, and needs no more than we have; LOCAL keeps it from the other nodes.
 */
const TRIGGERED = ["seats", "entries"] as const;

/** Transactions last milliseconds; whoever waits longer for the table is asked to come back. */
const WAIT_SECONDS = 5;

export async function openTriggersAnew(sql: Sql): Promise<void> {
  await sql.run(`SET SESSION lock_wait_timeout = ${WAIT_SECONDS}`);
  try {
    for (const table of TRIGGERED) await sql.all(`REPAIR LOCAL TABLE ${table}`);
  } finally {
    await sql.run("SET SESSION lock_wait_timeout = DEFAULT");
  }
}
