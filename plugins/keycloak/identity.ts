import { readIdentityBy, type ClaimNames } from "../../src/identity.js";
import type { Identity, SamlProfile } from "../../src/plugin.js";

const NAMES: ClaimNames = {
  userName: ["username"],
  email: ["email", "urn:oid:1.2.840.113549.1.9.1", "mail"],
  givenName: ["firstname", "givenname", "urn:oid:2.5.4.42"],
  familyName: ["lastname", "surname", "urn:oid:2.5.4.4"],
  displayName: ["displayname", "name"],
  groups: ["groups", "member", "memberof"],
  nameIdIsUserName: true,
};

/** The built-in mappers of a SAML client: X.500 names, or the plain names of the set-up guide. Group paths begin with a slash; that of a group at the top is its name. */
export function readIdentity(profile: SamlProfile): Identity {
  const identity = readIdentityBy(NAMES, profile);
  return identity.groups === undefined
    ? identity
    : { ...identity, groups: identity.groups.map(withoutRoot) };
}

function withoutRoot(path: string): string {
  return path.lastIndexOf("/") === 0 ? path.slice(1) : path;
}
