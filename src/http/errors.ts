import type { ErrorRequestHandler, RequestHandler, Response } from "express";
import { SeatkeeperError } from "../errors.js";
import type { Logger } from "../ports.js";
import { requestIdOf } from "./requestId.js";

/** From anything thrown to an answer. SCIM renders its own bodies; what an error is, is decided here for both. */

/** Anything that is not ours becomes Internal, whose sentence says nothing about the inside. */
export function toSeatkeeperError(error: unknown): SeatkeeperError {
  if (error instanceof SeatkeeperError) {
    return error;
  }
  // Express reports an address that cannot be decoded ("%E0%A4%A") as a URIError with status 400.
  if (error instanceof URIError) {
    return new SeatkeeperError("NotFound", { cause: error });
  }
  // Middleware (body parsing without a type, range checks) marks the caller's mistakes with a 4xx status.
  const status =
    typeof error === "object" && error !== null && "status" in error ? error.status : 500;
  return new SeatkeeperError(
    typeof status === "number" && status >= 400 && status < 500 ? "InvalidSyntax" : "Internal",
    { cause: error },
  );
}

/** One line for each failed request: mistakes of callers at `info`, ours at `error` with the cause. */
export function logError(logger: Logger, error: SeatkeeperError, response: Response): void {
  logFailure(logger, error, requestIdOf(response));
}

/** The same for one operation of a request that carries several. */
export function logFailure(logger: Logger, error: SeatkeeperError, requestId: string): void {
  const fields = {
    requestId,
    code: error.code,
    status: error.status,
    field: error.field,
    detail: error.detail,
  };
  // 501 says what we do not offer: nothing went wrong on our side.
  if (error.status >= 500 && error.status !== 501) {
    logger.error({ ...fields, error: error.cause ?? error }, "request failed");
  } else {
    logger.info(fields, "request refused");
  }
}

export function setErrorHeaders(error: SeatkeeperError, response: Response): void {
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader("Retry-After", String(error.retryAfterSeconds));
  }
}

/** `{ error: { code, message, field?, requestId } }` */
export function renderJsonErrors(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const error = toSeatkeeperError(thrown);
    logError(logger, error, response);
    if (response.headersSent) {
      // Half an answer is out; Express then closes the connection, which the caller sees as a failure.
      next(thrown);
      return;
    }
    setErrorHeaders(error, response);
    response.status(error.status).json({
      error: {
        code: error.code,
        message: error.message,
        ...(error.field === undefined ? {} : { field: error.field }),
        requestId: requestIdOf(response),
      },
    });
  };
}

/** Last in a router: nothing matched. */
export const notFound: RequestHandler = (_request, _response, next) => {
  next(new SeatkeeperError("NotFound"));
};

/** After the handlers of one address: the address exists, the method does not. */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  return (_request, response, next) => {
    response.setHeader("Allow", allowed.join(", "));
    next(new SeatkeeperError("MethodNotAllowed"));
  };
}
