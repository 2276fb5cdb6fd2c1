import type { JsonValue } from "../plugin.js";

/**
 * What the vendor sells, as data: products with their tiers and add-ons, and the roles, permissions and settings that
 * demand capabilities. Read from config/ and checked there; the domain trusts it.
 */

export interface Tier {
  readonly id: string;
  readonly title: string;
  /** Higher is more. Unique within the product. */
  readonly rank: number;
  readonly capabilities: readonly string[];
  /** Numeric demands that the tier satisfies, e.g. { skills: 1 }. A limit that is not named is unlimited. */
  readonly limits: Readonly<Record<string, number>>;
  /** Integer minor units per month. */
  readonly pricePerMonth: number;
}

/** Capabilities on top of a base tier, at a price. */
export interface AddOn {
  readonly id: string;
  readonly title: string;
  readonly capabilities: readonly string[];
  readonly availableOn: readonly string[];
  readonly pricePerMonth: number;
}

export interface Product {
  readonly id: string;
  readonly title: string;
  /** In order of rank. */
  readonly tiers: readonly Tier[];
  readonly addOns: readonly AddOn[];
  /** Every active user needs a seat (rule 26), not only those with a claim. */
  readonly everyone: boolean;
  /** What anybody may do without a seat (rules 75 to 92); never forces a tier. */
  readonly freeCapabilities: readonly string[];
  /** Roles whose holders need no seat of this product (Q15). */
  readonly exemptRoles: readonly string[];
}

/** A demand: product capabilities, by product id. */
export type Demands = Readonly<Record<string, readonly string[]>>;

export interface Permission {
  readonly id: string;
  readonly title: string;
  readonly requires: Demands;
}

export interface Role {
  readonly id: string;
  readonly title: string;
  readonly permissions: readonly string[];
  /** Demanded by the role itself, beside its permissions (Q8 `roleIsRequirement`). */
  readonly requires: Demands;
}

/** A setting of a user. A number counts against the limit of the same name; true or a listed value demands capabilities. */
export interface Setting {
  readonly id: string;
  readonly title: string;
  readonly type: "boolean" | "number" | "choice";
  readonly default: JsonValue;
  /** boolean: demanded when true. choice: by value. */
  readonly requires: Demands;
  readonly choices: Readonly<Record<string, Demands>>;
  /** number: the product limits it counts against, e.g. { support: "skills" }. */
  readonly limits: Readonly<Record<string, string>>;
}

/** One attribute of an extension (RFC 7643 §7), with everything said that has a default. */
export interface ExtensionAttribute {
  readonly name: string;
  readonly type:
    "string" | "boolean" | "integer" | "decimal" | "dateTime" | "reference" | "binary" | "complex";
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  /** Offered to whoever maps attributes; other values are taken, too. */
  readonly canonicalValues: readonly string[];
  readonly mutability: "readWrite" | "immutable";
  readonly returned: "default" | "always" | "request";
  /** Of a complex attribute; otherwise empty. */
  readonly subAttributes: readonly ExtensionAttribute[];
}

/** The vendor's own attributes of users or groups (RFC 7643 §3.3). */
export interface Extension {
  /** A URN. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly resource: "User" | "Group";
  readonly attributes: readonly ExtensionAttribute[];
}

export interface Catalogue {
  readonly products: ReadonlyMap<string, Product>;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly extensions?: readonly Extension[];
}
