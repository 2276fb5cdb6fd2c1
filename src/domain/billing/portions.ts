import type { Id } from "../directory.js";
import type { Day, Period } from "./days.js";
import { rounded, type Rounding } from "./rounding.js";
import type { LineCause } from "./tenure.js";

/**
 * Where every amount comes from. What is to be paid within a period is one or more streams; a stream only grows, day by
 * day, by an exact fraction. A part of it costs the difference of the rounded totals at its two ends. So parts always
 * add up to the whole, however the period is cut (I21), and no minor unit is lost or made.
 */

export type LineKind = "seat" | "addOn" | "bought" | "overage" | "peak";

/** What a line says besides its days and its amount. One object is one line of the period. */
export interface LineHead {
  readonly kind: LineKind;
  /** day: each day counted costs `unitPrice`. month: the whole period does. */
  readonly unit: "month" | "day";
  readonly product: string;
  readonly userId: Id | null;
  readonly poolId: Id | null;
  readonly tier: string | null;
  readonly addOn: string | null;
  readonly quantity: number;
  /** Minor units. */
  readonly unitPrice: number;
  readonly cause: LineCause;
}

/** Some days on which the stream grows alike. */
export interface Portion extends Period {
  readonly head: LineHead;
  /** Growth on each day, in units of 1/(days of the period). */
  readonly perDay: bigint;
}

/** In the order of their days. Two portions share a day only if both are that one day. */
export interface Stream {
  readonly key: string;
  readonly portions: readonly Portion[];
  /** What ended what is before it, where nothing follows: for whom a credit names as its cause. */
  readonly ends?: readonly { readonly day: Day; readonly cause: LineCause }[];
}

export interface Line extends LineHead {
  readonly period: Period;
  readonly from: Day;
  readonly to: Day;
  /** Days that count, which for a price per day are those with use. */
  readonly days: number;
  /** Minor units. */
  readonly amount: bigint;
}

export function daysIn({ from, to }: Period): number {
  return Math.max(0, to - from);
}

export function common(a: Period, b: Period): Period {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

/** What the window costs of one stream. Lines that cost nothing stay: they say what was included or free. */
export function linesOf(
  stream: Stream,
  period: Period,
  window: Period,
  rounding: Rounding,
): Line[] {
  const lines = new Map<LineHead, Line>();
  const denominator = BigInt(daysIn(period));
  let total = 0n;
  for (const portion of stream.portions) {
    const inside = common(portion, window);
    const before =
      total +
      portion.perDay * BigInt(Math.max(0, Math.min(window.from, portion.to) - portion.from));
    const days = daysIn(inside);
    total += portion.perDay * BigInt(daysIn(portion));
    if (days === 0) continue;
    const after = before + portion.perDay * BigInt(days);
    const amount = rounded(after, denominator, rounding) - rounded(before, denominator, rounding);
    const line = lines.get(portion.head);
    lines.set(portion.head, {
      ...portion.head,
      period,
      from: line?.from ?? inside.from,
      to: inside.to,
      days: (line?.days ?? 0) + days,
      amount: (line?.amount ?? 0n) + amount,
    });
  }
  return [...lines.values()];
}
