import { readIdentityBy, type ClaimNames } from "../../src/identity.js";
import type { Identity, SamlProfile } from "../../src/plugin.js";

const NAMES: ClaimNames = {
  userName: ["username", "user.username"],
  email: ["email", "user.email", "mail"],
  givenName: ["firstname", "user.firstname", "givenname"],
  familyName: ["lastname", "user.lastname", "surname"],
  displayName: ["displayname", "user.displayname", "name"],
  groups: ["groups", "memberof", "user.memberof", "roles", "user.roles"],
};

/** The parameters of OneLogin's SAML connectors: `User.email` and its like by default, or the names of the set-up guide. */
export function readIdentity(profile: SamlProfile): Identity {
  return readIdentityBy(NAMES, profile);
}
