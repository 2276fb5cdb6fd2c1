import type { Request, RequestHandler, Response } from "express";
import type { ApiToken } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Credentials } from "../ports.js";
import { hashOfToken, isLive, parseToken, sameHash } from "../token.js";
import { addressOf, type RateLimits } from "./rateLimit.js";

/**
 * Bearer tokens at the door (RFC 6750), for SCIM and the admin API alike. Whatever is wrong with the credentials, the
 * answer is the same 401 after the same work, so that nobody learns which tokens, connections or organisations exist.
 */
export interface BearerOptions {
  readonly kind: ApiToken["kind"];
  readonly administration: Pick<Credentials, "findToken" | "touchToken">;
  /** Finds access tokens of the token endpoint by their public id; without it there are none. */
  readonly findAccessToken?: (publicId: string) => Promise<ApiToken | null>;
  readonly clock: Clock;
  readonly limits: Pick<RateLimits, "refusals">;
  /**
   * Looks at what the address names, whatever the token is, and says which tokens open it. Default: each of the kind.
   */
  readonly place?: (request: Request, response: Response) => Promise<(token: ApiToken) => boolean>;
}

/** What is kept of "last used": often enough to find forgotten tokens, seldom enough not to write at every request. */
const TOUCH_INTERVAL = 60_000;
const HEADER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
/** Compared with when there is no token, so that unknown and wrong take the same time. */
const NO_HASH = hashOfToken("");
/** Looked for when the header holds no token: no public id is as short. */
const NO_PUBLIC_ID = "0";

export function bearer(options: BearerOptions): RequestHandler {
  return async (request, response, next) => {
    const token = await authenticate(options, request, response);
    if (token === null) {
      next(await refusal(options, request, response));
      return;
    }
    locals(response).token = token;
    next();
  };
}

/** What the request calls its token; "" when it brings none. */
export function bearerOf(request: Request): string {
  return HEADER.exec(request.get("authorization") ?? "")?.[1] ?? "";
}

/** The token of a request that passed `bearer`. */
export function tokenOf(response: Response): ApiToken {
  const { token } = locals(response);
  if (token === undefined) {
    throw new TypeError("a handler without the bearer check in front asked for the token");
  }
  return token;
}

/**
 * Only refused requests are counted: many customers reach us from the same few addresses of their identity provider,
 * and one wrong token must not stop the others.
 */
export async function refusal(
  { limits }: Pick<BearerOptions, "limits">,
  request: Request,
  response: Response,
): Promise<SeatkeeperError> {
  const retryAfterSeconds = await limits.refusals.take(addressOf(request));
  if (retryAfterSeconds !== null) {
    return new SeatkeeperError("TooManyRequests", { retryAfterSeconds });
  }
  response.setHeader("WWW-Authenticate", 'Bearer realm="seatkeeper"');
  return new SeatkeeperError("Unauthorized");
}

async function authenticate(
  options: BearerOptions,
  request: Request,
  response: Response,
): Promise<ApiToken | null> {
  const { administration, clock, kind, place = anywhere } = options;
  const text = bearerOf(request);
  const [token, opens] = await Promise.all([tokenFor(options, text), place(request, response)]);
  const now = clock.now();
  const isGood = token !== null && token.kind === kind && isLive(token, now);
  // Whose principal has ended, or is a person whose account is not active, may do nothing more.
  const good = isGood && token.principal?.isAble !== false && opens(token);
  if (!good) return null;
  // The last use of a client is when it asked for its token.
  if (parseToken(text)?.kind !== "access") await noteUse(administration, token, now);
  return token;
}

async function noteUse(
  administration: BearerOptions["administration"],
  { publicId, lastUsedAt }: ApiToken,
  now: number,
): Promise<void> {
  if (lastUsedAt === null || now - lastUsedAt >= TOUCH_INTERVAL) {
    // A note about the request, which must not fail because the note cannot be written.
    await administration.touchToken(publicId, now).catch(() => undefined);
  }
}

async function anywhere(): Promise<() => boolean> {
  return () => true;
}

/** The stored token whose secret it is. */
async function tokenFor(
  { administration, findAccessToken }: BearerOptions,
  text: string,
): Promise<ApiToken | null> {
  const parsed = parseToken(text);
  const publicId = parsed?.publicId ?? NO_PUBLIC_ID;
  const found =
    parsed?.kind === "access" && findAccessToken !== undefined
      ? await findAccessToken(publicId)
      : await administration.findToken(publicId);
  const same = sameHash(hashOfToken(text), found?.hash ?? NO_HASH);
  return same ? found : null;
}

function locals(response: Response): { token?: ApiToken } {
  return response.locals as { token?: ApiToken };
}
