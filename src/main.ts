#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { lineWriter } from "./cli/output.js";
import { run } from "./cli/program.js";

/** The server and command line entry. */

const END_MS = 500;

/** The first signal asks for an orderly end, the second insists. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}

const exitCode = await run(process.argv.slice(2), {
  out: lineWriter(),
  err: (line) => console.error(line),
  readInput: () => text(process.stdin),
  untilStopped,
});
process.exitCode = exitCode;
// Whatever still holds the process, such as a request that was cut off, has had its time.
setTimeout(() => process.exit(), END_MS).unref();
