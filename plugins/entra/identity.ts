import type { Identity, SamlProfile } from "../../src/plugin.js";

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com";

/** The claims of the default set, by the names that Entra gives them. */
const CLAIM = {
  name: `${CLAIMS}/name`,
  upn: `${CLAIMS}/upn`,
  email: `${CLAIMS}/emailaddress`,
  givenName: `${CLAIMS}/givenname`,
  familyName: `${CLAIMS}/surname`,
  displayName: `${MICROSOFT}/identity/claims/displayname`,
  objectId: `${MICROSOFT}/identity/claims/objectidentifier`,
  groups: `${MICROSOFT}/ws/2008/06/identity/claims/groups`,
  /** In place of the groups when there are more than 150. */
  groupsLink: `${MICROSOFT}/claims/groups.link`,
} as const;

/** userName is the user principal name, as in the default SCIM mapping; NameID is that too unless it was changed. */
export function readIdentity({ nameId, attributes }: SamlProfile): Identity {
  const first = (name: string): string | undefined =>
    attributes.get(name)?.find((value) => value !== "");
  const principalName = nameId.includes("@") ? nameId : (first(CLAIM.name) ?? first(CLAIM.upn));
  const groups = attributes.has(CLAIM.groupsLink) ? undefined : attributes.get(CLAIM.groups);

  const address = first(CLAIM.email);

  return withoutAbsent({
    userName: principalName ?? address ?? nameId,
    isNamedByAddress: principalName === undefined && address !== undefined ? true : undefined,
    externalId: first(CLAIM.objectId),
    email: first(CLAIM.email),
    givenName: first(CLAIM.givenName),
    familyName: first(CLAIM.familyName),
    displayName: first(CLAIM.displayName),
    groups: groups?.filter((id) => id !== ""),
  });
}

type Draft = { [Key in keyof Identity]: Identity[Key] | undefined } & { userName: string };

function withoutAbsent(draft: Draft): Identity {
  const present = Object.entries(draft).filter(([, value]) => value !== undefined);
  return { userName: draft.userName, ...Object.fromEntries(present) };
}
