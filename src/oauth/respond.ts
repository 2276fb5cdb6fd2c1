import type { ErrorRequestHandler } from "express";
import type { ErrorCode } from "../errors.js";
import { logError, setErrorHeaders, toSeatkeeperError } from "../http/errors.js";
import type { Logger } from "../ports.js";

/** RFC 6749 §5.2; "temporarily_unavailable" and "server_error" are those of §4.1.2.1. */
export function renderOAuthErrors(logger: Logger): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const error = toSeatkeeperError(thrown);
    logError(logger, error, response);
    if (response.headersSent) {
      next(thrown);
      return;
    }
    setErrorHeaders(error, response);
    if (error.status === 401) response.setHeader("WWW-Authenticate", 'Basic realm="seatkeeper"');
    response.status(error.status).json({
      error: WORDS[error.code] ?? (error.status < 500 ? "invalid_request" : "server_error"),
      error_description: error.message,
    });
  };
}

const WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  Unauthorized: "invalid_client",
  UnsupportedGrant: "unsupported_grant_type",
  TooManyRequests: "temporarily_unavailable",
  Unavailable: "temporarily_unavailable",
};
