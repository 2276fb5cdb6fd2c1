import type { IncomingMessage, ServerResponse } from "node:http";
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

/** Helmet's headers; none depends on the request, so they are worked out once. */
export function securityHeaders(options: SecurityHeaderOptions): RequestHandler {
  const headers = headersSetBy(helmetFor(options));
  return (_request, response, next) => {
    response.removeHeader("X-Powered-By");
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

type Middleware = ReturnType<typeof helmet>;

function helmetFor(options: SecurityHeaderOptions): Middleware {
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

function headersSetBy(middleware: Middleware): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  middleware({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}

/** Answers about people and secrets stay out of every cache. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader("Cache-Control", "no-store");
  next();
};
