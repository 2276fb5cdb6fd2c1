import type { Pool, Timestamp } from "../directory.js";
import { isGroupNamed } from "../mapping.js";
import { dayWords, localTime, zoneWords } from "./moments.js";
import { listOf } from "../pools/ownTerms.js";
import type { OnFullOfGroup, PoolPolicy } from "../pools/policy.js";

/** What is said about pools whose seats are all taken. */

export interface PersonsGroups {
  /** Of the groups that the person is in, by id. */
  readonly groupNames: ReadonlyMap<string, string>;
}

/** Where the person's group has a list of its own: what is tried for its members. A sentence with a space before it, or nothing. */
export function ownListWords(
  pools: readonly Pick<Pool, "name" | "policy">[],
  { groupNames }: PersonsGroups,
): string {
  return pools
    .map(({ name, policy }) => {
      const own = ownListOf(policy, { groupNames });
      if (own === undefined) return "";
      const tried = own.onFull.length === 0 ? "nothing" : own.onFull.join(", then ");
      return ` When the pool "${name}" is full, it tries for the members of the group "${own.group}": ${tried}.`;
    })
    .join("");
}

/** The list of the first of the person's groups for which the pool has one. */
export function ownListOf(
  policy: Pick<PoolPolicy, "onFullByGroup">,
  { groupNames }: PersonsGroups,
): OnFullOfGroup | undefined {
  const groups = [...groupNames].map(([groupId, groupName]) => ({ groupId, groupName }));
  return listOf(policy, (named) => groups.some((group) => isGroupNamed(named, group)));
}

interface Moment {
  readonly now: Timestamp;
  /** IANA. */
  readonly timeZone: string;
}

/** When the first seat can be taken over, for who waits for one. @param at not before `now` */
export function takeOverWords(at: Timestamp, { now, timeZone }: Moment): string {
  if (at <= now) return "A seat can be taken over now, by signing in.";
  return `The first seat can be taken over from ${momentWords(at, { now, timeZone })} on if nobody gives one back before.`;
}

/** With the day unless it is today, there. A part of a minute counts as a whole one: before, it would be too early. */
function momentWords(at: Timestamp, { now, timeZone }: Moment): string {
  const minute = Math.ceil(at / MINUTE_MS) * MINUTE_MS;
  const { day, time } = localTime(minute, timeZone);
  const today = dayWords(now, timeZone);
  return `${day === today ? "" : `${day} `}${time} ${zoneWords(timeZone)}`;
}

const MINUTE_MS = 60_000;
