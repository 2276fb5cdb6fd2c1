import type { Cause } from "../domain/history.js";
import type { JsonObject } from "../plugin.js";
import type { Clock, SetupChange } from "../ports.js";

/** For the ledger; undefined where nobody says who does it. */
export function setupChange(
  { store }: { readonly store: { readonly clock: Clock } },
  cause: Cause | undefined,
  details: JsonObject,
): SetupChange | undefined {
  return cause === undefined ? undefined : { cause, at: store.clock.now(), details };
}
