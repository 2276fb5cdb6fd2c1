import type { JsonValue } from "../plugin.js";

/** Mapping rules: what in the directory gives what. Part of directory.ts, which everybody imports. */

export type RuleMatch =
  | { readonly type: "groupId"; readonly groupId: string }
  /** Exact name, letter case ignored. */
  | { readonly type: "groupName"; readonly name: string }
  /** `*` stands for any run of characters, letter case ignored. */
  | { readonly type: "groupPattern"; readonly pattern: string }
  /** A user attribute by its SCIM name ("department", "title", "userType", "urn:...:User:costCenter"); `*` as above. */
  | { readonly type: "attribute"; readonly attribute: string; readonly equals: string }
  | { readonly type: "everyone" };

export interface RuleGives {
  readonly teams?: readonly string[];
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly settings?: Readonly<Record<string, JsonValue>>;
  /** At least this tier of the product. Also a claim to a seat of it. */
  readonly tierFloors?: readonly { readonly product: string; readonly tier: string }[];
  /** At most this tier of the product. No claim by itself. A floor above it is a conflict. */
  readonly tierCeilings?: readonly { readonly product: string; readonly tier: string }[];
  /** This tier, where tiers of the product are chosen (`tierMode`). Also a claim to a seat of it. */
  readonly tierChoices?: readonly { readonly product: string; readonly tier: string }[];
  /** A seat of exactly this pool, by name. Also a claim to a seat of its product. */
  readonly pools?: readonly string[];
  /** The class on the waiting list of the product, 1 to 9; the highest that is given counts. No claim by itself. */
  readonly priorities?: readonly { readonly product: string; readonly class: number }[];
  /** The products of tierFloors, tierChoices and pools: all of them or none. Absent: each by itself. */
  readonly bundle?: "atomic" | "bestEffort";
  /** No seat of these products, whatever else says so. */
  readonly exclusions?: readonly string[];
}

export interface MappingRule {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  /** Only users of this connection; null: of all. */
  readonly connectionId: string | null;
  readonly match: RuleMatch;
  readonly gives: RuleGives;
  readonly createdAt: number;
}
