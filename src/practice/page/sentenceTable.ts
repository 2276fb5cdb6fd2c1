import type { EntryKind } from "../../domain/history.js";

/** What is said of each kind of ledger line, and more exactly where its reason or its cause is known. */

/** What a sentence may speak of. */
export interface Told {
  readonly who: string;
  /** "Professional seat of the pool “Professionals”" */
  readonly seat: string;
  /** The same with its article. */
  readonly aSeat: string;
  readonly tier: string;
  readonly aTier: string;
  readonly pool: string;
  readonly reason: string;
  /** A name from the details, found by its key. */
  readonly other: (key: string) => string;
  /** A word or a number from the details; empty when there is none. */
  readonly text: (key: string) => string;
  /** Words from the details. */
  readonly list: (key: string) => readonly string[];
}

export type Teller = (told: Told) => string;

interface Tellable {
  readonly kind: string;
  readonly reason: string;
  readonly cause: { readonly action: string };
}

/** Null: another line of the same change says it all. Undefined: a kind that came after this page. */
export function sentenceFor({ kind, reason, cause }: Tellable): Teller | null | undefined {
  const byCause = SPECIAL[`${kind} ${reason} ${cause.action}`];
  if (byCause !== undefined) return byCause;
  const byReason = SPECIAL[`${kind} ${reason}`];
  if (byReason !== undefined) return byReason;
  return Object.hasOwn(SENTENCES, kind) ? SENTENCES[kind as EntryKind] : undefined;
}

/** Each kind has one, which the compiler sees to. */
const SENTENCES: Readonly<Record<EntryKind, Teller | null>> = {
  "seat.granted": ({ who, aSeat }) => `${who} got ${aSeat}, because one was free.`,
  "seat.released": ({ who, aSeat }) => `${who} gave back ${aSeat}.`,
  "seat.displaced": ({ who, aSeat, other }) =>
    `${who} lost ${aSeat}: it was used longest ago, and ${other("displacedBy")} signed in.`,
  "seat.tierChanged": ({ who, tier }) => `The seat of ${who} became ${tier}.`,
  "seat.stateChanged": ({ who, seat, text }) =>
    `The ${seat} that is kept for ${who} is ${KEPT[text("to")] ?? "no longer kept"}.`,
  "addOns.changed": ({ who }) => `What ${who} needs beside the tier has changed.`,
  "lease.expired": ({ who, aSeat }) => `The lease of ${who} on ${aSeat} ended by itself.`,
  "lease.borrowed": ({ who, aSeat }) => `${who} borrowed ${aSeat}, for work without a network.`,
  "waiting.added": ({ who, aTier }) => `${who} waits for ${aTier} seat: all are taken.`,
  "waiting.removed": ({ who }) => `${who} left the waiting list.`,
  "pool.created": ({ pool, text }) =>
    `The pool “${pool}” was made, with ${seats(text("capacity"))}.`,
  "pool.capacityChanged": ({ pool, text }) =>
    `The pool “${pool}” has ${seats(text("to"))} now, ${text("from")} before.`,
  "pool.changed": ({ pool }) => `The pool “${pool}” has other settings now.`,
  "person.erased": () => "What was known of somebody who had been deleted was erased.",
  "reclaim.asked": ({ who, seat }) => `${who} was asked whether the ${seat} is still needed.`,
  "reclaim.reminded": ({ who, seat }) => `${who} was asked again whether the ${seat} is needed.`,
  "reclaim.answered": ({ who, seat }) => `${who} said that the ${seat} is still needed.`,
  "reclaim.unanswered": ({ who, seat }) =>
    `${who} did not say whether the ${seat} is still needed.`,
  "reclaim.scheduled": ({ who, seat }) => `The ${seat} of ${who} will be taken back.`,
  "reclaim.undone": ({ who, seat }) => `The ${seat} of ${who} will not be taken back after all.`,
  "access.granted": ({ who, reason }) => `${who} may administer now, as ${wordsOf(reason)}.`,
  "access.changed": ({ who, reason }) => `${who} administers as ${wordsOf(reason)} now.`,
  "access.ended": ({ who }) => `${who} may administer no longer.`,
  "breakGlass.given": ({ who }) =>
    `${who} was given a seat for an emergency, whatever the rules say.`,
  "breakGlass.ended": ({ who }) => `The emergency for which ${who} was given a seat is over.`,
  "invitation.sent": ({ who }) => `${who} was invited.`,
  "invitation.closed": ({ who, reason }) =>
    `The invitation of ${who} is closed: ${wordsOf(reason)}.`,
  "purchase.changed": ({ reason, text }) =>
    `A purchase of ${seats(text("seats"))} is ${wordsOf(reason)} now.`,
  "setup.changed": setUpSentence,
};

const KEPT: Readonly<Record<string, string>> = {
  pending: "an invitation now",
  parked: "parked now",
  suspended: "suspended now",
};

/** By the kind and the reason, and before that also by the action that was the cause. */
const SPECIAL: Readonly<Record<string, Teller | null>> = {
  "seat.granted revived": ({ who, aSeat }) =>
    `The lease of ${who} on ${aSeat} came back by a late renewal.`,
  "seat.granted tookOver": ({ who, seat, other }) =>
    `${who} took over the ${seat} from ${other("displacedUserId")}.`,
  "seat.granted listDrained": ({ who, seat }) =>
    `${who} was first on the waiting list and got the free ${seat}.`,
  "seat.granted fellBack": ({ who, aSeat }) =>
    `${who} got ${aSeat}, because nothing better was free.`,
  "seat.granted undone": ({ who, seat }) => `${who} got back the ${seat} that had been taken back.`,
  "seat.granted moved": ({ who, aSeat, other }) =>
    `${who} moved from “${other("fromPoolId")}” to ${aSeat}, without a moment without a seat.`,
  "seat.released moved": null,
  ...released({
    deactivated: "because the account was switched off",
    deleted: "because the account was deleted",
    claimLost: "because nothing asks for it any longer",
    excluded: "because a rule excludes this person",
    unassigned: "because who had assigned it took it back",
    tierConflict: "because no tier offers everything at once",
    contracted: "because the pool has fewer seats now",
    reclaimed: "because nobody used it",
    givenUp: "because it is not needed any longer",
    "released session.replaced":
      "because somebody else signed in in the same browser, which ended the session",
    "released session.revoked": "because the session was ended",
    "released signedOut": "by signing out",
    "released signedOutByProvider": "because the identity provider signed them out",
  }),
  "seat.stateChanged lingered": ({ who, seat }) => `The ${seat} of ${who} is no longer kept.`,
  "waiting.added ReservationHeld": ({ who, aTier }) =>
    `${who} waits for ${aTier} seat: those that are free are reserved for others.`,
  "waiting.added NoPool": ({ who, aTier }) => `${who} waits for ${aTier} seat: no pool offers it.`,
  "waiting.added HoldsMore": ({ who, aTier }) =>
    `${who} waits for ${aTier} seat, and keeps a higher one until then.`,
  "waiting.removed granted": null,
  "waiting.removed deactivated": ({ who }) =>
    `${who} left the waiting list, because the account was switched off.`,
  "waiting.removed deleted": ({ who }) =>
    `${who} left the waiting list, because the account was deleted.`,
  "waiting.removed claimLost": ({ who }) =>
    `${who} left the waiting list, because nothing asks for the seat any longer.`,
  "waiting.removed satisfied": ({ who }) =>
    `${who} left the waiting list: the seat at hand is enough now.`,
  "pool.capacityChanged autoscaled": ({ pool, text }) =>
    `The pool “${pool}” grew by itself to ${seats(text("to"))}.`,
};

function released(causes: Readonly<Record<string, string>>): Record<string, Teller> {
  const rows = Object.entries(causes).map(([reason, because]): [string, Teller] => [
    `seat.released ${reason}`,
    ({ who, aSeat }) => `${who} gave back ${aSeat}, ${because}.`,
  ]);
  return Object.fromEntries(rows);
}

/** It is about no seat: "The set-up: connection “practice” changed (plugin)." */
function setUpSentence({ reason, text, list }: Told): string {
  const [what = "", done = ""] = reason.split(".");
  const name = text("name") || text("label") || text("domain");
  const named = name === "" ? "" : ` “${name}”`;
  const fields = list("fields").map(wordsOf).join(", ");
  return `The set-up: ${wordsOf(what)}${named} ${wordsOf(done)}${fields === "" ? "" : ` (${fields})`}.`;
}

/** "metadataRefreshed" is for programs, "metadata refreshed" for people. */
function wordsOf(word: string): string {
  return word
    .replaceAll(/[-_]/g, " ")
    .replace(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}

function seats(count: string): string {
  return `${count} ${count === "1" ? "seat" : "seats"}`;
}
