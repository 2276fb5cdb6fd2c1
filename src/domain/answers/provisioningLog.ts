import type { JsonValue } from "../../plugin.js";
import type { Catalogue } from "../catalogue.js";
import type { Id, Timestamp } from "../directory.js";
import type { Cause, Entry, EntryKind, OutboxEvent } from "../history.js";

/** The administrator's answer to "what did the identity provider send, and what happened?" */

export interface ProvisioningRecord {
  /** Ascending in the order of decisions, as far as one process can tell. */
  readonly id: Id;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly at: Timestamp;
  /** Leads to the server's log and to the ledger. The caller may have chosen it, so it need not be unique. */
  readonly requestId: string;
  readonly method: string;
  /** "Users", "Groups", or the part of the address in its place. */
  readonly resource: string;
  readonly resourceId: Id | null;
  /** The account that the request is about; null where there is none, or none that is known. */
  readonly userId: Id | null;
  /** Of that account, or as the request names it. Folded (`foldName`). */
  readonly userName: string | null;
  readonly query: Readonly<Record<string, string>>;
  /** The precondition as sent. */
  readonly ifMatch: string | null;
  /** As sent, before any repair, without secrets. Absent: there was none, or it was too large. */
  readonly body?: JsonValue;
  readonly isBodyTooLarge: boolean;
  /** What was repaired or left out, in words. */
  readonly trail: readonly string[];
  readonly status: number;
  /** Null: accepted. */
  readonly refusal: Refusal | null;
  /** Null: nothing changed. */
  readonly effects: Effects | null;
}

export interface Refusal {
  /** A code of docs/errors.md. */
  readonly code: string;
  readonly scimType: string | null;
  readonly sentence: string;
}

/** What one request changed at once. What follows in the background (large groups) has causes of its own. */
export interface Effects {
  readonly people: Readonly<Record<PersonEffect, readonly Id[]>>;
  readonly members: MemberCounts;
  readonly seats: readonly SeatEffect[];
  /** Change of the price of all seats, per month, in minor units; by the catalogue of that day, without add-ons. */
  readonly pricePerMonth: number;
  /** What others relied on the person for. Absent: nothing. */
  readonly warnings?: readonly Warning[];
}

export interface Warning {
  readonly userId: Id;
  readonly reliedOn: JsonValue;
}

export type PersonEffect = "created" | "changed" | "activated" | "deactivated" | "deleted";

export interface MemberCounts {
  readonly added: number;
  readonly removed: number;
  /** A large group went away: `removed` counts only the members that were looked at. */
  readonly isPartial: boolean;
}

/** A ledger entry, without what the record itself says. */
export interface SeatEffect {
  readonly kind: EntryKind;
  readonly userId: Id | null;
  readonly product: string;
  readonly tier: string | null;
  readonly fromTier: string | null;
  /** Of the pool's seats taken. Absent in records of before: their kinds say it. */
  readonly delta?: -1 | 0 | 1;
  readonly poolId: Id | null;
  readonly reason: string;
}

/** How a request was decided, before the answer is made. */
export type Outcome =
  | { readonly ok: unknown; readonly effects: Effects | null }
  | { readonly refused: Refusal & { readonly status: number } };

/** Of one request that is to be recorded: makes its record when the decision is known. */
export interface RequestTicket {
  /** May be asked more than once: a transaction that runs again decides again. */
  recordOf(outcome: Outcome, now: Timestamp): ProvisioningRecord;
  /** The last record was committed together with a change. */
  saved(): void;
}

/** A cause that leads to a record. The ledger keeps the cause alone. */
export interface RequestCause extends Cause {
  readonly request?: RequestTicket | undefined;
}

/** What a batch has written so far. */
export interface Written {
  readonly entries: readonly Entry[];
  readonly events: readonly OutboxEvent[];
  readonly members: MemberCounts;
}

/** How far a batch had come before a decision. */
export interface Mark {
  readonly entries: number;
  readonly events: number;
  readonly members: MemberCounts;
}

export function markOf({ entries, events, members }: Written): Mark {
  return { entries: entries.length, events: events.length, members: { ...members } };
}

/** One request's part of what a batch has written. */
export interface Part {
  readonly before: Mark;
  readonly after: Mark;
  /** The same object as in the entries. */
  readonly cause: Cause;
}

/**
 * What the request did while it was decided, with what time had left to do, and what was settled later because of it; not
 * what was settled before its turn because of others.
 */
export function effectsOf(
  written: Written,
  { before, after, cause }: Part,
  catalogue: Catalogue,
): Effects | null {
  const ownLength = after.entries - before.entries;
  const entries = written.entries
    .slice(before.entries)
    .filter(
      (entry, index) =>
        entry.cause === cause || (index < ownLength && entry.cause.type === "timer"),
    );
  const events = written.events.slice(0, after.events);
  return effectsSince(
    { ...before, entries: 0 },
    { entries, events, members: after.members },
    catalogue,
  );
}

/** What has been written since the mark; null for nothing that a record tells. */
function effectsSince(mark: Mark, written: Written, catalogue: Catalogue): Effects | null {
  // Add-ons are told with the person's tier; they are no seat.
  const entries = written.entries
    .slice(mark.entries)
    .filter(({ kind }) => kind !== "addOns.changed" && !kind.startsWith("breakGlass."));
  const people = peopleIn(written.events.slice(mark.events));
  const warnings = warningsIn(written.events.slice(mark.events));
  const members = {
    added: written.members.added - mark.members.added,
    removed: written.members.removed - mark.members.removed,
    isPartial: written.members.isPartial && !mark.members.isPartial,
  };
  const isQuiet =
    entries.length + members.added + members.removed === 0 &&
    !members.isPartial &&
    Object.values(people).every(({ length }) => length === 0);
  if (isQuiet) return null;
  return {
    people,
    members,
    seats: entries.map(seatEffectOf),
    pricePerMonth: entries.reduce((sum, entry) => sum + priceChange(entry, catalogue), 0),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function warningsIn(events: readonly OutboxEvent[]): Warning[] {
  return events.flatMap(({ type, userId, data }) =>
    type === "person.indispensable" && userId !== null
      ? [{ userId, reliedOn: data["reliedOn"] ?? [] }]
      : [],
  );
}

const PERSON_EFFECTS: Partial<Record<OutboxEvent["type"], PersonEffect>> = {
  "user.created": "created",
  "user.updated": "changed",
  "user.activated": "activated",
  "user.deactivated": "deactivated",
  "user.deleted": "deleted",
};

function peopleIn(events: readonly OutboxEvent[]): Record<PersonEffect, Id[]> {
  const people: Record<PersonEffect, Id[]> = {
    created: [],
    changed: [],
    activated: [],
    deactivated: [],
    deleted: [],
  };
  for (const { type, userId } of events) {
    const effect = PERSON_EFFECTS[type];
    if (effect !== undefined && userId !== null) people[effect].push(userId);
  }
  return people;
}

function seatEffectOf(entry: Entry): SeatEffect {
  const { kind, userId, product, tier, delta, poolId, reason } = entry;
  return { kind, userId, product, tier, fromTier: fromTierOf(entry), delta, poolId, reason };
}

/** Only a change of tier in place; a move to another pool is a release and a grant, each with its own price. */
function fromTierOf({ delta, details }: Entry): string | null {
  const { fromTier } = details;
  return delta === 0 && typeof fromTier === "string" ? fromTier : null;
}

function priceChange(entry: Entry, catalogue: Catalogue): number {
  const priceOf = (tier: string | null): number =>
    catalogue.products.get(entry.product)?.tiers.find(({ id }) => id === tier)?.pricePerMonth ?? 0;
  const fromTier = fromTierOf(entry);
  if (fromTier !== null) return priceOf(entry.tier) - priceOf(fromTier);
  return entry.delta * priceOf(entry.tier);
}
