import { compareText } from "../compareText.js";
import type { Day } from "./days.js";
import { daysIn, type Stream } from "./portions.js";
import { rounded, type Rounding } from "./rounding.js";
import type { PeriodStreams } from "./invoice.js";
import type { LineCause } from "./tenure.js";

/**
 * The same money told as a story: what each event has added to the bill of its period, or taken from it, at the moment
 * when it happened. For who pays in advance these are the charge and the credits. They add up to the invoice.
 */
export interface Adjustment {
  readonly day: Day;
  readonly product: string;
  readonly userId: string | null;
  readonly poolId: string | null;
  readonly tier: string | null;
  readonly addOn: string | null;
  /** Minor units; negative: a credit, never more than was charged before. */
  readonly amount: bigint;
  readonly cause: LineCause;
}

/** In the order of days. Only whole periods: what an event costs is what it costs until the period's end. */
export function adjustmentsOf(
  { period, streams }: PeriodStreams,
  rounding: Rounding,
): Adjustment[] {
  return streams
    .flatMap((stream) => ofStream(stream, { periodTo: period.to, days: daysIn(period) }, rounding))
    .sort((a, b) => a.day - b.day || compareText(keyOf(a), keyOf(b)));
}

function ofStream(
  { portions, ends = [] }: Stream,
  period: { readonly periodTo: Day; readonly days: number },
  rounding: Rounding,
): Adjustment[] {
  const found: Adjustment[] = [];
  const denominator = BigInt(period.days);
  let total = 0n;
  let expected = 0n;
  portions.forEach((portion, index) => {
    const { head, from, to, perDay } = portion;
    const next = portions[index + 1];
    const goesOn = head.unit === "month" && head.kind !== "peak";
    const { product, userId, poolId, tier, addOn } = head;
    const about = { product, userId, poolId, tier, addOn };
    const projected = rounded(
      total + perDay * BigInt(goesOn ? period.periodTo - from : to - from),
      denominator,
      rounding,
    );
    if (projected !== expected) {
      found.push({ day: from, ...about, amount: projected - expected, cause: head.cause });
    }
    expected = projected;
    total += perDay * BigInt(daysIn(portion));
    const until = next?.from ?? period.periodTo;
    if (to >= until) return;
    // Nothing is held for a while: what had been expected of these days comes back.
    const settled = rounded(total, denominator, rounding);
    if (settled === expected) return;
    const ended = ends.find(({ day }) => day === to)?.cause ?? head.cause;
    found.push({ day: to, ...about, amount: settled - expected, cause: ended });
    expected = settled;
  });
  return found;
}

function keyOf({ product, userId, poolId, addOn, cause }: Adjustment): string {
  return [product, userId, poolId, addOn, cause.id].join(" ");
}
