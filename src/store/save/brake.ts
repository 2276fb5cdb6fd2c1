import type { Changes } from "../../domain/snapshot.js";
import { keepExisting } from "../dialect.js";
import { documentText } from "../limits.js";
import type { SaveContext } from "./context.js";

/** The state of the brake; and who holds a seat that is no longer held back is evaluated again. */
export async function saveBrake(
  { sql, organisationId }: SaveContext,
  { brakeChanged, heldReleased }: Pick<Changes, "brakeChanged" | "heldReleased">,
): Promise<void> {
  for (const state of brakeChanged) {
    await sql.run("UPDATE organisations SET brake = ?, isCounting = ? WHERE id = ?", [
      documentText("brake", state),
      state.open?.state === "Counting" ? 1 : 0,
      organisationId,
    ]);
  }
  // All seats are looked through: it happens once for a held loss, and a column would cost every seat.
  for (const heldBy of heldReleased) {
    await sql.run(
      `INSERT INTO stale_users (organisationId, userId) SELECT s.organisationId, s.userId FROM seats s WHERE s.organisationId = ? AND s.memory LIKE ?${keepExisting(sql.dialect, "stale_users.userId")}`,
      [organisationId, `%"heldBy":"${heldBy}"%`],
    );
  }
}
