import type { Administration } from "../../ports.js";
import type { Context } from "../context.js";
import { keepExisting } from "../dialect.js";
import { checkText, LIMITS } from "../limits.js";
import type { SecretRow } from "../models/index.js";
import type { Sql } from "../sql.js";

type Secrets = Pick<Administration, "readSecret" | "createSecret">;

export function administerSecrets({ reader, writer }: Context): Secrets {
  return {
    readSecret: (name) => reader.read((sql) => read(sql, name)),
    createSecret: (name, value) =>
      writer.change(async (sql) => {
        checkText("name", name, LIMITS.word);
        await sql.run(
          `INSERT INTO secrets (name, value) VALUES (?, ?)${keepExisting(sql.dialect, "name")}`,
          [name, value],
        );
        return (await read(sql, name)) ?? value;
      }),
  };
}

async function read(sql: Sql, name: string): Promise<string | null> {
  const [row] = await sql.all<SecretRow>("SELECT name, value FROM secrets WHERE name = ?", [name]);
  return row?.value ?? null;
}
