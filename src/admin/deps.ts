import type { AdministerDeps } from "../actions/administer.js";
import type { Delegation } from "../actions/delegation.js";
import type { Invitations } from "../actions/invitations.js";
import type { People } from "../actions/people.js";
import type { Previews } from "../actions/preview.js";
import type { LogWriter } from "../actions/provisioningLog.js";
import type { Purchases } from "../actions/purchases.js";
import type { SeatActions } from "../actions/seats.js";
import type { ReplayPlan, ReplayReport } from "../domain/replay.js";
import type { Logger, Store } from "../ports.js";

/** What the admin API needs. `app.ts` puts it together; the command line uses the same. */
export interface AdminDeps extends AdministerDeps {
  readonly store: Store;
  readonly actions: SeatActions & People & Previews & Delegation & Invitations & Purchases;
  readonly logger: Logger;
  /** Absent where no SCIM door is in this process. */
  readonly logWriter?: Pick<LogWriter, "flushed">;
  /** Absent likewise. */
  readonly replay?: (plan: ReplayPlan) => Promise<ReplayReport>;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly bodyBytesMax: number;
}
