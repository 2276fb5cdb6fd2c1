import { SeatkeeperError } from "../errors.js";
import type { ErrorCode } from "../errors.js";

/**
 * What a driver's error means for us. Drivers differ in class and wording, so the number decides, and for SQLite the
 * word that the library puts first.
 */
export type Failure =
  /** Running the whole transaction again may succeed. */
  | "conflict"
  /** The connection is gone. What it did last may or may not have happened. */
  | "lost"
  /** The database cannot be used at the moment. */
  | "unavailable"
  | "uniqueness"
  | "poolFull"
  | "other";

const SYNTAX = 1064;

/** The server could not read a trigger when it opened the table; src/store/brokenTriggers.ts says when. */
export function isBrokenTrigger(error: unknown): boolean {
  const { errno, message } = innermost(error);
  return (
    errno === SYNTAX && /^(Unknown t|T)rigger.* has an error in its body/.test(String(message))
  );
}

/** What our triggers say when no seat is left. */
export const POOL_FULL_MESSAGE = "seatkeeper: pool full";

interface DriverError {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly parent?: unknown;
  readonly fatal?: unknown;
}

const MYSQL_FAILURES: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [1213, "conflict"], // deadlock; Galera certification failure at COMMIT
  [1205, "conflict"], // lock wait timeout
  [1020, "conflict"], // record has changed since last read
  [1047, "conflict"], // Galera: node not ready for a moment
  [3101, "conflict"], // group replication certification
  [3572, "conflict"], // NOWAIT refused
  [1062, "uniqueness"],
  [1586, "uniqueness"],
  [1644, "poolFull"], // SIGNAL from a trigger; the message is checked
  [3819, "poolFull"], // CHECK, MySQL
  [4025, "poolFull"], // CHECK, MariaDB
  [1021, "unavailable"], // disk full
  [1037, "unavailable"], // out of memory
  [1040, "unavailable"], // too many connections
  [1044, "unavailable"], // access denied to database
  [1045, "unavailable"], // access denied
  [1049, "unavailable"], // unknown database
  [1053, "lost"], // shutdown in progress
  [1114, "unavailable"], // table full
  [1129, "unavailable"], // host blocked
  [1146, "unavailable"], // no such table: migrations have not run
  [1152, "lost"],
  [1158, "lost"],
  [1159, "lost"],
  [1160, "lost"],
  [1161, "lost"],
  [1184, "lost"],
  [1203, "unavailable"], // too many user connections
  [1226, "unavailable"], // resource limit of the account
  [1290, "unavailable"], // read-only
  [1317, "lost"], // interrupted
  [1792, "unavailable"], // read-only transaction
  [1836, "unavailable"], // read-only mode
  [1927, "lost"], // connection killed
  [2006, "lost"],
  [2013, "lost"],
  [3024, "unavailable"], // statement time-out
  [1969, "unavailable"], // statement time-out, MariaDB
]);

const LOST_CODES = new Set([
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_PACKETS_OUT_OF_ORDER",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ECONNRESET",
  "EPIPE",
  "ESOCKET",
  "ERR_STREAM_DESTROYED",
]);

const UNAVAILABLE_CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "ENOENT",
  "EACCES",
]);

const SQLITE_FAILURES: readonly (readonly [RegExp, Failure])[] = [
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, "conflict"],
  [/^SQLITE_CONSTRAINT.*seatkeeper: pool full/, "poolFull"],
  [/^SQLITE_CONSTRAINT.*CHECK constraint failed: pools_/, "poolFull"],
  [/^SQLITE_CONSTRAINT.*UNIQUE constraint/, "uniqueness"],
  [/^SQLITE_(CANTOPEN|IOERR|FULL|READONLY|CORRUPT|NOTADB|NOMEM|PERM|AUTH|MISUSE)/, "unavailable"],
  [/^SQLITE_ERROR: no such table/, "unavailable"],
];

const SEQUELIZE_UNAVAILABLE = /^Sequelize(Connection|Access|Host|Invalid|AcquireTimeout)/;

export function failureOf(error: unknown): Failure {
  const driver = innermost(error);
  const message = typeof driver.message === "string" ? driver.message : "";
  const byName = error instanceof Error && SEQUELIZE_UNAVAILABLE.test(error.name);
  if (isBrokenTrigger(error)) return "conflict";
  return (
    sqliteFailure(message) ?? mysqlFailure(driver, message) ?? (byName ? "unavailable" : "other")
  );
}

function sqliteFailure(message: string): Failure | undefined {
  return SQLITE_FAILURES.find(([pattern]) => pattern.test(message))?.[1];
}

function mysqlFailure(driver: DriverError, message: string): Failure | undefined {
  if (typeof driver.code === "string") {
    if (LOST_CODES.has(driver.code)) {
      return "lost";
    }
    if (UNAVAILABLE_CODES.has(driver.code)) {
      return "unavailable";
    }
  }
  const known = typeof driver.errno === "number" ? MYSQL_FAILURES.get(driver.errno) : undefined;
  if (driver.errno === 1644 && !message.includes(POOL_FULL_MESSAGE)) {
    return "other";
  }
  if (/after the connection manager was closed|pool is draining/i.test(message)) {
    return "unavailable";
  }
  if (known === undefined && /closed state|connection is (in )?closed/i.test(message)) {
    return "lost";
  }
  return known;
}

/** Sequelize wraps what the driver said. */
function innermost(error: unknown): DriverError {
  let current: DriverError = typeof error === "object" && error !== null ? error : {};
  while (typeof current.parent === "object" && current.parent !== null) {
    current = current.parent;
  }
  return current;
}

const CODES: Readonly<Record<Failure, ErrorCode>> = {
  conflict: "Unavailable",
  lost: "Unavailable",
  unavailable: "Unavailable",
  uniqueness: "Uniqueness",
  poolFull: "PoolFull",
  other: "Internal",
};

/** Which attribute a unique index is about. */
const UNIQUE_FIELDS: readonly (readonly [RegExp, string])[] = [
  [/userNameKey|users_name/, "userName"],
  [/twinKey|directory_groups_twin/, "displayName"],
  [/organisations.*slug/, "slug"],
  [/pools.*name|pools_name/, "name"],
  [/seats/, "product"],
];

/** The error that leaves the store. Errors of our own pass as they are. */
export function toSeatkeeperError(error: unknown): SeatkeeperError {
  if (error instanceof SeatkeeperError) {
    return error;
  }
  const failure = failureOf(error);
  const driver = innermost(error);
  const detail = typeof driver.message === "string" ? driver.message : String(error);
  const field =
    failure === "uniqueness"
      ? UNIQUE_FIELDS.find(([pattern]) => pattern.test(detail))?.[1]
      : undefined;
  return new SeatkeeperError(CODES[failure], {
    detail,
    cause: error,
    ...(field === undefined ? {} : { field }),
  });
}
