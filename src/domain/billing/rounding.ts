/** Exact money: whole minor units outside, fractions of whole numbers inside, no floating point anywhere. */

/** What becomes of exactly half a minor unit. */
export type Rounding = "halfUp" | "halfEven";

/** `numerator / denominator` in whole units; neither is negative. */
export function rounded(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const whole = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice < denominator) return whole;
  if (twice > denominator || rounding === "halfUp") return whole + 1n;
  return whole + (whole % 2n);
}

/**
 * Splits an amount in proportion to the weights, by the largest remainder: the parts add up to it, and each is less
 * than one unit from its exact share. Equal remainders go to who stands first. Weights that are all 0 count as equal.
 */
export function split(amount: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (weights.length === 0) return [];
  if (total === 0n) {
    const equal = weights.map(() => 1n);
    return split(amount, equal);
  }
  if (amount < 0n) return split(-amount, weights).map((part) => -part);
  const parts = weights.map((weight) => (amount * weight) / total);
  let left = amount - parts.reduce((sum, part) => sum + part, 0n);
  const order = weights
    .map((weight, index) => ({ index, remainder: (amount * weight) % total }))
    .sort((a, b) => compare(b.remainder, a.remainder) || a.index - b.index);
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** Prices and quantities of which the sum cannot be told exactly. */
export class AmountTooLarge extends RangeError {
  override readonly name = "AmountTooLarge";
}

/**
 * For JSON. Sums beyond 2^53 minor units are no money of this world; better to stop than to round.
 * @throws AmountTooLarge
 */
export function toNumber(amount: bigint): number {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) {
    throw new AmountTooLarge();
  }
  return number;
}

/**
 * Currencies that have other than two digits (ISO 4217, list one). Not asked of the runtime, which tells how amounts are
 * usually shown (none for HUF and COP), and something else with another version.
 */
const DIGITS = new Map<string, number>([
  ...codes(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...codes(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...codes(4, "CLF UYW"),
]);

function codes(digits: number, list: string): (readonly [string, number])[] {
  return list.split(" ").map((code) => [code, digits] as const);
}

/** Digits behind the point: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217). @throws RangeError when it is no currency code */
export function minorDigits(currency: string): number {
  if (!/^[A-Za-z]{3}$/.test(currency)) throw new RangeError("no currency code");
  return DIGITS.get(currency.toUpperCase()) ?? 2;
}

/** "-1234.50": for reading, and for programs that expect a decimal number. */
export function decimalText(amount: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return `${amount < 0 ? "-" : ""}${whole}${digits === 0 ? "" : `.${text.slice(-digits)}`}`;
}
