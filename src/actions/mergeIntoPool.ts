import type { Pool } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { type AdministerDeps, poolPatch, type PoolPatchInput } from "./administer.js";
import type { SeatActions } from "./seats.js";

/** Several who change different fields of one policy at once need one round each; more than these is no accident. */
const ROUNDS_MAX = 10;

interface MergeDeps extends Pick<AdministerDeps, "store" | "catalogue"> {
  readonly actions: Pick<SeatActions, "changePool">;
}

/**
 * Changes the fields that are given, and leaves the others to whoever changes them at the same moment: a policy is saved as a
 * whole and checked together with the capacity, so where the pool is another by then, that is done anew.
 *
 * @param pool as it was read
 * @param may throws where the caller must not change this pool so
 * @throws SeatkeeperError InvalidValue; NotFound; Conflict when others were faster every time
 */
export async function mergeIntoPool(
  { actions, ...deps }: MergeDeps,
  pool: Pool,
  input: PoolPatchInput,
  { cause, may }: { readonly cause: Cause; readonly may?: (pool: Pool) => void },
): Promise<void> {
  const { organisationId, id } = pool;
  let read: Pool | null = pool;
  for (let round = 1; read !== null; round++) {
    may?.(read);
    const patch = await poolPatch(deps, read, input);
    try {
      await actions.changePool(organisationId, id, patch, cause, read.version);
      return;
    } catch (error) {
      const isOvertaken = error instanceof SeatkeeperError && error.code === "Conflict";
      if (!isOvertaken || round === ROUNDS_MAX) throw error;
    }
    read = await deps.store.administration.findPool(organisationId, id);
  }
  throw new SeatkeeperError("NotFound");
}
