import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureServer } from "./scim/measureServer.mjs";
import { report } from "./scim/report.mjs";
import { SERVER_NAMES, startDatabase, startNamed } from "./scim/servers.mjs";

/**
 * Seatkeeper beside other SCIM servers and beside the floor (what HTTP, JSON and the database alone cost), one after
 * the other on one MariaDB on this machine, and a table of ratios. The peers are downloaded the first time.
 *
 *   npm run bench:scim -- [--servers floor,seatkeeper,polis,better-auth,scimmy] [--sizes 1000,10000] [--seconds 4]
 *                         [--groups 100,10000] [--sync 10000] [--rounds 1] [--json]
 *
 * --sizes     numbers of users at which look-ups and pages are measured, ascending; 1000,10000,100000 is the whole one
 * --groups    sizes of groups; 100,10000,50000 is the whole one (needs as many users)
 * --sync      users of the initial sync, with a hundredth as many groups; 0 leaves it out
 * --rounds    how often each server is measured; of each figure the median is taken
 */
const { values } = parseArgs({
  options: {
    servers: { type: "string", default: SERVER_NAMES.join(",") },
    sizes: { type: "string", default: "1000,10000" },
    groups: { type: "string", default: "100,10000" },
    seconds: { type: "string", default: "4" },
    sync: { type: "string", default: "10000" },
    rounds: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const numbers = (text) => text.split(",").map(Number);
const plan = {
  sizes: numbers(values.sizes),
  groups: numbers(values.groups),
  milliseconds: Number(values.seconds) * 1000,
  sync: Number(values.sync),
};
const names = values.servers.split(",");
const unknown = names.filter((name) => !SERVER_NAMES.includes(name));
if (unknown.length > 0) throw new Error(`unknown: ${unknown}. Known: ${SERVER_NAMES}`);

const [cpu] = cpus();
console.error(
  `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
const database = await startDatabase();
/** @type {Map<string, import("./scim/measureServer.mjs").Result[]>} */
const results = new Map(names.map((name) => [name, []]));
try {
  // Round by round, so that what the machine does besides falls on all alike.
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of names) {
      const seats = 4 * Math.max(...plan.sizes, plan.sync) + 1_000_000;
      const running = await startNamed(name, await database.fresh(), { seats });
      try {
        results.get(name)?.push(await measureServer(running, plan));
      } finally {
        await running.stop();
      }
    }
  }
} finally {
  await database.stop();
  // Whatever ended the run: an hour's figures are not thrown away.
  const plain = [...results].map(([name, rounds]) => [name, rounds.map(Object.fromEntries)]);
  console.log(values.json ? JSON.stringify(Object.fromEntries(plain)) : report(results));
}
