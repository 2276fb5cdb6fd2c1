import { createHash } from "node:crypto";
import { parseCookie } from "cookie";
import type { CookieOptions, Request, Response } from "express";
import type { Clock, Ids, Sessions } from "../ports.js";
import type { LiveSession } from "../ports/sessions.js";

/**
 * Sessions live in the database; the browser carries a random name for one, of which only the hash is stored. So a
 * session ends everywhere in the moment in which its row says so.
 */
export interface SessionOptions {
  /** Cookies with the __Host- prefix need https; without (practice on this machine) they are plain. */
  readonly https: boolean;
  readonly sessionHours: number;
  readonly idleMinutes: number;
}

export type { LiveSession } from "../ports/sessions.js";

const SESSION_BYTES = 32;
const BINDING_BYTES = 24;
const COOKIE_VALUE = /^[A-Za-z0-9_-]{22,64}$/;
/** "Last seen" needs no more than this; more would be a write for each request. */
const TOUCH_INTERVAL = 60_000;

export interface SessionKeeper {
  /** The live session of this browser, or null. */
  read(request: Request): Promise<LiveSession | null>;
  /** A fresh name; the caller opens the session under its hash. Never reuses what the browser sent (N-108). */
  create(): { readonly value: string; readonly idHash: string };
  set(response: Response, value: string): void;
  clear(response: Response): void;
  /**
   * The cookie that ties a sign-in to the browser that began it, and by which an older session of this browser
   * is found, so it is kept as long as one.
   */
  bind(request: Request, response: Response): string;
  /** The hash of that cookie's value, or null. */
  boundTo(request: Request): string | null;
}

export interface SessionKeeperDeps {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly options: SessionOptions;
}

export function createSessionKeeper({
  sessions,
  clock,
  ids,
  options,
}: SessionKeeperDeps): SessionKeeper {
  const prefix = options.https ? "__Host-" : "";
  const names = { session: `${prefix}seatkeeper`, binding: `${prefix}seatkeeper-signin` };
  const common: CookieOptions = { httpOnly: true, secure: options.https, path: "/" };

  return {
    read,
    create: () => {
      const value = ids.secret(SESSION_BYTES);
      return { value, idHash: hashOf(value) };
    },
    set: (response, value) => {
      const maxAge = options.sessionHours * 3_600_000;
      response.cookie(names.session, value, { ...common, sameSite: "lax", maxAge });
    },
    clear: (response) => response.clearCookie(names.session, { ...common, sameSite: "lax" }),
    bind: (request, response) => {
      // Several tabs may sign in at once: they share the cookie of the first.
      const value = cookieOf(request, names.binding) ?? ids.secret(BINDING_BYTES);
      // The answer of the identity provider is a cross-site POST, to which a Lax cookie is not sent.
      response.cookie(names.binding, value, {
        ...common,
        sameSite: options.https ? "none" : "lax",
        maxAge: options.sessionHours * 3_600_000,
      });
      return hashOf(value);
    },
    boundTo: (request) => {
      const value = cookieOf(request, names.binding);
      return value === null ? null : hashOf(value);
    },
  };

  async function read(request: Request): Promise<LiveSession | null> {
    const value = cookieOf(request, names.session);
    if (value === null) return null;
    const now = clock.now();
    const found = await sessions.findSession(hashOf(value), now);
    if (found === null || !found.user.active) return null;
    const idleMs = now - found.session.lastSeenAt;
    if (idleMs > options.idleMinutes * 60_000) return null;
    if (idleMs > TOUCH_INTERVAL) await sessions.touchSession(found.session.idHash, now);
    return found;
  }
}

/** A value that is not of our making counts as none. */
function cookieOf(request: Request, name: string): string | null {
  const value = parseCookie(request.headers.cookie ?? "")[name];
  return value !== undefined && COOKIE_VALUE.test(value) ? value : null;
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("base64url");
}
