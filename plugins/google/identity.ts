import { readIdentityBy, type ClaimNames } from "../../src/identity.js";
import type { Identity, SamlProfile } from "../../src/plugin.js";

const NAMES: ClaimNames = {
  userName: ["username"],
  email: ["email", "primaryemail", "mail"],
  givenName: ["firstname", "givenname"],
  familyName: ["lastname", "familyname", "surname"],
  displayName: ["displayname", "name"],
  groups: ["groups", "group"],
};

/** NameID is the primary address; the attributes have the names of the set-up guide, which the administrator types. */
export function readIdentity(profile: SamlProfile): Identity {
  return readIdentityBy(NAMES, profile);
}
