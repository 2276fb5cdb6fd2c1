import type { ProvisioningRecord } from "../../domain/answers/provisioningLog.js";
import { RECORD_COLUMNS, recordValues } from "../rows/provisioningLog.js";
import { insertRows } from "../sql.js";
import type { Sql } from "../sql.js";

/** One statement for many records. */
export function insertRecords(sql: Sql, records: readonly ProvisioningRecord[]): Promise<void> {
  return insertRows(sql, "provisioning_log", RECORD_COLUMNS, records.map(recordValues));
}
