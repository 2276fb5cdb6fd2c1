/** Runs before each test file: SEATKEEPER_TEST_SEED repeats a run of the random tests (docs/testing.md). */
const seed = process.env["SEATKEEPER_TEST_SEED"];
if (seed !== undefined && seed !== "") {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
