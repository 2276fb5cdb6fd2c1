import type { JsonValue } from "../plugin.js";

/**
 * What the vendor sells, as data: products with their tiers and add-ons, and the roles, permissions and settings that
 * demand capabilities. Read from config/ and checked there; the domain trusts it.
 */

export interface Tier {
  readonly id: string;
  readonly title: string;
  /** Higher is more. Unique within the product unless `order` is "includes". */
  readonly rank: number;
  /** Tiers of lower rank that this one contains; with `order: includes` they say which tier is above which. */
  readonly includes?: readonly string[];
  readonly capabilities: readonly string[];
  /** Numeric demands that the tier satisfies, e.g. { skills: 1 }. A limit that is not named is unlimited. */
  readonly limits: Readonly<Record<string, number>>;
  /** Integer minor units per month. */
  readonly pricePerMonth: number;
  /** Integer minor units for each day of use; absent: not offered by the day (rules 50 and 52). */
  readonly pricePerDay?: number | undefined;
}

/** Capabilities on top of a base tier, at a price. */
export interface AddOn {
  readonly id: string;
  readonly title: string;
  readonly capabilities: readonly string[];
  readonly availableOn: readonly string[];
  readonly pricePerMonth: number;
  /** Other add-ons without which it is not sold; a tier that contains what they offer will do as well. */
  readonly requires?: readonly string[];
  /** Add-ons that are not sold together with it. Said on one side it holds for both. */
  readonly excludes?: readonly string[];
  /** Where the seat is charged by the day; there on every add-on of a tier that is offered so. */
  readonly pricePerDay?: number | undefined;
}

/** Which of several options that would do is taken (Q7): the lowest tier, or the cheapest. */
export type Objective = "rank" | "price" | "priceThenRank";

/** Who picks the tier. */
export type TierMode =
  /** Nobody: it follows from what the user is set up to do (rule 27). */
  | "derived"
  /** An administrator or a rule; what the tier lacks is reported. */
  | "chosen"
  /** It follows, and is never below the one that was chosen. */
  | "derivedWithFloor";

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
  /** Which tier is above which: by rank (the default), or only where one includes the other. */
  readonly order?: "rank" | "includes";
  /** "rank" where nothing is said. */
  readonly objective?: Objective;
  /** "derived" where nothing is said. */
  readonly tierMode?: TierMode;
  /** How it is charged (billing/settings.ts); absent: assigned. */
  readonly billing?: "assigned" | "activeDays" | "purchased" | "peak" | "fairUse" | undefined;
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
  /** Demanded by the role itself, beside its permissions. */
  readonly requires: Demands;
  /** Q8: what its permissions demand stays demanded of who has a permission withheld. False where nothing is said. */
  readonly roleIsRequirement?: boolean;
  /** Somebody active must always have it (I23). False where nothing is said. */
  readonly indispensable?: boolean;
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
  /** Of all prices, ISO 4217; absent: USD. */
  readonly currency?: string | undefined;
  readonly products: ReadonlyMap<string, Product>;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly extensions?: readonly Extension[];
  /** Rule 29: attributes that a user has before anybody gives settings ("name.familyName", "emails"). */
  readonly requiredBeforeSettings?: readonly string[];
}
