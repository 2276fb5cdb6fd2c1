import type { Request, RequestHandler } from "express";
import { SeatkeeperError } from "../errors.js";

/**
 * Cross-site request forgery: a page elsewhere may not make a browser change anything here. A browser tells where a request
 * that changes something comes from; who brings credentials of their own in a header is no browser that somebody else sent.
 */
export interface OwnOriginOptions {
  readonly baseUrl: string;
  /**
   * Addresses to which another site's page posts rightly, below the base address: what they take proves itself by a
   * signature and an open question of ours.
   */
  readonly except: RegExp;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function onlyOwnOrigin({ baseUrl, except }: OwnOriginOptions): RequestHandler {
  const { origin } = new URL(baseUrl);
  return (request, _response, next) => {
    const isFree =
      SAFE_METHODS.has(request.method) ||
      request.get("authorization") !== undefined ||
      except.test(request.path);
    if (isFree || isFrom(request, origin)) next();
    else next(new SeatkeeperError("Forbidden", { detail: "foreign origin" }));
  };
}

/** Without either header it is no browser of the last years; then the session's SameSite cookie has to do. */
function isFrom(request: Request, own: string): boolean {
  const origin = request.get("origin");
  const site = request.get("sec-fetch-site");
  // Where a page's referrer policy keeps the origin to itself, the browser still says whether it is the same.
  if (origin === "null") return site === "same-origin";
  if (origin !== undefined) return origin === own;
  return site === undefined || site === "same-origin" || site === "none";
}
