import { timingSafeEqual } from "node:crypto";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import helmet from "helmet";
import { readField } from "./form.js";
import { messagePage } from "./page/layout.js";

/**
 * What keeps a web page from elsewhere away from the practice IdP: it answers to its own name only (DNS rebinding),
 * takes changes from its own pages only (CSRF), and runs no script but its own.
 */

export function securityHeaders(formTargets: readonly string[]): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        // A form's redirects count too, so sign-in needs Seatkeeper's address besides our own.
        formAction: ["'self'", ...formTargets],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Under the default "no-referrer" browsers send "Origin: null", and the check below could not work.
    referrerPolicy: { policy: "strict-origin-when-cross-origin" },
    // Plain http on this computer only: promising https would lock the address.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
  });
}

/** A name that points to this computer from elsewhere is refused; "localhost" is sent to the one address used. */
export function onlyOwnHost(origin: string): RequestHandler {
  const { host, port } = new URL(origin);
  return function checkHost(request: Request, response: Response, next: NextFunction): void {
    if (request.headers.host === host) return next();
    if (request.headers.host === `localhost:${port}` && request.method === "GET") {
      response.redirect(302, origin + request.originalUrl);
      return;
    }
    response.status(421).type("text/plain").send(`The practice IdP answers at ${origin} only.\n`);
  };
}

/** For every change: the browser says that our own page sent it, and the page knew the token. */
export function onlyOwnForms(origin: string, csrfToken: string): RequestHandler {
  return function checkForm(request: Request, response: Response, next: NextFunction): void {
    const sentByOwnPage = request.headers.origin === origin;
    if (sentByOwnPage && sameText(readField(request, "csrf"), csrfToken)) return next();
    // Each start has a new token, so a page that was open all the while comes with the old one.
    const title = sentByOwnPage
      ? "Nothing was done: this page is older than the practice mode"
      : "This did not come from the practice page";
    const sentence = sentByOwnPage
      ? "The practice mode was started again since the page was loaded. On the page as it is now the same click works."
      : "Load the page again, then retry.";
    response.status(403).send(messagePage(title, sentence));
  };
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
