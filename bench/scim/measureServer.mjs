import { readFileSync } from "node:fs";
import {
  addMembers,
  createUsers,
  filledGroup,
  initialSync,
  load,
  lookup,
  removeMember,
  rest,
  setActive,
  writesOn,
} from "./workloads.mjs";

/** @typedef {Map<string, { value: number, unit: "/s" | "ms" | "s" | "MB", p99?: number }>} Result */

/** How long a server may take to fill a group before the measurement goes on without it. */
const FILL_MS = 60_000;
const PAGE = 100;
/** A server slower than this is not filled any further. */
const CREATES_A_SECOND_MIN = 300;

/**
 * All workloads on one server. The names of the results are the rows of the table.
 *
 * @param {import("./servers.mjs").Running} running
 * @param {{ sizes: number[], groups: number[], milliseconds: number, sync: number }} plan
 * @returns {Promise<Result>}
 */
export async function measureServer(running, plan) {
  /** @type {Result} */
  const result = new Map();
  const bench = { running, plan, result, ids: [] };
  for (const size of plan.sizes) {
    if (!(await growTo(bench, size))) break;
    await lookups(bench, size);
  }
  await part(bench, "writes", () => writes(bench));
  await part(bench, "pages", () => pages(bench));
  for (const size of plan.groups) await part(bench, `group of ${size}`, () => groups(bench, size));
  if (plan.sync > 0) await part(bench, "initial sync", () => sync(bench));
  const memory = residentMegabytes(running.pid);
  if (memory !== null) result.set("memory at the end", { value: memory, unit: "MB" });
  return result;
}

/** What a server cannot do leaves a gap in its column; what was measured before it stays. */
async function part({ running }, name, measure) {
  try {
    await measure();
  } catch (error) {
    say(running, `${name}: ${error.message}`);
  }
}

async function growTo({ running, ids }, size) {
  const begun = performance.now();
  const from = ids.length;
  const portion = Math.min(1_000, size - from);
  ids.push(...(await createUsers(running, from, from + portion, 32)));
  const perSecond = (portion / (performance.now() - begun)) * 1000;
  const left = size - ids.length;
  if (left > 20_000 && perSecond < CREATES_A_SECOND_MIN) {
    say(running, `${Math.round(perSecond)} creates a second: stays at ${ids.length} users`);
    return false;
  }
  ids.push(...(await createUsers(running, ids.length, size, 32)));
  say(running, `${size} users`);
  return true;
}

async function lookups(bench, size) {
  const any = (index) => lookup(bench.running, (index * 7919) % size);
  await timed(bench, `look-up by userName, ${size} users, 32 conn.`, 32, any);
  await timed(bench, `look-up by userName, ${size} users, 1 conn.`, 1, any);
}

async function writes(bench) {
  const { running, ids } = bench;
  const send = writesOn(running, ids);
  for (const connections of [32, 1]) {
    const over = `${connections} conn.`;
    await timed(bench, `create, ${over}`, connections, send.create);
    await timed(bench, `replace (PUT), ${over}`, connections, send.replace);
    for (const dialect of ["entra", "okta"]) {
      await timed(bench, `deactivate (${dialect}), ${over}`, connections, send[dialect]);
      await backToWork(bench, dialect);
    }
  }
}

/** Whoever was deactivated comes back, so that the next measurement begins alike. */
async function backToWork({ running, ids }, dialect) {
  const left = ids.slice();
  const worker = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await setActive[dialect](running, id, true);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

async function pages(bench) {
  const { running, ids } = bench;
  const last = ids.length - PAGE + 1;
  const at = { start: 1, middle: Math.floor(last / 2), end: last };
  for (const [name, startIndex] of Object.entries(at)) {
    const path = `/Users?startIndex=${startIndex}&count=${PAGE}`;
    await timed(bench, `page of ${PAGE} by index, ${name}`, 1, () => running.client("GET", path));
  }
  if (running.traits.cursors !== true) return;
  const cursors = await cursorsOf(running);
  for (const [name, cursor] of Object.entries(cursors)) {
    const path = `/Users?cursor=${encodeURIComponent(cursor)}&count=${PAGE}`;
    await timed(bench, `page of ${PAGE} by cursor, ${name}`, 1, () => running.client("GET", path));
  }
}

/** The cursor of the first page and that of the last full one. */
async function cursorsOf({ client }) {
  let cursor = "";
  for (;;) {
    const { status, body } = await client("GET", `/Users?cursor=${cursor}&count=${PAGE}`);
    if (status !== 200) throw new Error(`cursor: ${status} ${JSON.stringify(body)}`);
    const next = body.nextCursor;
    if (next === undefined) return { start: "", end: cursor };
    cursor = next;
  }
}

async function groups(bench, size) {
  const { running, ids } = bench;
  if (size > ids.length - 1_001 || size > (running.traits.members ?? 0)) return;
  const path = await filledGroup(running, `Group of ${size}`, ids.slice(0, size), FILL_MS);
  if (path === null) {
    say(running, `a group of ${size} could not be filled in ${FILL_MS / 1000} s`);
    return;
  }
  await rest();
  const extra = ids[size];
  const times = { add: [], remove: [] };
  const end = performance.now() + bench.plan.milliseconds;
  while (performance.now() < end) {
    times.add.push(await once(() => addMembers(running, path, [extra])));
    times.remove.push(await once(() => removeMember(running, path, extra)));
  }
  for (const [change, taken] of Object.entries(times)) {
    keep(bench, `group of ${size}: ${change} one`, taken);
  }
  const thousand = ids.slice(size, size + 1_000);
  keep(bench, `group of ${size}: add 1,000`, [
    await once(() => addMembers(running, path, thousand)),
  ]);
  const whole = [];
  for (let round = 0; round < 5; round += 1) {
    whole.push(await once(() => running.client("GET", path)));
  }
  keep(bench, `group of ${size}: read with members`, whole);
}

async function sync(bench) {
  const { running, plan, result } = bench;
  const options = { users: plan.sync, groups: Math.ceil(plan.sync / 100), connections: 8 };
  const name = `initial sync, ${options.users} users and ${options.groups} groups, 8 conn.`;
  result.set(name, { value: await initialSync(running, options), unit: "s" });
  say(running, name);
}

async function timed(bench, name, connections, send) {
  const { milliseconds } = bench.plan;
  const figures = await load({ milliseconds, connections }, send);
  const { perSecond, p99, errors } = figures;
  if (errors > 0) say(bench.running, `${name}: ${errors} answers were errors`);
  if (perSecond > 0) bench.result.set(name, { value: perSecond, unit: "/s", p99 });
  await rest();
}

async function once(work) {
  const begun = performance.now();
  const { status } = await work();
  if (status >= 300) throw new Error(`status ${status}`);
  return performance.now() - begun;
}

/** The median, and the 99th percentile. */
function keep({ result }, name, times) {
  const sorted = times.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  result.set(name, { value: at(0.5), unit: "ms", p99: at(0.99) });
}

function residentMegabytes(pid) {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}

function say({ name }, what) {
  console.error(`${name}: ${what}`);
}
