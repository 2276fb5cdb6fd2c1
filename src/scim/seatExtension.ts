import { SEAT_STATES, type SeatView } from "../domain/answers/standing.js";
import type { JsonObject } from "../plugin.js";
import type { SchemaDefinition } from "./attribute.js";
import { readOnly } from "./definitions.js";

/**
 * The seats of a user, for the log of the identity provider: why somebody has this tier, or no seat. Read-only: seats
 * follow from groups, attributes and rules. A client that sends it back changes nothing.
 */
export const SEAT_URN = "urn:seatkeeper:params:scim:schemas:extension:seat:2.0:User";

export const SEAT_DEFINITION: SchemaDefinition = {
  id: SEAT_URN,
  name: "Seats",
  description: "What the user needs and has of each product.",
  attributes: [
    readOnly("seats", "complex", "One for each product.", {
      multiValued: true,
      subAttributes: [
        readOnly("product", "string", "The id of the product."),
        readOnly(
          "state",
          "string",
          "held: has a seat. waiting: gets one when one is free. invited: has one from the first sign-in on. parked, suspended: had one, and it is remembered. excluded: is to have none. conflict: no tier offers everything that is needed. none: see the reason.",
          { canonicalValues: SEAT_STATES },
        ),
        readOnly("tierNeeded", "string", "The lowest tier that contains everything needed."),
        readOnly("tierHeld", "string", "The tier of the seat that the user has."),
        readOnly("reason", "string", "Why this is so, in a sentence."),
        readOnly(
          "waitingSince",
          "dateTime",
          "Since when the user waits for a seat, or for a better one.",
        ),
      ],
    }),
  ],
};

/** What is not the case is left out. */
export function seatExtensionOf(views: readonly SeatView[]): JsonObject {
  return {
    seats: views.map(({ product, state, tierNeeded, tierHeld, reason, waitingSince }) => ({
      product,
      state,
      ...(tierNeeded === null ? {} : { tierNeeded }),
      ...(tierHeld === null ? {} : { tierHeld }),
      reason,
      ...(waitingSince === null ? {} : { waitingSince: new Date(waitingSince).toISOString() }),
    })),
  };
}
