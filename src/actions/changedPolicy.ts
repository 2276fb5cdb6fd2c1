import type { PoolKind } from "../domain/directory.js";
import type { PoolPolicy } from "../domain/pools/policy.js";
import { fieldsOf, type ReleaseOn, releaseOnOf } from "../domain/pools/releaseOn.js";
import { invalid } from "./invalid.js";

/** A policy as people write it, made a whole one. */

type Fields = { readonly [K in keyof PoolPolicy]?: PoolPolicy[K] | undefined };

/** With the list of what frees a seat, which is stored as the fields from which it follows. */
export interface PolicyInput extends Fields {
  readonly releaseOn?: readonly ReleaseOn[] | undefined;
}

/** @throws SeatkeeperError InvalidValue where `releaseOn` cannot be, or contradicts a field of the same request */
export function changedPolicy(
  kind: PoolKind,
  { releaseOn, ...fields }: PolicyInput,
  before: PoolPolicy,
): PoolPolicy {
  const given = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  );
  if (releaseOn === undefined) return { ...before, ...given };
  refuseContradictions(releaseOn, fields);
  const policy = { ...before, ...given, ...fieldsOf(releaseOn) };
  refuseOthers(kind, policy, releaseOn);
  return policy;
}

/** Two words for one thing, and each says something else: nobody can tell which was meant. */
function refuseContradictions(releaseOn: readonly ReleaseOn[], fields: Fields): void {
  const wanted = fieldsOf(releaseOn);
  const words = { parkedConsumes: "unassign", suspendedConsumes: "deactivate" } as const;
  for (const field of ["parkedConsumes", "suspendedConsumes"] as const) {
    if (fields[field] === undefined || fields[field] === wanted[field]) continue;
    const says = wanted[field] ? "leaves out" : "has";
    throw refused(
      `policy.${field} is ${String(fields[field])}, but policy.releaseOn ${says} ${words[field]}: give one of the two, or both with the same meaning.`,
    );
  }
}

/** Words that follow from more than one field, or from the kind: what to set instead of the word. */
const FOLLOWING = ["delete", "evict", "leaseEnd", "inactivity"] as const;
type Following = (typeof FOLLOWING)[number];

function refuseOthers(kind: PoolKind, policy: PoolPolicy, releaseOn: readonly ReleaseOn[]): void {
  const [twice] = releaseOn.filter((word, index) => releaseOn.indexOf(word) !== index);
  if (twice !== undefined) throw refused(`Each word is named once; ${twice} is named twice.`);
  const follows = releaseOnOf(kind, policy);
  for (const word of FOLLOWING) {
    const isSaid = releaseOn.includes(word);
    if (isSaid === follows.includes(word)) continue;
    throw refused(isSaid ? whyNot(kind, policy, word) : WHY_ALWAYS[word]);
  }
}

function whyNot(kind: PoolKind, { idleDays }: PoolPolicy, word: Following): string {
  if (word === "leaseEnd") {
    return `leaseEnd is for concurrent pools; the seats of a ${kind} pool are no leases.`;
  }
  if (word === "evict") {
    return kind === "shared"
      ? "evict needs the step evictLru in policy.onFull, or in a list of policy.onFullByGroup."
      : `evict is for shared pools, whose policy.onFull has evictLru; nobody takes over a seat of a ${kind} pool.`;
  }
  return idleDays === 0
    ? "inactivity needs policy.idleDays: after how many days without use a seat is idle."
    : "inactivity needs policy.idleAction reclaim or downgrade: ask only asks, and frees nothing while nobody answers.";
}

const WHY_ALWAYS: Readonly<Record<Following, string>> = {
  delete: "The deletion of the account always frees the seat: add delete.",
  leaseEnd:
    "The end of a lease always frees its seat: add leaseEnd, or choose another kind of pool.",
  evict:
    "A sign-in frees a seat, because policy.onFull or a list of policy.onFullByGroup has evictLru: add evict, or leave evictLru out.",
  inactivity:
    "policy.idleAction takes back what is idle: add inactivity, or set policy.idleAction to ask or policy.idleDays to 0.",
};

function refused(sentence: string): Error {
  return invalid("policy.releaseOn", sentence);
}
