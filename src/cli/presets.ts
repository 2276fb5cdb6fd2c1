import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PresetPool, presetForm } from "../admin/policyForm.js";
import { presetDirectory } from "../config.js";
import { parseYaml } from "../config/sources.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
import { checked } from "../validation.js";

/** Presets of config/presets: what kind of pool, with which policy. */

/**
 * `derived-tiers`, or `locked-and-shared/shared` where a preset has several pools: which of them is meant is never guessed.
 * @throws SeatkeeperError InvalidValue naming what there is
 */
export function presetPool(text: string): PresetPool {
  const [name = "", pool] = text.split("/");
  const ending = ".yaml";
  const files = readdirSync(presetDirectory()).filter((file) => file.endsWith(ending));
  const names = files.map((file) => file.slice(0, -ending.length)).sort();
  if (!names.includes(name)) throw unusable(unknownName("preset", name, names));
  const read = parseYaml(readFileSync(join(presetDirectory(), name + ending), "utf8"));
  const { pools } = checked(presetForm, "value" in read ? read.value : null, "InvalidValue");
  const known = Object.keys(pools);
  const wanted = pool ?? (known.length === 1 ? known[0] : undefined);
  if (wanted === undefined) {
    const ways = known.map((one) => `--preset ${name}/${one}`).join(" or ");
    throw unusable(`The preset ${name} has several pools; say which: ${ways}.`);
  }
  const found = Object.hasOwn(pools, wanted) ? pools[wanted] : undefined;
  if (found === undefined) throw unusable(unknownName("pool of the preset", wanted, known));
  return found;
}

function unusable(sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field: "--preset", sentence });
}
