import type { Day } from "../domain/billing/days.js";
import type { UsedDay } from "../domain/billing/invoice.js";
import type { BillingSettings } from "../domain/billing/settings.js";
import type { ModeChange } from "../domain/billing/tenure.js";
import type { Use } from "../domain/advisor/uses.js";
import type { Id, Timestamp } from "../domain/directory.js";
import type { SetupChange } from "./setup.js";

/** What an invoice needs besides the ledger. Part of src/ports.ts, which everybody imports. */

/** Everything but the time zone, which is the organisation's own. */
export type AgreedSettings = Omit<BillingSettings, "timeZone">;

export interface StoredSettings {
  readonly agreed: AgreedSettings;
  /** 1 for the first. */
  readonly version: number;
  readonly updatedAt: Timestamp;
  /** A token's public id or "command line". */
  readonly updatedBy: string;
}

export interface Billing {
  /** Null: nothing was agreed; the catalogue counts. */
  settings(organisationId: Id): Promise<StoredSettings | null>;
  /**
   * Settings and time zone change together. Days with use that are recorded already stay what they are.
   * @throws SeatkeeperError VersionMismatch unless the stored version is the one before
   */
  saveSettings(
    organisationId: Id,
    stored: StoredSettings,
    timeZone: string,
    change?: SetupChange,
  ): Promise<void>;
  /** Appends; what was agreed before stays known. */
  addMode(organisationId: Id, mode: ModeChange, change?: SetupChange): Promise<void>;
  /** In the order of their ids. */
  modes(organisationId: Id): Promise<ModeChange[]>;
  /** From `from` on, before `to`. In the order of days. */
  usedDays(organisationId: Id, from: Day, to: Day): Promise<UsedDay[]>;
  /** Names of the groups of each of these people; who is in none may be missing. */
  groupNames(organisationId: Id, userIds: readonly Id[]): Promise<Map<Id, string[]>>;
  /**
   * When people were signed in within [from, to). Each session once, also when it has been tidied up; not those of whoever was
   * erased. In the order of their beginnings.
   */
  sessions(organisationId: Id, from: Timestamp, to: Timestamp): Promise<Use[]>;
}
