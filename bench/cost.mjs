import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { startDatabase, startNamed } from "./scim/servers.mjs";
import { createUsers, lookup, rest, writesOn } from "./scim/workloads.mjs";
import { table } from "./support/measure.mjs";
import { medianOf, timeOf } from "./support/processorTime.mjs";

/**
 * What a request costs in processor time, ours beside the floor's: of the server's process, of the database and of the
 * client that asks. Both servers run on one MariaDB and are measured in turns, so that what the machine does besides
 * falls on both alike; of each figure the median of the rounds is taken. Unlike requests a second this can be compared
 * on a machine that is not quiet. Each round is so many requests; one more round before them warms both up.
 *
 *   npm run build && npm run bench:cost -- [--users 1000] [--rounds 5] [--requests 2000] [--connections 32,1]
 *                                          [--workloads look-up,create,replace,entra,okta] [--servers floor,seatkeeper]
 *                                          [--profile <directory>] [--json]
 *
 * --profile   writes our server's CPU profile there when it ends
 */
const { values } = parseArgs({
  options: {
    users: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "2000" },
    connections: { type: "string", default: "32,1" },
    workloads: { type: "string", default: "look-up,create,replace,entra,okta" },
    servers: { type: "string", default: "floor,seatkeeper" },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const users = Number(values.users);
const requests = Number(values.requests);

/** @typedef {{ perSecond: number, server: number, database: number, client: number, total: number }} Cost microseconds of processor time for each request */

const nodeArguments =
  values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
const database = await startDatabase();
const contestants = [];
try {
  for (const name of values.servers.split(",")) {
    const url = await database.fresh();
    const running = await startNamed(name, url, { seats: 10_000_000, nodeArguments });
    const ids = await createUsers(running, 0, users, 32);
    const any = (index) => lookup(running, (index * 7919) % users);
    contestants.push({ running, send: { "look-up": any, ...writesOn(running, ids) }, next: {} });
  }
  const results = await measureAll();
  console.log(values.json ? JSON.stringify(results) : report(results));
} finally {
  for (const { running } of contestants) await running.stop();
  await database.stop();
}

async function measureAll() {
  const results = [];
  for (const connections of values.connections.split(",").map(Number)) {
    for (const workload of values.workloads.split(",")) {
      const costs = new Map(contestants.map(({ running }) => [running.name, []]));
      for (let round = 0; round <= Number(values.rounds); round += 1) {
        for (const contestant of contestants) {
          const cost = await measure(contestant, workload, connections);
          if (round > 0) costs.get(contestant.running.name)?.push(cost);
        }
      }
      const medians = [...costs].map(([name, rounds]) => [name, medianOf(rounds)]);
      results.push({ workload, connections, ...Object.fromEntries(medians) });
    }
  }
  return results;
}

/** @returns {Promise<Cost>} */
async function measure({ running, send, next }, workload, connections) {
  let index = next[workload] ?? 0;
  const end = index + requests;
  next[workload] = end;
  const worker = async () => {
    while (index < end) {
      index += 1;
      const { status } = await send[workload](index - 1);
      if (status >= 300) throw new Error(`${running.name}, ${workload}: status ${status}`);
    }
  };
  await rest();
  const before = times(running);
  await Promise.all(Array.from({ length: connections }, worker));
  const after = times(running);
  const each = (part) => (after[part] - before[part]) / requests;
  const parts = { server: each("server"), database: each("database"), client: each("client") };
  const perSecond = 1e6 / each("wall");
  return { perSecond, ...parts, total: parts.server + parts.database + parts.client };
}

/** Microseconds so far: of processor time, and of the clock. */
function times({ pid }) {
  const { user, system } = process.cpuUsage();
  const wall = performance.now() * 1000;
  return { server: timeOf(pid), database: timeOf(database.pid), client: user + system, wall };
}

function report(results) {
  const [cpu] = cpus();
  const names = contestants.map(({ running }) => running.name);
  const rows = results.flatMap(({ workload, connections, ...costs }) =>
    names.map((name) => {
      const { perSecond, server, database: ofDatabase, client, total } = costs[name];
      const floor = costs["floor"];
      return [
        `${workload}, ${connections} conn.`,
        name,
        ...[server, ofDatabase, client, total].map((part) => String(Math.round(part))),
        floor === undefined ? "-" : (floor.total / total).toFixed(2),
        String(Math.round(perSecond)),
        floor === undefined ? "-" : (perSecond / floor.perSecond).toFixed(2),
      ];
    }),
  );
  const head = ["µs of processor time a request", "", "server", "database", "client", "together"];
  return [
    `${cpus().length} cores (${cpu?.model.trim()}), Node ${process.version}, ${users} users`,
    table([[...head, "floor/ours", "requests/s", "ours/floor"], ...rows]),
  ].join("\n\n");
}
