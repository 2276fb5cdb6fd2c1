import { modelOptions } from "./database.js";
import type { Link } from "./database.js";
import type { Dialect } from "./dialect.js";
import { failureOf } from "./failures.js";
import { literal } from "./literal.js";
import { Pipeline } from "./pipeline.js";
import type { SqlValue } from "./sql.js";

/** What is said over one connection to MySQL or MariaDB: statements, and transactions of them. */

/** A statement that takes longer counts as a lost connection. */
const STATEMENT_TIMEOUT_MS = 30_000;

interface QueryOptions {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
  readonly timeout: number;
  readonly typeCast: boolean;
}

/** The driver's connection, as far as it is used here. */
export interface MysqlConnection {
  query(options: QueryOptions, done: (error: Error | null, result: unknown) => void): void;
}

export interface MysqlLink extends Link {
  /** Of servers that replicate as Galera does. */
  readonly isInCluster: boolean;
  /** Texts with their values in one message. */
  send(texts: readonly string[]): Promise<readonly unknown[]>;
  /** Past everything that was asked for and not sent. */
  rollback(): Promise<void>;
  end(): void;
}

export function link(connection: MysqlConnection, dialect: Dialect): MysqlLink {
  const send = (texts: readonly string[]) => sendMessage(connection, texts);
  const isInCluster = inCluster.has(connection);
  const pipeline = new Pipeline(
    isInCluster ? (texts) => sendOneByOne(connection, texts) : send,
    bound,
  );
  return {
    dialect,
    isInCluster,
    options: modelOptions(connection),
    all: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await pipeline.ask(text, values)) as Row[],
    run: async (text, values = []) => {
      const result = (await pipeline.ask(text, values)) as { affectedRows?: number };
      return result.affectedRows ?? 0;
    },
    send,
    later: (text, values = []) => void pipeline.ask(text, values),
    rollback: async () => {
      await query(connection, "ROLLBACK", []);
    },
    end: () => pipeline.end(),
  };
}

/** No text has a question mark but for a value, so they need not be looked for behind quotes. */
export function bound(text: string, values: readonly SqlValue[]): string {
  const parts = partsOf(text);
  if (parts.length !== values.length + 1) {
    throw new TypeError(`${values.length} values for ${parts.length - 1} places: ${text}`);
  }
  let result = parts[0] ?? "";
  for (let index = 0; index < values.length; index += 1) {
    result += literal(values[index] ?? null);
    result += parts[index + 1] ?? "";
  }
  return result;
}

/** The texts that are sent are few: those of a batch differ by its size alone. */
const SPLIT_MAX = 1_000;
const SPLIT_CHARACTERS_MAX = 5_000;
const split = new Map<string, readonly string[]>();

function partsOf(text: string): readonly string[] {
  const known = split.get(text);
  if (known !== undefined) return known;
  const parts = text.split("?");
  if (text.length <= SPLIT_CHARACTERS_MAX) {
    if (split.size >= SPLIT_MAX) split.clear();
    split.set(text, parts);
  }
  return parts;
}

/** Connections to a server that replicates as Galera does. */
const inCluster = new WeakSet<MysqlConnection>();

/**
 * To be asked of each new connection, before anything else is said over it. In a cluster what is read outside a transaction
 * waits until what other nodes had committed before is here, too: identity providers read what they have just written, and a
 * load balancer may send that elsewhere (docs/adr/0037).
 */
export async function noteCluster(connection: MysqlConnection): Promise<void> {
  const rows = (await query(connection, "SHOW VARIABLES LIKE 'wsrep_on'")) as { Value: string }[];
  if (!rows.some(({ Value }) => Value === "ON")) return;
  inCluster.add(connection);
  await query(connection, "SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | 1");
}

/**
 * In such a cluster a write of another node may end a transaction at any time. The server says so in its answer to the next
 * message, but not always to the next statement of the same one: then what follows is committed statement by statement, and
 * COMMIT succeeds (docs/adr/0037).
 */
async function sendOneByOne(
  connection: MysqlConnection,
  texts: readonly string[],
): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const text of texts) results.push(await query(connection, text));
  return results;
}

async function sendMessage(
  connection: MysqlConnection,
  texts: readonly string[],
): Promise<readonly unknown[]> {
  const result = await query(connection, texts.join(";\n"));
  return texts.length === 1 ? [result] : (result as readonly unknown[]);
}

export function query(
  connection: MysqlConnection,
  sql: string,
  values?: readonly SqlValue[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const bound = values === undefined ? {} : { values };
    const options = { sql, ...bound, timeout: STATEMENT_TIMEOUT_MS, typeCast: true };
    connection.query(options, (error, result) => {
      if (error === null) {
        resolve(result);
      } else {
        reject(error);
      }
    });
  });
}

/** A dead connection, found before anything was done with it. `parent` as in Sequelize's errors. */
export class NotBegun extends Error {
  readonly parent: unknown;

  constructor(parent: unknown) {
    super("the connection was lost before the transaction began", { cause: parent });
    this.parent = parent;
  }
}

export function isNotBegun(error: unknown): boolean {
  return error instanceof NotBegun;
}

/** Not a time-out: a server that does not answer is not asked again and again. */
export function isQuickLoss(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return failureOf(error) === "lost" && code !== "PROTOCOL_SEQUENCE_TIMEOUT";
}

/** The beginning travels with the first statements of the work, and the end with those that nobody waited for. */
export async function inTransaction<T>(
  sql: MysqlLink,
  work: (sql: Link) => Promise<T>,
  keep?: () => boolean,
): Promise<T> {
  const beginning = { isDone: false };
  const begun = sql.run("START TRANSACTION").then(() => {
    beginning.isDone = true;
  });
  begun.catch(() => undefined);
  try {
    const result = await work(sql);
    await Promise.all([begun, sql.run(keep?.() === false ? "ROLLBACK" : "COMMIT")]);
    return result;
  } catch (error) {
    // Whatever of the work still goes on must not reach the connection behind the rollback.
    sql.end();
    if (!beginning.isDone && isQuickLoss(error)) {
      throw new NotBegun(error);
    }
    if (failureOf(error) !== "lost") {
      await sql.rollback();
    }
    throw error;
  }
}
