import { minorDigits } from "../domain/billing/rounding.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { Purchase, PurchaseAct } from "../domain/administration/purchase.js";
import { advancePurchase, requestPurchase } from "../domain/administration/purchases.js";
import type { Store } from "../ports.js";
import { invalid } from "./invalid.js";
import type { Runner } from "./run.js";

/** Buying more seats, step by step (docs/purchases.md). */
export interface Purchases {
  /** @throws SeatkeeperError NotFound */
  requestPurchase(
    organisationId: Id,
    input: Pick<Purchase, "poolId" | "seats" | "note">,
    cause: Cause,
  ): Promise<Purchase>;
  /** @throws SeatkeeperError NotFound, Conflict, VersionMismatch, InvalidValue for a currency */
  advancePurchase(organisationId: Id, act: PurchaseAct, cause: Cause): Promise<Purchase>;
}

/** As for a pool that is changed by hand. */
const DRAIN_MAX = 500;

export function createPurchases(runner: Runner, store: Store): Purchases {
  return {
    requestPurchase: (organisationId, input, cause) =>
      runner.run(organisationId, {
        cause,
        needs: {},
        decide: (world, ctx) => requestPurchase(world, ctx, input),
      }),
    advancePurchase: async (organisationId, act, cause) => {
      if (act.quote !== undefined) checkCurrency(act.quote.currency);
      const purchase = await runner.run(organisationId, {
        cause,
        needs: { papers: { purchases: [act.id] }, candidates: DRAIN_MAX },
        decide: (world, ctx) => advancePurchase(world, ctx, act),
      });
      // More seats than one load could fill.
      if (purchase.state === "inForce") await store.administration.markAllStale(organisationId);
      return purchase;
    },
  };
}

function checkCurrency(currency: string): void {
  const isKnown = Intl.supportedValuesOf("currency").includes(currency);
  if (!isKnown) throw invalid("currency", "A currency code of ISO 4217 is expected, such as EUR.");
  minorDigits(currency);
}
