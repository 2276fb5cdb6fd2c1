import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { loadCatalogue } from "../dist/src/catalogueFile.js";
import { requirementFor } from "../dist/src/domain/entitlement.js";
import { asksOf } from "../dist/src/domain/entitlement/asks.js";
import { explain } from "../dist/src/domain/entitlement/explain.js";
import { answerTo } from "../dist/src/domain/entitlement/lattice.js";
import { scan } from "../dist/src/domain/entitlement/scan.js";
import { table } from "./support/measure.mjs";

/**
 * How many tiers one core resolves in a second, from facts to the result, for people as a directory has them.
 *
 *   npm run build && npm run bench:resolve -- [--people 10000] [--seconds 2]
 *
 * "tier and add-ons" is the resolution itself, "requirement" the same with its reasons as they are stored, "explanation"
 * with everything that people are shown (what would be cheaper, what to switch off). Processor time of this one thread,
 * so that other work on the machine does not count.
 */
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "10000" },
    seconds: { type: "string", default: "2" },
  },
});

const catalogue = loadCatalogue(new URL("../config/catalogue.yaml", import.meta.url).pathname);
const wide = wideCatalogue(40);
const pools = new Map([["Agents", "support"]]);

const rows = [["catalogue", "what", "per second"]];
for (const [name, of] of [
  ["the example", catalogue],
  ["50 capabilities", wide],
]) {
  const product = of.products.get("support");
  const people = Array.from({ length: Number(values.people) }, (_, index) => factsOf(index));
  const asks = asksOf(of, product);
  rows.push([name, "tier and add-ons", measure(people, (facts) => tierOf(asks, facts))]);
  rows.push([
    name,
    "requirement",
    measure(people, (facts) => requirementFor(of, product, facts, pools)),
  ]);
  rows.push([name, "explanation", measure(people, (facts) => explain(of, product, facts, pools))]);
}
console.log(`${cpus()[0]?.model ?? "?"}, Node ${process.version}, one thread\n\n${table(rows)}`);

function tierOf(asks, facts) {
  scan(asks, facts, asks.scratch);
  return answerTo(asks.lattice, asks.scratch).option;
}

function measure(people, work) {
  for (const facts of people) work(facts);
  let done = 0;
  const begun = process.cpuUsage();
  let spent = 0;
  while (spent < Number(values.seconds) * 1e6) {
    for (const facts of people) work(facts);
    done += people.length;
    const { user, system } = process.cpuUsage(begun);
    spent = user + system;
  }
  return Math.round(done / (spent / 1e6)).toLocaleString("en");
}

/** Most have a role and perhaps a setting; one in ten leads a team, one in fifty administers. */
function factsOf(index) {
  const fact = (kind, name, value = true, hand = false) => ({
    userId: `u${index}`,
    kind,
    name,
    value,
    source: hand
      ? { type: "hand", by: "ann" }
      : { type: "rule", ruleId: "r1", via: `group:g${index % 20}` },
    since: 0,
  });
  return [
    fact("team", `Team ${index % 30}`),
    fact("role", "user"),
    ...(index % 10 === 0 ? [fact("role", "team-leader")] : []),
    ...(index % 50 === 0 ? [fact("role", "administrator")] : []),
    ...(index % 3 === 0 ? [fact("setting", "skills", index % 4)] : []),
    ...(index % 7 === 0 ? [fact("setting", "statistics", true, true)] : []),
    ...(index % 11 === 0 ? [fact("setting", "call-recording", true)] : []),
  ];
}

/** More capabilities than fit into one word. */
function wideCatalogue(count) {
  const product = catalogue.products.get("support");
  const more = Array.from({ length: count }, (_, index) => `more.${index}`);
  const tiers = product.tiers.map((tier) =>
    tier.rank < 3 ? tier : { ...tier, capabilities: [...tier.capabilities, ...more] },
  );
  return { ...catalogue, products: new Map([["support", { ...product, tiers }]]) };
}
