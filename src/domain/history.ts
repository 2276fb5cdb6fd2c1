import type { JsonObject } from "../plugin.js";
import type { Id, Timestamp } from "./directory.js";

/** What happened: causes, ledger lines and messages. */

/** Why something happened: which door, who, which request. */
export interface Cause {
  readonly type: "scim" | "saml" | "admin" | "app" | "timer";
  /** Past tense, one of a small set: "user.deactivated", "group.membersChanged", "rule.changed", "signIn", ... */
  readonly action: string;
  /**
   * The user id of a person, the id of a service, the public id of a token that is the organisation's own, a connection id
   * or "system". Never a token.
   */
  readonly actor: string;
  readonly requestId: string | null;
}

export type EntryKind =
  | "seat.granted"
  | "seat.released"
  | "seat.displaced"
  | "seat.tierChanged"
  /** What the person needs beside the tier; `details.addOns` is the whole list. */
  | "addOns.changed"
  /** Of a seat that gives no access: an invitation, or what is kept of a seat. */
  | "seat.stateChanged"
  | "lease.expired"
  /** It lives until `details.until` without renewal. Moves no seat. */
  | "lease.borrowed"
  | "waiting.added"
  | "waiting.removed"
  | "pool.created"
  | "pool.capacityChanged"
  | "pool.changed"
  | "person.erased"
  /** Steps of taking back what nobody uses; they move no seat, `details.seatId` names it. */
  | "reclaim.asked"
  | "reclaim.reminded"
  | "reclaim.answered"
  | "reclaim.unanswered"
  | "reclaim.scheduled"
  | "reclaim.undone"
  /** Who may administer. */
  | "access.granted"
  | "access.changed"
  | "access.ended"
  /** A claim by hand that no exclusion outweighs, and its end; `reason` says which, `details` has the terms. */
  | "breakGlass.given"
  | "breakGlass.ended"
  | "invitation.sent"
  | "invitation.closed"
  /** Each step of buying more seats; `reason` is the state. */
  | "purchase.changed"
  /** What is administered and moves no seat by itself, such as a token or a rule; the cause says what was done. */
  | "setup.changed";

/** One line of the append-only ledger. `delta` is the change of the pool's seats held. */
export interface Entry {
  readonly id: Id;
  readonly organisationId: Id;
  /** The number in the organisation's ledger: 1, 2, 3 ... in the order of the commits; given by the store. */
  readonly position?: number;
  readonly at: Timestamp;
  readonly kind: EntryKind;
  readonly userId: Id | null;
  readonly product: string;
  readonly poolId: Id | null;
  readonly seatId: Id | null;
  readonly tier: string | null;
  readonly delta: -1 | 0 | 1;
  /** A stable word for the reason: "deactivated", "deleted", "claimLost", "displacedBy", "claimed", "listDrained" ... */
  readonly reason: string;
  readonly cause: Cause;
  readonly details: JsonObject;
}

export type EventType =
  | "user.created"
  | "user.updated"
  | "user.activated"
  | "user.deactivated"
  | "user.deleted"
  | "group.created"
  | "group.updated"
  | "group.deleted"
  | "membership.changed"
  | "tier.changed"
  | "seat.granted"
  | "seat.released"
  | "seat.displaced"
  | "seat.tierChanged"
  | "seat.waiting"
  | "seat.reclaimAsked"
  | "seat.reclaimReminded"
  | "seat.reclaimAnswered"
  | "seat.reclaimUnanswered"
  | "seat.reclaimScheduled"
  | "seat.reclaimUndone"
  | "resources.lost"
  | "resources.ready"
  | "resources.restored"
  | "person.indispensable"
  | "breakGlass.given"
  | "breakGlass.ended"
  | "session.ended"
  /** Of the organisation. */
  | "brake.tripped"
  | "brake.decided"
  /** Of a connection: its identity provider's certificate ends soon. */
  | "certificate.expiring"
  | "purchase.requested"
  | "purchase.changed";

/** One message to the application. Delivered at least once; for one user in order. */
export interface OutboxEvent {
  readonly id: Id;
  readonly organisationId: Id;
  readonly userId: Id | null;
  readonly type: EventType;
  readonly at: Timestamp;
  readonly data: JsonObject;
  readonly position?: number;
  readonly attempts?: number;
}
