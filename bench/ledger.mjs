import { hash as digestOf } from "node:crypto";
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nextHead, NOTHING_YET } from "../dist/src/store/chain.js";
import { linesIn } from "../dist/src/cli/verify.js";
import { Verifier } from "../dist/src/verify/verify.js";

/**
 * How fast a ledger is chained, and how fast an exported one is verified: by the time of the processor, which others on the
 * same machine do not lengthen, and by the clock.
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

/** @returns {Promise<string>} entries a second */
async function verifying() {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const verifier = new Verifier({ expected: head });
  const text = createReadStream(file, { encoding: "utf8", highWaterMark: 65_536 });
  for await (const lines of linesIn(text)) for (const line of lines) verifier.add(line);
  const { fault } = verifier.report();
  if (fault !== null) throw new Error(fault.sentence);
  const { user, system } = process.cpuUsage(used);
  const speed = (milliseconds) => Math.round((entries / milliseconds) * 1000);
  return `${speed((user + system) / 1000)} (${speed(performance.now() - start)} by the clock)`;
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
  const speeds = [];
  for (let round = 0; round < rounds; round += 1) speeds.push(await verifying());
  const [model] = cpus().map((cpu) => cpu.model);
  console.log(
    `${entries} entries, ${Math.round(statSync(file).size / entries)} bytes each, ${model}`,
  );
  console.log(`chained:  ${(chaining / entries).toFixed(2)} µs an entry`);
  console.log(`floor:    ${floor()} entries a second`);
  console.log(`verified: ${speeds.join(", ")} entries a second`);
} finally {
  rmSync(folder, { recursive: true });
}
