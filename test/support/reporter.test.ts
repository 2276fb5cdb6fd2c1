import { describe, expect, it } from "@jest/globals";
// @ts-expect-error: plain JavaScript without declarations, as Jest loads reporters untransformed.
import { lastLines as untypedLastLines } from "../reporter.js";

interface Note {
  readonly reason: string;
  readonly optional: boolean;
}

const lastLines = untypedLastLines as (
  results: object,
  notes: readonly Note[],
  requireAll: boolean,
) => string;

const RESULTS = {
  numPassedTests: 5,
  numFailedTests: 1,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 2,
  numTodoTests: 1,
};
const MARIADB = { reason: "MariaDB: no server", optional: false };
const CONFORMANCE = { reason: "CONFORMANCE_DIR is not set", optional: true };

describe("the last lines of a test run", () => {
  it("end with the counts alone on a line", () => {
    expect(lastLines(RESULTS, [], false).split("\n").slice(-2)).toEqual([
      "5 passed, 1 failed, 3 skipped",
      "",
    ]);
  });

  it("count a test file that cannot be loaded as a failure", () => {
    expect(lastLines({ ...RESULTS, numRuntimeErrorTestSuites: 2 }, [], false)).toContain(
      "5 passed, 3 failed",
    );
  });

  it("name everything that was left out", () => {
    const lines = lastLines(RESULTS, [MARIADB, CONFORMANCE], false);

    expect(lines).toContain(
      "Not run: MariaDB: no server\nNot run: CONFORMANCE_DIR is not set\n5 passed, 1 failed",
    );
  });

  it("count what is required and missing as failed, but not what is optional", () => {
    const lines = lastLines(RESULTS, [MARIADB, CONFORMANCE], true);

    expect(lines).toContain("NOT RUN although SEATKEEPER_REQUIRE_ALL=1: MariaDB: no server");
    expect(lines).toContain("5 passed, 2 failed");
  });
});
