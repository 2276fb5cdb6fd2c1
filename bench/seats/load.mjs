import { percentile } from "../support/measure.mjs";

/** Ways to ask: as fast as it goes, or as often as is said whatever comes back. */

/**
 * So many callers, each of whom asks again when it is answered.
 * @param {readonly any[]} items one for each request
 * @param {number} callers
 * @param {(item: any) => Promise<unknown>} ask
 */
export async function closedLoop(items, callers, ask) {
  const times = [];
  let next = 0;
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < items.length) {
        const item = items[next++];
        const asked = performance.now();
        await ask(item);
        times.push(performance.now() - asked);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { ...summary(times, seconds), cpuShare: (user + system) / 1e6 / seconds };
}

/**
 * So many a second, however long the answers take: who waits does not keep others from asking.
 * @param {readonly any[]} items @param {number} perSecond @param {(item: any) => Promise<unknown>} ask
 */
export async function openLoop(items, perSecond, ask) {
  const times = [];
  const answers = [];
  const begun = performance.now();
  for (let next = 0; next < items.length;) {
    const due = Math.min(
      items.length,
      Math.ceil(((performance.now() - begun) / 1_000) * perSecond),
    );
    for (; next < due; next += 1) {
      // From when it should have been asked: a process that is late makes everybody wait.
      const asked = begun + (next / perSecond) * 1_000;
      const answer = ask(items[next]).then(() => times.push(performance.now() - asked));
      // Whoever fails is told of when all have been asked.
      answer.catch(() => undefined);
      answers.push(answer);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  return summary(times, (performance.now() - begun) / 1_000);
}

function summary(times, seconds) {
  return {
    perSecond: times.length / seconds,
    seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

/** @param {number} value */
export const whole = (value) => Math.round(value).toLocaleString("en");
/** @param {number} value milliseconds */
export const ms = (value) => (value < 1 ? value.toFixed(3) : value.toFixed(1));

/** What can be compared on a machine that does other work, too: processor time of this process for each. */
export const microseconds = ({ perSecond, cpuShare }) =>
  `${whole((cpuShare / perSecond) * 1e6)} µs`;

/** The same numbers in each run, from 0 to below 1. */
function randomNumbers() {
  let state = 7;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** All of them, in an order that is no order. @param {readonly any[]} items */
export function shuffled(items) {
  const random = randomNumbers();
  const keyed = items.map((item) => [random(), item]);
  return keyed.sort(([left], [right]) => left - right).map(([, item]) => item);
}

/** Any of them, the same ones in each run. @param {readonly any[]} items @param {number} count */
export function someOf(items, count) {
  const random = randomNumbers();
  return Array.from({ length: count }, () => items[Math.floor(random() * items.length)]);
}
