import { instantOf } from "../domain/billing/tenure.js";
import type { Entry } from "../domain/history.js";
import { chunks, placeholders, selectIn, type Sql } from "./sql.js";

/** What was true at some time, where the ledger heard of it later: leases that were over and had not been noticed yet. */

/** A seat that was held, as far as anybody knew at that time. */
export interface Believed {
  readonly seatId: string;
  /** The last entry about it then. */
  readonly latest: number;
}

interface Time {
  readonly at: number;
  /** The last entry of that time. */
  readonly sequence: number;
}

type ReadEntries = (sequences: readonly number[]) => Promise<ReadonlyMap<number, Entry>>;

/**
 * Which of these were over in truth. Looked at is, of each lease, the entry that ended it, however much later it was written, and of
 * those that nobody has ended yet the end that they have. The rows come first: what is noticed meanwhile is then in the ledger.
 */
export async function overInTruth(
  sql: Sql,
  organisationId: string,
  { at, sequence }: Time,
  { seats, read }: { readonly seats: readonly Believed[]; readonly read: ReadEntries },
): Promise<Set<string>> {
  const ids = seats.map(({ seatId }) => seatId);
  const unnoticed = await selectIn<{ id: string }>(
    sql,
    ids,
    (list) =>
      `SELECT s.id FROM seats s JOIN pools p ON p.organisationId = s.organisationId AND p.id = s.poolId WHERE s.organisationId = ? AND s.id IN (${list}) AND s.state = 'active' AND s.expiresAt <= ? AND p.kind = 'concurrent'`,
    [organisationId],
    [at],
  );
  const ends = await endsOf(sql, organisationId, sequence, seats);
  const over = [...(await read(ends)).values()].filter((end) => instantOf(end) <= at);
  return new Set([...unnoticed.map(({ id }) => id), ...over.map(({ seatId }) => seatId ?? "")]);
}

/** By the index over a person's entries, which is read no further than to the end of the lease. */
async function endsOf(
  sql: Sql,
  organisationId: string,
  sequence: number,
  seats: readonly Believed[],
): Promise<number[]> {
  const index = sql.dialect.name === "sqlite" ? "INDEXED BY" : "FORCE INDEX";
  const name = sql.dialect.name === "sqlite" ? "entries_person" : "(entries_person)";
  const found: number[] = [];
  for (const chunk of chunks(seats)) {
    const rows = await sql.all<{ ended: number | null }>(
      `SELECT (SELECT e.sequence FROM entries e ${index} ${name} WHERE e.organisationId = t.organisationId AND e.userId = t.userId AND e.sequence > ? AND e.seatId = t.seatId AND e.kind IN ('lease.expired', 'seat.released', 'seat.displaced') ORDER BY e.sequence LIMIT 1) AS ended FROM entries t JOIN pools p ON p.organisationId = t.organisationId AND p.id = t.poolId AND p.kind = 'concurrent' WHERE t.organisationId = ? AND t.sequence IN (${placeholders(chunk.length)})`,
      [sequence, organisationId, ...chunk.map(({ latest }) => latest)],
    );
    found.push(...rows.flatMap(({ ended }) => ended ?? []));
  }
  return found;
}
