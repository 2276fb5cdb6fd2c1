import { termsOf } from "../domain/entitlement/breakGlass.js";
import type { Entry } from "../domain/history.js";
import type {
  Ledger,
  LedgerHead,
  LedgerLine,
  LedgerStanding,
  SeatsThenQuery,
  SeatThen,
} from "../ports/ledger.js";
import { CHAIN_COLUMNS, readHead } from "./chain.js";
import { overInTruth } from "./effective.js";
import { isStorableId } from "./limits.js";
import type { Reader } from "./reader.js";
import { ENTRY_COLUMNS, entryFromRow } from "./rows/history.js";
import type { EntryRow } from "./rows/history.js";
import { chunks, placeholders, selectIn, unique } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

export function createLedger({ read }: Reader): Ledger {
  return {
    head: (organisationId) =>
      read(async (sql) =>
        headAt(sql, organisationId, (await readHead(sql, organisationId)).sequence),
      ),
    lines: (organisationId, { after, limit }) =>
      read((sql) =>
        sql.all<LedgerLine>(
          `SELECT ${[...ENTRY_COLUMNS, ...CHAIN_COLUMNS].join(", ")} FROM entries WHERE organisationId = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
          [organisationId, after, limit],
        ),
      ),
    standing: (organisationId) => read((sql) => standing(sql, organisationId)),
    seatsAt: (organisationId, query) =>
      read(async (sql) => {
        const sequence = await lastAt(sql, organisationId, query.at);
        return {
          head: await headAt(sql, organisationId, sequence),
          seats: await withGlasses(sql, organisationId, {
            ...{ sequence, at: query.at },
            seats: await seatsAfter(sql, organisationId, sequence, query),
          }),
        };
      }),
  };
}

async function headAt(
  sql: Sql,
  organisationId: string,
  sequence: number,
): Promise<LedgerHead | null> {
  const [head] = await sql.all<LedgerHead>(
    "SELECT sequence, hash, at FROM entries WHERE organisationId = ? AND sequence = ?",
    [organisationId, sequence],
  );
  return head ?? null;
}

interface StandingRow {
  readonly poolId: string;
  readonly capacity: number;
  readonly used: number;
  readonly id: string | null;
  readonly userId: string;
  readonly product: string;
  readonly tier: string;
  readonly state: string;
  readonly consumes: number;
  readonly sequence: number | null;
}

/** One statement, so that seats, counters and the end of the ledger are of one moment. */
const STANDING =
  "SELECT p.id AS poolId, p.capacity, p.used, s.id, s.userId, s.product, s.tier, s.state, s.consumes, (SELECT MAX(sequence) FROM entries WHERE organisationId = ?) AS sequence FROM pools p LEFT JOIN seats s ON s.organisationId = p.organisationId AND s.poolId = p.id WHERE p.organisationId = ?";

async function standing(sql: Sql, organisationId: string): Promise<LedgerStanding> {
  const rows = await sql.all<StandingRow>(STANDING, [organisationId, organisationId]);
  const pools = new Map(
    rows.map(({ poolId, capacity, used }) => [poolId, { id: poolId, capacity, used }]),
  );
  const seats = rows.flatMap(({ id, userId, product, poolId, tier, state, consumes }) =>
    id === null
      ? []
      : // A window of grace is no line of the ledger: the seat still gives access.
        [
          {
            ...{ id, userId, product, poolId, tier },
            state: state === "grace" ? "active" : state,
            consumes: Boolean(consumes),
          },
        ],
  );
  return { sequence: rows[0]?.sequence ?? 0, pools: [...pools.values()], seats };
}

/**
 * The last entry written at that time or before, found by halving: the numbers rise with the time (moment.ts), so no index over
 * the time is needed, which every insertion would pay for.
 */
async function lastAt(sql: Sql, organisationId: string, at: number): Promise<number> {
  let low = 0;
  let high = (await readHead(sql, organisationId)).sequence;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const entry = await headAt(sql, organisationId, middle);
    if (entry !== null && entry.at <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Seats that gave access: the last entry about each says whether it did. What was kept of a seat comes back under its id, by
 * another grant; a move (given back and granted in one step) goes on with the holding that was.
 */
async function seatsAfter(
  sql: Sql,
  organisationId: string,
  sequence: number,
  query: SeatsThenQuery,
): Promise<SeatThen[]> {
  const { at, as = "believed", limit } = query;
  const found: SeatThen[] = [];
  let { after } = query;
  for (;;) {
    const held = await heldAfter(sql, organisationId, sequence, { ...query, after });
    const read = (sequences: readonly number[]) => entriesOf(sql, organisationId, sequences);
    const over =
      as === "believed"
        ? new Set<string>()
        : await overInTruth(sql, organisationId, { at, sequence }, { seats: held, read });
    const left = held.filter(({ seatId }) => !over.has(seatId)).slice(0, limit - found.length);
    const entries = await read(left.flatMap(({ granted, latest }) => [granted, latest]));
    for (const { granted, latest } of left) {
      const [first, last] = [entries.get(granted), entries.get(latest)];
      if (first !== undefined && last !== undefined) found.push(seatThen(first, last));
    }
    // The place of one that was over in truth is filled from the next page.
    after = held.at(-1)?.seatId;
    if (held.length < limit || found.length >= limit) return found;
  }
}

interface HeldRow {
  readonly seatId: string;
  /** Positions of the entries that gave it, and that said the last word about it. */
  readonly granted: number;
  readonly latest: number;
}

async function heldAfter(
  sql: Sql,
  organisationId: string,
  sequence: number,
  {
    userId,
    after,
    limit,
  }: Pick<SeatsThenQuery, "userId" | "limit"> & { after: string | undefined },
): Promise<HeldRow[]> {
  // To be borrowed changes neither the seat nor whose it is.
  const conditions = [
    "organisationId = ?",
    "sequence <= ?",
    "seatId IS NOT NULL",
    "kind <> 'lease.borrowed'",
  ];
  const values: SqlValue[] = [organisationId, sequence];
  for (const [column, value] of [
    ["userId = ?", userId],
    ["seatId > ?", after],
  ] as const) {
    if (value === undefined) continue;
    if (!isStorableId(value)) return [];
    conditions.push(column);
    values.push(value);
  }
  return sql.all<HeldRow>(
    `SELECT seatId, COALESCE(MAX(CASE WHEN kind = 'seat.granted' AND reason <> 'moved' THEN sequence END), MIN(sequence)) AS granted, MAX(sequence) AS latest FROM entries WHERE ${conditions.join(" AND ")} GROUP BY seatId HAVING MAX(sequence) = MAX(CASE WHEN kind IN ('seat.granted', 'seat.tierChanged') THEN sequence END) ORDER BY seatId LIMIT ?`,
    [...values, limit],
  );
}

async function entriesOf(
  sql: Sql,
  organisationId: string,
  sequences: readonly number[],
): Promise<Map<number, Entry>> {
  const found = new Map<number, Entry>();
  for (const chunk of chunks([...new Set(sequences)])) {
    const rows = await sql.all<EntryRow>(
      `SELECT sequence AS position, ${ENTRY_COLUMNS.join(", ")} FROM entries WHERE organisationId = ? AND sequence IN (${placeholders(chunk.length)})`,
      [organisationId, ...chunk],
    );
    for (const row of rows) found.set(row.position, entryFromRow(row));
  }
  return found;
}

interface Then {
  readonly sequence: number;
  readonly at: number;
  readonly seats: readonly SeatThen[];
}

/** Who was past an exclusion then: the last word about it of each holder, by the index over a person's entries. */
async function withGlasses(
  sql: Sql,
  organisationId: string,
  { sequence, at, seats }: Then,
): Promise<SeatThen[]> {
  const last = await selectIn<{ latest: number }>(
    sql,
    unique(seats.map(({ userId }) => userId)).filter(isStorableId),
    (list) =>
      `SELECT MAX(sequence) AS latest FROM entries WHERE organisationId = ? AND sequence <= ? AND kind IN ('breakGlass.given', 'breakGlass.ended') AND userId IN (${list}) GROUP BY userId, product`,
    [organisationId, sequence],
  );
  const entries = [
    ...(
      await entriesOf(
        sql,
        organisationId,
        last.map(({ latest }) => latest),
      )
    ).values(),
  ];
  return seats.map((seat) => {
    const entry = entries.find((one) => one.userId === seat.userId && one.product === seat.product);
    const breakGlass = entry?.kind === "breakGlass.given" ? glassThen(entry, at) : null;
    return breakGlass === null ? seat : { ...seat, breakGlass };
  });
}

function glassThen(entry: Entry, at: number): NonNullable<SeatThen["breakGlass"]> | null {
  const { tier, reason, until } = termsOf(entry.details);
  if (until <= at) return null;
  return { tier, until, reason, entry: entry.position ?? 0, actor: entry.cause.actor };
}

function seatThen(granted: Entry, latest: Entry): SeatThen {
  const { seatId, userId, product, poolId, tier, at } = latest;
  return {
    id: seatId ?? "",
    userId: userId ?? "",
    product,
    poolId: poolId ?? "",
    tier: tier ?? "",
    grantedAt: granted.at,
    reason: granted.reason,
    cause: granted.cause,
    grantedBy: granted.position ?? 0,
    changedAt: at,
  };
}
