import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesUnder, ROOT, SOURCES, STAMP } from "./sources.mjs";

/**
 * Builds only when a source is newer than the last build. Runs before `npm start`, so it must be quick when there is
 * nothing to do, and it leaves standard output to the server.
 */
if (!existsSync(STAMP) || newestSource() > statSync(STAMP).mtimeMs) {
  const build = join(import.meta.dirname, "build.mjs");
  const { status } = spawnSync(process.execPath, [build], {
    stdio: ["ignore", process.stderr, "inherit"],
  });
  process.exitCode = status ?? 1;
}

function newestSource() {
  const files = SOURCES.flatMap((folder) => filesUnder(join(ROOT, folder)));
  // A folder changes when a file in it is removed or renamed.
  const folders = new Set(files.map((file) => dirname(file)));
  const settings = ["package.json", "tsconfig.json", "tsconfig.build.json"].map((name) =>
    join(ROOT, name),
  );
  return Math.max(...[...files, ...folders, ...settings].map((path) => statSync(path).mtimeMs));
}
