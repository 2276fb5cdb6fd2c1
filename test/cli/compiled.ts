import { transformFileSync } from "@swc/core";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

/**
 * The program as a process runs it, compiled from the sources of this moment: a test must not pass or fail because of
 * what an earlier build left in dist/.
 */
export function compileProgram(): { readonly main: string; readonly directory: string } {
  const root = join(import.meta.dirname, "..", "..");
  const directory = mkdtempSync(join(process.env["SEATKEEPER_TEST_RUN"] ?? tmpdir(), "program-"));
  for (const folder of ["src", "plugins"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) {
        compileFile(join(entry.parentPath, entry.name), root, directory);
      }
    }
  }
  copyFileSync(join(root, "package.json"), join(directory, "package.json"));
  for (const shared of ["node_modules", "config"]) {
    symlinkSync(join(root, shared), join(directory, shared));
  }
  return { main: join(directory, "dist", "src", "main.js"), directory };
}

function compileFile(source: string, root: string, directory: string): void {
  const target = join(directory, "dist", relative(root, source));
  mkdirSync(dirname(target), { recursive: true });
  if (source.endsWith(".ts")) {
    const { code } = transformFileSync(source, {
      jsc: { target: "es2023", parser: { syntax: "typescript" } },
      module: { type: "es6" },
    });
    writeFileSync(target.replace(/\.ts$/, ".js"), code);
  } else {
    copyFileSync(source, target);
  }
}
