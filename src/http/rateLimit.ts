import { createHash } from "node:crypto";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import ipaddr from "ipaddr.js";
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { SeatkeeperError } from "../errors.js";
import type { Ids } from "../ports.js";

/**
 * How much may be asked, counted in this process. A connection is counted by itself, so that one customer's first sync
 * cannot slow another's; refusals are counted by address, because whoever is refused has no other name.
 */
export interface RateLimit {
  /** Null: go on. Otherwise the whole seconds after which it makes sense to come back. */
  take(key: string): Promise<number | null>;
}

export interface ConnectionLimit extends RateLimit {
  /**
   * For a request that turns out to be many. It goes on however many they are, because what is larger than the limit
   * would otherwise never be let in; what goes beyond the limit is owed, and until it would have been allowed,
   * everything else of the connection waits.
   */
  takeMore(key: string, requests: number): Promise<number | null>;
}

/** Counts what went wrong, and is asked before something costly is done. */
export interface FailureLimit extends RateLimit {
  /** Null: go on. Otherwise the whole seconds until failures will be forgotten. Counts nothing. */
  spent(key: string): Promise<number | null>;
}

export interface RateLimits {
  /** SCIM requests of one connection, with what it may ask in a burst. */
  readonly connection: ConnectionLimit;
  /** Requests without good credentials, of one address. Those with good ones are never counted, nor stopped by it. */
  readonly refusals: RateLimit;
  /** Requests to the token endpoint, of one address. */
  readonly tokenRequests: RateLimit;
  /** Requests of one token to the admin API, with what it may ask in a burst. */
  readonly apiRequests: RateLimit;
  /** Sign-ins that one address begins or ends at one connection. */
  readonly signIns: RateLimit;
  /** Responses of one address that one connection did not accept: verifying them is what costs. */
  readonly refusedResponses: FailureLimit;
  /** Pages, metadata and key sets, which need no credentials, of one address. */
  readonly publicRequests: RateLimit;
}

export interface RateLimitOptions {
  readonly scimRequestsPerSecond: number;
  readonly refusalsPerMinute: number;
  readonly tokenRequestsPerMinute: number;
  readonly apiRequestsPerSecond: number;
  readonly signInsPerMinute: number;
  readonly publicRequestsPerMinute: number;
}

/** A first sync arrives in bursts: once a minute, ten seconds' worth on top. */
const BURST_SECONDS = 10;
const MINUTE = 60;

export function createRateLimits(options: RateLimitOptions, ids: Ids): RateLimits {
  const perSecond = options.scimRequestsPerSecond;
  const bucketOf = addressBuckets(ids.secret(16));
  const perMinute = (points: number) => new RateLimiterMemory({ points, duration: MINUTE });
  const ofAddress = (points: number) => limitOf(perMinute(points), bucketOf);
  return {
    connection: connectionLimit(perSecond),
    refusals: ofAddress(options.refusalsPerMinute),
    tokenRequests: ofAddress(options.tokenRequestsPerMinute),
    apiRequests: connectionLimit(options.apiRequestsPerSecond),
    signIns: ofAddress(options.signInsPerMinute),
    refusedResponses: failureLimit(perMinute(options.refusalsPerMinute), bucketOf),
    publicRequests: ofAddress(options.publicRequestsPerMinute),
  };
}

function failureLimit(limiter: RateLimiterMemory, keyOf: (key: string) => string): FailureLimit {
  return {
    ...limitOf(limiter, keyOf),
    spent: async (key) => {
      const state = await limiter.get(keyOf(key));
      return state === null || state.consumedPoints < limiter.points ? null : wholeSeconds(state);
    },
  };
}

function wholeSeconds({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1_000));
}

function connectionLimit(perSecond: number): ConnectionLimit {
  const points = perSecond * BURST_SECONDS;
  const burst = new RateLimiterMemory({ points, duration: MINUTE });
  const single = limitOf(
    new BurstyRateLimiter(new RateLimiterMemory({ points: perSecond, duration: 1 }), burst),
  );
  /** Of connections that owe something: when they will have paid, in milliseconds of this process. */
  const paidAt = new Map<string, number>();

  function owed(key: string): number | null {
    const left = (paidAt.get(key) ?? 0) - performance.now();
    if (left > 0) return Math.ceil(left / 1_000);
    paidAt.delete(key);
    return null;
  }

  return {
    take: async (key) => owed(key) ?? single.take(key),
    takeMore: async (key, requests) => {
      const seconds = owed(key);
      if (seconds !== null || requests <= 0) return seconds;
      const { consumedPoints } = await burst.penalty(key, requests);
      const beyond = Math.min(requests, consumedPoints - points);
      // Several at once are all let in, and each adds to what is owed.
      const from = Math.max(paidAt.get(key) ?? 0, performance.now());
      if (beyond > 0) paidAt.set(key, from + (beyond / perSecond) * 1_000);
      return null;
    },
  };
}

function limitOf(
  limiter: Pick<RateLimiterMemory, "consume">,
  keyOf: (key: string) => string = (key) => key,
): RateLimit {
  return {
    take: async (key) => {
      try {
        await limiter.consume(keyOf(key));
        return null;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return wholeSeconds(refusal);
      }
    },
  };
}

const BUCKETS = 65_536;

/**
 * Strangers choose their addresses, so a counter for each could fill the memory: they share a fixed number of buckets.
 * The salt keeps them from choosing whose bucket they fall into.
 */
function addressBuckets(salt: string): (address: string) => string {
  return (address) => {
    const digest = createHash("sha256").update(salt).update(address).digest();
    return String(digest.readUInt32BE() % BUCKETS);
  };
}

/** Of IPv6 the network: one customer line has 2^64 addresses. As the proxy settings of the app give it. */
export function addressOf(request: Request): string {
  const text = request.ip ?? "";
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(":") : address.toString();
}

/** Refuses with 429 and Retry-After what is too much. */
export function limitRate(
  limit: RateLimit,
  keyOf: (request: Request, response: Response) => string,
): RequestHandler {
  return async (request, response, next) => {
    const retryAfterSeconds = await limit.take(keyOf(request, response));
    if (retryAfterSeconds === null) next();
    else next(new SeatkeeperError("TooManyRequests", { retryAfterSeconds }));
  };
}

/** Refuses with 429 whoever has used up the failures, before anything is done for them. */
export function refuseSpent(
  limit: FailureLimit,
  keyOf: (request: Request) => string,
): RequestHandler {
  return async (request, _response, next) => {
    const retryAfterSeconds = await limit.spent(keyOf(request));
    if (retryAfterSeconds === null) next();
    else next(new SeatkeeperError("TooManyRequests", { retryAfterSeconds }));
  };
}

/** Counts the failure that it passes on. */
export function countFailures(
  limit: FailureLimit,
  keyOf: (request: Request) => string,
  isFailure: (error: unknown) => boolean,
): ErrorRequestHandler {
  return (error: unknown, request, _response, next) => {
    if (!isFailure(error)) {
      next(error);
      return;
    }
    void limit.take(keyOf(request)).then(() => next(error), next);
  };
}
