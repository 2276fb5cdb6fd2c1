import { existsSync, readFileSync, rmSync } from "node:fs";

/**
 * The last lines of a run: what was not run and why, then the counts alone on a line, for people and for CI.
 * They are written when the process exits, because Jest puts its own summary after every other reporter.
 */
export default class LastLines {
  #results = null;
  #notes = [];

  constructor(globalConfig) {
    const output = globalConfig.json ? process.stderr : process.stdout;
    process.once("exit", () => {
      if (this.#results !== null) {
        output.write(lastLines(this.#results, this.#notes, requireAll()));
      }
    });
  }

  onRunStart() {
    rmSync(notesFile(), { force: true });
  }

  onRunComplete(_contexts, results) {
    this.#results = results;
    this.#notes = readNotes();
  }

  /** Jest asks for this after the run; an error fails the run. */
  getLastError() {
    const missing = this.#notes.filter((note) => isMissing(note, requireAll()));
    return missing.length === 0 ? undefined : new Error("a required part was not run");
  }
}

/** `notes` are what `notRun` of test/support/notRun.ts wrote down. */
export function lastLines(results, notes, requireAll) {
  const missing = notes.filter((note) => isMissing(note, requireAll));
  // A file that cannot be loaded has no failed test of its own, so it is counted beside them.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + missing.length;
  const skipped = results.numPendingTests + results.numTodoTests;
  return [
    "",
    ...notes.map((note) =>
      isMissing(note, requireAll)
        ? `NOT RUN although SEATKEEPER_REQUIRE_ALL=1: ${note.reason}`
        : `Not run: ${note.reason}`,
    ),
    `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`,
    "",
  ].join("\n");
}

function isMissing(note, requireAll) {
  return requireAll && !note.optional;
}

function requireAll() {
  return process.env.SEATKEEPER_REQUIRE_ALL === "1";
}

function notesFile() {
  return process.env.SEATKEEPER_TEST_NOTES ?? "";
}

/** Each note once, although many test files may give it. */
function readNotes() {
  if (!existsSync(notesFile())) {
    return [];
  }
  const lines = readFileSync(notesFile(), "utf8").split("\n");
  return [...new Set(lines)].filter((line) => line !== "").map((line) => JSON.parse(line));
}
