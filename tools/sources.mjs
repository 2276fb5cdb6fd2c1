import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What the build reads and writes; shared by build.mjs and buildIfStale.mjs. */
export const ROOT = join(import.meta.dirname, "..");
export const SOURCES = ["src", "plugins"];
export const OUTPUT = join(ROOT, "dist");
/** Its time of change is when the last complete build began. */
export const STAMP = join(OUTPUT, ".built");

/** All files under a folder, as absolute paths; none when there is no such folder. */
export function filesUnder(folder) {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
