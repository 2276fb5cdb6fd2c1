import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ErrorRequestHandler, Response } from "express";
import { logError, setErrorHeaders, toSeatkeeperError } from "../http/errors.js";
import type { JsonObject } from "../plugin.js";
import type { Logger } from "../ports.js";
import type { ScimAnswer } from "./answer.js";
import type { ScimCall } from "./context.js";
import { errorBody, SCIM_MEDIA_TYPE } from "./messages.js";
import { etagOf } from "./serialise.js";

/** Answers on the wire: media type, version, location. With what node:http gives a response (src/http/shortcut.ts). */

const CONTENT_TYPE = `${SCIM_MEDIA_TYPE}; charset=utf-8`;

export function send(response: Response, status: number, body: JsonObject, call?: ScimCall): void {
  const shaped = call?.plugin.shape === undefined ? body : call.plugin.shape(body, call.request);
  const text = JSON.stringify(shaped);
  response.statusCode = status;
  response.setHeader("Content-Type", CONTENT_TYPE);
  response.setHeader("Content-Length", Buffer.byteLength(text));
  // Not Express' `send`: head and body as one text leave the process in one write.
  response.end(text);
}

export async function sendAnswer(
  response: Response,
  call: ScimCall,
  answer: ScimAnswer,
): Promise<void> {
  const { status, body, stream, version } = answer;
  if (version !== undefined) response.setHeader("ETag", etagOf(version));
  const location = answer.location ?? addressOf(call);
  if (location !== null) {
    // RFC 7643 §3.1: meta.location is the Content-Location. In the examples of RFC 7644 it is the Location, of a 200, too.
    response.setHeader("Location", location);
    response.setHeader("Content-Location", location);
  }
  if (stream !== undefined) await sendStream(response, status, stream);
  else if (body === undefined) end(response, status);
  else send(response, status, body, call);
}

/** Of the one resource that was asked for; null for lists, and for what is gone. */
function addressOf({ baseUrl, id, request }: ScimCall): string | null {
  if (id === "" || request.method === "DELETE") return null;
  return `${baseUrl}/${request.resource}/${encodeURIComponent(id)}`;
}

function end(response: Response, status: number): void {
  response.statusCode = status;
  response.end();
}

/** As fast as the client reads. If it fails half-way, the connection is cut, which no client takes for a whole answer. */
async function sendStream(
  response: Response,
  status: number,
  stream: AsyncIterable<string>,
): Promise<void> {
  response.statusCode = status;
  response.setHeader("Content-Type", CONTENT_TYPE);
  if (response.req.method === "HEAD") {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(stream), response);
  } catch (error) {
    if (!wasLeft(error)) throw error;
  }
}

/** The client went away before the end: its own affair. */
function wasLeft(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
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
