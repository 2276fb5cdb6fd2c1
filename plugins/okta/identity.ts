import type { Identity, SamlProfile } from "../../src/plugin.js";

/**
 * Okta sends what the administrator typed into "Attribute Statements"; setup.ts says which names to type. NameID is
 * the application user name.
 */
export function readIdentity({ nameId, attributes }: SamlProfile): Identity {
  const first = (...names: string[]): string | undefined =>
    names.map((name) => attributes.get(name)?.find((value) => value !== "")).find(Boolean);
  const groups = attributes.get("groups");

  return withoutAbsent({
    userName: first("userName", "login") ?? nameId,
    externalId: first("externalId"),
    email: first("email", "mail") ?? (nameId.includes("@") ? nameId : undefined),
    givenName: first("firstName", "givenName"),
    familyName: first("lastName", "familyName", "sn"),
    displayName: first("displayName"),
    // Absent: no group attribute statement, so nothing is known. Okta leaves it out too when no group fits the filter.
    groups: groups?.filter((name) => name !== ""),
  });
}

type Draft = { [Key in keyof Identity]: Identity[Key] | undefined } & { userName: string };

function withoutAbsent(draft: Draft): Identity {
  const present = Object.entries(draft).filter(([, value]) => value !== undefined);
  return { userName: draft.userName, ...Object.fromEntries(present) };
}
