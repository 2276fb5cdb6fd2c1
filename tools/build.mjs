import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { filesUnder, OUTPUT, ROOT, SOURCES, STAMP } from "./sources.mjs";

/**
 * Compiles, copies what is not TypeScript (pages, style sheets) beside the compiled files, and removes what earlier
 * builds left behind for sources that are gone. `--noCheck` leaves wrong types to `npm run types`, in half the time.
 */
const startedAt = new Date();
compile();
const wanted = new Set(
  SOURCES.flatMap((folder) => filesUnder(join(ROOT, folder))).flatMap(produce),
);
for (const file of SOURCES.flatMap((folder) => filesUnder(join(OUTPUT, folder)))) {
  if (!wanted.has(file)) {
    rmSync(file);
  }
}
writeFileSync(STAMP, "");
// A source saved while the compiler ran must count as newer than this build.
utimesSync(STAMP, startedAt, startedAt);

function compile() {
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(
    process.execPath,
    [compiler, "-p", "tsconfig.build.json", ...process.argv.slice(2)],
    { cwd: ROOT, stdio: "inherit" },
  );
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

/** The output files of one source file; copies it if it is not TypeScript. */
function produce(source) {
  const output = join(OUTPUT, relative(ROOT, source));
  if (source.endsWith(".ts")) {
    const base = output.slice(0, -".ts".length);
    return [`${base}.js`, `${base}.js.map`, `${base}.d.ts`];
  }
  mkdirSync(dirname(output), { recursive: true });
  copyFileSync(source, output);
  return [output];
}
