import type { NextFunction, Request, RequestHandler, Response } from "express";
import { SeatkeeperError } from "../errors.js";

/**
 * Express' parsers read what they refuse to its end before they say so. A body that comes in chunks need not have one: it is
 * answered when it has passed the limit, and the connection ends.
 */
export function within(bytesMax: number, parse: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const isInChunks = request.headers["transfer-encoding"] !== undefined && !request.readableEnded;
    if (isInChunks) parseCounted({ parse, bytesMax }, request, response, next);
    else void parse(request, response, next);
  };
}

interface Limited {
  readonly parse: RequestHandler;
  readonly bytesMax: number;
}

function parseCounted(
  { parse, bytesMax }: Limited,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  let bytes = 0;
  let isDone = false;
  const done = (error?: unknown): void => {
    request.off("data", count);
    if (isDone) return;
    isDone = true;
    next(error);
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= bytesMax || isDone) return;
    // What is still to come belongs to no request that anybody answers.
    response.setHeader("Connection", "close");
    done(new SeatkeeperError("PayloadTooLarge"));
  };
  request.on("data", count);
  void parse(request, response, done);
}
