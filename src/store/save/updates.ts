import type { Seat, WaitingEntry } from "../../domain/directory.js";
import type { PoolUpdate } from "../../domain/snapshot.js";
import { greatest } from "../dialect.js";
import {
  poolToRow,
  SEAT_CHANGEABLE,
  seatChanges,
  WAITING_CHANGEABLE,
  waitingChanges,
} from "../rows/seats.js";
import { updateRows } from "../sql.js";
import { StaleDecision } from "./guard.js";
import type { SaveContext } from "./context.js";

/** A capacity below the seats held is allowed: the ceiling stays at what is held and sinks with every release. */
export async function updatePools(
  { sql, organisationId }: SaveContext,
  updates: readonly PoolUpdate[],
): Promise<void> {
  const update = async ({
    row,
    expectedVersion,
    isAutomatic = false,
  }: PoolUpdate): Promise<void> => {
    const pool = poolToRow(row);
    const ceiling = greatest(sql.dialect, "?", "used");
    // The limit that is stored, not the one in the row: what grows by itself is checked a second time.
    const limit = isAutomatic ? " AND ? <= autoscaleMax" : "";
    const affected = await sql.run(
      `UPDATE pools SET name = ?, product = ?, tiers = ?, kind = ?, capacity = ?, ceiling = ${ceiling}, priority = ?, policy = ?, overage = ?, autoscaleMax = ?, version = ? WHERE organisationId = ? AND id = ? AND version = ?${limit}`,
      [
        pool.name,
        pool.product,
        pool.tiers,
        pool.kind,
        pool.capacity,
        pool.capacity + pool.overage,
        pool.priority,
        pool.policy,
        pool.overage,
        pool.autoscaleMax,
        pool.version,
        organisationId,
        pool.id,
        expectedVersion,
        ...(isAutomatic ? [pool.capacity] : []),
      ],
    );
    if (affected !== 1) {
      throw new StaleDecision("a pool");
    }
  };
  await Promise.all(updates.map(update));
}

export async function updateSeats(
  { sql, organisationId }: SaveContext,
  seats: readonly Seat[],
): Promise<void> {
  const rows = seats.map((seat) => ({ id: seat.id, values: seatChanges(seat) }));
  const affected = await updateRows(sql, "seats", organisationId, SEAT_CHANGEABLE, rows);
  if (affected !== seats.length) {
    throw new StaleDecision("a seat");
  }
}

export async function updateWaiting(
  { sql, organisationId }: SaveContext,
  entries: readonly WaitingEntry[],
): Promise<void> {
  const rows = entries.map((entry) => ({ id: entry.id, values: waitingChanges(entry) }));
  const affected = await updateRows(sql, "waiting", organisationId, WAITING_CHANGEABLE, rows);
  if (affected !== entries.length) {
    throw new StaleDecision("a waiting entry");
  }
}
