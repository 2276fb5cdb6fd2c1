/** Times in milliseconds, and what to say about them. */

/**
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number>}
 */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {readonly number[]} times @param {number} share 0.5 for the median */
export function percentile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** @param {readonly unknown[]} items @param {number} workers @param {(item: any) => Promise<unknown>} work */
export async function inParallel(items, workers, work) {
  const left = [...items];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}

/** @param {readonly (readonly string[])[]} rows the first is the head @returns {string} a Markdown table */
export function table(rows) {
  const [head = [], ...rest] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  return [
    line(head),
    `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`,
    ...rest.map(line),
  ].join("\n");
}
