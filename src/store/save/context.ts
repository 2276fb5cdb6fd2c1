import type { Seen } from "../load/seen.js";
import type { Sql } from "../sql.js";

export interface SaveContext {
  readonly sql: Sql;
  readonly organisationId: string;
  readonly now: number;
  readonly seen: Seen;
  /** Whether somebody wants provisioning events pushed. */
  readonly pushEvents: boolean;
}
