import { readFileSync } from "node:fs";
import { percentile } from "./measure.mjs";

/** Of utime and stime in /proc/<pid>/stat. */
const TICKS_PER_SECOND = 100;

/** @param {number} pid @returns {number} microseconds of processor time so far, of all threads of the process */
export function timeOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
}

/**
 * @template {Record<string, number>} T
 * @param {readonly T[]} rounds
 * @returns {T} of each figure the median
 */
export function medianOf(rounds) {
  const parts = Object.keys(rounds[0] ?? {});
  const median = (part) =>
    percentile(
      rounds.map((round) => round[part]),
      0.5,
    );
  return Object.fromEntries(parts.map((part) => [part, median(part)]));
}
