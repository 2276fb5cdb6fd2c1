import { foldName } from "../domain/directory.js";
import type { HandOver, HandOvers } from "../ports/lifecycle.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { keepExisting } from "./dialect.js";
import { checkText, KEY_LIMITS } from "./limits.js";
import { groupBy } from "./load/people.js";
import { insertRows } from "./sql.js";

interface HandOverRow extends Omit<HandOver, "userName"> {
  readonly userNameKey: string;
}

const COLUMNS = [
  "organisationId",
  "fromConnectionId",
  "toConnectionId",
  "userNameKey",
  "createdAt",
] as const;

export function createHandOvers({ reader, writer }: Context): HandOvers {
  return {
    async allow(handOvers, change) {
      const byOrganisation = groupBy(
        handOvers,
        ({ organisationId }) => organisationId,
        (handOver) => handOver,
      );
      for (const [organisationId, list] of byOrganisation) {
        await writer.locked(organisationId, async (sql) => {
          await insertRows(
            sql,
            "hand_overs",
            COLUMNS,
            list.map((one) => [
              organisationId,
              one.fromConnectionId,
              one.toConnectionId,
              one.userName === null
                ? ""
                : checkText("userNames", foldName(one.userName), KEY_LIMITS.userName),
              one.createdAt,
            ]),
            keepExisting(sql.dialect, "userNameKey"),
          );
          await recordSetup(sql, organisationId, change);
        });
      }
    },

    list: (organisationId, fromConnectionId) =>
      reader.read(async (sql) => {
        const rows = await sql.all<HandOverRow>(
          `SELECT ${COLUMNS.join(", ")} FROM hand_overs WHERE organisationId = ? AND fromConnectionId = ? ORDER BY toConnectionId, userNameKey LIMIT 1000`,
          [organisationId, fromConnectionId],
        );
        return rows.map(({ userNameKey, ...row }) => ({
          ...row,
          userName: userNameKey === "" ? null : userNameKey,
        }));
      }),

    withdraw: (organisationId, fromConnectionId, change) =>
      writer.locked(organisationId, async (sql) => {
        const withdrawn = await sql.run(
          "DELETE FROM hand_overs WHERE organisationId = ? AND fromConnectionId = ?",
          [organisationId, fromConnectionId],
        );
        await recordSetup(sql, organisationId, change);
        return withdrawn;
      }),
  };
}
