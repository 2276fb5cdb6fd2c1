import { hash as digestOf } from "node:crypto";
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nextHead, NOTHING_YET } from "../dist/src/store/chain.js";
import { addAll, PIECE_BYTES } from "../dist/src/cli/chainThread.js";
import { linesOf, wholeLines } from "../dist/src/cli/ledgerText.js";
import { Verifier } from "../dist/src/verify/verify.js";

/**
 * How fast a ledger is chained, and how fast an exported one is verified, in one thread and in two: by the clock, and by the
 * time of the processor, which others on the same machine lengthen less. The floor is measured in each round, since nothing
 * else says how fast the machine is at that moment.
 *
 *   npm run build && npm run bench:ledger -- [--entries 100000] [--rounds 5]
 */
const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
  },
});
const [entries, rounds] = [Number(values.entries), Number(values.rounds)];
const folder = mkdtempSync(join(tmpdir(), "seatkeeper-ledger-"));
const file = join(folder, "ledger.jsonl");

/** Seats given and taken back in turn, in texts as long as the real ones. */
function fieldsOf(number) {
  const [turn, isRelease] = [Math.floor(number / 2), number % 2 === 1];
  const uuid = (kind, n) => `01a2${kind}-8afb-7288-9794-${String(n).padStart(12, "0")}`;
  const cause =
    '{"type":"scim","action":"user.created","actor":"01a20293-8afb-7288-9794-cd26bba7576b","requestId":"01a20293-8b05-7434-9436-b318f2aae102"}';
  const about = (kind, delta) => [
    ...[uuid("aaaa", number), "01a20293-8af4-751c-b83f-95eea4a36284", 1_767_603_600_000 + number],
    ...[kind, uuid("bbbb", turn), "support", "pool", uuid("cccc", turn), "professional", delta],
    ...[isRelease ? "deactivated" : "claimed", cause, "{}"],
  ];
  if (number > 1) return isRelease ? about("seat.released", -1) : about("seat.granted", 1);
  const pool = about("pool.created", 0);
  pool.splice(4, 1, null);
  return pool.with(7, null).with(12, '{"capacity":1000,"tiers":["professional"]}');
}

const NAMES =
  "id organisationId at kind userId product poolId seatId tier delta reason cause details".split(
    " ",
  );
const all = Array.from({ length: entries }, (_, index) => fieldsOf(index + 1));

let head = NOTHING_YET;
const chain = process.cpuUsage();
const heads = all.map((fields) => (head = nextHead(head, fields)));
const chaining = process.cpuUsage(chain).user;
writeFileSync(
  file,
  all
    .map((fields, index) =>
      JSON.stringify({
        ...Object.fromEntries(NAMES.map((name, place) => [name, fields[place]])),
        ...heads[index],
      }),
    )
    .join("\n"),
);

async function addAllAlone(verifier, pieces) {
  for await (const text of wholeLines(pieces)) {
    for (const line of linesOf(text)) verifier.add(line);
  }
}

/** @returns {Promise<{ clock: number, processor: number }>} entries a second: as seen, and for each second of one core */
async function verifying(add) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const verifier = new Verifier({ expected: head });
  await add(verifier, createReadStream(file, { encoding: "utf8", highWaterMark: PIECE_BYTES }));
  const { fault } = verifier.report();
  if (fault !== null) throw new Error(fault.sentence);
  const { user, system } = process.cpuUsage(used);
  const speed = (milliseconds) => Math.round((entries / milliseconds) * 1000);
  return { clock: speed(performance.now() - start), processor: speed((user + system) / 1000) };
}

/** What no verifier can do without: reading each line as JSON, and as many bytes through SHA-256. */
function floor() {
  const texts = readFileSync(file, "utf8").split("\n");
  const used = process.cpuUsage();
  let characters = 0;
  for (const text of texts) {
    characters += JSON.parse(text).hash.length + digestOf("sha256", text, "hex").length;
  }
  return Math.round(
    ((entries * 1000) / process.cpuUsage(used).user) * 1000 * Math.sign(characters),
  );
}

try {
  const [model] = cpus().map((cpu) => cpu.model);
  const bytes = Math.round(statSync(file).size / entries);
  console.log(`${entries} entries, ${bytes} bytes each, ${availableParallelism()} × ${model}`);
  console.log(`chained:  ${(chaining / entries).toFixed(2)} µs an entry`);
  const ways = { "one thread": addAllAlone, "two threads": addAll };
  for (let round = 0; round < rounds; round += 1) {
    const found = [`floor ${floor()}`];
    for (const [name, add] of Object.entries(ways)) {
      const { clock, processor } = await verifying(add);
      found.push(`${name} ${clock} by the clock, ${processor} for a second of one core`);
    }
    console.log(`entries a second: ${found.join("; ")}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
