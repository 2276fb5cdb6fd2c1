import { mkdtempSync, statfsSync } from "node:fs";
import { availableMemory } from "node:process";
import { join } from "node:path";
import { guard } from "./mariadbServer.js";

const IN_MEMORY = "/dev/shm";
/** Far more than a run was seen to need, which is a quarter of a gigabyte. */
const BYTES_MIN = 2 * 1024 ** 3;

/**
 * Puts the temporary files of the run, the databases among them, into memory where the machine has room for them. No setting of
 * a database changes: every commit is still written through to its file, which outlives a killed process; only the wait for a disk
 * is gone. A `TMPDIR` that somebody set stays as it is.
 *
 * @returns {(() => Promise<void>) | undefined} removes them; they go, too, when this process is killed
 */
export function keepTemporaryFilesInMemory() {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return undefined;
  const folder = mkdtempSync(join(IN_MEMORY, "seatkeeper-"));
  process.env.TMPDIR = folder;
  const remove = guard(folder);
  return async () => {
    delete process.env.TMPDIR;
    await remove();
  };
}

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, availableMemory()) > BYTES_MIN;
  } catch {
    return false;
  }
}
