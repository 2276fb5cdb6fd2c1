import SCIMMY from "scimmy";
import type { AttributeDefinition, AttributeType, SchemaDefinition } from "./attribute.js";

/**
 * The schemas of RFC 7643 as plain data, taken from SCIMMY's definitions and never written back: SCIMMY keeps its
 * state for the whole process.
 */

export const USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** RFC 7643 §3.1: these belong to every resource and to no schema. */
export const COMMON_ATTRIBUTES: readonly AttributeDefinition[] = [
  common("schemas", "reference", { multiValued: true, returned: "always", mutability: "readOnly" }),
  common("id", "string", { returned: "always", mutability: "readOnly" }),
  common("externalId", "string", {}),
  common("meta", "complex", {
    mutability: "readOnly",
    subAttributes: [
      common("resourceType", "string", { mutability: "readOnly" }),
      common("created", "dateTime", { mutability: "readOnly" }),
      common("lastModified", "dateTime", { mutability: "readOnly" }),
      common("location", "reference", { mutability: "readOnly" }),
      common("version", "string", { mutability: "readOnly" }),
    ],
  }),
];

function common(
  name: string,
  type: AttributeDefinition["type"],
  overrides: Partial<AttributeDefinition>,
): AttributeDefinition {
  const caseExact = type === "string" || type === "reference" ? { caseExact: true } : {};
  return {
    name,
    type,
    multiValued: false,
    required: false,
    ...caseExact,
    mutability: "readWrite",
    returned: "default",
    ...overrides,
  };
}

/** An attribute that only we write. */
export function readOnly(
  name: string,
  type: AttributeType,
  description: string,
  more: Partial<AttributeDefinition> = {},
): AttributeDefinition {
  return {
    name,
    type,
    multiValued: false,
    description,
    required: false,
    ...(type === "string" ? { caseExact: true } : {}),
    mutability: "readOnly",
    returned: "default",
    uniqueness: "none",
    ...more,
  };
}

/** Ids compare exactly (RFC 7643 §3.1), also where another resource refers to one. */
const ID_REFERENCES = new Set(["groups.value", "members.value", "manager.value"]);

interface Described {
  describe(): unknown;
}

function readDefinition(source: Described): SchemaDefinition {
  const plain: unknown = JSON.parse(JSON.stringify(source.describe()));
  const { id, name, description, attributes } = plain as SchemaDefinition;
  return { id, name, description, attributes: attributes.map((each) => tidy(each, "")) };
}

/**
 * What the RFC leaves to the server: groups have users in them and no groups, so no client may learn from /Schemas that
 * it can nest them.
 */
const ONLY_USERS: Readonly<Record<string, Partial<AttributeDefinition>>> = {
  "members.$ref": { referenceTypes: ["User"] },
  "members.type": { canonicalValues: ["User"] },
  "groups.type": { canonicalValues: ["direct"] },
};

/** An empty `canonicalValues` says nothing; leaving it out lets a client fall back to "primary" (case 27). */
function tidy(attribute: AttributeDefinition, parent: string): AttributeDefinition {
  const path = parent === "" ? attribute.name : `${parent}.${attribute.name}`;
  const { canonicalValues, subAttributes, ...rest } = { ...attribute, ...ONLY_USERS[path] };
  return {
    ...rest,
    ...(ID_REFERENCES.has(path) ? { caseExact: true } : {}),
    ...(canonicalValues !== undefined && canonicalValues.length > 0 ? { canonicalValues } : {}),
    ...(subAttributes === undefined
      ? {}
      : { subAttributes: subAttributes.map((each) => tidy(each, path)) }),
  };
}

export const USER_DEFINITION: SchemaDefinition = readDefinition(SCIMMY.Schemas.User.definition);
export const GROUP_DEFINITION: SchemaDefinition = readDefinition(SCIMMY.Schemas.Group.definition);
export const ENTERPRISE_DEFINITION: SchemaDefinition = readDefinition(
  SCIMMY.Schemas.EnterpriseUser.definition,
);
