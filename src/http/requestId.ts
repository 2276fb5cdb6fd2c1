import type { RequestHandler, Response } from "express";
import type { Ids } from "../ports.js";

/** One id per request: in the log, in the answer and in the ledger, so that one question leads to all three. */

const HEADER = "X-Request-Id";
/** A caller's own id is taken over when it cannot upset a log or a header. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{7,127}$/;

export function requestId(ids: Ids): RequestHandler {
  return (request, response, next) => {
    const given = request.get(HEADER);
    const id = given !== undefined && SANE.test(given) ? given : ids.next();
    locals(response).requestId = id;
    response.setHeader(HEADER, id);
    next();
  };
}

/** Empty when the middleware above did not run, which only happens in tests of single parts. */
export function requestIdOf(response: Response): string {
  return locals(response).requestId ?? "";
}

function locals(response: Response): { requestId?: string } {
  return response.locals as { requestId?: string };
}
