import { isUtf8 } from "node:buffer";
import express, { type NextFunction, type Request, type RequestHandler } from "express";
import { SeatkeeperError } from "../errors.js";
import { within } from "./within.js";

/** JSON bodies with a limit, and refusals in our own words. */
export interface BodyOptions {
  readonly bytesMax: number;
  /** Accepted media types, besides application/json. */
  readonly mediaTypes?: readonly string[];
}

export function jsonBody(options: BodyOptions): RequestHandler {
  const mediaTypes = ["application/json", ...(options.mediaTypes ?? [])];
  const json: RequestHandler = express.json({
    limit: options.bytesMax,
    type: () => true,
    // What is neither an object nor a list is JSON all the same, and is refused in words of its own.
    strict: false,
    verify: (_request, _response, bytes, charset) => {
      if (charset === "utf-8") refuseBrokenText(bytes);
    },
  });
  const parse = within(options.bytesMax, json);
  const plainTypes = new Set(
    mediaTypes.flatMap((type) =>
      ["", ";charset=utf-8", "; charset=utf-8"].map((set) => type + set),
    ),
  );
  return (request, response, next) => {
    if (isPlain(request, plainTypes, options.bytesMax)) {
      readPlain(request, next);
      return;
    }
    // Without a body there is nothing to have a type: `is` gives null, but takes an empty one for a body.
    const empty = request.get("content-length") === "0";
    if (!empty && request.is(mediaTypes) === false) {
      next(new SeatkeeperError("UnsupportedMediaType"));
      return;
    }
    parse(request, response, (error?: unknown) => {
      next(error === undefined ? formError(request.body) : bodyError(error, BODY_ENCODING));
    });
  };
}

/** As nearly all come: uncompressed UTF-8 of a known length that nobody has read yet. All others are left to Express. */
function isPlain(request: Request, types: ReadonlySet<string>, bytesMax: number): boolean {
  const { headers } = request;
  const length = Number(headers["content-length"]);
  return (
    length > 0 &&
    length <= bytesMax &&
    types.has((headers["content-type"] ?? "").toLowerCase()) &&
    headers["content-encoding"] === undefined &&
    headers["transfer-encoding"] === undefined &&
    request.body === undefined &&
    !request.readableEnded &&
    !request.destroyed
  );
}

const BYTE_ORDER_MARK = "\ufeff";

function readPlain(request: Request, next: NextFunction): void {
  const chunks: Buffer[] = [];
  let isDone = false;
  const done = (error?: unknown): void => {
    if (isDone) return;
    isDone = true;
    next(error);
  };
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.once("end", () => {
    const [only] = chunks;
    const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    try {
      refuseBrokenText(bytes);
      const text = bytes.toString();
      request.body = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as unknown;
    } catch (cause) {
      done(new SeatkeeperError("MalformedJson", { cause }));
      return;
    }
    done(formError(request.body));
  });
  const lost = (cause?: unknown): void => {
    if (!isDone) done(new SeatkeeperError("InvalidSyntax", { cause }));
  };
  request.once("error", lost);
  request.once("close", () => lost());
}

/**
 * Bytes that are no UTF-8 would become question marks, in names, too: what a client sends in another character set is
 * refused before two people become one (RFC 8259 §8.1).
 * @throws SyntaxError
 */
function refuseBrokenText(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new SyntaxError("no UTF-8");
}

/**
 * What takes a body apart calls itself once a level, on a stack that ends at some thousands. What is too deep for one operation of a
 * bulk request is for that operation to refuse.
 */
const DEPTH_MAX = 512;

/** Undefined: it has the form of a message. Without a body there is nothing to be wrong. */
function formError(body: unknown): SeatkeeperError | undefined {
  if (body === undefined) return undefined;
  if (typeof body !== "object" || body === null) {
    return new SeatkeeperError("InvalidSyntax", { sentence: "The body must be a JSON object." });
  }
  if (!isDeeper(body, DEPTH_MAX)) return undefined;
  const sentence = `The body is nested too deeply; ${String(DEPTH_MAX)} levels are read.`;
  return new SeatkeeperError("InvalidSyntax", { sentence });
}

function isDeeper(value: object, levels: number): boolean {
  if (levels === 0) return true;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some(
    (part) => typeof part === "object" && part !== null && isDeeper(part, levels - 1),
  );
}

/** A form (application/x-www-form-urlencoded), which becomes URLSearchParams. */
export function formBody({ bytesMax }: Pick<BodyOptions, "bytesMax">): RequestHandler {
  const parse = within(bytesMax, express.text({ limit: bytesMax, type: () => true }));
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

const BODY_ENCODING =
  "The request body is in a character set or compression that is not read here; use UTF-8.";

const FORM_ENCODING =
  "The form is in a character set or compression that is not read here; use UTF-8.";

/** The parser's own errors carry a `type`; everything else passes through. */
function bodyError(cause: unknown, sentence?: string): unknown {
  const type = typeof cause === "object" && cause !== null && "type" in cause ? cause.type : null;
  switch (type) {
    case "entity.too.large":
      return new SeatkeeperError("PayloadTooLarge", { cause });
    case "entity.parse.failed":
    case "entity.verify.failed":
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
