/** By code units: the same order on every machine, as the store's binary collations have it for ids. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
