import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Packs the package as it would be published and uses it as a stranger would: imported, required, type-checked and
 * started from the command line, in a folder where only the declared dependencies can be found.
 * Run after a build; it does not build.
 */
const ROOT = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "seatkeeper-package-"));
try {
  const archive = pack();
  step("publint", () => runTool("publint/src/cli.js", "run", archive, "--strict"));
  step("attw", () =>
    runTool("@arethetypeswrong/cli/dist/index.js", archive, "--profile", "esm-only"),
  );
  const consumer = installAsStranger(archive);
  step("import", () => runNode(consumer, "esm.mjs"));
  step("require", () => runNode(consumer, "cjs.cjs"));
  step("types", () => checkTypes(consumer));
  step("command", () =>
    runNode(consumer, join("node_modules/seatkeeper", manifest.bin.seatkeeper), "--help"),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const output = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", folder],
    { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  return join(folder, JSON.parse(output)[0].filename);
}

function installAsStranger(archive) {
  const consumer = join(folder, "consumer");
  const target = join(consumer, "node_modules/seatkeeper");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", archive, "--strip-components=1", "-C", target]);
  // What a TypeScript user of Express has installed anyway.
  const typesOfConsumer = ["@types/node", "@types/express"];
  for (const name of [...Object.keys(manifest.dependencies), ...typesOfConsumer]) {
    const link = join(consumer, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link, "dir");
  }
  cpSync(join(ROOT, "test/package"), consumer, { recursive: true });
  writeFileSync(
    join(consumer, "package.json"),
    JSON.stringify({ name: "consumer", type: "module" }),
  );
  return consumer;
}

function checkTypes(consumer) {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    noEmit: true,
    types: ["node"],
  };
  writeFileSync(
    join(consumer, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["types.ts"] }),
  );
  runTool("typescript/bin/tsc", "-p", consumer);
}

function step(name, work) {
  try {
    work();
    console.log(`package: ${name} ok`);
  } catch (error) {
    console.error(`package: ${name} failed\n${error.stdout ?? ""}${error.stderr ?? error}`);
    process.exitCode = 1;
  }
}

function runTool(path, ...parameters) {
  runNode(ROOT, join(ROOT, "node_modules", path), ...parameters);
}

function runNode(directory, ...parameters) {
  execFileSync(process.execPath, parameters, { cwd: directory, encoding: "utf8", stdio: "pipe" });
}
