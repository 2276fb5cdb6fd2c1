import { createHash, randomBytes } from "node:crypto";
import type { RequestHandler, Response } from "express";
import { securityHeaders } from "../http/securityHeaders.js";
import { PAGE_STYLE } from "./pages.js";

const STYLE_HASH = createHash("sha256").update(PAGE_STYLE).digest("base64");

/** For pages of ours: their own style, and forms to ourselves. */
export function pageHeaders(baseUrl: string): RequestHandler {
  return securityHeaders({
    https: baseUrl.startsWith("https:"),
    contentSecurityPolicy: {
      "default-src": ["'none'"],
      "style-src": [`'sha256-${STYLE_HASH}'`],
      "form-action": ["'self'"],
      "base-uri": ["'none'"],
      "frame-ancestors": ["'none'"],
    },
  });
}

/** For the one page that posts elsewhere: to the application, by one script. */
export function allowHandOver(response: Response, application: string): string {
  const nonce = randomBytes(16).toString("base64");
  response.setHeader(
    "Content-Security-Policy",
    [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      `script-src 'nonce-${nonce}'`,
      `form-action ${new URL(application).origin}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join(";"),
  );
  return nonce;
}
