/**
 * Writes the documents that derive from code: docs/configuration.md. Needs a build.
 *
 *   node tools/generateDocs.mjs           writes
 *   node tools/generateDocs.mjs --check   writes nothing; exit code 1 when a document is out of step
 */
import { readFile, writeFile } from "node:fs/promises";
import { configurationManual } from "../dist/src/config/manual.js";

const documents = [[new URL("../docs/configuration.md", import.meta.url), configurationManual()]];
const checkOnly = process.argv.includes("--check");

for (const [file, text] of documents) {
  const present = await readFile(file, "utf8").catch(() => null);
  if (present === text) {
    continue;
  }
  if (checkOnly) {
    console.error(`${file.pathname} is out of step: run node tools/generateDocs.mjs`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`wrote ${file.pathname}`);
  }
}
