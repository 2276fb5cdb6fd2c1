/** Rule 102: concurrent seats are cheaper if staff / peak > price of a concurrent seat / price of a named one. */
export interface BreakEven {
  /** Price of a concurrent seat in named ones. */
  readonly ratio: number;
  readonly staff: number;
  readonly peak: number;
  /** Minor units. */
  readonly named: number;
  readonly concurrent: number;
  /** What the cheaper of the two saves. */
  readonly difference: number;
  readonly isConcurrentCheaper: boolean;
}

/** One kind of seat for everybody. Prices in minor units; both are above 0. */
export function breakEven(
  staff: number,
  peak: number,
  prices: { readonly named: number; readonly concurrent: number },
): BreakEven {
  const named = staff * prices.named;
  const concurrent = peak * prices.concurrent;
  return {
    ratio: prices.concurrent / prices.named,
    ...{ staff, peak, named, concurrent },
    difference: Math.abs(concurrent - named),
    isConcurrentCheaper: concurrent < named,
  };
}
