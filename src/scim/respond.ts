import type { ErrorRequestHandler, Response } from "express";
import { logError, setErrorHeaders, toSeatkeeperError } from "../http/errors.js";
import type { JsonObject } from "../plugin.js";
import type { Logger } from "../ports.js";
import type { ScimAnswer } from "./answer.js";
import type { ScimCall } from "./context.js";
import { errorBody, SCIM_MEDIA_TYPE } from "./messages.js";
import { etagOf } from "./serialise.js";

/** Answers on the wire: media type, version, location. */

export function send(response: Response, status: number, body: JsonObject, call?: ScimCall): void {
  const shaped = call?.plugin.shape === undefined ? body : call.plugin.shape(body, call.request);
  response.status(status).type(SCIM_MEDIA_TYPE).send(JSON.stringify(shaped));
}

export function sendAnswer(response: Response, call: ScimCall, answer: ScimAnswer): void {
  const { status, body, version, location } = answer;
  if (version !== undefined) response.setHeader("ETag", etagOf(version));
  if (location !== undefined) response.setHeader("Location", location);
  if (body === undefined) response.status(status).end();
  else send(response, status, body, call);
}

/** RFC 7644 §3.12. */
export function renderScimErrors(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const error = toSeatkeeperError(thrown);
    logError(logger, error, response);
    if (response.headersSent) {
      next(thrown);
      return;
    }
    setErrorHeaders(error, response);
    send(response, error.status, errorBody(error));
  };
}
