import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from "jose";
import type { Trust } from "../domain/signIn/clients.js";
import type { Clock } from "../ports.js";
import type { KeySource } from "./keys.js";

/** A client assertion (RFC 7523 §3), checked against what the connection trusts. */
export interface AssertionDeps {
  readonly keys: KeySource;
  readonly clock: Clock;
  readonly skewSeconds: number;
}

export type AssertionVerdict =
  | {
      /** Null: the issuer gives none, as Entra. */
      readonly assertionId: string | null;
      /** When it is of no use any more. */
      readonly until: number;
    }
  | { readonly refused: string };

/** Public-key signatures only: with a shared secret, or none, anybody could sign who reads the keys. */
export const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
];

/** Issuers keep tokens of workloads for up to a day; nobody needs one that is good for ever. */
const LIFE_SECONDS_MAX = 86_400;
const CHARACTERS_MAX = 16_384;

/** @throws SeatkeeperError Unavailable when the issuer's keys cannot be had */
export async function checkAssertion(
  deps: AssertionDeps,
  trust: Trust,
  assertion: string,
): Promise<AssertionVerdict> {
  // Before anything is fetched: a stranger's assertion must not make us ask the issuer for keys.
  const claimed = claimedMismatch(trust, assertion);
  if (claimed !== null) return { refused: claimed };
  try {
    const { payload } = await jwtVerify(assertion, deps.keys.of(trust.jwksUrl), {
      algorithms: ALGORITHMS,
      audience: trust.audience,
      subject: trust.subject,
      currentDate: new Date(deps.clock.now()),
      clockTolerance: deps.skewSeconds,
      maxTokenAge: LIFE_SECONDS_MAX,
      requiredClaims: ["iss", "exp", "iat"],
    });
    return lifeOf(payload, deps.skewSeconds);
  } catch (error) {
    // A TypeError is about the key, e.g. RSA of less than 2048 bits.
    const isRefusal = error instanceof errors.JOSEError || error instanceof TypeError;
    if (isRefusal) return { refused: error.message };
    throw error;
  }
}

function lifeOf({ exp = 0, iat = 0, jti }: JWTPayload, skewSeconds: number): AssertionVerdict {
  if (exp - iat > LIFE_SECONDS_MAX) return { refused: "the assertion is valid for too long" };
  if (jti !== undefined && (typeof jti !== "string" || jti === "")) {
    return { refused: "jti is not a text" };
  }
  return { assertionId: jti ?? null, until: (exp + skewSeconds) * 1_000 };
}

/** What the assertion says of itself, still unproved. */
function claimedMismatch(trust: Trust, assertion: string): string | null {
  if (assertion.length > CHARACTERS_MAX) return "the assertion is too long";
  let algorithm: string | undefined;
  let claims: JWTPayload;
  try {
    algorithm = decodeProtectedHeader(assertion).alg;
    claims = decodeJwt(assertion);
  } catch {
    return "the assertion is not a JWT";
  }
  const audiences: unknown[] = [claims.aud].flat();
  if (!ALGORITHMS.includes(algorithm ?? "")) return "the assertion's algorithm is not accepted";
  if (!isSameIssuer(claims.iss, trust.issuer)) return "the assertion's issuer is not trusted";
  if (claims.sub !== trust.subject) return "the assertion's subject is another";
  return audiences.includes(trust.audience) ? null : "the assertion is for another audience";
}

/**
 * Entra's tokens of version 2 carry an issuer that ends in /v2.0, where its portal shows one that does not. Either is
 * the same tenant, and the same keys must have signed.
 */
function isSameIssuer(claimed: unknown, trusted: string): boolean {
  return typeof claimed === "string" && withoutVersion(claimed) === withoutVersion(trusted);
}

function withoutVersion(issuer: string): string {
  return issuer.replace(/(?:\/v2\.0)?\/?$/, "");
}
