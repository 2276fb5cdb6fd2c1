import type { Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { JsonObject } from "../plugin.js";

/** Part of src/ports.ts, which everybody imports. */

/** What somebody set up, for the ledger: `details` says what it is about, by ids and names, never by secrets. */
export interface SetupChange {
  readonly cause: Cause;
  readonly at: Timestamp;
  readonly details: JsonObject;
}
