import type { Fact } from "../directory.js";
import type { Asks } from "./asks.js";
import { hasDemand, hasOtherClaim } from "./claims.js";
import { givenBy, sourcesOf } from "./given.js";
import type { Option } from "./objective.js";
import { compareText } from "../compareText.js";
import { compareTiers } from "./order.js";
import { solve } from "./solve.js";
import { type Switch, switched, switchesFor, switchKey } from "./switches.js";

/** What to switch off to reach a lower tier, or under an objective of price a cheaper one. */
export interface Counterfactual {
  /** All of them together; none can be left out, and no smaller set would do. */
  readonly switches: readonly Switch[];
  readonly option: Option;
  /** Of this product, in integer minor units per month. */
  readonly saving: number;
}

/** More changes than this are no advice. */
const SWITCHES_MAX = 6;
const TRIES_MAX = 4_000;

/**
 * The smallest set of changes after which the user still needs the product, in a lower tier. Of several of one size
 * that which changes least: the nearest tier below, then the greatest saving, then by name.
 *
 * A set that leaves all demands of a witness in place cannot lower anything, so only what touches the witness is tried;
 * that way every set of the smallest size is found without trying all.
 */
export function counterfactualOf(
  asks: Asks,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): Counterfactual | null {
  const { option } = solve(asks, facts);
  if (option === null || asks.product.tierMode === "chosen") return null;
  const search = new Search({ asks, facts, pools, now: option });
  if (search.isHopeless()) return null;
  for (let size = 1; size <= SWITCHES_MAX; size += 1) {
    search.from(new Map(), size);
    if (search.best !== null || search.isExhausted) break;
  }
  return search.best;
}

/** By `switchKey`. */
type Changes = ReadonlyMap<string, Switch>;

interface Question {
  readonly asks: Asks;
  readonly facts: readonly Fact[];
  readonly pools: ReadonlyMap<string, string>;
  readonly now: Option;
}

class Search {
  best: Counterfactual | null = null;
  #tries = 0;
  #seen = new Set<string>();
  readonly #question: Question;

  constructor(question: Question) {
    this.#question = question;
  }

  get isExhausted(): boolean {
    return this.#tries >= TRIES_MAX;
  }

  /** Whether what forces the tier stays although everything is switched off that can be: no need to try the sets. */
  isHopeless(): boolean {
    for (let changes: Changes = new Map(); ;) {
      const step = this.#try(inStableOrder(changes));
      if (step === null || isLower(this.#question, step.option)) return false;
      const more = step.next().flatMap((change) => withSwitch(changes, change) ?? [])[0];
      if (more === undefined) return true;
      changes = more;
    }
  }

  from(changes: Changes, sizeMax: number): void {
    if (changes.size === 0) this.#seen = new Set();
    const list = inStableOrder(changes);
    const key = JSON.stringify(list);
    if (this.#seen.has(key) || this.isExhausted) return;
    this.#seen.add(key);
    this.#tries += 1;

    const step = this.#try(list);
    if (step === null) return;
    if (isLower(this.#question, step.option)) {
      this.#found(list, step.option);
      return;
    }
    for (const change of step.next()) {
      const more = withSwitch(changes, change);
      if (more !== null && more.size <= sizeMax) this.from(more, sizeMax);
    }
  }

  /** Null: after these changes the product is no longer needed, or nothing fits. */
  #try(changes: readonly Switch[]): { option: Option; next: () => Switch[] } | null {
    const { asks, pools } = this.#question;
    const facts = switched(asks.product.id, this.#question.facts, changes);
    const given = givenBy(asks, facts);
    if (!hasDemand(given) && !hasOtherClaim(asks.product, facts, pools)) return null;
    const { option, forcing, given: all } = solve(asks, facts, given);
    if (option === null) return null;
    const next = () =>
      sourcesOf(forcing, all).flatMap((source) => switchesFor(asks, source, facts));
    return { option, next };
  }

  #found(switches: readonly Switch[], option: Option): void {
    const saving = this.#question.now.pricePerMonth - option.pricePerMonth;
    const found = { switches, option, saving };
    if (this.best === null || compare(found, this.best) < 0) this.best = found;
  }
}

function compare(a: Counterfactual, b: Counterfactual): number {
  return (
    a.switches.length - b.switches.length ||
    compareTiers(b.option.tier, a.option.tier) ||
    b.saving - a.saving ||
    compareText(JSON.stringify(a.switches), JSON.stringify(b.switches))
  );
}

/** A number may be lowered further; everything else can be switched once. Keeps the value from which it began. */
function withSwitch(changes: Changes, change: Switch): Changes | null {
  const key = switchKey(change);
  const before = changes.get(key);
  if (before === undefined) return new Map([...changes, [key, change]]);
  if (before.type !== "setting" || change.type !== "setting" || before.to === change.to) {
    return null;
  }
  return new Map([...changes, [key, { ...change, from: before.from }]]);
}

function inStableOrder(changes: Changes): Switch[] {
  return [...changes].sort(([a], [b]) => compareText(a, b)).map(([, change]) => change);
}

function isLower({ asks, now }: Question, option: Option): boolean {
  return (asks.product.objective ?? "rank") === "rank"
    ? compareTiers(option.tier, now.tier) < 0
    : option.pricePerMonth < now.pricePerMonth;
}
