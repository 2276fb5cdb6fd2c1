import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { repair } from "./repair.js";
import { setup } from "./setup.js";

/**
 * OneLogin, "SCIM Provisioner with SAML". What it sends is a template that the administrator can edit; the default ones
 * are read as they come. It changes users by PUT and members by PATCH, and comes without User-Agent (case 52).
 */
export function onelogin(): Plugin {
  return definePlugin({
    id: "onelogin",
    title: "OneLogin",
    leniency: {
      // An empty parameter of the template is sent as "".
      emptyMeansClear: true,
      // Templates are edited by hand.
      createOnMissingTarget: true,
    },
    repair,
    showsPatchedUser: true,
    readIdentity,
    setup,
  });
}
