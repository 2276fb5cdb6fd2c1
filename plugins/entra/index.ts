import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { repair } from "./repair.js";
import { setup } from "./setup.js";

/**
 * Microsoft Entra ID, with and without `?aadOptscim062020` on the tenant URL (cases 1 to 31). The parameter itself
 * needs no care: the server passes over query parameters that it does not know.
 */
export function entra(): Plugin {
  return definePlugin({
    id: "entra",
    title: "Microsoft Entra ID",
    leniency: {
      // Replace emails[type eq "work"].value on a user without a work address is meant as an add (case 6).
      createOnMissingTarget: true,
      // The gallery validation clears attributes with "" and then with null (cases 8, 11, 12).
      emptyMeansClear: true,
      // Group bodies name a schema of Entra's own; mappings may name attributes that are not kept here.
      ignoreUnknownAttributes: true,
      // "False" (case 2) is repaired, so that the log shows it; elsewhere it is read as what it means.
      textBooleans: true,
      // externalId eq 0a21f0f2 (case 20), roles[primary eq "True"] (case 13).
      unquotedFilterValues: true,
    },
    repair,
    readIdentity,
    setup,
  });
}
