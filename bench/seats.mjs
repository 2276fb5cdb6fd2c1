import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureAccess, measureAccessOverHttp } from "./seats/access.mjs";
import { measureHotPool } from "./seats/hotPool.mjs";
import { measureLeases } from "./seats/leases.mjs";
import { measureReevaluation } from "./seats/reevaluation.mjs";
import { openWorld } from "./seats/world.mjs";
import { table } from "./support/measure.mjs";

/**
 * What the seats cost: one pool that everybody wants, everybody looked at again, leases renewed, and access decided. Each
 * database is measured in one run, so that the ratios hold although the figures are those of this machine.
 *
 *   npm run build && npm run bench:seats -- [--database sqlite,mariadb] [--parts pool,people,leases,access]
 *                    [--allocations 20000] [--people 100000] [--leases 200000] [--renewals 100000]
 */
const { values } = parseArgs({
  options: {
    database: { type: "string", default: "sqlite,mariadb" },
    parts: { type: "string", default: "pool,people,leases,access" },
    allocations: { type: "string", default: "20000" },
    people: { type: "string", default: "100000" },
    leases: { type: "string", default: "200000" },
    renewals: { type: "string", default: "100000" },
  },
});
const parts = values.parts.split(",");
const [cpu] = cpus();
console.log(
  `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString()}`,
);
for (const kind of values.database.split(",")) {
  const world = await openWorld(kind);
  try {
    await measure(kind, world);
  } finally {
    await world.close();
  }
}

async function measure(kind, world) {
  if (parts.includes("pool")) {
    const rows = await measureHotPool(world, { allocations: Number(values.allocations) });
    print(["one hot pool", "a second", "allocations are times as fast", ""], rows);
  }
  if (parts.includes("people") || parts.includes("access")) {
    const people = Number(values.people);
    const { rows, ...tenant } = await measureReevaluation(world, { people });
    print([`${people} people evaluated`, "seconds", "a second", "processor seconds here"], rows);
    if (parts.includes("access")) {
      const head = ["access decided", "a second", "p50 ms", "p99 ms"];
      print(head, await measureAccess(world, tenant));
      print(head, await measureAccessOverHttp(kind));
    }
  }
  if (parts.includes("leases")) {
    const [leases, renewals] = [Number(values.leases), Number(values.renewals)];
    const rows = await measureLeases(world, { leases, renewals });
    const head = [`${leases} leases`, "a second", "p50 ms", "p99 ms", "this process, each"];
    print(head, rows);
  }
}

function print(head, rows) {
  console.log(`\n${table([head, ...rows])}`);
}
