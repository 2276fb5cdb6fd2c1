import type { KeyObject } from "node:crypto";
import { errors, jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { Connection, Pool } from "../domain/directory.js";
import type { SignInResult } from "../domain/signIn.js";
import { tokenKeyFor, type TokenKeys } from "./keys.js";

/**
 * What the application receives after a sign-in: a short-lived token (JWT, ES256) that says who came, what they are
 * and which seats they hold. The key set is at /.well-known/jwks.json.
 */
export interface AccessTokenInput {
  readonly issuer: string;
  readonly connection: Connection & { readonly applicationUrl: string };
  readonly result: SignInResult;
  readonly pools: readonly Pool[];
  /** Product -> from when on a seat could be taken over, milliseconds; of products without a seat. */
  readonly evictableAt: ReadonlyMap<string, number>;
  readonly now: number;
  readonly lifetimeSeconds: number;
  readonly tokenId: string;
}

export function signAccessToken(keys: TokenKeys, input: AccessTokenInput): Promise<string> {
  const { connection, result, now } = input;
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT(claimsOf(input))
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: keys.kid })
    .setIssuer(input.issuer)
    .setAudience(connection.applicationUrl)
    .setSubject(result.user.id)
    .setJti(input.tokenId)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + input.lifetimeSeconds)
    .sign(keys.privateKey);
}

/**
 * The user of a token that we signed for this connection's application and that has not expired, else null.
 * @param now milliseconds.
 */
export async function readAccessToken(
  keys: TokenKeys,
  token: string,
  { issuer, connection, now }: { issuer: string; connection: Connection; now: number },
): Promise<string | null> {
  if (connection.applicationUrl === null) {
    return null;
  }
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKey(keys, kid), {
      algorithms: ["ES256"],
      typ: "JWT",
      issuer,
      audience: connection.applicationUrl,
      requiredClaims: ["sub", "exp", "iat", "nbf"],
      currentDate: new Date(now),
    });
    const isHere =
      payload["connection"] === connection.id &&
      payload["organisation"] === connection.organisationId;
    return isHere ? (payload.sub ?? null) : null;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

/** A key id that nobody knows is like a signature of nobody's. */
async function publicKey(keys: TokenKeys, kid: string | undefined): Promise<KeyObject> {
  const key = await tokenKeyFor(keys, kid);
  if (key === null) throw new errors.JWKSNoMatchingKey();
  return key;
}

/**
 * The id of the session of a token that we signed for whichever application and that has not expired, else null.
 * @param now milliseconds.
 */
export async function sessionOfToken(
  keys: TokenKeys,
  token: string,
  { issuer, now }: { issuer: string; now: number },
): Promise<{ readonly sessionId: string; readonly expiresAtSeconds: number } | null> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKey(keys, kid), {
      algorithms: ["ES256"],
      typ: "JWT",
      issuer,
      requiredClaims: ["sub", "exp", "iat", "nbf", "sid"],
      currentDate: new Date(now),
    });
    const { sid, exp = 0 } = payload;
    return typeof sid === "string" ? { sessionId: sid, expiresAtSeconds: exp } : null;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function claimsOf({ connection, result, pools, evictableAt }: AccessTokenInput): JWTPayload {
  const { user, teams, roles, outcomes } = result;
  return {
    organisation: connection.organisationId,
    connection: connection.id,
    sid: result.session.id,
    userName: user.userName,
    name: user.displayName,
    externalId: user.externalId,
    teams,
    roles,
    products: Object.fromEntries(
      [...outcomes].map(([product, outcome]) => {
        if (outcome.type === "held") {
          const { tier, poolId, id, expiresAt, generation } = outcome.seat;
          const pool = pools.find((candidate) => candidate.id === poolId);
          const seat = {
            id,
            pool: pool?.name ?? null,
            kind: pool?.kind ?? null,
            expiresAt,
            generation,
          };
          return [product, { state: "held", tier, seat }];
        }
        const at = evictableAt.get(product);
        const when = at === undefined ? {} : { evictableAt: at };
        if (outcome.type === "waiting") {
          return [
            product,
            { state: "waiting", tier: null, wantedTier: outcome.entry.tier, ...when },
          ];
        }
        return [product, { state: "none", tier: null, reason: outcome.reason, ...when }];
      }),
    ),
  };
}
