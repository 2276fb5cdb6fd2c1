import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * Runs npm scripts beside each other, as many as there are cores, in the order given: put the longest first. What a script
 * says is shown when it has ended, so that nothing is mixed. All are run whatever the others say; the last lines name
 * those that failed.
 *
 *     node tools/together.mjs lint types layers
 *     node tools/together.mjs lint types layers --beside jest test/domain
 *
 * --beside   a script that speaks for itself, with its arguments. It keeps most cores busy, so the others follow one another.
 */
const given = process.argv.slice(2);
const at = given.indexOf("--beside");
const waiting = at === -1 ? given : given.slice(0, at);
const failed = [];
if (at === -1) {
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
} else {
  const [script, ...rest] = given.slice(at + 1);
  await Promise.all([work(), beside(script, rest)]);
}
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

/** @returns {Promise<void>} when it has ended */
function beside(script, rest) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", script, "--", ...rest], { stdio: "inherit" });
    const end = (code) => {
      if (code !== 0) failed.push(script);
      resolve();
    };
    child.on("error", end);
    child.on("close", end);
  });
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
