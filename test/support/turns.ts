import { readFileSync } from "node:fs";

const SCHEDULED = `/proc/${String(process.pid)}/task/${String(process.pid)}/schedstat`;

/**
 * The longest time, in milliseconds, for which the main thread computed within one turn of the event loop while the work
 * ran. A machine that has other things to do does not lengthen it; where the system does not tell how long a thread
 * computed (Linux does), the clock has to do.
 */
export async function longestTurn(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let before = computed();
  let isOver = false;
  const look = () => {
    const now = computed();
    longest = Math.max(longest, now - before);
    before = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  try {
    await work();
  } finally {
    isOver = true;
  }
  return longest;
}

/** Milliseconds for which the main thread has been on a processor. */
function computed(): number {
  try {
    const [onProcessor] = readFileSync(SCHEDULED, "latin1").split(" ");
    return Number(onProcessor) / 1e6;
  } catch {
    return performance.now();
  }
}
