import type { Request, RequestHandler, Response } from "express";
import type { ApiToken } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Credentials } from "../ports.js";
import { hashOfToken, parseToken, sameHash, type TokenKind } from "../token.js";

/**
 * Bearer tokens at the door (RFC 6750), for SCIM and the admin API alike. Whatever is wrong with the credentials, the
 * answer is the same 401, so that nobody learns which tokens, connections or organisations exist.
 */
export interface BearerOptions {
  readonly kind: TokenKind;
  readonly administration: Pick<Credentials, "findToken" | "touchToken">;
  readonly clock: Clock;
  /** Whether the token opens this address at all, e.g. the connection that the path names. Default: yes. */
  readonly opens?: (token: ApiToken, request: Request) => boolean;
}

/** What is kept of "last used": often enough to find forgotten tokens, seldom enough not to write at every request. */
const TOUCH_INTERVAL = 60_000;
const HEADER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
/** Compared with when there is no token, so that unknown and wrong take the same time. */
const NO_HASH = hashOfToken("");

export function bearer(options: BearerOptions): RequestHandler {
  return async (request, response, next) => {
    const token = await authenticate(options, request);
    if (token === null) {
      response.setHeader("WWW-Authenticate", 'Bearer realm="seatkeeper"');
      next(new SeatkeeperError("Unauthorized"));
      return;
    }
    locals(response).token = token;
    next();
  };
}

/** The token of a request that passed `bearer`. */
export function tokenOf(response: Response): ApiToken {
  const { token } = locals(response);
  if (token === undefined) {
    throw new TypeError("a handler without the bearer check in front asked for the token");
  }
  return token;
}

async function authenticate(options: BearerOptions, request: Request): Promise<ApiToken | null> {
  const text = HEADER.exec(request.get("authorization") ?? "")?.[1] ?? "";
  const token = await tokenFor(options, text);
  const now = options.clock.now();
  if (token === null || !isLive(token, now) || options.opens?.(token, request) === false) {
    return null;
  }
  if (token.lastUsedAt === null || now - token.lastUsedAt >= TOUCH_INTERVAL) {
    await options.administration.touchToken(token.publicId, now);
  }
  return token;
}

/** The stored token of this kind whose secret it is. */
async function tokenFor(options: BearerOptions, text: string): Promise<ApiToken | null> {
  const parsed = parseToken(text);
  if (parsed?.kind !== options.kind) {
    return null;
  }
  const token = await options.administration.findToken(parsed.publicId);
  const same = sameHash(hashOfToken(text), token?.hash ?? NO_HASH);
  return same && token?.kind === options.kind ? token : null;
}

function isLive({ revokedAt, expiresAt }: ApiToken, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

function locals(response: Response): { token?: ApiToken } {
  return response.locals as { token?: ApiToken };
}
