import type { Grace, Idle, Kept, Seat } from "../../domain/directory.js";
import type { KeptState } from "../../domain/pools/policy.js";
import { occupies, stateOf, type State } from "../../domain/seats/states.js";
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
  "reservation",
  "reviewAt",
  "lookAt",
] as const;

/** In the order of `seatValues`. */
export const SEAT_COLUMNS = [
  "organisationId",
  "id",
  "poolId",
  "product",
  "userId",
  "unit",
  ...SEAT_CHANGEABLE,
] as const;

/** `lookAt` is the store's alone. */
export const SEAT_SELECT = SEAT_COLUMNS.filter((column) => column !== "lookAt").join(", ");

/** What is of no seat that is simply in use: most of them. */
export interface SeatRow extends Omit<
  Seat,
  | "kept"
  | "grace"
  | "protectedUntil"
  | "evicted"
  | "reservation"
  | "unit"
  | "idle"
  | "heldBy"
  | "borrowedUntil"
  | "boundSince"
  | "movesAt"
> {
  /** Empty: none. */
  readonly unit: string;
  readonly state: State;
  readonly consumes: number;
  readonly protectedUntil: number | null;
  /** JSON: since when and why it is in its state, who has taken it before, until when it is borrowed. */
  readonly memory: string | null;
  readonly reservation: string | null;
  /** When somebody looks next whether it is used. */
  readonly reviewAt: number | null;
}

interface Memory {
  readonly kept?: Omit<Kept, "state" | "consumes">;
  readonly grace?: Grace;
  readonly evicted?: NonNullable<Seat["evicted"]>;
  readonly idle?: Omit<Idle, "reviewAt">;
  readonly heldBy?: string;
  readonly borrowedUntil?: number;
  readonly boundSince?: number;
  readonly movesAt?: number;
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
    ...(row.unit === "" ? {} : { unit: row.unit }),
    ...(row.reservation === null ? {} : { reservation: row.reservation }),
    ...(row.reviewAt === null ? {} : { idle: { ...idleOf(row), reviewAt: row.reviewAt } }),
    ...(row.state === "active" && row.memory === null && row.protectedUntil === null
      ? {}
      : specialsOf(row)),
  };
}

function idleOf({ memory }: SeatRow): Memory["idle"] {
  return memory === null ? undefined : (JSON.parse(memory) as Memory).idle;
}

function specialsOf({ state, consumes, protectedUntil, memory }: SeatRow): Partial<Seat> {
  const known = JSON.parse(memory ?? "{}") as Memory;
  const { kept, grace, evicted, heldBy } = known;
  return {
    ...(kept === undefined
      ? {}
      : { kept: { ...kept, state: state as KeptState, consumes: consumes !== 0 } }),
    ...(grace === undefined ? {} : { grace }),
    ...(evicted === undefined ? {} : { evicted }),
    ...(heldBy === undefined ? {} : { heldBy }),
    ...timesOf(known),
    ...(protectedUntil === null ? {} : { protectedUntil }),
  };
}

function timesOf({
  borrowedUntil,
  boundSince,
  movesAt,
}: Pick<Memory, TimeOfSeat>): Pick<Memory, TimeOfSeat> {
  return {
    ...(borrowedUntil === undefined ? {} : { borrowedUntil }),
    ...(boundSince === undefined ? {} : { boundSince }),
    ...(movesAt === undefined ? {} : { movesAt }),
  };
}
type TimeOfSeat = "borrowedUntil" | "boundSince" | "movesAt";

function memoryOf(seat: Seat): string | null {
  const { kept, grace, evicted, idle, heldBy } = seat;
  const { state: _, consumes: __, ...why } = kept ?? {};
  const { reviewAt: ___, ...asked } = idle ?? {};
  const memory: Memory = {
    ...(kept === undefined ? {} : { kept: why as NonNullable<Memory["kept"]> }),
    ...(grace === undefined ? {} : { grace }),
    ...(evicted === undefined ? {} : { evicted }),
    ...(Object.keys(asked).length === 0 ? {} : { idle: asked }),
    ...(heldBy === undefined ? {} : { heldBy }),
    ...timesOf(seat),
  };
  return Object.keys(memory).length === 0 ? null : documentText("memory", memory);
}

export function seatValues(seat: Seat): SqlValue[] {
  return [
    seat.organisationId,
    checkId(seat.id),
    seat.poolId,
    checkText("product", seat.product, LIMITS.word),
    seat.userId,
    checkText("unit", seat.unit ?? "", LIMITS.word),
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
    seat.reservation === undefined ? null : checkText("reservation", seat.reservation, LIMITS.name),
    seat.idle?.reviewAt ?? null,
    // When time may have ended it; a lease that is renewed is left to be looked at earlier (docs/adr/0040).
    seat.expiresAt ?? seat.movesAt ?? null,
  ];
}
