import { readIdentityBy, type ClaimNames } from "../../src/identity.js";
import type { Identity, SamlProfile } from "../../src/plugin.js";

const NAMES: ClaimNames = {
  userName: ["username"],
  email: ["email", "mail"],
  givenName: ["firstname", "givenname"],
  familyName: ["lastname", "surname", "sn"],
  displayName: ["displayname", "fullname", "name"],
  groups: ["memberof", "groups"],
};

/** The names of the set-up guide; `memberOf` is what the console suggests for groups. */
export function readIdentity(profile: SamlProfile): Identity {
  return readIdentityBy(NAMES, profile);
}
