import type { JsonValue } from "../../plugin.js";
import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { dayOf } from "./days.js";
import type { PriceBook } from "./settings.js";
import { causeOf, creationOf, step, type LineCause, type Step } from "./tenure.js";

/**
 * In which tiers the seats of a pool could be given, and since when: where seats are paid for when they are bought, that is what they
 * cost. What was so last month must not become dearer by what is changed today.
 */

export type SoldTiers = Step<readonly string[]>;

/**
 * By pool. The ledger says with which tiers a pool began; one that is older than the ledger had those that its first recorded change
 * came from, and without any those that it has now.
 */
export function soldTiers(
  pools: readonly Pool[],
  entries: readonly Entry[],
  timeZone: string,
): ReadonlyMap<Id, readonly SoldTiers[]> {
  const ofPools = new Map<Id, Entry[]>(pools.map(({ id }) => [id, []]));
  for (const entry of entries) {
    if (entry.userId === null && entry.poolId !== null) ofPools.get(entry.poolId)?.push(entry);
  }
  return new Map(
    pools.map((pool) => [pool.id, stepsOf(pool, ofPools.get(pool.id) ?? [], timeZone)]),
  );
}

function stepsOf(pool: Pool, entries: readonly Entry[], timeZone: string): SoldTiers[] {
  const steps: SoldTiers[] = [
    {
      day: dayOf(timeZone, pool.createdAt),
      value: firstTiers(pool, entries),
      cause: creationOf(pool, entries),
    },
  ];
  for (const entry of entries) {
    const value = changedTiers(entry, "to");
    if (value === null) continue;
    const day = Math.max(dayOf(timeZone, entry.at), steps.at(-1)?.day ?? 0);
    step(steps, { day, value, cause: causeOf(entry) }, sameTiers);
  }
  return steps;
}

function firstTiers({ tiers }: Pool, entries: readonly Entry[]): readonly string[] {
  const creation = entries.find(({ kind }) => kind === "pool.created");
  const begun = namesIn(creation?.details["tiers"]);
  if (begun !== null) return begun;
  for (const entry of entries) {
    const before = changedTiers(entry, "from");
    if (before !== null) return before;
  }
  return tiers;
}

/** Null: the entry is about something else. */
function changedTiers({ kind, details }: Entry, side: "from" | "to"): readonly string[] | null {
  const terms = details[side];
  if (kind !== "pool.changed" || typeof terms !== "object" || terms === null) return null;
  return Array.isArray(terms) ? null : namesIn(terms["tiers"]);
}

function namesIn(value: JsonValue | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : null;
}

function sameTiers(a: readonly string[], b: readonly string[]): boolean {
  return a.join(" ") === b.join(" ");
}

/** Without what changes no price: it causes nothing that is charged. */
export function pricedTiers(
  book: PriceBook,
  pool: Pool,
  steps: readonly SoldTiers[],
): readonly SoldTiers[] {
  return steps.filter(({ value }, index) => {
    const before = steps[index - 1];
    return before === undefined || !book.costsAlike(pool, before.value, value);
  });
}

/** Of two things that made a price what it is the later one; of one and the same moment the tiers. */
export function laterCause(bought: Step<unknown>, sold: Step<unknown>): LineCause {
  const isSold = sold.day - bought.day || sold.cause.at - bought.cause.at;
  return isSold >= 0 ? sold.cause : bought.cause;
}
