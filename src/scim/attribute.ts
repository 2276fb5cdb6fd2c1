import type { AttributeRef } from "../ports.js";

/**
 * The shape of a schema, twice: as data (RFC 7643 §7, what /Schemas publishes) and compiled for reading.
 */

export type AttributeType = AttributeRef["type"];
export type Mutability = "readOnly" | "readWrite" | "immutable" | "writeOnly";
export type Returned = "always" | "never" | "default" | "request";

/** RFC 7643 §7, one attribute as a client sees it. */
export interface AttributeDefinition {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description?: string;
  readonly required: boolean;
  readonly caseExact?: boolean;
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness?: string;
  readonly subAttributes?: readonly AttributeDefinition[];
}

/** RFC 7643 §7, one schema: of a resource type or of an extension. */
export interface SchemaDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly AttributeDefinition[];
}

/** One compiled attribute. An extension is a complex attribute whose name is its URN. */
export interface Attribute {
  /** Canonical. */
  readonly name: string;
  /** As people write it: "emails.value", "urn:...:User:department". Used in error sentences. */
  readonly path: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly isExtension: boolean;
  /**
   * Whether a client's value is kept: read-only attributes are ignored (RFC 7644 §3.3, §3.5.1), and one that is never
   * returned is a secret.
   */
  readonly isStored: boolean;
  /** Worked out for the answer and stored nowhere: it is neither kept nor searched. */
  readonly isComputed: boolean;
  /** Null unless the type is complex. */
  readonly subAttributes: AttributeTable | null;
  /** Sub-attributes that an instance must have. */
  readonly requiredNames: readonly string[];
  /** From the resource's root. */
  readonly ref: AttributeRef;
  /** From one element of the multi-valued parent. */
  readonly elementRef: AttributeRef;
}

/** By canonical name and by lower-case name, so that the usual spelling costs one look-up. */
export type AttributeTable = ReadonlyMap<string, Attribute>;

/** RFC 7643 §2.1: attribute names are case-insensitive. */
export function findAttribute(table: AttributeTable, name: string): Attribute | undefined {
  return table.get(name) ?? table.get(name.toLowerCase());
}

export type ResourceTypeName = "User" | "Group" | "GroupMembership" | "Role" | "Entitlement";

/** Everything about one resource type. */
export interface ResourceSchema {
  readonly resourceType: ResourceTypeName;
  /** "/Users" */
  readonly endpoint: string;
  /** URN of the core schema. */
  readonly id: string;
  /** Core and common attributes (RFC 7643 §3.1), and each extension under its URN. */
  readonly attributes: AttributeTable;
  readonly extensions: readonly Attribute[];
  /** Attributes that every resource has: userName; displayName of a group. */
  readonly requiredNames: readonly string[];
  /** Attributes outside of lists that may be given once and never changed. */
  readonly immutable: readonly Attribute[];
  /** Never given unless asked for by name: `returned` is "request" or "never". */
  readonly withheld: Selection | null;
  /** Given whatever the client asks for: `returned` is "always". */
  readonly always: Selection;
  /** What /Schemas publishes: the core definition first. */
  readonly definitions: readonly SchemaDefinition[];
}

/** A set of attributes and sub-attributes; null stands for the whole attribute. */
export type Selection = ReadonlyMap<string, Selection | null>;
