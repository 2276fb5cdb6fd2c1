import { readIdentityBy, type ClaimNames } from "../../src/identity.js";
import type { Identity, SamlProfile } from "../../src/plugin.js";

const NAMES: ClaimNames = {
  userName: ["username"],
  email: ["email", "mail"],
  givenName: ["given_name", "givenname", "firstname"],
  familyName: ["family_name", "familyname", "lastname", "sn"],
  displayName: ["formatted", "displayname", "name", "cn"],
  groups: ["groups", "memberofgroupnames", "group", "memberof"],
  nameIdIsUserName: true,
};

/** NameID is `saml_subject`, whatever it is mapped to; the attributes have the names that the administrator types. */
export function readIdentity(profile: SamlProfile): Identity {
  return readIdentityBy(NAMES, profile);
}
