import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { setup } from "./setup.js";

/**
 * Google Workspace, "autoprovisioning" of a custom SAML app (case 47). Google publishes no description of what it sends,
 * so nothing is repaired here: the liberties of every lenient connection apply, and the trail of a request says which
 * of them were taken.
 */
export function google(): Plugin {
  return definePlugin({
    id: "google",
    title: "Google Workspace",
    leniency: { createOnMissingTarget: true },
    // Nobody knows whether Google reads a 204; everybody reads a 200.
    showsPatchedUser: true,
    readIdentity,
    setup,
  });
}
