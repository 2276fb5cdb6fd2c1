import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { percentile, table } from "./support/measure.mjs";
import { startBench } from "./support/server.mjs";

/**
 * How long a seat stays free beside somebody who waits for it: within a second, whatever has made it free.
 *
 *   npm run build && npm run bench:waiting -- [--people 50] [--database sqlite,mariadb]
 *
 * "given back": from the moment before the request until the next person is let in, as a client sees it. "ran out":
 * nobody asks for anything; from the end of the lease until the ledger says that the next person has it, both by the
 * clock of the database. Exits with 1 when one of them took longer than a second.
 */
const LIMIT_MS = 1_000;
const LEASE_SECONDS = 10;

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "50" },
    database: { type: "string", default: "sqlite,mariadb" },
  },
});
const people = Number(values.people);
const rows = [["", "p50", "p95", "longest"]];
let worst = 0;

for (const kind of values.database.split(",")) {
  const bench = await startBench(kind);
  try {
    await fill(bench);
    report(`${kind}: given back`, await givenBack(bench));
    report(`${kind}: ran out`, await ranOut(bench));
  } catch (error) {
    console.error(bench.troubles.join("\n"));
    throw error;
  } finally {
    await bench.stop();
  }
}
console.log(`\nmilliseconds, ${people} of each kind\n\n${table(rows)}`);
process.exitCode = worst <= LIMIT_MS ? 0 : 1;

function nameOf(index) {
  return `user${index}@acorn.example`;
}

async function fill({ cli, scim }) {
  const policy = ["onFull=wait", `leaseSeconds=${LEASE_SECONDS}`];
  cli(
    ...["pool", "create", "acorn", "desk", "--product", "support", "--kind", "concurrent"],
    ...["--tiers", "standard,professional", "--capacity", "1"],
    ...policy.flatMap((pair) => ["--policy", pair]),
  );
  for (let index = 0; index < 2 * people; index += 1) {
    expectStatus(await scim("POST", "/Users", { userName: nameOf(index) }), 201);
  }
}

async function acquire(api, index) {
  const asked = { userName: nameOf(index), product: "support" };
  return expectStatus(await api("POST", "/seats/acquire", asked), 200);
}

async function givenBack({ api }) {
  const times = [];
  let { seat } = await acquire(api, 0);
  for (let index = 1; index <= people; index += 1) {
    await acquire(api, index);
    const start = performance.now();
    expectStatus(await api("POST", "/seats/release", { seatId: seat.id }), 204);
    const asked = { userName: nameOf(index), product: "support" };
    for (seat = null; seat === null;) {
      ({ seat } = expectStatus(await api("POST", "/seats/ask", asked), 200));
    }
    times.push(performance.now() - start);
  }
  expectStatus(await api("POST", "/seats/release", { seatId: seat.id }), 204);
  return times;
}

/** The leases begin one after another, so that they end at moments that have nothing to do with each other. */
async function ranOut({ api, cli }) {
  cli("pool", "set", "acorn", "desk", "--capacity", String(people));
  const from = Date.now();
  for (let index = 0; index < people; index += 1) {
    await acquire(api, index);
    await sleep((LEASE_SECONDS * 500) / people);
  }
  for (let index = people; index < 2 * people; index += 1) await acquire(api, index);
  await sleep(LEASE_SECONDS * 1_000);
  const ended = new Map();
  const times = [];
  for (const { kind, at, reason, details } of await entriesSince(api, from)) {
    if (kind === "lease.expired") ended.set(at, Number(details.expiredAt));
    // What ran out and who got it are in one transaction, so they have one time.
    if (kind === "seat.granted" && reason === "listDrained" && ended.has(at)) {
      times.push(Date.parse(at) - ended.get(at));
    }
  }
  if (times.length < people) throw new Error(`only ${times.length} of ${people} were served`);
  return times;
}

async function entriesSince(api, from) {
  const found = [];
  for (let after = ""; ;) {
    const query = `limit=200${after === "" ? "" : `&after=${after}`}`;
    const { items, next } = expectStatus(await api("GET", `/entries?${query}`), 200);
    found.push(...items);
    if (next === undefined || next === null) break;
    after = next;
  }
  return found.filter(({ at }) => Date.parse(at) >= from);
}

function report(what, times) {
  const longest = Math.max(...times);
  worst = Math.max(worst, longest);
  rows.push([
    what,
    ...[percentile(times, 0.5), percentile(times, 0.95), longest].map((time) => time.toFixed(0)),
  ]);
}

function expectStatus({ status, body }, wanted) {
  if (status !== wanted) {
    throw new Error(`${wanted} expected, not ${status}: ${JSON.stringify(body)}`);
  }
  return body;
}
