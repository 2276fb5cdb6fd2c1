import type { PoolKind, Reason, Requirement, WaitingEntry } from "../../domain/directory.js";
import type { Kept } from "../../domain/keeping/kept.js";
import { type KeptState, storedPolicy } from "../../domain/pools/policy.js";
import type { State } from "../../domain/seats/states.js";
import { type Holdings, keptView } from "../../domain/answers/standing.js";
import { breakGlassOf } from "../rows/entitlements.js";
import { alsoPoolsOf } from "../rows/seats.js";
import { isStorableId } from "../limits.js";
import { placeholders, unique } from "../sql.js";
import type { Reads } from "../sql.js";
import { selectAll } from "./union.js";
import type { Part } from "./union.js";

/** Rows of six tables side by side; what each column holds depends on `kind`. */
interface HoldingRow {
  readonly kind: "requirement" | "seat" | "waiting" | "named" | "pool" | "organisation";
  readonly userId: string | null;
  readonly product: string;
  /** Of a pool its name, of the organisation its time zone. */
  readonly tier: string | null;
  readonly poolId: string | null;
  readonly at: number | null;
  /** `blocked`, the state of a seat, why somebody waits, or the kind of a pool. */
  readonly word: string | null;
  /** JSON: the witness, why a seat is kept, the tiers of a pool, or the class of who waits. */
  readonly list: string | null;
  /** JSON: the policy of a pool, a break-glass claim, or the further pools of who waits. */
  readonly policy: string | null;
}

type Lists = Required<Omit<Holdings, "timeZone">>;
type Collected = { -readonly [K in keyof Lists]: Lists[K][number][] } & Pick<Holdings, "timeZone">;

/** One statement for any number of users: a list asks for it once for its whole page. */
export async function readHoldings(
  sql: Reads,
  organisationId: string,
  userIds: readonly string[],
  now: number,
): Promise<Map<string, Holdings>> {
  const ids = unique(userIds.filter(isStorableId));
  if (ids.length === 0) {
    return new Map();
  }
  const rows = await selectAll<HoldingRow>(sql, partsFor(organisationId, ids, now));
  const pools = rows.filter(({ kind }) => kind === "pool").map(poolOf);
  const timeZone = rows.find(({ kind }) => kind === "organisation")?.tier ?? "UTC";
  const holdings = new Map<string, Collected>(
    ids.map((id) => {
      const lists = { requirements: [], seats: [], kept: [], waiting: [], named: [] };
      return [id, { ...lists, pools, timeZone }];
    }),
  );
  for (const row of rows) {
    const own = holdings.get(row.userId ?? "");
    if (own !== undefined) {
      collect(own, row);
    }
  }
  return holdings;
}

function partsFor(organisationId: string, ids: readonly string[], now: number): Part[] {
  const people = `organisationId = ? AND userId IN (${placeholders(ids.length)})`;
  const values = [organisationId, ...ids];
  return [
    {
      text: `SELECT 'requirement' AS kind, userId, product, tier, NULL AS poolId, NULL AS at, blocked AS word, witness AS list, breakGlass AS policy FROM requirements WHERE ${people}`,
      values,
    },
    {
      text: `SELECT 'seat' AS kind, userId, product, tier, poolId, grantedAt AS at, state AS word, memory AS list, NULL AS policy FROM seats WHERE ${people} AND (expiresAt IS NULL OR expiresAt > ?)`,
      values: [...values, now],
    },
    {
      text: `SELECT 'waiting' AS kind, userId, product, tier, poolId, since AS at, reason AS word, priority AS list, alsoPools AS policy FROM waiting WHERE ${people}`,
      values,
    },
    {
      text: `SELECT 'named' AS kind, userId, '' AS product, name AS tier, NULL AS poolId, NULL AS at, NULL AS word, NULL AS list, NULL AS policy FROM facts WHERE ${people} AND kind = 'pool'`,
      values,
    },
    {
      text: "SELECT 'organisation' AS kind, NULL AS userId, '' AS product, timeZone AS tier, NULL AS poolId, NULL AS at, NULL AS word, NULL AS list, NULL AS policy FROM organisations WHERE id = ?",
      values: [organisationId],
    },
    {
      text: "SELECT 'pool' AS kind, NULL AS userId, product, name AS tier, id AS poolId, NULL AS at, kind AS word, tiers AS list, policy FROM pools WHERE organisationId = ?",
      values: [organisationId],
    },
  ];
}

function collect(own: Collected, row: HoldingRow): void {
  const { product, tier, word } = row;
  if (row.kind === "requirement") {
    own.requirements.push({
      product,
      tier,
      blocked: word as Requirement["blocked"],
      witness: JSON.parse(row.list ?? "[]") as Reason[],
      ...breakGlassOf({ breakGlass: row.policy }),
    });
  } else if (row.kind === "seat") {
    collectSeat(own, row, word as State);
  } else if (row.kind === "named") {
    own.named.push(tier ?? "");
  } else {
    const reason = word as WaitingEntry["reason"];
    const priority = Number(row.list ?? 0);
    const entry = {
      ...{ product, tier: tier ?? "", poolId: row.poolId, since: row.at ?? 0, reason },
      ...alsoPoolsOf(row.policy),
      ...(priority === 0 ? {} : { priority }),
    };
    own.waiting.push({ entry, position: null });
  }
}

function collectSeat(own: Collected, row: HoldingRow, state: State): void {
  const { product, tier, at } = row;
  const poolId = row.poolId ?? "";
  if (state === "active" || state === "grace") {
    own.seats.push({ product, poolId, tier: tier ?? "", grantedAt: at ?? 0 });
  } else {
    const { kept } = JSON.parse(row.list ?? "{}") as { kept?: Omit<Kept, "state"> };
    const known = { reason: "", ...kept, state: state as KeptState };
    own.kept.push({ product, poolId, ...keptView(known) });
  }
}

function poolOf({
  poolId,
  tier,
  product,
  word,
  list,
  policy,
}: HoldingRow): Holdings["pools"][number] {
  return {
    id: poolId ?? "",
    name: tier ?? "",
    product,
    tiers: JSON.parse(list ?? "[]") as string[],
    policy: storedPolicy(word as PoolKind, JSON.parse(policy ?? "{}") as object),
  };
}
