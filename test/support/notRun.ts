import { appendFileSync } from "node:fs";
import { describe } from "@jest/globals";

/**
 * Says that something was left out, and why. The reporter repeats it in the last lines of the run, so that a green
 * run never hides what it did not look at. With SEATKEEPER_REQUIRE_ALL=1 it fails the run, unless `optional`.
 */
export function notRun(reason: string, { optional = false } = {}): void {
  const notes = process.env["SEATKEEPER_TEST_NOTES"];
  if (notes === undefined) {
    process.stderr.write(`not run: ${reason}\n`);
    return;
  }
  appendFileSync(notes, `${JSON.stringify({ reason, optional })}\n`);
}

/** `describe` when the thing is there; else `describe.skip` with the reason in the last lines of the run. */
export function describeWhen(available: boolean, reason: string): typeof describe.skip {
  if (available) {
    return describe;
  }
  notRun(reason);
  return describe.skip;
}

/**
 * The folder with conformance inputs that are not part of this project, or undefined with a note in the last lines.
 * Without CONFORMANCE_DIR nothing is missing: the inputs are for those who have them.
 */
export function conformanceDirectory(): string | undefined {
  const directory = process.env["CONFORMANCE_DIR"];
  if (directory === undefined || directory === "") {
    notRun("conformance collections: CONFORMANCE_DIR is not set", { optional: true });
    return undefined;
  }
  return directory;
}
