import type { Changes } from "../../domain/snapshot.js";
import { replaceExisting } from "../dialect.js";
import { RESOURCE_CHANGEABLE, RESOURCE_KEY, resourceValues } from "../rows/reclaim.js";
import { insertRows, runIn } from "../sql.js";
import type { SaveContext } from "./context.js";

/** What became of resources, and which reductions are done with. */
export async function saveReclaim(
  { sql, organisationId }: SaveContext,
  {
    resourcesSet,
    resourcesRemoved,
    contractionsDone,
  }: Pick<Changes, "resourcesSet" | "resourcesRemoved" | "contractionsDone">,
): Promise<void> {
  for (const { kind, id } of resourcesRemoved) {
    await sql.run("DELETE FROM resources WHERE organisationId = ? AND kind = ? AND id = ?", [
      organisationId,
      kind,
      id,
    ]);
  }
  await insertRows(
    sql,
    "resources",
    [...RESOURCE_KEY, ...RESOURCE_CHANGEABLE],
    resourcesSet.map(resourceValues),
    replaceExisting(sql.dialect, RESOURCE_KEY, RESOURCE_CHANGEABLE),
  );
  await runIn(
    sql,
    contractionsDone,
    (list) => `UPDATE contractions SET state = 'done' WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
}
