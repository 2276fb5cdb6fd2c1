import type { Id, Timestamp } from "../directory.js";
import type { Entry } from "../history.js";

/** Whose seat was taken over by somebody else, as the books tell it. */
export interface TakeOver {
  readonly product: string;
  readonly tier: string | null;
  readonly poolId: Id | null;
  readonly at: Timestamp;
  /** Who has it now; null where the books do not say. */
  readonly by: Id | null;
}

/**
 * Of each product the last loss, if it was a take-over and nothing has been given since.
 * @param entries of one person, the newest first
 */
export function takeOversIn(entries: readonly Entry[]): TakeOver[] {
  const decided = new Set<string>();
  return entries.flatMap(({ kind, product, tier, poolId, at, details }) => {
    const isMove = kind === "seat.granted" || kind === "seat.displaced";
    if (!isMove || decided.has(product)) return [];
    decided.add(product);
    if (kind === "seat.granted") return [];
    const { displacedBy } = details;
    const by = typeof displacedBy === "string" ? displacedBy : null;
    return [{ product, tier, poolId, at, by }];
  });
}
