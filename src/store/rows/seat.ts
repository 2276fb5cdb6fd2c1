import type { Grace, Kept, Seat } from "../../domain/directory.js";
import type { KeptState } from "../../domain/policy.js";
import { occupies, stateOf, type State } from "../../domain/states.js";
import { checkId, checkText, documentText, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

export const SEAT_CHANGEABLE = [
  "tier",
  "grantedAt",
  "lastUsedAt",
  "lastSignInAt",
  "expiresAt",
  "generation",
  "state",
  "consumes",
  "protectedUntil",
  "memory",
] as const;

/** In the order of `seatValues`. */
export const SEAT_COLUMNS = [
  "organisationId",
  "id",
  "poolId",
  "product",
  "userId",
  ...SEAT_CHANGEABLE,
] as const;

export const SEAT_SELECT = SEAT_COLUMNS.join(", ");

/** What is of no seat that is simply in use: most of them. */
export interface SeatRow extends Omit<
  Seat,
  "kept" | "grace" | "protectedUntil" | "evicted" | "heldBy"
> {
  readonly state: State;
  readonly consumes: number;
  readonly protectedUntil: number | null;
  /** JSON: since when and why it is in its state, and who has taken it before. */
  readonly memory: string | null;
}

interface Memory {
  readonly kept?: Pick<Kept, "since" | "reason">;
  readonly grace?: Grace;
  readonly evicted?: NonNullable<Seat["evicted"]>;
  readonly heldBy?: string;
}

export function seatFromRow(row: SeatRow): Seat {
  return {
    id: row.id,
    organisationId: row.organisationId,
    poolId: row.poolId,
    product: row.product,
    userId: row.userId,
    tier: row.tier,
    grantedAt: row.grantedAt,
    lastUsedAt: row.lastUsedAt,
    lastSignInAt: row.lastSignInAt,
    expiresAt: row.expiresAt,
    generation: row.generation,
    ...(row.state === "active" && row.memory === null && row.protectedUntil === null
      ? {}
      : specialsOf(row)),
  };
}

function specialsOf({ state, consumes, protectedUntil, memory }: SeatRow): Partial<Seat> {
  const { kept, grace, evicted, heldBy } = JSON.parse(memory ?? "{}") as Memory;
  return {
    ...(kept === undefined
      ? {}
      : { kept: { ...kept, state: state as KeptState, consumes: consumes !== 0 } }),
    ...(grace === undefined ? {} : { grace }),
    ...(evicted === undefined ? {} : { evicted }),
    ...(heldBy === undefined ? {} : { heldBy }),
    ...(protectedUntil === null ? {} : { protectedUntil }),
  };
}

function memoryOf({ kept, grace, evicted, heldBy }: Seat): string | null {
  if ([kept, grace, evicted, heldBy].every((part) => part === undefined)) return null;
  const memory: Memory = {
    ...(kept === undefined ? {} : { kept: { since: kept.since, reason: kept.reason } }),
    ...(grace === undefined ? {} : { grace }),
    ...(evicted === undefined ? {} : { evicted }),
    ...(heldBy === undefined ? {} : { heldBy }),
  };
  return documentText("memory", memory);
}

export function seatValues(seat: Seat): SqlValue[] {
  return [
    seat.organisationId,
    checkId(seat.id),
    seat.poolId,
    checkText("product", seat.product, LIMITS.word),
    seat.userId,
    ...seatChanges(seat),
  ];
}

export function seatChanges(seat: Seat): SqlValue[] {
  return [
    checkText("tier", seat.tier, LIMITS.word),
    seat.grantedAt,
    seat.lastUsedAt,
    seat.lastSignInAt,
    seat.expiresAt,
    seat.generation,
    stateOf(seat),
    occupies(seat) ? 1 : 0,
    seat.protectedUntil ?? null,
    memoryOf(seat),
  ];
}
