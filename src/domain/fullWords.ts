import type { Pool } from "./directory.js";
import { isGroupNamed } from "./mapping.js";
import { listOf } from "./ownTerms.js";

/** What is said about pools whose seats are all taken. */

interface PersonsGroups {
  /** Of the groups that the person is in, by id. */
  readonly groupNames: ReadonlyMap<string, string>;
}

/** Where the person's group has a list of its own: what is tried for its members. A sentence with a space before it, or nothing. */
export function ownListWords(
  pools: readonly Pick<Pool, "name" | "policy">[],
  { groupNames }: PersonsGroups,
): string {
  const groups = [...groupNames].map(([groupId, groupName]) => ({ groupId, groupName }));
  return pools
    .map(({ name, policy }) => {
      const own = listOf(policy, (named) => groups.some((group) => isGroupNamed(named, group)));
      if (own === undefined) return "";
      const tried = own.onFull.length === 0 ? "nothing" : own.onFull.join(", then ");
      return ` When the pool "${name}" is full, it tries for the members of the group "${own.group}": ${tried}.`;
    })
    .join("");
}
