import type { Plugin } from "../src/plugin.js";
import { entra } from "./entra/index.js";
import { generic } from "./generic/index.js";
import { okta } from "./okta/index.js";

/** The plugins that come with Seatkeeper, by id. One line for each; nothing is searched for. */
export const builtInPlugins: Readonly<Record<string, Plugin>> = {
  generic: generic(),
  okta: okta(),
  entra: entra(),
};
