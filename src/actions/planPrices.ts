import { PriceBook } from "../domain/billing/settings.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Organisation } from "../domain/directory.js";
import type { Prices } from "../domain/plans/overSeats.js";
import { tries } from "../domain/pools/policy.js";
import type { Store } from "../ports.js";
import type { PlannedChange } from "../ports/plans.js";
import { ledgerUntil, settingsOf } from "./billing.js";

/** What a plan's money is worked out from, which only where it matters is the whole ledger, too. */

interface Deps {
  readonly store: Pick<Store, "administration" | "billing" | "insights">;
  readonly catalogue: Catalogue;
}

export async function pricesFor(
  { store, catalogue }: Deps,
  organisation: Organisation,
  { type }: PlannedChange,
): Promise<Prices> {
  const settings = await settingsOf({ store, catalogue }, organisation);
  const book = new PriceBook(catalogue, settings);
  const pools = await store.administration.listPools(organisation.id);
  // Not with the book itself, which remembers every price that it was asked for and has not.
  const asked = new PriceBook(catalogue, settings);
  const mayBeOver = pools.some(
    (pool) =>
      (type === "pool" || tries(pool.policy, "overage") || pool.used > pool.capacity) &&
      asked.chargesOverage(pool),
  );
  if (!mayBeOver) return { book, past: null };
  const entries = await ledgerUntil(store, organisation.id, Infinity);
  const modes = await store.billing.modes(organisation.id);
  return { book, past: { pools, entries, modes } };
}
