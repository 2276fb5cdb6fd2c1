import type { RequestHandler } from "express";
import pino from "pino";
import type { Clock, Logger } from "../ports.js";
import { withoutCredentials, WITHHELD } from "./credentials.js";
import { requestIdOf } from "./requestId.js";
import { standardError } from "./standardError.js";

/**
 * The log: one JSON object a line on standard error, so that standard output stays clean for commands with --json.
 *
 * A field is written only if its name is on the list below. So a token, an assertion, a password, a cookie or a whole
 * document cannot slip into the log by being part of some object; it takes a deliberate line here.
 */

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Standard error unless a test brings something else. */
  readonly destination?: { write(line: string): void };
}

const ALLOWED: ReadonlySet<string> = new Set([
  ...[
    "action",
    "actor",
    "adjusted",
    "address",
    "attempts",
    "attributes",
    "backlog",
    "capacity",
    "cause",
    "certificate",
  ],
  ...[
    "changes",
    "code",
    "connection",
    "count",
    "delta",
    "detail",
    "details",
    "deleted",
    "dialect",
    "door",
  ],
  ...[
    "email",
    "entries",
    "entry",
    "error",
    "event",
    "events",
    "expired",
    "field",
    "file",
    "from",
    "group",
    "groups",
  ],
  ...[
    "host",
    "inserted",
    "instant",
    "kind",
    "level",
    "limit",
    "location",
    "member",
    "members",
    "message",
    "method",
  ],
  ...[
    "migration",
    "migrations",
    "mode",
    "name",
    "operation",
    "operations",
    "option",
    "organisation",
    "outcome",
  ],
  ...[
    "path",
    "phase",
    "percent",
    "perSecond",
    "pid",
    "plugin",
    "plugins",
    "pool",
    "port",
    "position",
    "problem",
    "problems",
    "product",
    "purged",
  ],
  ...[
    "reason",
    "removed",
    "repaired",
    "requested",
    "resource",
    "result",
    "retry",
    "rule",
    "rules",
    "scimType",
    "seat",
  ],
  ...[
    "seats",
    "secondsLeft",
    "signal",
    "since",
    "slug",
    "stale",
    "state",
    "status",
    "step",
    "tier",
    "to",
    "total",
    "type",
    "updated",
  ],
  ...["used", "user", "userName", "users", "value", "version", "waiting", "warning"],
]);
const ALLOWED_ENDINGS = /(?:Id|Ids|At|Count|Ms|Seconds|Minutes|Bytes|Version|Attempts|Max|Min)$/;
/** Wins over the list and the endings. `sessionId` is a credential; our own rows carry a hash, which stays out, too. */
const FORBIDDEN =
  /token(?!PublicId)|secret|passw|cookie|authori[sz]ation|assertion(?!Id)|session(?!Count)|saml(?:response|request)|relaystate|hash|private|credential/i;

const DEPTH_MAX = 5;
const TEXT_MAX = 2_000;

export function createLogger(options: LoggerOptions): Logger {
  const gathered = options.destination === undefined ? standardError() : null;
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    gathered ?? options.destination,
  );
  return {
    debug: (fields, message) => log.debug(safeFields(fields), scrubbed(message)),
    info: (fields, message) => log.info(safeFields(fields), scrubbed(message)),
    warn: (fields, message) => {
      log.warn(safeFields(fields), scrubbed(message));
      gathered?.leave();
    },
    error: (fields, message) => {
      log.error(safeFields(fields), scrubbed(message));
      gathered?.leave();
    },
  };
}

/** One line for each request. The query stays out: it can hold sign-in messages and names. */
export function requestLog(logger: Logger, clock: Clock): RequestHandler {
  return (request, response, next) => {
    const start = clock.now();
    // The router changes `url` while it descends; the path is taken before.
    const { method, path } = request;
    response.once("finish", () => {
      const durationMs = clock.now() - start;
      logger.info(
        { requestId: requestIdOf(response), method, path, status: response.statusCode, durationMs },
        "request",
      );
    });
    next();
  };
}

/** Exported for its test. */
export function safeFields(fields: object): Record<string, unknown> {
  return safeObject(fields, 0);
}

function safeObject(value: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) {
      safe[key] = mayBeLogged(key) ? safeValue(inner, depth) : WITHHELD;
    }
  }
  return safe;
}

function mayBeLogged(key: string): boolean {
  const known = judged.get(key);
  if (known !== undefined) {
    return known;
  }
  const verdict =
    !FORBIDDEN.test(key) && (ALLOWED.has(key) || key === "id" || ALLOWED_ENDINGS.test(key));
  if (judged.size < JUDGED_MAX) {
    judged.set(key, verdict);
  }
  return verdict;
}

/** Nearly all names come from our own code, so they are few. */
const JUDGED_MAX = 1_000;
const judged = new Map<string, boolean>();

function safeValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") {
    return scrubbed(value);
  }
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (depth >= DEPTH_MAX) {
    return "[deep]";
  }
  if (value instanceof Error) {
    return safeError(value, depth);
  }
  return Array.isArray(value)
    ? value.slice(0, 50).map((element: unknown) => safeValue(element, depth + 1))
    : safeObject(value, depth + 1);
}

/** Errors of libraries carry their whole context (SQL with values, requests); only these parts are taken. */
function safeError(error: Error, depth: number): Record<string, unknown> {
  const { code, detail } = error as Error & { code?: unknown; detail?: unknown };
  return {
    name: error.name,
    message: scrubbed(error.message),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(typeof detail === "string" ? { detail: scrubbed(detail) } : {}),
    ...(error.stack === undefined ? {} : { stack: scrubbed(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: safeValue(error.cause, depth + 1) }),
  };
}

/** People are told apart by ids in the log; the "@" is also written as in an address of a page. */
const EMAIL = /[\w.+%'-]{1,64}(?:@|%40)(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}/gi;

function scrubbed(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
  const safe = withoutCredentials(short);
  return safe.includes("@") || safe.includes("%40") ? safe.replace(EMAIL, WITHHELD) : safe;
}
