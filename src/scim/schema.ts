import { COMMON_ATTRIBUTES } from "./definitions.js";
import { ENTERPRISE_DEFINITION, GROUP_DEFINITION, USER_DEFINITION } from "./definitions.js";
import type {
  Attribute,
  AttributeDefinition,
  AttributeTable,
  ResourceSchema,
  ResourceTypeName,
  Returned,
  SchemaDefinition,
  Selection,
} from "./attribute.js";
import type { Catalogue, Extension } from "../domain/catalogue.js";
import type { AttributeRef } from "../ports.js";
import { definitionOf } from "./extensions.js";
import { SEAT_DEFINITION } from "./seatExtension.js";

/**
 * Compiles schema definitions (data) into tables for reading, once at start. A vendor's own extension is one more
 * definition in `extensions`; nothing else changes.
 */

export interface ResourceDefinition {
  readonly resourceType: ResourceTypeName;
  readonly endpoint: string;
  readonly core: SchemaDefinition;
  readonly extensions: readonly SchemaDefinition[];
}

/** @throws TypeError for a definition that cannot be used. */
export function compileSchema(resource: ResourceDefinition): ResourceSchema {
  const own = [...COMMON_ATTRIBUTES, ...resource.core.attributes].map((each) =>
    compileAttribute(each, null),
  );
  const extensions = resource.extensions.map(compileExtension);
  if (resource.resourceType === "Group") {
    extensions.forEach(refuseParts);
  }
  const attributes = tableOf([...own, ...extensions], resource.core.id);
  return {
    resourceType: resource.resourceType,
    endpoint: resource.endpoint,
    id: resource.core.id,
    attributes,
    extensions,
    requiredNames: own.filter((each) => each.required).map((each) => each.name),
    immutable: immutableIn(attributes),
    withheld: select(attributes, (returned) => returned === "request" || returned === "never"),
    always: select(attributes, (returned) => returned === "always") ?? new Map(),
    definitions: [
      publish(resource.core, resource.resourceType === "User" || resource.resourceType === "Group"),
      ...resource.extensions.map((each) => publish(each, false)),
    ],
  };
}

/** A change of a group must be told without reading the group (groupPatch.ts), which a list or merge does not allow. */
function refuseParts(extension: Attribute): void {
  for (const each of attributesOf(extension.subAttributes ?? new Map())) {
    if (each.multiValued || each.subAttributes !== null) {
      throw new TypeError(`${each.path}: an extension of Group can have simple attributes only`);
    }
  }
}

/** Where an attribute sits: its parent's names, and the step that is a list. */
type Parent = Pick<Attribute, "path" | "ref" | "isExtension" | "isComputed">;

function compileAttribute(definition: AttributeDefinition, parent: Parent | null): Attribute {
  const { name, type, multiValued } = definition;
  const ref = refOf(definition, parent);
  const path = pathOf(name, parent);
  const isComputed = parent?.isComputed ?? false;
  const children = (definition.subAttributes ?? []).map((each) =>
    compileAttribute(each, { path, ref, isExtension: false, isComputed }),
  );
  return {
    name,
    path,
    type,
    multiValued,
    required: definition.required,
    mutability: definition.mutability,
    returned: definition.returned,
    isExtension: false,
    isStored: definition.mutability !== "readOnly" && definition.returned !== "never",
    isComputed,
    subAttributes: type === "complex" ? tableOf(children, path) : null,
    requiredNames: children.filter((each) => each.required).map((each) => each.name),
    ref,
    elementRef: { names: [name], type, caseExact: ref.caseExact },
  };
}

function compileExtension(definition: SchemaDefinition): Attribute {
  const ref: AttributeRef = { names: [definition.id], type: "complex", caseExact: false };
  const isComputed = definition.attributes.every(({ mutability }) => mutability === "readOnly");
  const children = definition.attributes.map((each) =>
    compileAttribute(each, { path: definition.id, ref, isExtension: true, isComputed }),
  );
  return {
    name: definition.id,
    path: definition.id,
    type: "complex",
    multiValued: false,
    required: false,
    mutability: isComputed ? "readOnly" : "readWrite",
    returned: "default",
    isExtension: true,
    isStored: !isComputed,
    isComputed,
    subAttributes: tableOf(children, definition.id),
    requiredNames: children.filter((each) => each.required).map((each) => each.name),
    ref,
    elementRef: ref,
  };
}

function pathOf(name: string, parent: Parent | null): string {
  if (parent === null) {
    return name;
  }
  return `${parent.path}${parent.isExtension ? ":" : "."}${name}`;
}

function refOf(definition: AttributeDefinition, parent: Parent | null): AttributeRef {
  const names = [...(parent?.ref.names ?? []), definition.name];
  const listAt =
    parent?.ref.multiValuedAt ?? (definition.multiValued ? names.length - 1 : undefined);
  return {
    names,
    type: definition.type,
    caseExact: definition.caseExact ?? definition.type === "binary",
    ...(listAt === undefined ? {} : { multiValuedAt: listAt }),
  };
}

function tableOf(attributes: readonly Attribute[], owner: string): AttributeTable {
  const table = new Map<string, Attribute>();
  for (const attribute of attributes) {
    const folded = attribute.name.toLowerCase();
    if (table.has(folded)) {
      throw new TypeError(`schema "${owner}" names "${attribute.name}" twice`);
    }
    // A name such as "constructor" would meet the prototype of every document.
    if (attribute.name in Object.prototype) {
      throw new TypeError(`schema "${owner}" must not name an attribute "${attribute.name}"`);
    }
    table.set(attribute.name, attribute);
    table.set(folded, attribute);
  }
  return table;
}

/** Each attribute of the table once. */
export function attributesOf(table: AttributeTable): Attribute[] {
  return [...new Set(table.values())];
}

function immutableIn(table: AttributeTable): Attribute[] {
  return attributesOf(table).flatMap((each) => {
    if (each.mutability === "immutable") {
      return [each];
    }
    return each.multiValued || each.subAttributes === null ? [] : immutableIn(each.subAttributes);
  });
}

function select(table: AttributeTable, wanted: (returned: Returned) => boolean): Selection | null {
  const selection = new Map<string, Selection | null>();
  for (const attribute of attributesOf(table)) {
    const below = attribute.subAttributes === null ? null : select(attribute.subAttributes, wanted);
    if (wanted(attribute.returned)) {
      selection.set(attribute.name, null);
    } else if (below !== null) {
      selection.set(attribute.name, below);
    }
  }
  return selection.size === 0 ? null : selection;
}

/**
 * The form for /Schemas. `externalId` is listed although it belongs to every resource (allowed by RFC 7643 §3.1),
 * because Entra finds no attribute that is not listed (case 27); a password is accepted and dropped, so it is not.
 */
function publish(definition: SchemaDefinition, hasExternalId: boolean): SchemaDefinition {
  const offered = definition.attributes.filter((each) => each.mutability !== "writeOnly");
  if (!hasExternalId) {
    return { ...definition, attributes: offered };
  }
  const externalId = COMMON_ATTRIBUTES.filter((each) => each.name === "externalId");
  return {
    ...definition,
    attributes: [
      ...externalId.map((each) => ({
        ...each,
        description: "The identifier of this resource at the identity provider.",
        uniqueness: "none",
      })),
      ...offered,
    ],
  };
}

export interface Schemas {
  readonly user: ResourceSchema;
  readonly group: ResourceSchema;
}

/** The schemas of the RFC with the vendor's own extensions; compiled once, at the start. */
export function schemasFor({ extensions = [] }: Pick<Catalogue, "extensions">): Schemas {
  const of = (resource: Extension["resource"]): SchemaDefinition[] =>
    extensions.filter((each) => each.resource === resource).map(definitionOf);
  return {
    user: compileSchema({
      resourceType: "User",
      endpoint: "/Users",
      core: USER_DEFINITION,
      extensions: [ENTERPRISE_DEFINITION, ...of("User"), SEAT_DEFINITION],
    }),
    group: compileSchema({
      resourceType: "Group",
      endpoint: "/Groups",
      core: GROUP_DEFINITION,
      extensions: of("Group"),
    }),
  };
}

/** Without anybody's extensions. */
export const { user: userSchema, group: groupSchema } = schemasFor({});
