import type { RequestHandler } from "express";
import helmet from "helmet";

/** Headers that limit what a browser does with an answer. */
export interface SecurityHeaderOptions {
  /** Strict-Transport-Security only makes sense, and is only obeyed, over https. */
  readonly https: boolean;
  /** What a page may load; without it nothing, which suits JSON. */
  readonly contentSecurityPolicy?: Readonly<Record<string, readonly string[]>>;
}

const NOTHING = { "default-src": ["'none'"], "frame-ancestors": ["'none'"] };

export function securityHeaders(options: SecurityHeaderOptions): RequestHandler {
  const directives = Object.entries(options.contentSecurityPolicy ?? NOTHING);
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: Object.fromEntries(directives.map(([name, values]) => [name, [...values]])),
    },
    strictTransportSecurity: options.https
      ? { maxAge: 31_536_000, includeSubDomains: false }
      : false,
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  });
}

/** Answers about people and secrets stay out of every cache. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader("Cache-Control", "no-store");
  next();
};
