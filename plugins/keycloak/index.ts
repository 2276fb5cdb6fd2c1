import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { repair } from "./repair.js";
import { setup } from "./setup.js";

/**
 * Keycloak with the extension keycloak-scim (libre.sh, with the forks of mitodl and others). It looks nobody up: it
 * creates, replaces and deletes, and addresses what it created by the id in the answer.
 */
export function keycloak(): Plugin {
  return definePlugin({
    id: "keycloak",
    title: "Keycloak",
    leniency: {
      // Extensions of the schema are configured freely.
      ignoreUnknownAttributes: true,
    },
    repair,
    showsPatchedUser: true,
    readIdentity,
    setup,
  });
}
