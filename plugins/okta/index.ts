import { definePlugin } from "../../src/plugin.js";
import type { Plugin } from "../../src/plugin.js";
import { readIdentity } from "./identity.js";
import { setup } from "./setup.js";

/**
 * Okta keeps to the RFC: real booleans, lower-case operations, full bodies on PUT. What it adds to a body (`password`,
 * `groups`, empty strings, elements without value) is what every provider may send, so the core takes it and there
 * is nothing to repair (cases 32 to 46).
 */
export function okta(): Plugin {
  return definePlugin({
    id: "okta",
    title: "Okta",
    leniency: {
      // middleName: "" and phone numbers that are only a type come with most profiles.
      emptyMeansClear: true,
      // A PUT carries the whole profile of the app, whatever of it is mapped here (case 36).
      ignoreUnknownAttributes: true,
      // It is the userName of the day, sent with every member: kept, it would be wrong after the next renaming.
      keepMemberDisplay: false,
    },
    // Okta's own examples show the user in the answer of a PATCH.
    showsPatchedUser: true,
    readIdentity,
    // Its entitlement discovery passes over any other schema (case 45).
    announcesOffers: true,
    offerSchemas: {
      role: "urn:okta:scim:schemas:core:1.0:Role",
      entitlement: "urn:okta:scim:schemas:core:1.0:Entitlement",
    },
    setup,
  });
}
