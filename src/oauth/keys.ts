import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { SeatkeeperError } from "../errors.js";
import type { SafeFetch } from "../http/safeFetch.js";

/** Public keys of issuers, by their address. */
export interface KeySource {
  /** The key that signed, if the issuer has it. @throws SeatkeeperError Unavailable when the keys cannot be had */
  of(jwksUrl: string): JWTVerifyGetKey;
}

const CACHE_MS = 600_000;
/** An unknown key makes us look again, but not more often than this, whoever invents how many. */
const COOLDOWN_MS = 30_000;
/** After a failure nobody is asked for this long. */
const FAILURE_MS = 10_000;
/** Issuers whose keys are kept; far more than one process usually sees. */
const KEPT_MAX = 1_000;
const RETRY_SECONDS = 15;

export function createKeySource(fetch: SafeFetch, now: () => number = () => Date.now()): KeySource {
  const kept = new Map<string, JWTVerifyGetKey>();
  return {
    of: (jwksUrl) => {
      const known = kept.get(jwksUrl) ?? keysAt(jwksUrl, fetch, now);
      kept.delete(jwksUrl);
      kept.set(jwksUrl, known);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
      return known;
    },
  };
}

function keysAt(jwksUrl: string, fetch: SafeFetch, now: () => number): JWTVerifyGetKey {
  let failedAt = -Infinity;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: CACHE_MS,
    cooldownDuration: COOLDOWN_MS,
    [customFetch]: async (url) => {
      if (now() - failedAt < FAILURE_MS) throw new Error("it failed a moment ago");
      try {
        const { status, body } = await fetch(url, { accept: "application/json" });
        if (status !== 200) throw new Error(`it answered ${String(status)}`);
        return new Response(body, { status });
      } catch (error) {
        failedAt = now();
        throw error;
      }
    },
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (isAboutTheToken(cause)) throw cause;
      throw new SeatkeeperError("Unavailable", {
        detail: `the keys at ${jwksUrl} cannot be had`,
        retryAfterSeconds: RETRY_SECONDS,
        cause,
      });
    }
  };
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
