import type { Move } from "./model.js";
import { sentenceFor } from "./sentenceTable.js";
import type { Told } from "./sentenceTable.js";

/** Ledger lines as sentences: which seat moved, whose it was, and why. */

/** One line of GET /api/v1/organisations/:org/entries. */
export interface LedgerLine {
  readonly position: number;
  readonly kind: string;
  readonly reason: string;
  /** What was done that led to it: "user.deactivated", "session.replaced" ... */
  readonly cause: {
    readonly type: string;
    readonly action: string;
    readonly requestId: string | null;
  };
  readonly userId: string | null;
  readonly product: string;
  readonly poolId: string | null;
  readonly tier: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Names {
  person(userId: string): string;
  pool(poolId: string): string;
}

export function movesOf(lines: readonly LedgerLine[], names: Names): Move[] {
  return lines.flatMap((line) => {
    const tell = sentenceFor(line);
    if (tell === null) return [];
    const effect = EFFECTS[line.kind] ?? "other";
    const sentence = tell === undefined ? plainly(line, names) : tell(toldBy(line, names));
    return [{ sentence, effect }];
  });
}

const EFFECTS: Readonly<Record<string, Move["effect"]>> = {
  "seat.granted": "gained",
  "seat.released": "lost",
  "seat.displaced": "lost",
  "lease.expired": "lost",
};

function toldBy(line: LedgerLine, names: Names): Told {
  const tier = titleCase(line.tier ?? "");
  const pool = line.poolId === null ? line.product : names.pool(line.poolId);
  const words = `${tier} seat of the pool “${pool}”`;
  return {
    who: line.userId === null ? "Somebody" : names.person(line.userId),
    seat: words,
    aSeat: `${articleOf(words)} ${words}`,
    tier,
    aTier: `${articleOf(tier)} ${tier}`,
    pool,
    reason: line.reason,
    other(key) {
      const id = line.details[key];
      if (typeof id !== "string") return "somebody else";
      return key.endsWith("PoolId") ? names.pool(id) : names.person(id);
    },
    text(key) {
      const value = line.details[key];
      return typeof value === "string" || typeof value === "number" ? String(value) : "";
    },
    list(key) {
      const value = line.details[key];
      return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
    },
  };
}

/** A kind that this page does not know yet is still shown, word for word. */
function plainly(line: LedgerLine, names: Names): string {
  const { who, seat } = toldBy(line, names);
  const about = line.tier === null ? "" : `, ${seat}`;
  return `${who}: ${line.kind} (${line.reason})${about}.`;
}

/** As one says it: "an Analyst", "a Unit", "an Ultimate". */
function articleOf(words: string): "a" | "an" {
  return /^(?:[aeio]|u(?!ni|se))/i.test(words) ? "an" : "a";
}

export function titleCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
