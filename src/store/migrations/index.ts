import type { Sql } from "../sql.js";
import { createDirectory } from "./0001-directory.js";
import { createEntitlements } from "./0002-entitlements.js";
import { createSeats } from "./0003-seats.js";
import { createSignIn } from "./0004-sign-in.js";
import { createHistory } from "./0005-history.js";
import { createClients } from "./0006-clients.js";
import { createProvisioningLog } from "./0007-provisioning-log.js";
import { createRemovedPeople } from "./0008-removed-people.js";
import { addAssignments } from "./0009-assignments.js";
import { createListIndexes } from "./0011-lists.js";
import { createEvents } from "./0012-events.js";
import { nameGroupsAndMembers } from "./0013-group-names.js";
import { chainLedger } from "./0014-ledger.js";
import { createBilling } from "./0016-billing.js";
import { addPoolLimits } from "./0017-pool-limits.js";
import { addSeatStates } from "./0018-seat-states.js";
import { lightenWrites } from "./0019-lighter-writes.js";
import { addWaitingTurns } from "./0020-waiting-turns.js";
import { createReclaim } from "./0021-reclaim.js";
import { createDelegation } from "./0022-delegation.js";
import { addChangeSets } from "./0023-change-sets.js";
import { addSignInFlows } from "./0024-sign-in-flows.js";
import { createTrust } from "./0025-trust.js";
import { addSessionsAndSignIns } from "./0026-sessions.js";
import { addBrowserOfSession } from "./0029-browser-of-a-session.js";
import { addLastProvider } from "./0030-last-provider.js";
import { addLeaseLooks } from "./0031-lease-looks.js";
import { addGrantedOrder } from "./0034-granted-order.js";
import { addBreakGlass } from "./0035-break-glass.js";
import { createSessionSpans } from "./0036-session-spans.js";
import { addCounting } from "./0037-counting.js";
import { addSeveralPools } from "./0038-several-pools.js";

export interface Migration {
  readonly name: string;
  readonly up: (sql: Sql) => Promise<void>;
}

/** In order. Named here and not found in a folder, so that the compiled server runs the same list. */
export const MIGRATIONS: readonly Migration[] = [
  { name: "0001-directory", up: createDirectory },
  { name: "0002-entitlements", up: createEntitlements },
  { name: "0003-seats", up: createSeats },
  { name: "0004-sign-in", up: createSignIn },
  { name: "0005-history", up: createHistory },
  { name: "0006-clients", up: createClients },
  { name: "0007-provisioning-log", up: createProvisioningLog },
  { name: "0008-removed-people", up: createRemovedPeople },
  { name: "0009-assignments", up: addAssignments },
  { name: "0011-lists", up: createListIndexes },
  { name: "0012-events", up: createEvents },
  { name: "0013-group-names", up: nameGroupsAndMembers },
  { name: "0014-ledger", up: chainLedger },
  { name: "0016-billing", up: createBilling },
  { name: "0017-pool-limits", up: addPoolLimits },
  { name: "0018-seat-states", up: addSeatStates },
  { name: "0019-lighter-writes", up: lightenWrites },
  { name: "0020-waiting-turns", up: addWaitingTurns },
  { name: "0021-reclaim", up: createReclaim },
  { name: "0022-delegation", up: createDelegation },
  { name: "0023-change-sets", up: addChangeSets },
  { name: "0024-sign-in-flows", up: addSignInFlows },
  { name: "0025-trust", up: createTrust },
  { name: "0026-sessions", up: addSessionsAndSignIns },
  { name: "0029-browser-of-a-session", up: addBrowserOfSession },
  { name: "0030-last-provider", up: addLastProvider },
  { name: "0031-lease-looks", up: addLeaseLooks },
  { name: "0034-granted-order", up: addGrantedOrder },
  { name: "0035-break-glass", up: addBreakGlass },
  { name: "0036-session-spans", up: createSessionSpans },
  { name: "0037-counting", up: addCounting },
  { name: "0038-several-pools", up: addSeveralPools },
];
