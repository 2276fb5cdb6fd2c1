import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { setup } from "./setup.js";

/**
 * JumpCloud, Custom SCIM. Its activation creates a test user and a test group and deletes both; they are an account and
 * a group like any other and are gone without a trace but the ledger's (case 48). It lists the values to remove, as
 * Entra does.
 */
export function jumpcloud(): Plugin {
  return definePlugin({
    id: "jumpcloud",
    title: "JumpCloud",
    leniency: { createOnMissingTarget: true },
    showsPatchedUser: true,
    readIdentity,
    setup,
  });
}
