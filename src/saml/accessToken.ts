import type { KeyObject } from "node:crypto";
import { errors, jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { Access } from "../domain/answers/access.js";
import type { Connection, Pool, Seat, WaitingEntry } from "../domain/directory.js";
import type { SignInResult } from "../domain/signIn/signIn.js";
import { tokenKeyFor, type TokenKeys } from "./keys.js";

/**
 * What the application receives after a sign-in: a short-lived token (JWT, ES256) that says who came, what they are
 * and what they may use. The key set is at /.well-known/jwks.json.
 */
export interface AccessTokenInput {
  readonly issuer: string;
  readonly connection: Connection & { readonly applicationUrl: string };
  readonly result: SignInResult;
  readonly pools: readonly Pool[];
  /** Product -> from when on a seat could be taken over, milliseconds; of products without a seat, or with less than is needed. */
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

function claimsOf(input: AccessTokenInput): JWTPayload {
  const { connection, result } = input;
  const { user, teams, roles, accesses } = result;
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
      [...accesses].map(([product, access]) => [product, productClaim(input, product, access)]),
    ),
  };
}

/** What `seats/ask` and introspection say, too. */
function productClaim(
  { result, pools, evictableAt }: AccessTokenInput,
  product: string,
  { seat, tier, addOns, waiting, reason }: Access<WaitingEntry>,
) {
  const at = evictableAt.get(product);
  const more = { addOns, ...(at === undefined ? {} : { evictableAt: at }) };
  if (seat !== null) return { state: "held", tier, ...more, seat: seatClaim(seat, pools) };
  if (waiting !== null) return { state: "waiting", tier, wantedTier: waiting.tier, ...more };
  const outcome = result.outcomes.get(product);
  return {
    ...{ state: "none", tier },
    // What the sign-in came upon says more than that there is no seat.
    reason: outcome?.type === "none" ? outcome.reason : reason,
    ...more,
  };
}

function seatClaim(
  { id, tier, poolId, expiresAt, generation }: Seat,
  pools: AccessTokenInput["pools"],
) {
  const pool = pools.find((candidate) => candidate.id === poolId);
  const [name, kind] = [pool?.name ?? null, pool?.kind ?? null];
  return { id, tier, pool: name, kind, expiresAt, generation };
}
