import type { Id, Timestamp } from "../domain/directory.js";
import type { RemovedPerson } from "../domain/people/removed.js";
import type { SetupChange } from "./setup.js";

/** People who were deleted and may come back. No other read shows them. */
export interface RemovedPeople {
  /** By id, or everybody who had this userName (letter case ignored); of one organisation. Newest first, at most 10. */
  find(organisationId: Id, idOrUserName: string): Promise<RemovedPerson[]>;
  /**
   * Removes for good up to `limit` people who were deleted before `before`, the longest gone first. Resolves to how
   * many there were; fewer than `limit` means that nobody is left.
   */
  purge(before: Timestamp, limit: number): Promise<number>;
}

/** What an administrator has allowed: `toConnectionId` may take over accounts of `fromConnectionId`. */
export interface HandOver {
  readonly organisationId: Id;
  readonly fromConnectionId: Id;
  readonly toConnectionId: Id;
  /** Null: of everybody. */
  readonly userName: string | null;
  readonly createdAt: Timestamp;
}

export interface HandOvers {
  /** Those that are there already stay. */
  allow(handOvers: readonly HandOver[], change?: SetupChange): Promise<void>;
  /** By the connection that gives, then that which takes, then name; names in their compared form. At most 1,000. */
  list(organisationId: Id, fromConnectionId: Id): Promise<HandOver[]>;
  /** All from this connection. Accounts that have moved stay where they are. Resolves to how many there were. */
  withdraw(organisationId: Id, fromConnectionId: Id, change?: SetupChange): Promise<number>;
}
