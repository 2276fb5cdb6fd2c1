import type { RuleMatch } from "../../domain/directory.js";
import { groupMatters } from "../../domain/mapping.js";
import type { Concern, Totals, WaitingCount } from "../../domain/plans/concern.js";
import type { Needs, Snapshot } from "../../domain/snapshot.js";
import { alsoPoolsOf } from "../rows/seats.js";
import type { Sql } from "../sql.js";
import { chunks, placeholders, unique } from "../sql.js";

/** Whom a change of the set-up can concern, and how many seats and places there are: for plans alone. */

type Asked = NonNullable<Needs["concerned"]>;
type Found = Pick<Required<Snapshot>, "concerned" | "totals">;

/** Null: nobody asked. The first `limit` and one more would show that there are too many, so nobody is named then. */
export async function findConcerned(
  sql: Sql,
  organisationId: string,
  asked: Asked | undefined,
): Promise<Found | null> {
  if (asked === undefined) return null;
  const { matches, products, limit } = asked;
  const userIds = unique([
    ...(await matching(sql, organisationId, matches, limit + 1)),
    ...(await ofProducts(sql, organisationId, { matches, products }, limit + 1)),
  ]).sort();
  const complete = userIds.length <= limit;
  return {
    concerned: { userIds: complete ? userIds : [], complete },
    totals: await totalsOf(sql, organisationId),
  };
}

/** Of an attribute the database knows nothing that rules could use: everybody is looked at. */
async function matching(
  sql: Sql,
  organisationId: string,
  matches: readonly RuleMatch[],
  count: number,
): Promise<string[]> {
  if (matches.some(({ type }) => type === "everyone" || type === "attribute")) {
    const rows = await sql.all<{ id: string }>(
      "SELECT id FROM users WHERE organisationId = ? AND deletedAt IS NULL ORDER BY id LIMIT ?",
      [organisationId, count],
    );
    return rows.map(({ id }) => id);
  }
  if (matches.length === 0) return [];
  const groups = await sql.all<{ id: string; displayName: string }>(
    "SELECT id, displayName FROM directory_groups WHERE organisationId = ?",
    [organisationId],
  );
  const rules = matches.map((match) => ({ match }));
  const ids = groups.filter((group) => groupMatters(rules, group)).map(({ id }) => id);
  const found = new Set<string>();
  for (const chunk of chunks(ids)) {
    const rows = await sql.all<{ userId: string }>(
      `SELECT DISTINCT userId FROM memberships WHERE organisationId = ? AND groupId IN (${placeholders(chunk.length)}) LIMIT ?`,
      [organisationId, ...chunk, count],
    );
    rows.forEach(({ userId }) => found.add(userId));
    if (found.size >= count) break;
  }
  return [...found];
}

async function ofProducts(
  sql: Sql,
  organisationId: string,
  { products }: Concern,
  count: number,
): Promise<string[]> {
  if (products.length === 0) return [];
  const list = placeholders(products.length);
  const part = (table: string) =>
    `SELECT userId FROM ${table} WHERE organisationId = ? AND product IN (${list})`;
  const rows = await sql.all<{ userId: string }>(
    `${["requirements", "seats", "waiting"].map(part).join(" UNION ")} LIMIT ?`,
    [...[1, 2, 3].flatMap(() => [organisationId, ...products]), count],
  );
  return rows.map(({ userId }) => userId);
}

interface CountRow extends Omit<WaitingCount, "alsoPools" | "atTheDoor"> {
  readonly alsoPools: string | null;
  readonly atTheDoor: number;
}

async function totalsOf(sql: Sql, organisationId: string): Promise<Totals> {
  const [seats, waiting] = await Promise.all([
    sql.all<Totals["seats"][number]>(
      "SELECT poolId, tier, COUNT(*) AS count FROM seats WHERE organisationId = ? AND consumes = 1 GROUP BY poolId, tier",
      [organisationId],
    ),
    sql.all<CountRow>(
      "SELECT product, tier, poolId, alsoPools, atTheDoor, COUNT(*) AS count FROM waiting WHERE organisationId = ? GROUP BY product, tier, poolId, alsoPools, atTheDoor",
      [organisationId],
    ),
  ]);
  return {
    seats,
    waiting: waiting.map(({ alsoPools, ...row }) => ({
      ...row,
      ...alsoPoolsOf(alsoPools),
      atTheDoor: row.atTheDoor !== 0,
    })),
  };
}
