import type { Changes } from "../../domain/snapshot.js";
import { RULE_COLUMNS, ruleToRow } from "../rows/entitlements.js";
import { insertRows, runIn } from "../sql.js";
import type { SaveContext } from "./context.js";
import { StaleDecision } from "./guard.js";

/** Rules that change together with all that follows from them: nodes read the mapping anew, and nobody is stale. */
export async function saveRules(
  { sql, organisationId }: SaveContext,
  { rulesSaved, rulesDeleted }: Pick<Changes, "rulesSaved" | "rulesDeleted">,
): Promise<void> {
  const replaced = [...rulesDeleted, ...rulesSaved.map(({ id }) => id)];
  if (replaced.length === 0) return;
  await runIn(
    sql,
    replaced,
    (list) => `DELETE FROM rules WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  const rows = rulesSaved.map(ruleToRow);
  await insertRows(
    sql,
    "rules",
    RULE_COLUMNS,
    rows.map((row) => RULE_COLUMNS.map((column) => row[column])),
  );
  await sql.run("UPDATE organisations SET rulesRevision = rulesRevision + 1 WHERE id = ?", [
    organisationId,
  ]);
}

/** Once: who applies the same plan at the same time finds it done. */
export async function markApplied(
  { sql, organisationId }: SaveContext,
  applied: Changes["plansApplied"],
): Promise<void> {
  for (const { id, at, by } of applied) {
    const affected = await sql.run(
      "UPDATE plans SET appliedAt = ?, appliedBy = ? WHERE organisationId = ? AND id = ? AND appliedAt IS NULL",
      [at, by, organisationId, id],
    );
    if (affected !== 1) throw new StaleDecision("a plan");
  }
}
