import { recordAct } from "../administration/acts.js";
import { changePool, type PoolPatch } from "../byHand.js";
import type { Id, MappingRule, Pool } from "../directory.js";
import { evaluate } from "../evaluate.js";
import { catchUp } from "../seats/settle.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";
import type { Concern } from "./concern.js";
import { isSameRule } from "./sameRule.js";

/** Changes of the set-up that can be tried first: what they are, whom they can concern, and how they are made. */

/** Each with what it was put together from: saved over anything else it would undo what others have changed meanwhile. */
export type SetUpChange =
  /** A new rule (`before` is null), or one in the place of the rule with the same id. */
  | { readonly type: "rule"; readonly rule: MappingRule; readonly before: MappingRule | null }
  | { readonly type: "ruleRemoved"; readonly ruleId: Id; readonly before: MappingRule }
  | {
      readonly type: "pool";
      readonly poolId: Id;
      readonly patch: PoolPatch;
      /** The version of the pool: a patch holds the whole policy. */
      readonly madeFor: number;
    };

interface SetUp {
  readonly rules: readonly MappingRule[];
  readonly pools: ReadonlyMap<Id, Pool>;
}

/**
 * @returns the refusal NotFound where what is to be changed is not there (any more), Conflict where it is another by now,
 * Uniqueness where a rule has the name already
 */
export function concernOf({ rules, pools }: SetUp, change: SetUpChange): Verdict<Concern> {
  if (change.type === "pool") {
    const pool = pools.get(change.poolId);
    if (pool === undefined) return refuse("NotFound");
    if (pool.version !== change.madeFor) {
      return refuse("Conflict", { sentence: "The pool has been changed meanwhile." });
    }
    return { ok: { matches: [], products: [pool.product] } };
  }
  const { before } = change;
  const refusal = refusalOfRule(rules, change);
  if (refusal !== null) return refusal;
  const after = change.type === "rule" ? [change.rule] : [];
  const matches = [...(before === null ? [] : [before]), ...after].map(({ match }) => match);
  return { ok: { matches, products: [] } };
}

function refusalOfRule(rules: SetUp["rules"], change: RuleChange): Refusal | null {
  const id = change.type === "rule" ? change.rule.id : change.ruleId;
  const stored = rules.find((rule) => rule.id === id) ?? null;
  if (stored === null && change.before !== null) return refuse("NotFound");
  if (!isSameRule(stored, change.before)) {
    return refuse("Conflict", { sentence: "The rule has been changed meanwhile." });
  }
  if (change.type === "ruleRemoved") return null;
  const { name } = change.rule;
  const isTaken = rules.some((rule) => rule.id !== id && rule.name === name);
  return isTaken ? refuse("Uniqueness", { sentence: `There already is a rule "${name}".` }) : null;
}

type RuleChange = Exclude<SetUpChange, { readonly type: "pool" }>;

/** The change and all that follows from it, judged by its net effect. `userIds`: all whom it can concern; loaded. */
export function makeChange(
  world: World,
  ctx: Context,
  change: SetUpChange,
  userIds: readonly Id[],
): Verdict<null> {
  world.putOff.isOn = true;
  world.brakeTurn = "plan";
  if (change.type === "pool") {
    const verdict = changePool(world, ctx, change.poolId, change.patch);
    if ("refused" in verdict) return verdict;
  } else changeRule(world, ctx, change);
  evaluate(world, ctx, userIds);
  catchUp(world);
  return { ok: null };
}

/** With the line of the ledger that it has without a plan, too. */
function changeRule(world: World, ctx: Context, change: RuleChange): void {
  if (change.type === "rule") world.saveRule(change.rule);
  else world.deleteRule(change.ruleId);
  const details =
    change.type === "rule"
      ? { ruleId: change.rule.id, name: change.rule.name }
      : { ruleId: change.ruleId };
  recordAct(world, ctx, { kind: "setup.changed", reason: ctx.cause.action, details });
}
