import type { Request, Response } from "express";
import type { SignedIn } from "./app.js";
import { cookieOf } from "./form.js";
import type { Move } from "./page/model.js";

/** Somebody who came to the example application, and what the sign-in moved. */
export interface Arrival {
  readonly user: SignedIn;
  readonly moves: readonly Move[];
}

/**
 * The example application's own sessions: the token counts once, so whoever loads the page again is known by a cookie. In
 * memory alone, because they show what happened and open nothing.
 */
export interface Arrivals {
  remember(response: Response, arrival: Arrival): void;
  of(request: Request): Arrival | undefined;
}

const COOKIE = "acorn_desk";
const PATH = "/app";
const ARRIVALS_MAX = 100;

export function createArrivals(randomId: () => string): Arrivals {
  const arrivals = new Map<string, Arrival>();
  return {
    remember(response, arrival) {
      const id = randomId();
      arrivals.set(id, arrival);
      const [oldest] = arrivals.keys();
      if (arrivals.size > ARRIVALS_MAX && oldest !== undefined) arrivals.delete(oldest);
      response.cookie(COOKIE, id, { httpOnly: true, sameSite: "lax", path: PATH });
    },
    of: (request) => arrivals.get(cookieOf(request, COOKIE) ?? ""),
  };
}
