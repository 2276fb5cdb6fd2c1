/**
 * The plugin contract: one identity provider's dialect, brought to RFC form at the door.
 *
 * A plugin is a value: a factory returns a plain object. Every part but `id` and `title` is optional, pure and
 * synchronous; a plugin gets no database, no clock and no secrets.
 */

export type JsonValue =
  string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A SCIM request as a plugin sees it: after the JSON was read, before anything was validated. */
export interface ScimRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** "Users", "Groups" or "GroupMemberships"; "" for a list of all types. */
  readonly resource: string;
  /** The resource's id where the address names one. */
  readonly id?: string;
  /** Decoded query parameters; of a repeated one, the first. */
  readonly query: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

/** What `repair` did, for the log and the admin: "active \"False\" -> false". Empty when nothing was odd. */
export interface Repaired {
  /** The same reference as was passed in when nothing was odd. */
  readonly request: ScimRequest;
  readonly adjusted: readonly string[];
}

/** What a verified assertion says; every value comes from signed bytes. */
export interface SamlProfile {
  readonly nameId: string;
  readonly nameIdFormat: string | undefined;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** The person in an assertion, in our words. Absent means unknown, never "none". */
export interface Identity {
  readonly userName: string;
  readonly email?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly displayName?: string;
  /** Names or ids of groups as the provider sends them; absent when the assertion says nothing about groups. */
  readonly groups?: readonly string[];
  /** What SCIM calls `externalId`: an identifier that never changes. */
  readonly externalId?: string;
  /** The userName is the e-mail address, because nothing else in the assertion is a name. */
  readonly isNamedByAddress?: boolean;
}

/** Which liberties a connection of this plugin allows beyond the RFC (docs/plugins.md). */
export interface Leniency {
  /** A value path that matches nothing creates the element instead of answering noTarget. */
  readonly createOnMissingTarget: boolean;
  /** `""` and `null` mean "clear this attribute". */
  readonly emptyMeansClear: boolean;
  /** Unknown attributes are ignored instead of refused. */
  readonly ignoreUnknownAttributes: boolean;
  /** A PATCH, a bulk request or the body of a resource may come without `schemas`. */
  readonly missingSchemas: boolean;
  /** `"True"` and `"false"` are booleans where a boolean is expected. */
  readonly textBooleans: boolean;
  /** A filter value without quotes is read as a string. */
  readonly unquotedFilterValues: boolean;
  /** A patch operation may do without a path: the keys of its value are the paths. */
  readonly pathlessPatch: boolean;
  /** A `replace` of a whole complex attribute leaves the parts that it does not name (RFC 7644 §3.5.2.3). */
  readonly partialReplace: boolean;
  /** Members that no user of the connection answers to are passed over instead of refusing the whole request. */
  readonly ignoreUnknownMembers: boolean;
  /** `display` of a member stays as the client gave it (RFC 7643 §2.4: immutable); otherwise it is the user's name. */
  readonly keepMemberDisplay: boolean;
  /** A group with the externalId and displayName of another one is taken for the same request sent again: 409. */
  readonly refuseRepeatedGroups: boolean;
}

export interface SetupStep {
  readonly title: string;
  readonly text: string;
}

export interface Plugin {
  /** Lower-case letters, digits and hyphens; also the folder name. */
  readonly id: string;
  /** The name an administrator knows: "Okta". */
  readonly title: string;
  readonly leniency?: Partial<Leniency>;
  readonly repair?: (request: ScimRequest) => Repaired;
  /** Last touch on a response body for providers that cannot read the RFC form. Same reference when nothing changes. */
  readonly shape?: (body: JsonObject, request: ScimRequest) => JsonObject;
  readonly readIdentity?: (profile: SamlProfile) => Identity;
  /** PATCH of a user answers 200 with the user instead of 204 (RFC 7644 §3.5.2 allows both). */
  readonly showsPatchedUser?: boolean;
  /** Published in ServiceProviderConfig: the connection keeps to draft-zollner-scim-interop-profile. */
  readonly interopProfileConformant?: boolean;
  /**
   * ServiceProviderConfig tells of roles and entitlements, as draft-ietf-scim-roles-entitlements has it. RFC 7643 does not
   * know the attribute, and a client that holds to its schema refuses the whole document.
   */
  readonly announcesOffers?: boolean;
  /**
   * The URNs under which the provider looks for roles and entitlements; absent: those of
   * draft-ietf-scim-roles-entitlements.
   */
  readonly offerSchemas?: { readonly role: string; readonly entitlement: string };
  readonly setup?: {
    readonly steps: readonly SetupStep[];
    readonly nameIdFormat?: string;
    /** The provider's attribute or claim names beside ours, for the mapping table. */
    readonly attributes?: readonly { readonly theirs: string; readonly ours: string }[];
  };
}

const ID_PATTERN = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Checks a plugin when it is defined, so that a mistake is reported at start and not at the first request.
 * @throws TypeError naming the part at fault.
 */
export function definePlugin(plugin: Plugin): Plugin {
  if (!ID_PATTERN.test(plugin.id)) {
    throw new TypeError(`plugin id "${plugin.id}" must be lower-case letters, digits and hyphens`);
  }
  if (plugin.title.trim() === "") {
    throw new TypeError(`plugin "${plugin.id}" needs a title`);
  }
  for (const part of ["repair", "shape", "readIdentity"] as const) {
    if (plugin[part] !== undefined && typeof plugin[part] !== "function") {
      throw new TypeError(`plugin "${plugin.id}": ${part} must be a function`);
    }
  }
  return Object.freeze(plugin);
}
