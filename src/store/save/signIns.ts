import { runIn } from "../sql.js";
import type { SaveContext } from "./context.js";

/** Lines about the person, and those that named one of the person's userNames without finding anybody. */
export async function eraseSignIns(
  { sql, organisationId }: Pick<SaveContext, "sql" | "organisationId">,
  userIds: readonly string[],
  userNameKeys: readonly string[],
): Promise<void> {
  const remove = (items: readonly string[], column: string) =>
    runIn(
      sql,
      items,
      (list) => `DELETE FROM sign_in_log WHERE organisationId = ? AND ${column} IN (${list})`,
      [organisationId],
    );
  await remove(userIds, "userId");
  await remove(userNameKeys, "userNameKey");
}
