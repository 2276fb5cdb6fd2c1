import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { loadCatalogue } from "../dist/src/catalogueFile.js";
import { requirementFor } from "../dist/src/domain/entitlement.js";
import { asksOf } from "../dist/src/domain/entitlement/asks.js";
import { explain } from "../dist/src/domain/entitlement/explain.js";
import { givenBy, withDefaults } from "../dist/src/domain/entitlement/given.js";
import { individuals, organisation } from "./resolve/people.mjs";
import { table } from "./support/measure.mjs";

/**
 * How many tiers one core resolves in a second, from facts to the result, for people as a directory has them.
 *
 *   npm run build && npm run bench:resolve -- [--people 20000] [--seconds 2] [--only requirement]
 *
 * "requirement" is tier and add-ons with their reasons, as they are stored, "explanation" is the same with everything that people are shown (what would be cheaper, what to switch off). Processor time of this one process,
 * so that other work on the machine does not count; that of collecting garbage, in other threads, does.
 *
 * "asked" counts the different sets of what is asked of the product. Of the individuals hardly two ask the same, and
 * there are more of them than answers are remembered: they measure what an answer costs that was never given before.
 */
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "20000" },
    seconds: { type: "string", default: "2" },
    only: { type: "string" },
  },
});
const count = Number(values.people);
/** People between two looks at the clock. */
const CHUNK = 1_000;

const catalogue = loadCatalogue(new URL("../config/catalogue.yaml", import.meta.url).pathname);
const wide = wideCatalogue(40);
const pools = new Map([["Agents", "support"]]);

const rows = [["catalogue", "people", "asked", "what", "per second"]];
for (const [name, of, who, people] of [
  ["the example", catalogue, "an organisation", organisation(count)],
  ["50 capabilities", wide, "an organisation", organisation(count)],
  ["50 capabilities", wide, "individuals", individuals(count, [...wide.permissions.keys()])],
]) {
  const product = of.products.get("support");
  const asks = asksOf(of, product);
  const asked = differentIn(people, asks).toLocaleString("en");
  for (const [what, work] of [
    ["requirement", (facts) => requirementFor(of, product, facts, pools)],
    ["explanation", (facts) => explain(of, product, facts, pools)],
  ]) {
    if (what === (values.only ?? what)) rows.push([name, who, asked, what, measure(people, work)]);
  }
}
console.log(`${cpus()[0]?.model ?? "?"}, Node ${process.version}, one thread\n\n${table(rows)}`);

function differentIn(people, asks) {
  const different = people.map((facts) => {
    const bits = withDefaults(asks, facts, givenBy(asks, facts)).flatMap(({ asked }) =>
      asked.parts.map(({ bit }) => bit),
    );
    return [...new Set(bits)].sort((a, b) => a - b).join();
  });
  return new Set(different).size;
}

function measure(people, work) {
  const limit = Number(values.seconds) * 1e6;
  runFor(people, work, limit / 4);
  const { done, spent } = runFor(people, work, limit);
  return Math.round(done / (spent / 1e6)).toLocaleString("en");
}

function runFor(people, work, limit) {
  let done = 0;
  let spent = 0;
  const begun = process.cpuUsage();
  while (spent < limit) {
    const from = done % people.length;
    const to = Math.min(from + CHUNK, people.length);
    for (let index = from; index < to; index += 1) work(people[index]);
    done += to - from;
    const { user, system } = process.cpuUsage(begun);
    spent = user + system;
  }
  return { done, spent };
}

/** More capabilities than fit into one word, each with a permission that demands it. */
function wideCatalogue(many) {
  const product = catalogue.products.get("support");
  const more = Array.from({ length: many }, (_, index) => `more.${index}`);
  const tiers = product.tiers.map((tier) =>
    tier.rank < 3 ? tier : { ...tier, capabilities: [...tier.capabilities, ...more] },
  );
  const permissions = more.map((id) => [id, { id, title: id, requires: { support: [id] } }]);
  return {
    ...catalogue,
    products: new Map([["support", { ...product, tiers }]]),
    permissions: new Map([...catalogue.permissions, ...permissions]),
  };
}
