import type { JsonObject, JsonValue } from "../plugin.js";
import type { AttributeDefinition, ResourceSchema, SchemaDefinition } from "./attribute.js";
import { listResponse } from "./messages.js";
import { ENTITLEMENT_TYPES } from "./offerSchemas.js";

/**
 * /ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7644 §4). Locations are built here: SCIMMY's base path is
 * one for the whole process, and ours is one for each connection.
 */

export interface Capabilities {
  readonly documentationUri?: string;
  readonly bulk: {
    readonly supported: boolean;
    readonly maxOperations: number;
    readonly maxPayloadSize: number;
  };
  /** Most resources on one page. */
  readonly maxResults: number;
  readonly sort: boolean;
  readonly etag: boolean;
  /** The connection keeps to draft-zollner-scim-interop-profile, and says so. */
  readonly interopProfileConformant?: boolean;
  /** Roles and entitlements stand in ServiceProviderConfig, too (docs/adr/0049). */
  readonly announcesOffers?: boolean;
  /** RFC 9865 §4. */
  readonly pagination: { readonly defaultPageSize: number; readonly cursorTimeout: number };
  /** Security events that are pushed (RFC 9967 §4); absent or empty when nobody receives them. */
  readonly eventUris?: readonly string[] | undefined;
}

export interface Discovery {
  readonly serviceProviderConfig: JsonObject;
  /** List responses. */
  readonly resourceTypes: JsonObject;
  readonly schemas: JsonObject;
  /** By name ("User"); by URN, letter case ignored. Undefined when there is none. */
  resourceType(name: string): JsonObject | undefined;
  schema(urn: string): JsonObject | undefined;
}

/** All documents of one connection. Build once per base URL and keep: nothing in them changes. */
export function discoveryOf(
  baseUrl: string,
  schemas: readonly ResourceSchema[],
  capabilities: Capabilities,
): Discovery {
  const types = schemas.map((each) => resourceTypeOf(each, baseUrl));
  const definitions = [...new Set(schemas.flatMap((each) => each.definitions))];
  const shown = capabilities.interopProfileConformant === true ? withTypes : undefined;
  const documents = definitions.map((each) => schemaOf(shown?.(each) ?? each, baseUrl));
  return {
    serviceProviderConfig: configOf(baseUrl, capabilities),
    resourceTypes: listOf(types),
    schemas: listOf(documents),
    resourceType: (name) => byId(types, name),
    schema: (urn) => byId(documents, urn),
  };
}

function listOf(resources: JsonObject[]): JsonObject {
  return listResponse({ totalResults: resources.length, startIndex: 1, resources });
}

function byId(resources: readonly JsonObject[], id: string): JsonObject | undefined {
  const wanted = id.toLowerCase();
  return resources.find(({ id: own }) => typeof own === "string" && own.toLowerCase() === wanted);
}

function resourceTypeOf(schema: ResourceSchema, baseUrl: string): JsonObject {
  const { resourceType, endpoint, id, extensions } = schema;
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: resourceType,
    name: resourceType,
    description: DESCRIPTIONS[resourceType],
    endpoint,
    schema: id,
    ...(extensions.length === 0
      ? {}
      : { schemaExtensions: extensions.map(({ name }) => ({ schema: name, required: false })) }),
    meta: {
      resourceType: "ResourceType",
      location: `${baseUrl}/ResourceTypes/${resourceType}`,
    },
  };
}

const DESCRIPTIONS = {
  User: "A person with an account.",
  Group: "A group of users, as the identity provider sends it.",
  GroupMembership: "The membership of one user in one group.",
  Role: "A role that can be assigned to users.",
  Entitlement: "A tier of a product that can be assigned to users.",
} as const;

const OTHER_TYPES = ["work", "home", "other"];

/**
 * The profile's "Canonical Values for Typed Attributes": every `type` publishes what it may be. RFC 7643 leaves those of
 * roles, entitlements and certificates open, and Entra reads an open one as "the primary value" (case 27), so that only
 * conformant connections see them.
 */
function withTypes(definition: SchemaDefinition): SchemaDefinition {
  return { ...definition, attributes: definition.attributes.map(withType) };
}

function withType(attribute: AttributeDefinition): AttributeDefinition {
  const { multiValued, subAttributes } = attribute;
  if (!multiValued || subAttributes === undefined) return attribute;
  return {
    ...attribute,
    subAttributes: subAttributes.map((each) =>
      each.name === "type" ? { canonicalValues: OTHER_TYPES, ...each } : each,
    ),
  };
}

/** RFC 7643 §2.2 has a default for letter case; clients on Ping's SDK read no schema that leaves it unsaid. */
function spelledOut(attribute: AttributeDefinition): AttributeDefinition {
  const { type, subAttributes } = attribute;
  return {
    caseExact: type === "binary",
    ...attribute,
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(spelledOut) }),
  };
}

function schemaOf(definition: SchemaDefinition, baseUrl: string): JsonObject {
  const { id, name, description, attributes } = definition;
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    id,
    name,
    description,
    // The definitions come from JSON and hold nothing else.
    attributes: attributes.map(spelledOut) as unknown as JsonValue,
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${id}` },
  };
}

/** draft-ietf-scim-roles-entitlements §5. */
const ROLES_AND_ENTITLEMENTS: JsonObject = {
  roles: {
    supported: true,
    multipleRolesSupported: true,
    primarySupported: true,
    typeSupported: true,
    types: ["role"],
  },
  entitlements: {
    supported: true,
    multipleEntitlementsSupported: true,
    primarySupported: true,
    typeSupported: true,
    types: [...ENTITLEMENT_TYPES],
  },
};

const AUTHENTICATION_SCHEMES: JsonValue = [
  {
    type: "oauthbearertoken",
    name: "OAuth Bearer Token",
    description: "The token of the connection in the Authorization header.",
    specUri: "https://www.rfc-editor.org/info/rfc6750",
    primary: true,
  },
  {
    type: "oauth2",
    name: "OAuth 2.0 Client Credentials",
    description:
      "A short-lived token from the connection's token endpoint, for a secret or a signed assertion.",
    specUri: "https://www.rfc-editor.org/info/rfc6749",
    primary: false,
  },
];

function configOf(baseUrl: string, capabilities: Capabilities): JsonObject {
  const {
    documentationUri,
    bulk,
    maxResults,
    sort,
    etag,
    pagination,
    eventUris = [],
    announcesOffers = false,
  } = capabilities;
  const isConformant = capabilities.interopProfileConformant === true;
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    ...(documentationUri === undefined ? {} : { documentationUri }),
    patch: { supported: true },
    bulk: { ...bulk },
    filter: { supported: true, maxResults },
    changePassword: { supported: false },
    sort: { supported: sort },
    etag: { supported: etag },
    ...(isConformant ? { interopProfileConformant: true } : {}),
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: Math.min(pagination.defaultPageSize, maxResults),
      maxPageSize: maxResults,
      cursorTimeout: pagination.cursorTimeout,
    },
    ...(announcesOffers ? { RolesAndEntitlements: ROLES_AND_ENTITLEMENTS } : {}),
    ...(eventUris.length === 0
      ? {}
      : { securityEvents: { asyncRequest: "none", eventUris: [...eventUris] } }),
    authenticationSchemes: AUTHENTICATION_SCHEMES,
    meta: {
      resourceType: "ServiceProviderConfig",
      location: `${baseUrl}/ServiceProviderConfig`,
    },
  };
}
