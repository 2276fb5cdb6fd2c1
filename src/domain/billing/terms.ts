import type { Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { storedPolicy, type PoolKind, type Sold } from "../pools/policy.js";
import { firstCapacity } from "./tenure.js";

/** What was bought for a pool at any time, and what was allowed above it, as the ledger has it. */

/** @param entries about the pool, in order */
export function firstTerms(pool: Pool, entries: readonly Entry[]): Sold {
  const changes = entries.filter(({ kind }) => kind === "pool.capacityChanged");
  return { capacity: firstCapacity(pool, changes), policy: firstPolicy(pool, entries) };
}

/** As it was made with, or what the first change came from. A ledger that knows neither never saw another one. */
function firstPolicy({ kind, policy }: Pool, entries: readonly Entry[]): Sold["policy"] {
  for (const { kind: about, details } of entries) {
    const made = about === "pool.created" ? policyIn(kind, details) : undefined;
    const known = about === "pool.changed" ? policyIn(kind, details["from"]) : made;
    if (known !== undefined) return known;
  }
  return policy;
}

export function termsAfter(before: Sold, kind: PoolKind, entry: Entry): Sold {
  const { to } = entry.details;
  if (entry.kind === "pool.capacityChanged" && typeof to === "number") {
    return { ...before, capacity: to };
  }
  const policy = entry.kind === "pool.changed" ? policyIn(kind, to) : undefined;
  return policy === undefined ? before : { ...before, policy };
}

function policyIn(kind: PoolKind, terms: unknown): Sold["policy"] | undefined {
  if (typeof terms !== "object" || terms === null || !("policy" in terms)) return undefined;
  const { policy } = terms;
  return typeof policy === "object" && policy !== null ? storedPolicy(kind, policy) : undefined;
}
