import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrStartServer } from "./support/mariadbServer.js";
import { keepTemporaryFilesInMemory } from "./support/temporaryFiles.js";

/**
 * One database server for the whole run. Without one the run goes on: the tests that need it are skipped and the
 * reporter says so, unless SEATKEEPER_REQUIRE_MYSQL=1 (`npm run test:mysql`).
 */
export default async function globalSetup() {
  process.env.SEATKEEPER_TEST_NOTES ??= join(tmpdir(), `seatkeeper-notes-${randomUUID()}.jsonl`);
  globalThis.seatkeeperTestFiles ??= keepTemporaryFilesInMemory();
  try {
    globalThis.seatkeeperTestServer ??= await findOrStartServer();
    process.env.SEATKEEPER_TEST_MYSQL_URL = globalThis.seatkeeperTestServer.url;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.SEATKEEPER_REQUIRE_MYSQL === "1") {
      throw new Error(`MariaDB is required: ${reason}`, { cause: error });
    }
    process.env.SEATKEEPER_TEST_MYSQL_MISSING = reason;
  }
}
