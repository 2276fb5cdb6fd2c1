import type { AttributeDefinition, ResourceSchema, SchemaDefinition } from "./attribute.js";
import { compileSchema } from "./schema.js";

/** One membership as a resource of its own (draft-zollner-scim-group-members, section 2). */
export const MEMBERSHIP_URN = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";

const DEFINITION: SchemaDefinition = {
  id: MEMBERSHIP_URN,
  name: "Group Membership",
  description: "The membership of one user in one group.",
  attributes: [
    end("group", "Group", "The group that has the member."),
    end("member", "User", "The member of the group."),
  ],
};

function end(name: string, type: "User" | "Group", description: string): AttributeDefinition {
  const common = { multiValued: false, returned: "default" } as const;
  const given = { ...common, required: true, mutability: "immutable" } as const;
  const made = { ...common, required: false, mutability: "readOnly" } as const;
  const subAttributes: AttributeDefinition[] = [
    {
      ...given,
      name: "value",
      type: "string",
      caseExact: true,
      description: `The id of the ${name}.`,
    },
    {
      ...made,
      name: "$ref",
      type: "reference",
      referenceTypes: [type],
      description: `The address of the ${name}.`,
    },
    {
      ...made,
      name: "display",
      type: "string",
      caseExact: false,
      description: `The displayName of the ${name}.`,
    },
  ];
  const kind: AttributeDefinition = {
    ...made,
    name: "type",
    type: "string",
    caseExact: false,
    canonicalValues: ["User"],
    description: "The resource type of the member.",
  };
  return {
    ...given,
    name,
    type: "complex",
    description,
    subAttributes: type === "User" ? [...subAttributes, kind] : subAttributes,
  };
}

/** Memberships have nothing that a provider could name by an id of its own. */
export const membershipSchema: ResourceSchema = {
  ...compileSchema({
    resourceType: "GroupMembership",
    endpoint: "/GroupMemberships",
    core: DEFINITION,
    extensions: [],
  }),
  definitions: [DEFINITION],
};
