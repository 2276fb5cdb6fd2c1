import { Router, type RequestHandler } from "express";
import type { ProductAnswer, SessionActions, SessionAnswer } from "../actions/sessions.js";
import { authorityOf } from "../domain/administration/delegation.js";
import type { Scope } from "../domain/administration/scope.js";
import { SeatkeeperError } from "../errors.js";
import { bearer, tokenOf } from "../http/bearer.js";
import { formBody } from "../http/body.js";
import { methodNotAllowed, renderJsonErrors } from "../http/errors.js";
import type { RateLimits } from "../http/rateLimit.js";
import { noStore } from "../http/securityHeaders.js";
import type { Logger, Store } from "../ports.js";
import { sessionOfToken } from "./accessToken.js";
import type { TokenKeys } from "./keys.js";

/**
 * "Is this person still signed in, and what may be used now?" Asked by the application with its API token (RFC 7662;
 * docs/sessions.md). Never answered from memory, so a session that ended on another node has ended here.
 */
export interface IntrospectionDeps {
  readonly store: Store;
  readonly actions: SessionActions;
  readonly tokenKeys: TokenKeys;
  readonly baseUrl: string;
  readonly rateLimits: RateLimits;
  readonly logger: Logger;
}

export const INTROSPECTION_PATH = "/oauth/introspect";
const SCOPE: Scope = "seat.use";
const BODY_BYTES_MAX = 16_384;
const TOKEN_CHARACTERS_MAX = 8_192;

export function createIntrospectionRouter(deps: IntrospectionDeps): Router {
  const router = Router();
  router
    .route(INTROSPECTION_PATH)
    .post(
      noStore,
      bearer({
        kind: "api",
        administration: deps.store.credentials,
        clock: deps.store.clock,
        limits: deps.rateLimits,
      }),
      formBody({ bytesMax: BODY_BYTES_MAX }),
      introspect(deps),
    )
    .all(methodNotAllowed("POST"));
  router.use(INTROSPECTION_PATH, renderJsonErrors(deps.logger));
  return router;
}

function introspect(deps: IntrospectionDeps): RequestHandler {
  return async (request, response) => {
    const { organisationId, ...token } = tokenOf(response);
    const authority = authorityOf({ ...token, organisationId });
    if (authority.teams !== null || !authority.scopes.has(SCOPE)) {
      throw new SeatkeeperError("MissingScope", {
        sentence: `These credentials do not have the scope ${SCOPE}.`,
      });
    }
    const form = request.body as URLSearchParams;
    const named = await sessionNamed(deps, single(form, "token") ?? "");
    const isSeen = single(form, "seen") === "true";
    const answer =
      named === null
        ? null
        : await deps.actions.askSession({ id: named.sessionId, organisationId, isSeen });
    // RFC 7662 §2.2: nothing is said of what is not active, not even why.
    response.json(answer === null ? { active: false } : present(deps.baseUrl, answer, named));
  };
}

/** @throws SeatkeeperError InvalidValue for a field that is given twice */
function single(form: URLSearchParams, field: string): string | undefined {
  const [value, ...others] = form.getAll(field);
  if (others.length === 0) return value;
  throw new SeatkeeperError("InvalidValue", {
    field,
    sentence: `${field} is given more than once.`,
  });
}

interface Named {
  readonly sessionId: string;
  readonly expiresAtSeconds?: number;
}

/** By the token that the browser brought, while that is valid; afterwards by the session's id in it (`sid`). */
async function sessionNamed(deps: IntrospectionDeps, token: string): Promise<Named | null> {
  if (token === "") {
    throw new SeatkeeperError("InvalidValue", { field: "token", sentence: "token is missing." });
  }
  if (token.length > TOKEN_CHARACTERS_MAX) return null;
  if (!token.includes(".")) return { sessionId: token };
  const now = deps.store.clock.now();
  return sessionOfToken(deps.tokenKeys, token, { issuer: deps.baseUrl, now });
}

function present(issuer: string, { session, user, products }: SessionAnswer, named: Named | null) {
  return {
    active: true,
    iss: issuer,
    sub: user.id,
    username: user.userName,
    sid: session.id,
    organisation: session.organisationId,
    connection: session.connectionId,
    iat: seconds(session.createdAt),
    exp: named?.expiresAtSeconds ?? seconds(session.expiresAt),
    session_expires_at: seconds(session.expiresAt),
    last_seen_at: seconds(session.lastSeenAt),
    products: Object.fromEntries(
      [...products].map(([product, answer]) => [product, presentProduct(answer)]),
    ),
  };
}

function presentProduct({
  permitted,
  tier,
  addOns,
  reason,
  seat,
  pool,
  waiting,
  takenOver,
  evictableAt,
}: ProductAnswer) {
  return {
    permitted,
    tier,
    addOns,
    reason,
    seat:
      seat === null
        ? null
        : {
            id: seat.id,
            tier: seat.tier,
            pool: pool?.name ?? null,
            kind: pool?.kind ?? null,
            expiresAt: seat.expiresAt,
            generation: seat.generation,
          },
    waiting: waiting === null ? null : { position: waiting.position, tier: waiting.tier },
    takenOver:
      takenOver === null
        ? null
        : { at: seconds(takenOver.at), tier: takenOver.tier, by: takenOver.byName },
    // Rounded up: a second before it would be too early.
    ...(evictableAt === undefined ? {} : { evictableAt: Math.ceil(evictableAt / 1_000) }),
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
