import type { Offer } from "../domain/people/offers.js";
import type { JsonObject, Plugin } from "../plugin.js";
import type {
  AttributeDefinition,
  AttributeType,
  ResourceSchema,
  SchemaDefinition,
} from "./attribute.js";
import { readOnly } from "./definitions.js";
import { compileSchema } from "./schema.js";

/** The schemas of roles and entitlements (draft-ietf-scim-roles-entitlements-01). */

export interface OfferSchemas {
  readonly role: ResourceSchema;
  readonly entitlement: ResourceSchema;
}

const OF_THE_DRAFT = {
  role: "urn:ietf:params:scim:schemas:core:2.0:Role",
  entitlement: "urn:ietf:params:scim:schemas:core:2.0:Entitlement",
};

const compiled = new WeakMap<Plugin, OfferSchemas>();

/** Under the names that the connection's provider knows; compiled once for each plugin. */
export function offerSchemasOf(plugin: Plugin): OfferSchemas {
  const known = compiled.get(plugin);
  if (known !== undefined) return known;
  const urns = plugin.offerSchemas ?? OF_THE_DRAFT;
  // A provider with names of its own reads `displayName` (case 45).
  const ownNames = plugin.offerSchemas !== undefined;
  const schemas = {
    role: compileSchema({
      resourceType: "Role",
      endpoint: "/Roles",
      core: definitionOf(urns.role, "Role", ["role"], ownNames),
      extensions: [],
    }),
    entitlement: compileSchema({
      resourceType: "Entitlement",
      endpoint: "/Entitlements",
      core: definitionOf(urns.entitlement, "Entitlement", ENTITLEMENT_TYPES, ownNames),
      extensions: [],
    }),
  };
  compiled.set(plugin, schemas);
  return schemas;
}

export const ENTITLEMENT_TYPES: readonly Offer["type"][] = ["tier", "addOn"];

function definitionOf(
  id: string,
  name: "Role" | "Entitlement",
  types: readonly string[],
  ownNames: boolean,
): SchemaDefinition {
  const noun = name.toLowerCase();
  return {
    id,
    name,
    description: `A ${noun} that can be assigned to users.`,
    attributes: [
      attribute("value", "string", `What the ${noun}s of a user name.`, { required: true }),
      attribute("display", "string", "The name for people."),
      ...(ownNames ? [attribute("displayName", "string", "The name for people.")] : []),
      attribute("type", "string", `What kind of ${noun} it is.`, { canonicalValues: types }),
      attribute("description", "string", "What it is, in a sentence."),
      attribute("supported", "boolean", "Whether assigning it gives anything here.", {
        required: true,
      }),
      attribute("limitedAssignmentsPermitted", "boolean", "Whether seats are limited."),
      attribute("totalAssignmentsPermitted", "integer", "Seats of the pools that can serve it."),
      attribute("totalAssignmentsUsed", "integer", "How many of these seats are taken."),
      attribute("contains", "string", `Values of the ${noun}s that it includes.`, {
        multiValued: true,
      }),
      attribute("containedBy", "string", `Values of the ${noun}s that include it.`, {
        multiValued: true,
      }),
    ],
  };
}

function attribute(
  name: string,
  type: AttributeType,
  description: string,
  more: Partial<AttributeDefinition> = {},
): AttributeDefinition {
  const isExact = name === "value" || name.startsWith("contain");
  return readOnly(name, type, description, {
    ...(type === "string" ? { caseExact: isExact } : {}),
    ...more,
  });
}

/** The id is the value: what a provider assigns is what it found. */
export function offerResource(schema: ResourceSchema, offer: Offer, baseUrl: string): JsonObject {
  const { value, title, type, description, supported, contains, containedBy, seats } = offer;
  return {
    schemas: [schema.id],
    id: value,
    value,
    display: title,
    ...(schema.attributes.has("displayName") ? { displayName: title } : {}),
    type,
    description,
    supported,
    limitedAssignmentsPermitted: seats !== null,
    ...(seats === null
      ? {}
      : { totalAssignmentsPermitted: seats.permitted, totalAssignmentsUsed: seats.used }),
    ...(contains.length === 0 ? {} : { contains: [...contains] }),
    ...(containedBy.length === 0 ? {} : { containedBy: [...containedBy] }),
    meta: {
      resourceType: schema.resourceType,
      location: `${baseUrl}${schema.endpoint}/${encodeURIComponent(value)}`,
    },
  };
}
