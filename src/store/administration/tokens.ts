import type { Principal } from "../../domain/administration/delegation.js";
import { refusalOfRevocation } from "../../domain/administration/principals.js";
import { SeatkeeperError } from "../../errors.js";
import type { Administration, SetupChange } from "../../ports.js";
import type { Context } from "../context.js";
import type { Link } from "../database.js";
import { isStorableId } from "../limits.js";
import { TOKEN_SELECT, tokenFromRow, tokenToRow } from "../rows/administration.js";
import type { TokenWithPrincipalRow } from "../rows/administration.js";
import { principalFromRow, STANDING_PRINCIPALS } from "../rows/papers.js";
import type { PrincipalRow } from "../rows/papers.js";
import type { Sql } from "../sql.js";
import { recordSetup } from "./setup.js";

type Tokens = Pick<
  Administration,
  "createToken" | "replaceToken" | "findToken" | "listTokens" | "revokeToken" | "touchToken"
>;

const TOUCH_MS = 60_000;
const REMEMBERED_MAX = 10_000;

export function administerTokens(context: Context): Tokens {
  const { reader, writer, models } = context;
  const wasTouched = touchMemory();
  const changing = changesIn(context);

  return {
    createToken: (token, change) =>
      changing(token.organisationId, change, async ({ options }) => {
        await models.tokens.create(tokenToRow(token), options);
      }),
    // In this order a crash in between leaves a token too many, never one too few.
    replaceToken: async (token, replacedId, endAt, change) => {
      await changing(token.organisationId, change, ({ options }) =>
        models.tokens.create(tokenToRow(token), options),
      );
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
        const text = `${TOKEN_SELECT} WHERE t.publicId = ?`;
        const [row] = await sql.all<TokenWithPrincipalRow>(text, [publicId]);
        return row === undefined ? null : tokenFromRow(row);
      }),
    listTokens: (organisationId) =>
      reader.read(async (sql) => {
        const where = organisationId === null ? "t.organisationId IS NULL" : "t.organisationId = ?";
        const rows = await sql.all<TokenWithPrincipalRow>(
          `${TOKEN_SELECT} WHERE ${where} ORDER BY t.createdAt, t.publicId`,
          organisationId === null ? [] : [organisationId],
        );
        return rows.map(tokenFromRow);
      }),
    revokeToken: (organisationId, publicId, at, change) =>
      changing(organisationId, change, (sql) =>
        keepingAnOwner(sql, change === undefined ? null : organisationId, at, async () => {
          const which = { where: { organisationId, publicId, revokedAt: null }, ...sql.options };
          const [affected] = await models.tokens.update({ revokedAt: at }, which);
          return affected > 0;
        }),
      ),
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

/** What would leave nobody who can act as an owner is undone. @throws SeatkeeperError LastOwner */
async function keepingAnOwner<T>(
  sql: Sql,
  organisationId: string | null,
  at: number,
  work: () => Promise<T>,
): Promise<T> {
  if (organisationId === null) return work();
  const standing = async (): Promise<Principal[]> =>
    (await sql.all<PrincipalRow>(STANDING_PRINCIPALS, [at, organisationId])).map(principalFromRow);
  const before = await standing();
  const done = await work();
  const refusal = refusalOfRevocation(before, await standing());
  if (refusal === null) return done;
  const { refused, ...said } = refusal;
  throw new SeatkeeperError(refused, said);
}

/** An operator's token belongs to no organisation, and so to no ledger. */
function changesIn({ writer }: Context) {
  return <T>(
    organisationId: string | null,
    change: SetupChange | undefined,
    work: (sql: Link) => Promise<T>,
  ): Promise<T> => {
    if (organisationId === null || change === undefined) return writer.change(work);
    return writer.locked(organisationId, async (sql) => {
      const done = await work(sql);
      if (done !== false) await recordSetup(sql, organisationId, change);
      return done;
    });
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
