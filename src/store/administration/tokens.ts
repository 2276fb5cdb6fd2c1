import type { Administration } from "../../ports.js";
import type { Context } from "../context.js";
import { isStorableId } from "../limits.js";
import { TOKEN_SELECT, tokenFromRow, tokenToRow } from "../rows/administration.js";
import type { TokenRow } from "../rows/administration.js";

type Tokens = Pick<
  Administration,
  "createToken" | "replaceToken" | "findToken" | "listTokens" | "revokeToken" | "touchToken"
>;

const TOUCH_MS = 60_000;
const REMEMBERED_MAX = 10_000;

export function administerTokens({ reader, writer, models }: Context): Tokens {
  const wasTouched = touchMemory();

  return {
    createToken: (token) =>
      writer.change(async ({ options }) => {
        await models.tokens.create(tokenToRow(token), options);
      }),
    // In this order a crash in between leaves a token too many, never one too few.
    replaceToken: async (token, replacedId, endAt) => {
      await writer.change(({ options }) => models.tokens.create(tokenToRow(token), options));
      await writer.change((sql) =>
        sql.run(
          "UPDATE tokens SET expiresAt = ? WHERE publicId = ? AND (expiresAt IS NULL OR expiresAt > ?)",
          [endAt, replacedId, endAt],
        ),
      );
    },
    findToken: (publicId) =>
      reader.read(async (sql) => {
        if (!isStorableId(publicId)) {
          return null;
        }
        const text = `SELECT ${TOKEN_SELECT} FROM tokens WHERE publicId = ?`;
        const [row] = await sql.all<TokenRow>(text, [publicId]);
        return row === undefined ? null : tokenFromRow(row);
      }),
    listTokens: (organisationId) =>
      reader.read(async ({ options }) => {
        const rows = await models.tokens.findAll({
          where: { organisationId },
          order: ["createdAt", "publicId"],
          raw: true,
          ...options,
        });
        return (rows as unknown as TokenRow[]).map(tokenFromRow);
      }),
    revokeToken: (organisationId, publicId, at) =>
      writer.change(async ({ options }) => {
        const where = { organisationId, publicId, revokedAt: null };
        const [affected] = await models.tokens.update({ revokedAt: at }, { where, ...options });
        return affected > 0;
      }),
    async touchToken(publicId, at) {
      if (wasTouched(publicId, at) || !isStorableId(publicId)) {
        return;
      }
      await writer.change((sql) =>
        sql.run(
          "UPDATE tokens SET lastUsedAt = ? WHERE publicId = ? AND (lastUsedAt IS NULL OR lastUsedAt <= ?)",
          [at, publicId, at - TOUCH_MS],
        ),
      );
    },
  };
}

/** Spares the statement; the condition in the statement makes it hold for all nodes. */
function touchMemory(): (publicId: string, at: number) => boolean {
  const touched = new Map<string, number>();
  return (publicId, at) => {
    if (at - (touched.get(publicId) ?? -Infinity) < TOUCH_MS) {
      return true;
    }
    if (touched.size >= REMEMBERED_MAX) {
      touched.clear();
    }
    touched.set(publicId, at);
    return false;
  };
}
