import { existsSync } from "node:fs";

/**
 * The script of a worker thread, which Node can only run compiled: beside this file in the build, and in the build where the sources
 * run directly. Undefined where nothing has been built.
 * @param path from the folder of the sources, such as "saml/verifyWorker.js"
 */
export function compiledScript(path: string): URL | undefined {
  return [`./${path}`, `../dist/src/${path}`]
    .map((candidate) => new URL(candidate, import.meta.url))
    .find((script) => existsSync(script));
}
