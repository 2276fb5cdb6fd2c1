import type { Catalogue } from "../domain/catalogue.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { refusalOfErasure } from "../domain/administration/principals.js";
import { guardedRoles, holdersToAsk } from "../domain/reclaim/guard.js";
import { eraseUser } from "../domain/people/removal.js";
import { SeatkeeperError } from "../errors.js";
import type { Logger, Store } from "../ports.js";
import { findUser } from "./findUser.js";
import type { Runner } from "./run.js";
import { DAY_MS } from "../domain/durations.js";

/** The end of what is known about a person: on request at once, otherwise when the retention is over. */
export interface People {
  /**
   * Erases an account, or one that was deleted and is kept aside: names, addresses, documents, sign-ins and messages.
   * `idOrUserName` finds it; `userName` confirms that it is the right one.
   * @throws SeatkeeperError NotFound, Conflict, Indispensable, LastOwner
   */
  erasePerson(
    organisationId: Id,
    person: Confirmed & { readonly idOrUserName: string; readonly userName: string },
    cause: Cause,
  ): Promise<Erased>;
}

/** Somebody on whom others rely goes only when it is said that this is meant. */
export interface Confirmed {
  readonly confirm?: boolean | undefined;
}

export interface Erased {
  readonly userId: Id;
  readonly seatsFreed: number;
}

export interface PeopleParts {
  readonly runner: Runner;
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** Resolves when every request that was answered before is in the provisioning log, where erasing looks for it. */
  readonly recordsWritten: () => Promise<void>;
}

export function createPeople({ runner, store, catalogue, recordsWritten }: PeopleParts): People {
  const guarded = guardedRoles(catalogue);
  return {
    erasePerson: async (organisationId, { idOrUserName, userName, confirm = false }, cause) => {
      const id = await personNamed(store, organisationId, idOrUserName);
      await recordsWritten();
      const { seatsFreed } = await runner.run(organisationId, {
        cause,
        needs: { users: [id], removed: [id], papers: { principals: true } },
        more: (world) => ({ holders: holdersToAsk(world, guarded, id) }),
        decide: (world, ctx) =>
          refusalOfErasure(world, id) ?? eraseUser(world, ctx, { id, userName, confirm }),
      });
      return { userId: id, seatsFreed };
    },
  };
}

async function personNamed(store: Store, organisationId: Id, idOrUserName: string): Promise<Id> {
  const user = await findUser(store, organisationId, idOrUserName);
  if (user !== null) return user.id;
  const [only, ...others] = await store.removedPeople.find(organisationId, idOrUserName);
  if (only === undefined) throw new SeatkeeperError("NotFound");
  if (others.length > 0) {
    const ids = [only, ...others].map((person) => person.user.id).join(", ");
    throw new SeatkeeperError("Conflict", {
      sentence: `Several deleted accounts had this userName; use one of the ids ${ids}.`,
    });
  }
  return only.user.id;
}

export interface Retention {
  /** Removes for good who was deleted longer ago than the retention. Resolves to how many they were. */
  purgeDue(): Promise<number>;
}

/** Few at a time: each portion holds its organisation's lock. */
const PORTION = 100;

export function createRetention(options: {
  readonly store: Store;
  readonly logger: Logger;
  readonly deletedDays: number;
}): Retention {
  const { store, logger, deletedDays } = options;
  return {
    purgeDue: async () => {
      const before = store.clock.now() - deletedDays * DAY_MS;
      let purged = 0;
      for (;;) {
        const count = await store.removedPeople.purge(before, PORTION);
        purged += count;
        if (count < PORTION) break;
      }
      if (purged > 0) logger.info({ purged }, "deleted accounts removed for good");
      return purged;
    },
  };
}
