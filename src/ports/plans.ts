import type { Id, Timestamp } from "../domain/directory.js";
import type { SetUpChange } from "../domain/plans/change.js";
import type { PlanReport } from "../domain/plans/report.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import type { JsonValue } from "../plugin.js";

/** Plans: changes that were tried, with what they would do. Part of src/ports.ts, which everybody imports. */

/** Requests of an identity provider, as they would arrive: a bulk body, or records of a provisioning log. */
export type SyncChange =
  | { readonly type: "sync"; readonly connectionId: Id; readonly bulk: JsonValue }
  | {
      readonly type: "sync";
      readonly connectionId: Id;
      readonly records: readonly ProvisioningRecord[];
    };

export type PlannedChange = SetUpChange | SyncChange;

export interface Plan {
  readonly id: Id;
  readonly organisationId: Id;
  readonly change: PlannedChange;
  readonly report: PlanReport;
  /** The organisation's revision when the plan was made (docs/adr/0003). */
  readonly baseVersion: number;
  readonly createdAt: Timestamp;
  /** A token's public id or "command line". */
  readonly createdBy: string;
  /** From then on it can no longer be applied. */
  readonly expiresAt: Timestamp;
  readonly appliedAt: Timestamp | null;
  readonly appliedBy: string | null;
}

export interface Plans {
  add(plan: Plan): Promise<void>;
  find(organisationId: Id, id: Id): Promise<Plan | null>;
  /** The newest first, without people: `report.people` is empty. */
  list(organisationId: Id, page: { readonly before?: Id; readonly limit: number }): Promise<Plan[]>;
  /** False when there was none. */
  discard(organisationId: Id, id: Id): Promise<boolean>;
  /** Of all organisations, at most `limit`; resolves to how many there were. */
  deleteExpired(before: Timestamp, limit: number): Promise<number>;
}
