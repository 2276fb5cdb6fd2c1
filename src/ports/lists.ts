import type { Group, Id, User } from "../domain/directory.js";
import type { GroupRef } from "./insights.js";

/** Lists and filters of the directory. Part of src/ports.ts, which everybody imports. */

// Filters (RFC 7644 §3.4.2.2), already resolved against the schema: the store knows no attribute names.

export interface AttributeRef {
  /** Canonical names from the resource's root, or inside `element` from the element: ["emails", "value"]. */
  readonly names: readonly string[];
  readonly type:
    "string" | "boolean" | "integer" | "decimal" | "dateTime" | "reference" | "binary" | "complex";
  readonly caseExact: boolean;
  /** Index in `names` of the multi-valued step; absent when the attribute is single-valued all the way. */
  readonly multiValuedAt?: number;
}

export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

export type Filter =
  | { readonly kind: "and"; readonly filters: readonly Filter[] }
  | { readonly kind: "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "present"; readonly attribute: AttributeRef }
  | {
      readonly kind: "compare";
      readonly attribute: AttributeRef;
      readonly operator: CompareOperator;
      /** dateTime values are normalised to ISO 8601 UTC with milliseconds. */
      readonly value: string | number | boolean | null;
    }
  /** One element of the multi-valued `attribute` satisfies the whole `filter` (a value path). */
  | { readonly kind: "element"; readonly attribute: AttributeRef; readonly filter: Filter };

/** A place in the order of a list: sort key and id of the last item before it. */
export interface ListPosition {
  /** As the store compares it; null when the item has none, or the order is that of the ids. */
  readonly key: string | number | null;
  readonly id: Id;
}

/** Which part of a list is wanted, and how it is ordered. */
export interface PageQuery<Position = ListPosition> {
  /** 1-based. Not used with `after`. */
  readonly startIndex: number;
  /** 0 asks for the total alone. */
  readonly count: number;
  /** What follows this place, at the same cost however far it is; or the beginning of such a walk. */
  readonly after?: Position | "start";
  readonly sortOrder?: "ascending" | "descending";
}

export interface ListQuery extends PageQuery {
  readonly filter?: Filter;
  readonly sortBy?: AttributeRef;
  /** False: documents are not read, and hold what columns know: names, external id, `active`. */
  readonly documents?: false;
  /** Of users who are looked up by a key: their groups, too, where that costs no further question. */
  readonly withGroups?: true;
}

export interface Page<T, Position = ListPosition> {
  /** Absent when only counting would tell it and the query has `after`. */
  readonly totalResults?: number;
  readonly items: readonly T[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Position;
}

export interface UserPage extends Page<User> {
  /** By user; one without a group may be missing. Absent when groups were not asked for or would have cost more. */
  readonly groups?: ReadonlyMap<Id, readonly GroupRef[]>;
}

/** Users and groups in one list: by sort key, then users before groups, then by id. */
export interface MixedQuery extends PageQuery<MixedPosition> {
  readonly users: Pick<ListQuery, "filter" | "sortBy" | "documents">;
  readonly groups: Pick<ListQuery, "filter" | "sortBy" | "documents">;
}

export interface MixedPosition extends ListPosition {
  readonly type: "User" | "Group";
}

export type MixedItem =
  | { readonly type: "User"; readonly resource: User }
  | { readonly type: "Group"; readonly resource: Group };

/** One user's membership of one group, with the names that both have at present. */
export interface MembershipView {
  readonly groupId: Id;
  readonly groupName: string;
  readonly userId: Id;
  readonly display: string | null;
}

/** Names: `group.value`, `group.display`, `member.value`, `member.display`, `member.type`. Ordered by group, then user. */
export interface MembershipQuery extends PageQuery<MembershipPosition> {
  readonly filter?: Filter;
}

export interface MembershipPosition {
  readonly groupId: Id;
  readonly userId: Id;
}
