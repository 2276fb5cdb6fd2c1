import type { AdministerDeps } from "../actions/administer.js";
import type { SeatActions } from "../actions/seats.js";
import type { Logger, Store } from "../ports.js";

/** What the admin API needs. `app.ts` puts it together; the command line uses the same. */
export interface AdminDeps extends AdministerDeps {
  readonly store: Store;
  readonly actions: SeatActions;
  readonly logger: Logger;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly bodyBytesMax: number;
}
