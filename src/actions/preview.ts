import type { Catalogue } from "../domain/catalogue.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import {
  preview,
  withNewcomer,
  type Change,
  type Newcomer,
  type Preview,
} from "../domain/answers/preview.js";
import { guardedRoles } from "../domain/reclaim/guard.js";
import type { Needs, Snapshot } from "../domain/snapshot.js";
import type { Verdict } from "../domain/verdict.js";
import type { Context } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";

/** What would be: loads and decides like every action, and saves nothing. */
export interface Previews {
  /** @throws SeatkeeperError NotFound, ProfileIncomplete, TierTooLow, TierConflict, Indispensable */
  previewChange(organisationId: Id, userId: Id, change: Change): Promise<Preview>;
  /** @throws as above */
  previewNewcomer(organisationId: Id, newcomer: Newcomer, change: Change): Promise<Preview>;
}

interface PreviewDeps {
  readonly store: Pick<Store, "write">;
  readonly catalogue: Catalogue;
  readonly ids: Ids;
}

const CAUSE: Cause = { type: "admin", action: "preview", actor: "system", requestId: null };
/** As many as one person could need or free. */
const CANDIDATES = 4;

export function createPreviews({ store, catalogue, ids }: PreviewDeps): Previews {
  const ctx: Context = { catalogue, cause: CAUSE, nextId: () => ids.next() };
  const guarded = guardedRoles(catalogue);
  return {
    previewChange: async (organisationId, userId, change) => {
      const holders = holdersToAskFor(change, guarded, userId);
      const snapshot = await read(store, organisationId, { users: [userId], holders });
      return valueOf(preview(snapshot, ctx, userId, change));
    },
    previewNewcomer: async (organisationId, newcomer, change) => {
      const id = ids.next();
      const snapshot = await read(store, organisationId, { groups: newcomer.groups });
      return valueOf(preview(valueOf(withNewcomer(snapshot, id, newcomer)), ctx, id, change));
    },
  };
}

/** Who else has the roles that would be taken, as the change itself asks. */
function holdersToAskFor({ take }: Change, guarded: readonly string[], otherThan: Id) {
  const roles = take.filter(({ kind, name }) => kind === "role" && guarded.includes(name));
  return roles.map(({ name: role }) => ({ role, otherThan }));
}

/** In a transaction, so that all of it is of one moment; one that saves nothing does not wait for the disk. */
function read(store: PreviewDeps["store"], organisationId: Id, needs: Needs): Promise<Snapshot> {
  return store.write(organisationId, (tx) => tx.load({ ...needs, candidates: CANDIDATES }));
}

function valueOf<T>(verdict: Verdict<T>): T {
  if ("ok" in verdict) return verdict.ok;
  const { refused, ...said } = verdict;
  throw new SeatkeeperError(refused, said);
}
