import type { KeyTurn } from "../domain/signIn/keyTurns.js";
import type { Keys, SealedSecret } from "../ports/keys.js";
import type { Context } from "./context.js";
import { replaceExisting } from "./dialect.js";
import { checkText, LIMITS } from "./limits.js";
import { insertRows, type SqlValue } from "./sql.js";

const COLUMNS = ["name", "purpose", "createdAt", "signsFrom", "endsAt"] as const;

export function createKeys({ reader, writer }: Context): Keys {
  return {
    listTurns: () =>
      reader.read((sql) =>
        sql.all<KeyTurn>(`SELECT ${COLUMNS.join(", ")} FROM key_turns ORDER BY createdAt, name`),
      ),
    addTurn: (turn) => writer.change((sql) => insertRows(sql, "key_turns", COLUMNS, [row(turn)])),
    saveTurn: (turn) =>
      writer.change((sql) => {
        const suffix = replaceExisting(sql.dialect, ["name"], ["signsFrom", "endsAt"]);
        return insertRows(sql, "key_turns", COLUMNS, [row(turn)], suffix);
      }),
    listSecrets: () =>
      reader.read((sql) => sql.all<SealedSecret>("SELECT name, value FROM secrets ORDER BY name")),
    replaceSecret: (name, before, after) =>
      writer.change(async (sql) => {
        const affected = await sql.run(
          "UPDATE secrets SET value = ? WHERE name = ? AND value = ?",
          [after, name, before],
        );
        return affected === 1;
      }),
    async deleteSecret(name) {
      await writer.change((sql) => sql.run("DELETE FROM secrets WHERE name = ?", [name]));
    },
  };
}

function row({ name, purpose, createdAt, signsFrom, endsAt }: KeyTurn): SqlValue[] {
  return [checkText("name", name, LIMITS.word), purpose, createdAt, signsFrom, endsAt];
}
