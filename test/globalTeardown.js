import { rmSync } from "node:fs";

/** @param {{ watch: boolean, watchAll: boolean }} globalConfig */
export default async function globalTeardown({ watch, watchAll }) {
  if (watch || watchAll) {
    return; // The next round uses the same server; it ends with the process.
  }
  await globalThis.seatkeeperTestServer?.stop();
  await globalThis.seatkeeperTestFiles?.();
  rmSync(process.env.SEATKEEPER_TEST_NOTES, { force: true });
}
