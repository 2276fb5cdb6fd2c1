import { PriceBook } from "../domain/billing/settings.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Organisation } from "../domain/directory.js";
import type { Entry } from "../domain/history.js";
import type { Prices } from "../domain/plans/overSeats.js";
import { tries } from "../domain/pools/policy.js";
import type { Snapshot } from "../domain/snapshot.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import type { PlannedChange } from "../ports/plans.js";
import { ledgerUntil, settingsOf } from "./billing.js";

/** What a plan's money is worked out from, which only where it matters is the whole ledger, too. */

interface Deps {
  readonly store: Pick<Store, "administration" | "billing" | "insights" | "ledger">;
  readonly catalogue: Catalogue;
}

/** In the transaction: whether the prices are those of this moment. Whatever they depend on has its line in the ledger. */
export type IsCurrent = (snapshot: Pick<Snapshot, "ledgerEnd">) => boolean;

const ATTEMPTS = 5;

/**
 * The books are read before the transaction, which would otherwise keep everybody else waiting for as long as that takes. What others
 * write in between is not lost: the work is done again, and reads only what is new.
 *
 * @param work null: it was not done, because the prices are not current
 */
export async function withPrices<T>(
  deps: Deps,
  organisation: Organisation,
  change: PlannedChange,
  work: (prices: Prices, isCurrent: IsCurrent) => Promise<T | null>,
): Promise<T> {
  let known: readonly Entry[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const end = (await deps.store.ledger.head(organisation.id))?.sequence ?? 0;
    const prices = await pricesFor(deps, organisation, change, known);
    const done = await work(prices, ({ ledgerEnd = 0 }) => ledgerEnd === end);
    if (done !== null) return done;
    known = prices.past?.entries ?? known;
  }
  throw neverStill();
}

export function neverStill(): SeatkeeperError {
  return new SeatkeeperError("Stale", {
    sentence: "The organisation changes all the time at the moment. Try again later.",
  });
}

export async function pricesFor(
  { store, catalogue }: Deps,
  organisation: Organisation,
  change: PlannedChange,
  known: readonly Entry[] = [],
): Promise<Prices> {
  const settings = await settingsOf({ store, catalogue }, organisation);
  const book = new PriceBook(catalogue, settings);
  const pools = await store.administration.listPools(organisation.id);
  // Not with the book itself, which remembers every price that it was asked for and has not.
  const asked = new PriceBook(catalogue, settings);
  // It may give tiers that no seat of the pool has had so far.
  const added = change.type === "pool" ? (change.patch.tiers ?? []) : [];
  const mayBeOver = pools.some(
    (pool) =>
      (change.type === "pool" || tries(pool.policy, "overage") || pool.used > pool.capacity) &&
      asked.chargesOverage({ ...pool, tiers: [...pool.tiers, ...added] }),
  );
  if (!mayBeOver) return { book, past: null };
  const entries = await ledgerUntil(store, organisation.id, Infinity, known);
  const modes = await store.billing.modes(organisation.id);
  return { book, past: { pools, entries, modes } };
}
