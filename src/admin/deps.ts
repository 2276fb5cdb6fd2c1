import type { AdministerDeps } from "../actions/administer.js";
import type { BrakeActions } from "../actions/brake.js";
import type { BreakGlassActions } from "../actions/breakGlass.js";
import type { Delegation } from "../actions/delegation.js";
import type { Invitations } from "../actions/invitations.js";
import type { MetadataActions } from "../actions/metadata.js";
import type { People } from "../actions/people.js";
import type { Previews } from "../actions/preview.js";
import type { Plans } from "../actions/plans.js";
import type { Reconciliation } from "../actions/reconcile.js";
import type { LogWriter } from "../actions/provisioningLog.js";
import type { Purchases } from "../actions/purchases.js";
import type { ReclaimActions } from "../actions/reclaim.js";
import type { SeatActions } from "../actions/seats.js";
import type { SessionActions } from "../actions/sessions.js";
import type { ReplayPlan, ReplayReport } from "../domain/answers/replay.js";
import type { Logger, Store } from "../ports.js";
import type { TxtRecords } from "../ports/domains.js";

/** What the admin API needs. `app.ts` puts it together; the command line uses the same. */
export interface AdminDeps extends AdministerDeps {
  readonly store: Store;
  readonly actions: SeatActions &
    SessionActions &
    People &
    Previews &
    ReclaimActions &
    BrakeActions &
    BreakGlassActions &
    Delegation &
    Invitations &
    Purchases &
    Pick<Reconciliation, "progress">;
  readonly logger: Logger;
  readonly trust: Pick<MetadataActions, "refreshMetadata">;
  /** Absent where no SCIM door is in this process. */
  readonly logWriter?: Pick<LogWriter, "flushed">;
  readonly signIns?: SignInInsight;
  /** Absent where nobody can ask DNS. */
  readonly txtRecords?: TxtRecords;
  /** Absent likewise. */
  readonly replay?: (plan: ReplayPlan) => Promise<ReplayReport>;
  /** Absent likewise; a command makes its own. */
  readonly plans?: Plans;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly bodyBytesMax: number;
}

/** What the log of sign-ins needs from the door. */
export interface SignInInsight {
  /** For the administrator; null: the word is not known. */
  readonly sentenceOf: (reason: string) => string | null;
  /** Every word that `sentenceOf` knows. */
  readonly reasons: readonly string[];
  /** The message of a trace: base64, as it came. */
  readonly openTrace: (id: string, sealed: string) => string;
  /** Resolves when the attempts that this process saw are written. */
  readonly flushed?: () => Promise<void>;
}
