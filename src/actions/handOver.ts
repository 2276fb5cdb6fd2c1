import type { Connection, Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { HandOver } from "../ports/lifecycle.js";
import type { AdministerDeps } from "./administer.js";
import { connectionOf } from "./administerConnections.js";
import { invalid } from "./checkNames.js";
import { setupChange } from "./setupChange.js";

/**
 * Moving from one identity provider to another: an administrator allows a connection to take over accounts of another
 * one. An account moves when the new provider creates somebody of the same userName, so that nobody is without an
 * account in between, and the old provider goes on working for those who have not moved (docs/adr/0008).
 */
export async function allowHandOver(
  deps: AdministerDeps,
  from: Connection,
  input: { readonly to: Id; readonly userNames?: readonly string[] | undefined },
  cause?: Cause,
): Promise<HandOver[]> {
  const { organisationId } = from;
  const to = await connectionOf(deps, organisationId, input.to).catch(() => null);
  if (to === null || to.id === from.id) {
    throw invalid("to", "Another connection of the same organisation is expected.");
  }
  const shared = {
    organisationId,
    fromConnectionId: from.id,
    toConnectionId: to.id,
    createdAt: deps.store.clock.now(),
  };
  const userNames = input.userNames ?? [null];
  const handOvers = userNames.map((userName) => ({ ...shared, userName }));
  const details = { from: from.id, to: to.id, accounts: input.userNames?.length ?? null };
  await deps.store.handOvers.allow(handOvers, setupChange(deps, cause, details));
  return handOvers;
}
