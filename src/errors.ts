/**
 * Every error that leaves the system. A code is stable for ever; the sentence is for the person who reads it;
 * `detail` is for the log only and never leaves the server.
 *
 * docs/errors.md lists the same codes; a test compares the two both ways.
 */

/** `status` is the HTTP status; `scimType` the RFC 7644 §3.12 keyword where one exists. */
export interface ErrorSpec {
  readonly status: number;
  readonly scimType?: string;
  readonly sentence: string;
}

export const ERRORS = {
  // Requests that cannot be read.
  MalformedJson: {
    status: 400,
    scimType: "invalidSyntax",
    sentence: "The request body is not valid JSON.",
  },
  InvalidSyntax: {
    status: 400,
    scimType: "invalidSyntax",
    sentence: "The request body does not have the expected form.",
  },
  InvalidValue: {
    status: 400,
    scimType: "invalidValue",
    sentence: "A value is missing or has the wrong form.",
  },
  InvalidFilter: { status: 400, scimType: "invalidFilter", sentence: "The filter cannot be read." },
  InvalidPath: {
    status: 400,
    scimType: "invalidPath",
    sentence: "The path of a patch operation cannot be read or names no known attribute.",
  },
  NoTarget: {
    status: 400,
    scimType: "noTarget",
    sentence: "The path of a patch operation matches nothing.",
  },
  Mutability: { status: 400, scimType: "mutability", sentence: "The attribute cannot be changed." },
  InvalidCursor: {
    status: 400,
    scimType: "invalidCursor",
    sentence:
      "The cursor is unknown, was changed, or belongs to a list with another filter or order. Begin again with an empty cursor.",
  },
  ExpiredCursor: {
    status: 400,
    scimType: "expiredCursor",
    sentence: "The cursor has expired. Begin again with an empty cursor.",
  },
  InvalidCount: {
    status: 400,
    scimType: "invalidCount",
    sentence: "The count cannot be used with this cursor.",
  },
  TooMany: {
    status: 400,
    scimType: "tooMany",
    sentence: "The request asks for more than the server gives at once.",
  },
  UnknownMember: {
    status: 400,
    scimType: "invalidValue",
    sentence: "A member of the group does not exist.",
  },
  UnknownOption: { status: 400, sentence: "The request names an option that does not exist." },
  MethodNotAllowed: { status: 405, sentence: "This address does not accept that method." },
  PayloadTooLarge: { status: 413, sentence: "The request body is larger than allowed." },
  UnsupportedMediaType: {
    status: 415,
    sentence: "The request body must be JSON (application/scim+json or application/json).",
  },
  NotImplemented: { status: 501, sentence: "The server does not offer this." },

  // Who asks.
  Unauthorized: { status: 401, sentence: "The credentials are missing, unknown or expired." },
  UnsupportedGrant: {
    status: 400,
    sentence: "Only the grant client_credentials is offered here.",
  },
  Forbidden: { status: 403, sentence: "These credentials do not allow this." },
  MissingScope: {
    status: 403,
    sentence: "These credentials do not have the scope that this needs.",
  },

  // What is there.
  NotFound: { status: 404, sentence: "There is no such resource." },
  Uniqueness: {
    status: 409,
    scimType: "uniqueness",
    sentence: "Another resource already has this value.",
  },
  Conflict: { status: 409, sentence: "The present state does not allow this." },
  LastOwner: {
    status: 409,
    sentence: "Nobody would be left who may administer the organisation. Name another owner first.",
  },
  VersionMismatch: { status: 412, sentence: "The resource has changed since it was read." },

  Stale: {
    status: 409,
    sentence: "The plan no longer tells what would happen. Make it again.",
  },

  // Seats.
  PoolFull: { status: 409, sentence: "All seats are taken." },
  ReservationHeld: {
    status: 409,
    sentence: "The seats that are free are reserved for the members of other groups.",
  },
  SeatRefused: {
    status: 403,
    sentence: "All seats are taken, and the pool is set to refuse new people.",
  },
  Indispensable: {
    status: 409,
    sentence: "Others rely on this person. Say that it is meant, or hand over first.",
  },
  NotEligible: {
    status: 409,
    sentence: "Nothing gives this person a claim to a seat of this product.",
  },
  Excluded: { status: 409, sentence: "A rule excludes this person from the product." },
  TierConflict: { status: 409, sentence: "No tier offers everything that this person needs." },
  TierTooLow: {
    status: 409,
    sentence: "The chosen tier does not contain everything that this person needs.",
  },
  TierIsDerived: {
    status: 409,
    sentence: "The tier follows from what a person is set up to do; it cannot be chosen.",
  },
  ProfileIncomplete: {
    status: 409,
    sentence: "Attributes that come before settings are missing.",
  },
  LeaseLost: { status: 409, sentence: "The lease has ended or was replaced by a newer one." },
  Inactive: { status: 403, sentence: "The account has been deactivated." },

  // Sign-in. The browser sees the same general sentence for all of them; the reason code is for the administrator.
  SignInFailed: { status: 403, sentence: "The sign-in could not be accepted." },
  LogoutRefused: { status: 403, sentence: "The sign-out message could not be accepted." },
  SignInUnknownUser: { status: 403, sentence: "This account has not been set up yet." },

  // Configuration.
  InvalidConfiguration: { status: 500, sentence: "The configuration cannot be used." },
  InvalidCatalogue: { status: 400, sentence: "The catalogue cannot be used." },

  // The system itself.
  TooManyRequests: { status: 429, sentence: "Too many requests. Try again later." },
  Unavailable: {
    status: 503,
    sentence: "The service is not available at the moment. Try again later.",
  },
  Internal: { status: 500, sentence: "Something went wrong on our side." },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorOptions {
  /** Replaces the general sentence with one about this case. Shown to the person: no secrets, no internals. */
  readonly sentence?: string;
  /** For the log only. */
  readonly detail?: string;
  /** Whole seconds, for 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** The option, attribute or parameter at fault, e.g. `server.baseUrl` or `emails.value`. */
  readonly field?: string;
  readonly cause?: unknown;
}

/** The one error class. `code` discriminates; `message` is the public sentence. */
export class SeatkeeperError extends Error {
  override readonly name = "SeatkeeperError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly scimType: string | undefined;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const spec: ErrorSpec = ERRORS[code];
    super(
      options.sentence ?? spec.sentence,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = spec.status;
    this.scimType = spec.scimType;
    this.detail = options.detail;
    this.field = options.field;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (spec.status === 503 ? 5 : undefined);
  }
}
