import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the package brings along. */

/** config/catalogue.yaml of this package. */
export function exampleCatalogueFile(): string {
  return join(packagedDirectory(), "catalogue.yaml");
}

/** config/presets of this package: a file for each. */
export function presetDirectory(): string {
  return join(packagedDirectory(), "presets");
}

/** What `--version` says. */
export function packageVersion(): string {
  const { version } = JSON.parse(
    readFileSync(join(dirname(packagedDirectory()), "package.json"), "utf8"),
  ) as { readonly version: string };
  return version;
}

/** From the sources as well as from the build. */
function packagedDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json")) && dirname(directory) !== directory) {
    directory = dirname(directory);
  }
  return join(directory, "config");
}
