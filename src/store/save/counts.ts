import type { SaveContext } from "./context.js";

/** Changes of a connection's totals, by connection. */
export type CountChanges = Map<string, number>;

export function count(changes: CountChanges, connectionId: string | null, delta: number): void {
  if (connectionId !== null) {
    changes.set(connectionId, (changes.get(connectionId) ?? 0) + delta);
  }
}

/** Totals are kept, because counting a large tenant for each page would cost more than the page. */
export async function saveCounts(
  { sql, organisationId }: SaveContext,
  column: "userCount" | "groupCount",
  changes: CountChanges,
): Promise<void> {
  for (const [connectionId, delta] of changes) {
    if (delta !== 0) {
      await sql.run(
        `UPDATE connections SET ${column} = ${column} + ? WHERE organisationId = ? AND id = ?`,
        [delta, organisationId, connectionId],
      );
    }
  }
}
