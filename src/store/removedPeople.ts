import { foldName } from "../domain/directory.js";
import type { RemovedPeople } from "../ports/lifecycle.js";
import type { Context } from "./context.js";
import { groupBy } from "./load/people.js";
import { isStorableId } from "./limits.js";
import { removedFromRow, type RemovedRow } from "./rows/removed.js";
import { forgetRemoved } from "./save/removed.js";
import { keepSpans } from "./sessionSpans.js";
import { selectIn } from "./sql.js";

interface DueRow {
  readonly organisationId: string;
  readonly userId: string;
}

export function createRemovedPeople({ reader, writer }: Context): RemovedPeople {
  return {
    find: (organisationId, idOrUserName) =>
      reader.read(async (sql) => {
        const rows = await sql.all<RemovedRow>(
          "SELECT person FROM removed_people WHERE organisationId = ? AND (userId = ? OR userNameKey = ?) ORDER BY removedAt DESC, userId LIMIT 10",
          [organisationId, isStorableId(idOrUserName) ? idOrUserName : "", foldName(idOrUserName)],
        );
        return rows.flatMap((row) => removedFromRow(row) ?? []);
      }),

    async purge(before, limit) {
      const due = await reader.read((sql) =>
        sql.all<DueRow>(
          "SELECT organisationId, userId FROM removed_people WHERE removedAt < ? ORDER BY removedAt, userId LIMIT ?",
          [before, limit],
        ),
      );
      const byOrganisation = groupBy(
        due,
        (row) => row.organisationId,
        (row) => row.userId,
      );
      for (const [organisationId, userIds] of byOrganisation) {
        await writer.locked(organisationId, async (sql) => {
          // Somebody may have come back since: the lock makes what is read here stay true.
          const rows = await selectIn<{ userId: string }>(
            sql,
            userIds,
            (list) =>
              `SELECT userId FROM removed_people WHERE organisationId = ? AND userId IN (${list}) AND removedAt < ?`,
            [organisationId],
            [before],
          );
          const gone = rows.map(({ userId }) => userId);
          await keepSpans(sql, organisationId, gone);
          await forgetRemoved({ sql, organisationId }, gone);
        });
      }
      return due.length;
    },
  };
}
