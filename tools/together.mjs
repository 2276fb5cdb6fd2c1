import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Runs npm scripts beside each other, as many as there are cores, in the order given: put the longest first. What a script
 * says is shown when it has ended, so that nothing is mixed. All are run whatever the others say; the last lines name
 * those that failed.
 *
 *     node tools/together.mjs lint types layers
 */
const waiting = process.argv.slice(2);
const failed = [];
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
if (failed.length > 0) {
  console.error(`\nFAILED: ${failed.map((name) => `npm run ${name}`).join(", ")}`);
  process.exitCode = 1;
}

async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const begun = performance.now();
    const { code, output } = await run(name);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    const verdict = code === 0 ? "ok" : `failed (${code})`;
    process.stdout.write(`${output}${name}: ${verdict}, ${seconds} s\n`);
    if (code !== 0) failed.push(name);
  }
}

/** @returns {Promise<{ code: number | string, output: string }>} a number, or the name of the signal or fault that ended it */
function run(name) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", name], { stdio: ["ignore", "pipe", "pipe"] });
    const pieces = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => pieces.push(piece));
    }
    child.on("error", (error) => resolve({ code: error.message, output: "" }));
    child.on("close", (code, signal) => {
      resolve({ code: code ?? signal, output: Buffer.concat(pieces).toString() });
    });
  });
}
