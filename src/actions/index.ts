import type { Catalogue } from "../domain/catalogue.js";
import type { Id } from "../domain/directory.js";
import { guardedRoles } from "../domain/reclaim/guard.js";
import type { Changes } from "../domain/snapshot.js";
import type { Ids, Logger, Store } from "../ports.js";
import { createBrakeActions, type BrakeActions } from "./brake.js";
import { createBreakGlassActions, type BreakGlassActions } from "./breakGlass.js";
import { createDelegation, type Delegation } from "./delegation.js";
import { createInvitations, type Invitations } from "./invitations.js";
import { createPeople, type People } from "./people.js";
import { createPreviews, type Previews } from "./preview.js";
import { createProvisioning, type Provisioning } from "./provision.js";
import { createPurchases, type Purchases } from "./purchases.js";
import { createReclaimActions, type ReclaimActions } from "./reclaim.js";
import { createReconciliation, type Reconciliation } from "./reconcile.js";
import { createRunner, type RunnerOptions } from "./run.js";
import { createRenewing } from "./renewals.js";
import { createSeatActions, type SeatActions } from "./seats.js";
import {
  createSessionActions,
  SESSION_DEFAULTS,
  type SessionActions,
  type SessionSettings,
} from "./sessions.js";
import { createSignIn, type SignInAction } from "./signIn.js";
import { createSignInRehearsal, type SignInRehearsal } from "./signInTests.js";

/** Every use case that changes people or seats. The doors call these and nothing else. */
export interface Actions
  extends
    Provisioning,
    SeatActions,
    SignInAction,
    SignInRehearsal,
    SessionActions,
    Reconciliation,
    People,
    Previews,
    ReclaimActions,
    BrakeActions,
    BreakGlassActions,
    Delegation,
    Invitations,
    Purchases {
  /** Resolves when everything that was accepted has been answered. */
  settled(): Promise<void>;
  /** To be called by whoever commits changes without these actions, so that what follows from them begins. */
  readonly committed: (organisationId: Id, changes: Changes) => void;
}

export interface ActionOptions {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Called after each commit with what was written. */
  readonly committed?: (organisationId: Id, changes: Changes) => void;
  readonly recordsWritten?: () => Promise<void>;
  readonly sessions?: SessionSettings;
  readonly brakeTurn?: RunnerOptions["brakeTurn"];
}

export function createActions({
  store,
  catalogue,
  ids,
  logger,
  committed = () => undefined,
  recordsWritten = () => Promise.resolve(),
  sessions = SESSION_DEFAULTS,
  brakeTurn,
}: ActionOptions): Actions {
  const runner = createRunner({ store, catalogue, ids, logger, committed, brakeTurn });
  const reconciliation = createReconciliation(runner, store, logger);
  const invitations = createInvitations({ runner, store, ids });
  const renewing = createRenewing(store);
  const seats = createSeatActions({ runner, renewing }, store, catalogue);
  return {
    ...createProvisioning(runner, guardedRoles(catalogue)),
    ...seats,
    ...createSignIn(runner),
    ...createSignInRehearsal({ store, catalogue, ids }),
    ...createSessionActions({ store, catalogue, seats, settings: sessions }),
    ...createReclaimActions(runner),
    ...reconciliation,
    reconcileAll: async () => {
      await reconciliation.reconcileAll();
      await invitations.settleDue();
    },
    ...createBrakeActions(runner, store),
    ...createBreakGlassActions(runner),
    ...createPreviews({ store, catalogue, ids }),
    ...createPeople({ runner, store, catalogue, recordsWritten }),
    ...createDelegation(runner),
    ...invitations,
    ...createPurchases(runner, store),
    settled: async () => {
      // What is not renewed the short way goes on with the others.
      await renewing.settled();
      await runner.settled();
    },
    committed,
  };
}
