import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
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

/** Helmet has no word for it: nothing here needs a camera, a position, or to be told apart for advertisements. */
const PERMISSIONS = [
  ...["accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"],
  ...["magnetometer", "microphone", "midi", "payment", "usb", "xr-spatial-tracking"],
]
  .map((feature) => `${feature}=()`)
  .join(", ");

/** Helmet's headers and one more; none depends on the request, so they are worked out once. */
export function securityHeaders(options: SecurityHeaderOptions): RequestHandler {
  const headers = [
    ...headersSetBy(helmetFor(options)),
    ["Permissions-Policy", PERMISSIONS] as const,
  ];
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
    // To nobody else. With "no-referrer" a browser would call the origin of our own forms "null".
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
  });
}

function headersSetBy(middleware: Middleware): readonly (readonly [string, string])[] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  middleware(request, response, (error) => {
    if (error !== undefined) throw new Error("helmet refuses its options", { cause: error });
  });
  return response.getHeaderNames().map((name) => [name, String(response.getHeader(name))] as const);
}

/** Answers about people and secrets stay out of every cache. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader("Cache-Control", "no-store");
  next();
};
