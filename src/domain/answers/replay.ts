import type { Connection, Id, Timestamp } from "../directory.js";
import type { Effects, PersonEffect, ProvisioningRecord, SeatEffect } from "./provisioningLog.js";

/** Recorded requests, sent again to a copy: what came out differently. */

export interface ReplayPlan {
  readonly connection: Connection;
  /** In order. */
  readonly records: readonly ProvisioningRecord[];
  /** Begin without people and groups instead of with those there are. */
  readonly isOnEmpty: boolean;
  /** Recorded elsewhere: the ids of pools mean nothing here. */
  readonly isForeign: boolean;
}

export interface ReplayReport {
  readonly requests: number;
  /** The same verdict and the same effects. */
  readonly same: number;
  readonly different: number;
  readonly notReplayed: number;
  /** Net of all requests: "support professional" -> seats given less seats taken back. */
  readonly seats: Comparison<Readonly<Record<string, number>>>;
  /** Net change, in minor units. */
  readonly pricePerMonth: Comparison<number>;
  /** Every request that was different or not replayed, in order. */
  readonly differences: readonly ReplayedRequest[];
}

export interface Comparison<T> {
  readonly recorded: T;
  readonly replayed: T;
}

export interface ReplayedRequest {
  /** Of the record. */
  readonly id: Id;
  readonly at: Timestamp;
  readonly requestId: string;
  readonly method: string;
  readonly resource: string;
  readonly resourceId: Id | null;
  readonly userName: string | null;
  readonly verdict: Comparison<Answered | null>;
  /** Why it was not replayed; null when it was. */
  readonly notReplayed: NotReplayed | null;
  readonly isVerdictSame: boolean;
  readonly people: Difference<PersonChange>;
  readonly seats: Difference<SeatEffect>;
}

export interface Answered {
  readonly status: number;
  readonly code: string | null;
  readonly sentence: string | null;
}

export type NotReplayed =
  /** The body was too large to be kept. */
  | "bodyNotKept"
  /** Refused before it was read, or about something that has no replay. */
  | "notARequest"
  /** It went to something that has been deleted since and cannot be brought back. */
  | "goneSince";

export interface Difference<T> {
  readonly onlyRecorded: readonly T[];
  readonly onlyReplayed: readonly T[];
}

export interface PersonChange {
  readonly effect: PersonEffect;
  readonly userId: Id;
}

/** One request with what became of it the second time. */
export interface Replayed {
  readonly record: ProvisioningRecord;
  readonly again: ProvisioningRecord | NotReplayed;
}

/** How ids are written to be comparable: what was created anew in the copy has a new id. */
export interface Translation {
  readonly person: (id: Id) => Id;
  /** Null where pools cannot be compared. */
  readonly pool: (id: Id | null) => Id | null;
}

export function reportOf(replayed: readonly Replayed[], translate: Translation): ReplayReport {
  const compared = replayed.map((one) => compare(one, translate));
  const differences = compared.filter((one) => one.notReplayed !== null || isDifferent(one));
  const notReplayed = compared.filter((one) => one.notReplayed !== null).length;
  // What was not replayed counts on neither side.
  const both = replayed.flatMap(({ record, again }) =>
    typeof again === "string" ? [] : [{ recorded: record.effects, replayed: again.effects }],
  );
  return {
    requests: replayed.length,
    same: replayed.length - differences.length,
    different: differences.length - notReplayed,
    notReplayed,
    seats: {
      recorded: balanceOf(both.map(({ recorded }) => recorded)),
      replayed: balanceOf(both.map((one) => one.replayed)),
    },
    pricePerMonth: {
      recorded: priceOf(both.map(({ recorded }) => recorded)),
      replayed: priceOf(both.map((one) => one.replayed)),
    },
    differences,
  };
}

function compare({ record, again }: Replayed, translate: Translation): ReplayedRequest {
  const { id, at, requestId, method, resource, resourceId, userName } = record;
  const head = { id, at, requestId, method, resource, resourceId, userName };
  const recorded = answeredBy(record);
  if (typeof again === "string") {
    return {
      ...head,
      verdict: { recorded, replayed: null },
      notReplayed: again,
      isVerdictSame: false,
      people: NO_DIFFERENCE,
      seats: NO_DIFFERENCE,
    };
  }
  const replayed = answeredBy(again);
  return {
    ...head,
    verdict: { recorded, replayed },
    notReplayed: null,
    isVerdictSame: recorded.status === replayed.status && recorded.code === replayed.code,
    people: differenceOf(peopleIn(record.effects), peopleIn(again.effects, translate.person)),
    seats: differenceOf(
      seatsIn(record.effects, translate),
      seatsIn(again.effects, translate, translate.person),
    ),
  };
}

const NO_DIFFERENCE = { onlyRecorded: [], onlyReplayed: [] };

function isDifferent({ isVerdictSame, people, seats }: ReplayedRequest): boolean {
  const lists = [people, seats].flatMap(({ onlyRecorded, onlyReplayed }) => [
    onlyRecorded.length,
    onlyReplayed.length,
  ]);
  return !isVerdictSame || lists.some((length) => length > 0);
}

function answeredBy({ status, refusal }: ProvisioningRecord): Answered {
  return { status, code: refusal?.code ?? null, sentence: refusal?.sentence ?? null };
}

function peopleIn(effects: Effects | null, personOf: Translation["person"] = same): PersonChange[] {
  if (effects === null) return [];
  const entries = Object.entries(effects.people) as [PersonEffect, readonly Id[]][];
  return entries.flatMap(([effect, ids]) =>
    ids.map((userId) => ({ effect, userId: personOf(userId) })),
  );
}

function seatsIn(
  effects: Effects | null,
  { pool }: Translation,
  personOf: Translation["person"] = same,
): SeatEffect[] {
  return (effects?.seats ?? []).map((seat) => ({
    ...seat,
    delta: seat.delta ?? deltaBefore(seat),
    userId: seat.userId === null ? null : personOf(seat.userId),
    poolId: pool(seat.poolId),
  }));
}

function same(id: Id): Id {
  return id;
}

/** As bags: how often each is there counts, the order does not. */
function differenceOf<T extends object>(
  recorded: readonly T[],
  replayed: readonly T[],
): Difference<T> {
  return { onlyRecorded: without(recorded, replayed), onlyReplayed: without(replayed, recorded) };
}

function without<T extends object>(rows: readonly T[], others: readonly T[]): T[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(keyOf(other), (left.get(keyOf(other)) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(keyOf(row)) ?? 0;
    left.set(keyOf(row), count - 1);
    return count <= 0;
  });
}

/** Whatever the order in which the parts were stored. */
function keyOf(row: object): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function balanceOf(all: readonly (Effects | null)[]): Record<string, number> {
  const balance = new Map<string, number>();
  const add = (product: string, tier: string | null, count: number): void => {
    const key = `${product} ${tier ?? "-"}`;
    balance.set(key, (balance.get(key) ?? 0) + count);
  };
  for (const effect of all.flatMap((effects) => effects?.seats ?? [])) {
    const { product, tier, fromTier } = effect;
    if (fromTier !== null) {
      add(product, fromTier, -1);
      add(product, tier, 1);
    } else add(product, tier, effect.delta ?? deltaBefore(effect));
  }
  return Object.fromEntries([...balance].filter(([, count]) => count !== 0).sort());
}

/** Of records without it: every seat that was given or taken back counted then. */
function deltaBefore({ kind }: SeatEffect): -1 | 0 | 1 {
  if (kind === "seat.granted") return 1;
  return kind === "seat.released" || kind === "seat.displaced" || kind === "lease.expired" ? -1 : 0;
}

function priceOf(all: readonly (Effects | null)[]): number {
  return all.reduce((sum, effects) => sum + (effects?.pricePerMonth ?? 0), 0);
}
