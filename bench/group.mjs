import { parseArgs } from "node:util";
import { inParallel, percentile, table, timed } from "./support/measure.mjs";
import { startBench } from "./support/server.mjs";

/**
 * What one member costs in a large group, compared with a small one: it must not depend on the size of the group.
 *
 *   npm run build && npm run bench:group -- [--members 10000] [--small 100] [--changes 500] [--database sqlite]
 *
 * The large and the small group are measured in turns, over one connection, so that whatever else the machine does falls
 * on both alike. "plain" groups have no mapping rule; "mapped" ones give a role that raises the tier, so that each change
 * also moves a seat. Exits with 1 when a ratio of the medians is above the limit.
 */
const RATIO_MAX = 2;
const PORTION = 500;
const WARM_UP = 50;

const { values } = parseArgs({
  options: {
    members: { type: "string", default: "10000" },
    small: { type: "string", default: "100" },
    changes: { type: "string", default: "500" },
    database: { type: "string", default: "sqlite,mariadb" },
  },
});
const members = Number(values.members);
const small = Number(values.small);
const changes = Number(values.changes);

const rows = [
  ["", `group of ${small}: p50`, "p95", `group of ${members}: p50`, "p95", "ratio p50", "p95"],
];
let worst = 0;
for (const kind of values.database.split(",")) {
  const bench = await startBench(kind);
  try {
    await measure(kind, bench);
  } catch (error) {
    console.error(bench.troubles.join("\n"));
    throw error;
  } finally {
    await bench.stop();
  }
}
console.log(
  `\nmilliseconds for one change, ${changes} of each kind, one connection\n\n${table(rows)}`,
);
process.exitCode = worst <= RATIO_MAX ? 0 : 1;

async function measure(kind, { scim, api, cli }) {
  cli(
    "pool",
    "create",
    "acorn",
    "desk",
    "--product",
    "support",
    "--tiers",
    "standard,professional",
    "--capacity",
    String(2 * members),
  );
  const users = await createUsers(scim, members + 1);
  const extra = users.pop();
  cli("mapping", "add", "acorn", "leads", "--group-pattern", "Mapped *", "--role", "team-leader");
  for (const sort of ["Plain", "Mapped"]) {
    const groups = {
      small: await createGroup(scim, `${sort} ${small}`, users.slice(0, small)),
      large: await createGroup(scim, `${sort} ${members}`, users),
    };
    await settled(api);
    const times = await changeInTurns(scim, groups, extra);
    for (const change of ["add", "remove"])
      report(`${kind}, ${sort.toLowerCase()}: ${change} one`, times[change]);
    report(`${kind}, ${sort.toLowerCase()}: read without members`, times.read);
  }
}

async function createUsers(scim, count) {
  const ids = new Array(count);
  const milliseconds = await timed(() =>
    inParallel([...ids.keys()], 32, async (index) => {
      const userName = `user${index}@acorn.example`;
      ids[index] = expectStatus(
        await scim("POST", "/Users", { userName, externalId: userName }),
        201,
      ).id;
    }),
  );
  console.log(
    `${count} users created, ${Math.round((count / milliseconds) * 1000)} a second over 32 connections`,
  );
  return ids;
}

async function createGroup(scim, displayName, ids) {
  const { id } = expectStatus(await scim("POST", "/Groups", { displayName }), 201);
  const milliseconds = await timed(async () => {
    for (let index = 0; index < ids.length; index += PORTION) {
      const value = ids.slice(index, index + PORTION).map((each) => ({ value: each }));
      expectStatus(
        await scim("PATCH", `/Groups/${id}`, patch({ op: "add", path: "members", value })),
        204,
      );
    }
  });
  console.log(`${displayName}: ${ids.length} members added in ${Math.round(milliseconds)} ms`);
  return id;
}

/** Large changes are evaluated in the background; the measurement begins when that is done. */
async function settled(api) {
  while (expectStatus(await api("GET", "/progress"), 200).stale > 0) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function changeInTurns(scim, groups, userId) {
  const times = {
    add: { small: [], large: [] },
    remove: { small: [], large: [] },
    read: { small: [], large: [] },
  };
  const add = patch({ op: "add", path: "members", value: [{ value: userId }] });
  const remove = patch({ op: "remove", path: `members[value eq "${userId}"]` });
  for (let round = 0; round < changes + WARM_UP; round += 1) {
    // Who comes first changes with each round.
    for (const size of round % 2 === 0 ? ["small", "large"] : ["large", "small"]) {
      const path = `/Groups/${groups[size]}`;
      const taken = {
        add: await timed(async () => expectStatus(await scim("PATCH", path, add), 204)),
        read: await timed(async () =>
          expectStatus(await scim("GET", `${path}?excludedAttributes=members`), 200),
        ),
        remove: await timed(async () => expectStatus(await scim("PATCH", path, remove), 204)),
      };
      if (round < WARM_UP) continue;
      for (const [change, milliseconds] of Object.entries(taken))
        times[change][size].push(milliseconds);
    }
  }
  return times;
}

function report(what, { small: smallTimes, large: largeTimes }) {
  const [p50, p95] = [0.5, 0.95].map((share) => ({
    small: percentile(smallTimes, share),
    large: percentile(largeTimes, share),
  }));
  worst = Math.max(worst, p50.large / p50.small);
  const figures = [
    p50.small,
    p95.small,
    p50.large,
    p95.large,
    p50.large / p50.small,
    p95.large / p95.small,
  ];
  rows.push([what, ...figures.map((figure) => figure.toFixed(2))]);
}

function patch(...operations) {
  return { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations };
}

function expectStatus({ status, body }, wanted) {
  if (status !== wanted)
    throw new Error(`${wanted} expected, not ${status}: ${JSON.stringify(body)}`);
  return body;
}
