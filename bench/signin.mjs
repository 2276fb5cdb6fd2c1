import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDatabase } from "./scim/servers.mjs";
import { rest } from "./scim/workloads.mjs";
import { bareValidation } from "./signin/bare.mjs";
import { createBrowsers } from "./signin/browsers.mjs";
import { createProvider } from "./signin/provider.mjs";
import { inParallel, table } from "./support/measure.mjs";
import { medianOf, timeOf } from "./support/processorTime.mjs";
import { startBenchOn } from "./support/server.mjs";

/**
 * What a whole sign-in costs in processor time beside the bare validation of the same response by node-saml: the redirect to the
 * provider, the answer with both signatures (10 attributes, 5 groups), and the transaction that finds the person, looks after the
 * seat and opens the session, over HTTP at a server in a process of its own on MariaDB. Of the server all threads count. Both are
 * measured in turns, and of each figure the median of the rounds is taken; one more round before them warms both up.
 *
 *   npm run build && npm run bench:signin -- [--people 200] [--rounds 5] [--connections 16,1] [--profile <directory>] [--json]
 *
 * --profile   writes our server's CPU profile there when it ends; of its main thread
 */
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "16,1" },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const people = Number(values.people);
const GOAL = 0.8;

/** @typedef {{ server: number, asking: number, answering: number, database: number, perSecond: number, bare: number, barePerSecond: number }} Cost microseconds of processor time for each sign-in, and sign-ins a second by the clock */

let serial = 0;
const database = await startDatabase();
const nodeArguments =
  values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
const bench = await startBenchOn(await database.fresh(), nodeArguments);
try {
  const world = await createWorld();
  const results = [];
  for (const connections of values.connections.split(",").map(Number)) {
    const rounds = [];
    for (let round = 0; round <= Number(values.rounds); round += 1) {
      const cost = await measure(world, connections);
      if (round > 0) rounds.push(cost);
    }
    results.push({ connections, ...medianOf(rounds) });
  }
  world.browsers.close();
  console.log(values.json ? JSON.stringify(results) : report(results));
} catch (error) {
  // The log is written a moment later.
  await rest();
  console.error(bench.troubles.join("\n"));
  throw error;
} finally {
  await bench.stop();
  await database.stop();
}

/** People whom the provider has sent, with a rule and seats for all, and a connection that demands both signatures. */
async function createWorld() {
  const { cli, scim, origin } = bench;
  const provider = await createProvider();
  const folder = mkdtempSync(join(tmpdir(), "seatkeeper-bench-"));
  const file = join(folder, "metadata.xml");
  writeFileSync(file, provider.metadata);
  const signIn = ["--metadata", file, "--require-signed-response", "on"];
  const { id } = cli("connection", "update", "acorn", "idp", ...signIn);
  rmSync(folder, { recursive: true });
  const tiers = ["--product", "support", "--tiers", "standard,professional"];
  cli("pool", "create", "acorn", "desk", ...tiers, "--capacity", "1000000");
  const gives = ["--role", "user", "--tier", "support=standard"];
  cli("mapping", "add", "acorn", "staff", "--attribute", "userType=Employee", ...gives);
  const names = Array.from({ length: people }, (_, index) => `user${index}@acorn.example`);
  await inParallel(names, 16, async (userName) => {
    const user = { userName, externalId: userName, userType: "Employee", active: true };
    const { status } = await scim("POST", "/Users", user);
    if (status !== 201) throw new Error(`somebody could not be created: ${status}`);
  });
  const browsers = createBrowsers({ origin, path: `/saml/${id}` });
  const { base } = await browsers.begin();
  return {
    provider,
    names,
    browsers,
    bare: bareValidation({ base, certificate: provider.certificate }),
  };
}

/** @returns {Promise<Cost>} */
async function measure({ provider, names, browsers, bare }, connections) {
  const asked = [];
  const asking = await during(() =>
    inParallel(names, connections, async (userName) => {
      asked.push({ userName, ...(await browsers.begin()) });
    }),
  );
  // The provider's work is nobody's here, so it is done while nothing is measured.
  const answers = asked.map(({ cookie, ...question }) => {
    serial += 1;
    const encoded = Buffer.from(provider.respond({ serial, ...question })).toString("base64");
    const body = new URLSearchParams({ SAMLResponse: encoded }).toString();
    return { cookie, encoded, body };
  });
  const answering = await during(() =>
    inParallel(answers, connections, ({ cookie, body }) => browsers.finish(cookie, body)),
  );
  const alone = await during(async () => {
    for (const { encoded } of answers) await bare(encoded);
  });
  const each = (time) => time / names.length;
  return {
    asking: each(asking.server),
    answering: each(answering.server),
    server: each(asking.server + answering.server),
    database: each(asking.database + answering.database),
    perSecond: 1e6 / each(asking.wall + answering.wall),
    bare: each(alone.client),
    barePerSecond: 1e6 / each(alone.wall),
  };
}

/** Microseconds of processor time that passed in each process, and of the clock. */
async function during(work) {
  await rest();
  const before = times();
  await work();
  const after = times();
  return Object.fromEntries(Object.keys(after).map((part) => [part, after[part] - before[part]]));
}

function times() {
  const { user, system } = process.cpuUsage();
  const wall = performance.now() * 1000;
  return { server: timeOf(bench.pid), database: timeOf(database.pid), client: user + system, wall };
}

function report(results) {
  const [cpu] = cpus();
  const whole = (value) => String(Math.round(value));
  const rows = results.map(({ connections, bare, server, ...cost }) => [
    `${connections} connections`,
    ...[bare, cost.asking, cost.answering, cost.database].map(whole),
    ...[1e6 / bare, 1e6 / server].map((rate) => rate.toFixed(1)),
    (bare / server).toFixed(2),
    (bare / (server + cost.database)).toFixed(2),
    ...[cost.barePerSecond, cost.perSecond].map((rate) => rate.toFixed(1)),
  ]);
  const head = [
    "µs of processor time a sign-in",
    ...["node-saml alone", "asking", "answering", "database"],
    ...["node-saml/s and core", "sign-ins/s and core", "ratio", "with database"],
    ...["node-saml/s", "sign-ins/s"],
  ];
  const worst = Math.min(...results.map(({ bare, server }) => bare / server));
  return [
    `${cpus().length} cores (${cpu?.model.trim()}), Node ${process.version}, ${people} people, both signatures, 10 attributes, 5 groups`,
    table([head, ...rows]),
    `the goal is a ratio of ${GOAL}: ${worst >= GOAL ? "met" : `missed with ${worst.toFixed(2)}`}`,
  ].join("\n\n");
}
