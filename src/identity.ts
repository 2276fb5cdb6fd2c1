import { SeatkeeperError } from "./errors.js";
import type { Identity, SamlProfile } from "./plugin.js";

/** Attribute names in order of preference, in lower case. */
export interface ClaimNames {
  readonly userName: readonly string[];
  readonly email: readonly string[];
  readonly givenName: readonly string[];
  readonly familyName: readonly string[];
  readonly displayName: readonly string[];
  readonly groups: readonly string[];
  readonly externalId?: readonly string[];
  /** A NameID that is no address is a user name too, unless its format says that it is an opaque key. */
  readonly nameIdIsUserName?: boolean;
}

/**
 * The person in an assertion, for plugins that do not read it themselves. Knows the attribute names that most
 * providers use: plain ones, LDAP's object identifiers (SAML V2.0 X.500/LDAP attribute profile) and WS-Federation's.
 */
export function readIdentity(profile: SamlProfile): Identity {
  return readIdentityBy(USUAL_NAMES, profile);
}

/** The same for a provider whose names are known. */
export function readIdentityBy(names: ClaimNames, profile: SamlProfile): Identity {
  const attributes = foldNames(profile.attributes);
  const first = (each: readonly string[]): string | undefined =>
    each.map((name) => attributes.get(name)?.find((value) => value !== "")).find(Boolean);
  const all = (each: readonly string[]): readonly string[] | undefined =>
    each.map((name) => attributes.get(name)).find((values) => values !== undefined);
  const email = first(names.email) ?? (isEmail(profile.nameId) ? profile.nameId : undefined);
  const isOverfull = GROUPS_LINKS.some((name) => attributes.has(name));
  const named = first(names.userName);
  const userName = userNameOf(profile, named ?? email, names.nameIdIsUserName === true);

  return withoutAbsent({
    userName,
    isNamedByAddress:
      named === undefined && userName !== profile.nameId && userName === email ? true : undefined,
    externalId: first(names.externalId ?? EXTERNAL_ID),
    email,
    givenName: first(names.givenName),
    familyName: first(names.familyName),
    displayName: first(names.displayName),
    groups: isOverfull ? undefined : all(names.groups)?.filter((value) => value !== ""),
  });
}

/** In place of the groups, when there are more than the provider sends: then nothing is known of them. */
const GROUPS_LINKS = [
  "http://schemas.microsoft.com/claims/groups.link",
  "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups.link",
];
const EXTERNAL_ID = ["externalid"];
/** Of AD FS, whose claims have names of three generations. */
const ADFS = "http://schemas.xmlsoap.org/claims";

const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

const USUAL_NAMES: ClaimNames = {
  userName: [
    "username",
    "uid",
    "urn:oid:0.9.2342.19200300.100.1.1",
    `${WS}/upn`,
    `${ADFS}/upn`,
    "login",
  ],
  email: [
    "email",
    "mail",
    "emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    `${WS}/emailaddress`,
    `${ADFS}/emailaddress`,
  ],
  givenName: ["givenname", "firstname", "first_name", "urn:oid:2.5.4.42", `${WS}/givenname`],
  familyName: [
    "familyname",
    "lastname",
    "last_name",
    "surname",
    "sn",
    "urn:oid:2.5.4.4",
    `${WS}/surname`,
  ],
  displayName: [
    "displayname",
    "name",
    "cn",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "urn:oid:2.5.4.3",
    `${ADFS}/commonname`,
    `${WS}/name`,
  ],
  groups: [
    "groups",
    "group",
    "memberof",
    "ismemberof",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
    `${ADFS}/group`,
  ],
};

const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/**
 * A NameID that is an address is the name under which the person signs in; any other may be an opaque key, so that an
 * attribute says more. A transient NameID is a new one each time and can never be anybody's name.
 */
function userNameOf(
  { nameId, nameIdFormat }: SamlProfile,
  named: string | undefined,
  nameIdIsUserName: boolean,
): string {
  const isTransient = nameIdFormat === TRANSIENT;
  const isName = nameIdIsUserName && nameIdFormat !== PERSISTENT && nameId.trim() !== "";
  if ((isEmail(nameId) || isName) && !isTransient) {
    return nameId;
  }
  if (named !== undefined) {
    return named;
  }
  if (isTransient || nameId.trim() === "") {
    throw new SeatkeeperError("SignInFailed", {
      detail:
        "the assertion names nobody: NameID is empty or transient, and no attribute has a user name",
    });
  }
  return nameId;
}

/** One @ with something on both sides. */
function isEmail(text: string): boolean {
  const at = text.indexOf("@");
  return at > 0 && at === text.lastIndexOf("@") && at < text.length - 1 && !/\s/.test(text);
}

/** Providers let administrators type these names. */
function foldNames(attributes: SamlProfile["attributes"]): ReadonlyMap<string, readonly string[]> {
  return new Map([...attributes].map(([name, values]) => [name.trim().toLowerCase(), values]));
}

type Draft = { [Key in keyof Identity]: Identity[Key] | undefined } & { userName: string };

function withoutAbsent(draft: Draft): Identity {
  const present = Object.entries(draft).filter(([, value]) => value !== undefined);
  return { userName: draft.userName, ...Object.fromEntries(present) };
}
