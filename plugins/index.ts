import type { Plugin } from "../src/plugin.js";
import { entra } from "./entra/index.js";
import { generic } from "./generic/index.js";
import { google } from "./google/index.js";
import { jumpcloud } from "./jumpcloud/index.js";
import { keycloak } from "./keycloak/index.js";
import { okta } from "./okta/index.js";
import { onelogin } from "./onelogin/index.js";
import { ping } from "./ping/index.js";
import { strict } from "./strict/index.js";

/** The plugins that come with Seatkeeper, by id. One line for each; nothing is searched for. */
export const builtInPlugins: Readonly<Record<string, Plugin>> = {
  generic: generic(),
  okta: okta(),
  entra: entra(),
  google: google(),
  onelogin: onelogin(),
  jumpcloud: jumpcloud(),
  ping: ping(),
  keycloak: keycloak(),
  strict: strict(),
};
