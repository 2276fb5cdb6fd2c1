import type { Sql } from "../sql.js";
import { addColumn, columnTypes } from "./schema.js";

/**
 * What a pool may hold above its capacity, and up to where it may grow by itself, beside the policy that says so: the
 * triggers cannot read a policy. Pools that exist have neither, so the triggers of 0003 are right until 0018 renews them.
 */
export async function addPoolLimits(sql: Sql): Promise<void> {
  const { integer } = columnTypes(sql.dialect);
  await addColumn(sql, "pools", "overage", `${integer} NOT NULL DEFAULT 0`);
  await addColumn(sql, "pools", "autoscaleMax", `${integer} NOT NULL DEFAULT 0`);
}
