import express, { type RequestHandler } from "express";
import { SeatkeeperError } from "../errors.js";

/** JSON bodies with a limit, and refusals in our own words. */
export interface BodyOptions {
  readonly bytesMax: number;
  /** Accepted media types, besides application/json. */
  readonly mediaTypes?: readonly string[];
}

export function jsonBody(options: BodyOptions): RequestHandler {
  const mediaTypes = ["application/json", ...(options.mediaTypes ?? [])];
  const parse: RequestHandler = express.json({ limit: options.bytesMax, type: () => true });
  return (request, response, next) => {
    // Without a body there is nothing to have a type: `is` gives null, but takes an empty one for a body.
    const empty = request.get("content-length") === "0";
    if (!empty && request.is(mediaTypes) === false) {
      next(new SeatkeeperError("UnsupportedMediaType"));
      return;
    }
    parse(request, response, (error?: unknown) => {
      if (error === undefined) next();
      else next(bodyError(error));
    });
  };
}

/** A form (application/x-www-form-urlencoded), which becomes URLSearchParams. */
export function formBody({ bytesMax }: Pick<BodyOptions, "bytesMax">): RequestHandler {
  const parse: RequestHandler = express.text({ limit: bytesMax, type: () => true });
  return (request, response, next) => {
    if (request.is("application/x-www-form-urlencoded") === false) {
      next(new SeatkeeperError("InvalidSyntax", { sentence: "The body must be a form." }));
      return;
    }
    parse(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(bodyError(error, FORM_ENCODING));
        return;
      }
      request.body = new URLSearchParams(typeof request.body === "string" ? request.body : "");
      next();
    });
  };
}

const FORM_ENCODING =
  "The form is in a character set or compression that is not read here; use UTF-8.";

/** The parser's own errors carry a `type`; everything else passes through. */
function bodyError(cause: unknown, sentence?: string): unknown {
  const type = typeof cause === "object" && cause !== null && "type" in cause ? cause.type : null;
  switch (type) {
    case "entity.too.large":
      return new SeatkeeperError("PayloadTooLarge", { cause });
    case "entity.parse.failed":
      return new SeatkeeperError("MalformedJson", { cause });
    case "encoding.unsupported":
    case "charset.unsupported":
      return new SeatkeeperError("UnsupportedMediaType", {
        cause,
        ...(sentence === undefined ? {} : { sentence }),
      });
    case "request.aborted":
    case "request.size.invalid":
      return new SeatkeeperError("InvalidSyntax", { cause });
    default:
      return cause;
  }
}
