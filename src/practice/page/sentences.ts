import type { Move } from "./model.js";

/** Ledger lines as sentences: which seat moved, whose it was, and why. */

/** One line of GET /api/v1/organisations/:org/entries. */
export interface LedgerLine {
  readonly position: number;
  readonly kind: string;
  readonly reason: string;
  readonly userId: string | null;
  readonly product: string;
  readonly poolId: string | null;
  readonly tier: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Names {
  person(userId: string): string;
  pool(poolId: string): string;
}

interface Told {
  readonly who: string;
  /** "Professional seat of the pool “Professionals”" */
  readonly seat: string;
  readonly tier: string;
  /** A name from the details, found by its key. */
  readonly other: (key: string) => string;
}

type Teller = (told: Told) => string;

export function movesOf(lines: readonly LedgerLine[], names: Names): Move[] {
  return lines.flatMap((line) => {
    const special = SENTENCES[`${line.kind} ${line.reason}`];
    if (special === null) return [];
    const tell = special ?? SENTENCES[line.kind] ?? undefined;
    const effect = EFFECTS[line.kind] ?? "other";
    const sentence = tell === undefined ? plainly(line, names) : tell(toldBy(line, names));
    return [{ sentence, effect }];
  });
}

const EFFECTS: Readonly<Record<string, Move["effect"]>> = {
  "seat.granted": "gained",
  "seat.released": "lost",
  "seat.displaced": "lost",
  "lease.expired": "lost",
};

/** Null: another line of the same change says it all. */
const SENTENCES: Readonly<Record<string, Teller | null>> = {
  "seat.granted": ({ who, seat }) => `${who} got a ${seat}, because one was free.`,
  "seat.granted revived": ({ who, seat }) =>
    `The lease of ${who} on a ${seat} came back by a late renewal.`,
  "lease.borrowed": ({ who, seat }) => `${who} borrowed a ${seat}, for work without a network.`,
  "seat.granted tookOver": ({ who, seat, other }) =>
    `${who} took over the ${seat} from ${other("displacedUserId")}.`,
  "seat.granted listDrained": ({ who, seat }) =>
    `${who} was first on the waiting list and got the free ${seat}.`,
  "seat.granted moved": ({ who, seat, other }) =>
    `${who} moved from “${other("fromPoolId")}” to a ${seat}, without a moment without a seat.`,
  "seat.released": ({ who, seat }) => `${who} gave back a ${seat}.`,
  "seat.released moved": null,
  "seat.stateChanged lingered": ({ who, seat }) => `The ${seat} of ${who} is no longer kept.`,
  "seat.released deactivated": ({ who, seat }) =>
    `${who} gave back a ${seat}, because the account was switched off.`,
  "seat.released deleted": ({ who, seat }) =>
    `${who} gave back a ${seat}, because the account was deleted.`,
  "seat.released claimLost": ({ who, seat }) =>
    `${who} gave back a ${seat}, because nothing asks for it any longer.`,
  "seat.released excluded": ({ who, seat }) =>
    `${who} gave back a ${seat}, because a rule excludes this person.`,
  "seat.displaced": ({ who, seat, other }) =>
    `${who} lost a ${seat}: it was used longest ago, and ${other("displacedBy")} signed in.`,
  "lease.expired": ({ who, seat }) => `The lease of ${who} on a ${seat} ended by itself.`,
  "seat.tierChanged": ({ who, tier }) => `The seat of ${who} became ${tier}.`,
  "addOns.changed": ({ who }) => `What ${who} needs beside the tier has changed.`,
  "waiting.added": ({ who, tier }) => `${who} waits for a ${tier} seat: all are taken.`,
  "waiting.added ReservationHeld": ({ who, tier }) =>
    `${who} waits for a ${tier} seat: those that are free are reserved for others.`,
  "waiting.removed": ({ who }) => `${who} left the waiting list.`,
  "waiting.removed granted": null,
  "waiting.removed deactivated": ({ who }) =>
    `${who} left the waiting list, because the account was switched off.`,
  "waiting.removed deleted": ({ who }) =>
    `${who} left the waiting list, because the account was deleted.`,
  "waiting.removed claimLost": ({ who }) =>
    `${who} left the waiting list, because nothing asks for the seat any longer.`,
  "waiting.removed satisfied": ({ who }) =>
    `${who} left the waiting list: the seat at hand is enough now.`,
};

function toldBy(line: LedgerLine, names: Names): Told {
  const tier = titleCase(line.tier ?? "");
  const pool = line.poolId === null ? line.product : names.pool(line.poolId);
  return {
    who: line.userId === null ? "Somebody" : names.person(line.userId),
    seat: `${tier} seat of the pool “${pool}”`,
    tier,
    other(key) {
      const id = line.details[key];
      if (typeof id !== "string") return "somebody else";
      return key.endsWith("PoolId") ? names.pool(id) : names.person(id);
    },
  };
}

/** A kind that this page does not know yet is still shown, word for word. */
function plainly(line: LedgerLine, names: Names): string {
  const { who, seat } = toldBy(line, names);
  return `${who}: ${line.kind} (${line.reason}), ${seat}.`;
}

export function titleCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
