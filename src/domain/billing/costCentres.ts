import type { Id } from "../directory.js";
import { common, daysIn, type Line } from "./portions.js";
import { split } from "./rounding.js";
import type { SlotSteps } from "./slots.js";
import { pieces, valueAt, type Tenure } from "./tenure.js";

/** One invoice for several accounts of the customer. The shares of a line add up to the line. */

export interface Share {
  /** Null: of nobody whose account is known. */
  readonly costCentre: string | null;
  /** "unused": bought and held by nobody. */
  readonly use: "held" | "unused";
  /** Minor units. */
  readonly amount: bigint;
}

/** Names of the accounts of a person, sorted; none when there is none. Several share equally. */
export type CentresOf = ReadonlyMap<Id, readonly string[]>;

export interface Holder extends Pick<Tenure, "userId" | "product"> {
  readonly slots: readonly SlotSteps[];
}

export function sharesOf(line: Line, centres: CentresOf, holders: readonly Holder[]): Share[] {
  if (line.kind === "bought") return ofBought(line, centres, holders);
  const names = line.userId === null ? [] : (centres.get(line.userId) ?? []);
  if (names.length === 0) return [{ costCentre: null, use: "held", amount: line.amount }];
  const parts = split(
    line.amount,
    names.map(() => 1n),
  );
  return names.map((costCentre, index) => ({
    costCentre,
    use: "held",
    amount: parts[index] ?? 0n,
  }));
}

/** Seats that were bought are divided by the days on which each account's people held one. */
function ofBought(line: Line, centres: CentresOf, holders: readonly Holder[]): Share[] {
  const held = new Map<string | null, bigint>();
  // A common multiple of small numbers of accounts, so that a person of several counts in whole units.
  const unit = 27_720n;
  let days = 0n;
  for (const holder of holders) {
    const own = heldDays(line, holder);
    if (own === 0) continue;
    days += BigInt(own) * unit;
    const names = centres.get(holder.userId) ?? [];
    const parts = split(
      BigInt(own) * unit,
      (names.length === 0 ? [null] : names).map(() => 1n),
    );
    (names.length === 0 ? [null] : names).forEach((name, index) =>
      held.set(name, (held.get(name) ?? 0n) + (parts[index] ?? 0n)),
    );
  }
  const bought = BigInt(line.quantity) * BigInt(line.days) * unit;
  const shares = [...held].sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1));
  const weights = shares.map(([, weight]) => weight);
  // A capacity that was lowered may be exceeded for a while; then nothing is unused.
  const unused = bought > days ? bought - days : 0n;
  const amounts = split(line.amount, [...weights, unused]);
  const ofHolders = shares.map(([costCentre], index): Share => ({
    costCentre,
    use: "held",
    amount: amounts[index] ?? 0n,
  }));
  const rest: Share = { costCentre: null, use: "unused", amount: amounts.at(-1) ?? 0n };
  return rest.amount === 0n && ofHolders.length > 0 ? ofHolders : [...ofHolders, rest];
}

/** Of every seat of the person. */
function heldDays(line: Line, { product, slots }: Holder): number {
  if (product !== line.product) return 0;
  return slots
    .flatMap((slot) =>
      pieces(line, slot).filter(
        (piece) => valueAt(slot, piece.from)?.value?.poolId === line.poolId,
      ),
    )
    .reduce((sum, piece) => sum + daysIn(common(piece, line)), 0);
}
