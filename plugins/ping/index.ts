import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { setup } from "./setup.js";

/**
 * PingOne and PingFederate (case 49). Their filter is a setting with the operator in any letter case and, in
 * PingFederate's default, a value without quotes; leavers are disabled or deleted, and groups merged or overwritten, as
 * the administrator chose. All of that is in RFC form or among the usual liberties.
 */
export function ping(): Plugin {
  return definePlugin({
    id: "ping",
    title: "Ping Identity",
    leniency: {
      // userName eq <userName_value>, as PingFederate's manual writes its default.
      unquotedFilterValues: true,
      createOnMissingTarget: true,
    },
    showsPatchedUser: true,
    readIdentity,
    setup,
  });
}
