/** The library: everything a vendor's application may use. Re-exports only. */
export {
  createSeatkeeper,
  type Seatkeeper,
  type SeatkeeperOptions,
  type Seats,
  type SignedIn,
} from "./library.js";
export { definePlugin } from "./plugin.js";
export { ERRORS, SeatkeeperError } from "./errors.js";
export { seatHolder } from "./http/requireSeat.js";
export type { ProductAnswer, SessionAnswer } from "./actions/sessions.js";
export type { Access, AccessRefusal } from "./domain/answers/access.js";
export type { OutboxEvent } from "./domain/history.js";
export type { SeatOutcome } from "./domain/seats/seats.js";
export type { ErrorCode } from "./errors.js";
export type { SeatDemand, SeatHolder } from "./http/requireSeat.js";
export type { LiveSession } from "./ports/sessions.js";
export type { Identity, Leniency, Plugin, SamlProfile, ScimRequest } from "./plugin.js";
