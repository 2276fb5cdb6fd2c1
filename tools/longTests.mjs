import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

/**
 * The random tests and the races at the size for a night, one after another. Each has a seed, which is printed, and a
 * time after which it counts as hung. All are run whatever the others say; the last lines say how each went.
 *
 *     npm run test:long                          all of them
 *     npm run test:long -- ledger grants         these
 *     npm run test:long -- saml --seed 1234567   again, with the same random numbers
 */
const RUNS = {
  domain: { files: "test/domain/histories", minutes: 90, SEATKEEPER_HISTORIES: 100_000 },
  seats: { files: "test/store/model", minutes: 600, SEATKEEPER_SEQUENCES: 100_000 },
  money: { files: "test/domain/billing/invoice", minutes: 60, SEATKEEPER_INVOICES: 100_000 },
  plans: { files: "test/(plans|e2e/syncPlans)", minutes: 30, SEATKEEPER_PLANS: 1_000 },
  ledger: { files: "test/verify", minutes: 30, SEATKEEPER_LEDGER_ENTRIES: 100_000 },
  grants: { files: "test/e2e/hotPool", minutes: 60, SEATKEEPER_GRANTS: 20_000 },
  convergence: { files: "test/e2e/convergence", minutes: 120, SEATKEEPER_HISTORIES: 10_000 },
  scim: { files: "test/e2e/scimFuzz", minutes: 120, SEATKEEPER_FUZZ: 100_000 },
  saml: { files: "test/saml/fuzz", minutes: 120, SEATKEEPER_SAML_FUZZ: 100_000 },
  signIns: { files: "test/e2e/signIns", minutes: 120, SEATKEEPER_SIGN_INS: 100 },
};
const JEST = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
/** None of the test's own: the whole run has one. */
const UNLIMITED = "--testTimeout=86400000";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string" } },
});
const unknown = positionals.filter((name) => !(name in RUNS));
if (unknown.length > 0) throw new Error(`unknown: ${unknown}. Known: ${Object.keys(RUNS)}`);

const said = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(RUNS)) {
  const seed = values.seed ?? String(randomInt(1, 2 ** 31));
  const { files, minutes, ...sizes } = RUNS[name];
  const what = Object.entries(sizes).map((size) => size.join("="));
  console.log(`\n${name}: ${files}, ${what.join(" ")}, seed ${seed}, at most ${minutes} minutes`);
  const begun = performance.now();
  const outcome = await run(files, minutes, { ...sizes, SEATKEEPER_TEST_SEED: seed });
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  said.push(`${name}: ${outcome}, ${seconds} s, seed ${seed}`);
  if (outcome !== "ok") process.exitCode = 1;
}
console.log(`\n${said.join("\n")}`);

/** @returns {Promise<string>} "ok", or what went wrong */
function run(files, minutes, variables) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...JEST, files, UNLIMITED], {
      stdio: "inherit",
      env: { ...process.env, ...variables },
      // With all that it starts it can be ended at once.
      detached: true,
    });
    let isLate = false;
    const end = () => {
      isLate = true;
      process.kill(-child.pid, "SIGKILL");
    };
    const timer = setTimeout(end, minutes * 60_000);
    const interrupted = () => process.kill(-child.pid, "SIGTERM");
    process.once("SIGINT", interrupted);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      process.removeListener("SIGINT", interrupted);
      if (code === 0) resolve("ok");
      else resolve(isLate ? `not done after ${minutes} minutes` : `failed (${code ?? signal})`);
    });
  });
}
