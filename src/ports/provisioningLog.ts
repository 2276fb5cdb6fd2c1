import type { Id, Timestamp } from "../domain/directory.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";

export interface ProvisioningLogQuery {
  /** Inclusive. */
  readonly from?: Timestamp;
  /** Exclusive. */
  readonly to?: Timestamp;
  /** About one of these accounts, or naming this (folded) userName. */
  readonly person?: { readonly userIds: readonly Id[]; readonly userName?: string };
  readonly refused?: boolean;
  /** Of the refusal. */
  readonly code?: string;
  readonly method?: string;
  readonly resource?: string;
  readonly resourceId?: Id;
  /** The id or its beginning. */
  readonly requestId?: string;
  /** Past this record, in the direction of the list. */
  readonly after?: { readonly at: Timestamp; readonly id: Id };
  readonly limit: number;
  readonly newestFirst?: boolean;
  /** Without, no record has a body. */
  readonly withBodies?: boolean;
}

/** What identity providers sent. Records of changes are written by `save`, in the transaction of the change. */
export interface ProvisioningLog {
  /** Records of requests that changed nothing, of any organisations, in one statement. */
  append(records: readonly ProvisioningRecord[]): Promise<void>;
  /** By time, then by id. */
  list(
    scope: { readonly organisationId: Id; readonly connectionId: Id },
    query: ProvisioningLogQuery,
  ): Promise<ProvisioningRecord[]>;
  /** With its body. */
  find(
    scope: { readonly organisationId: Id; readonly connectionId: Id },
    id: Id,
  ): Promise<ProvisioningRecord | null>;
  /** At most `limit` records, of all organisations; resolves to how many there were. */
  deleteBefore(at: Timestamp, limit: number): Promise<number>;
}

export interface CopyOptions {
  /** Of the copy: requests are replayed at the time at which they came. */
  readonly clock: { now(): Timestamp };
  /** A larger organisation is refused. */
  readonly rowsMax: number;
  /** Connections, rules and pools alone, without people and groups. */
  readonly isSetUpOnly?: boolean;
  /** Ids of users and groups that stay out, with everything of theirs. */
  readonly without?: ReadonlySet<Id>;
}
