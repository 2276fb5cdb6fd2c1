import { recordAct } from "../acts.js";
import { changePool, type PoolPatch } from "../byHand.js";
import type { Id, MappingRule, Pool } from "../directory.js";
import { evaluate } from "../plan.js";
import { catchUp } from "../settle.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";
import type { Concern } from "./concern.js";

/** Changes of the set-up that can be tried first: what they are, whom they can concern, and how they are made. */

export type SetUpChange =
  /** A new rule, or one in the place of the rule with the same id. */
  | { readonly type: "rule"; readonly rule: MappingRule }
  | { readonly type: "ruleRemoved"; readonly ruleId: Id }
  | { readonly type: "pool"; readonly poolId: Id; readonly patch: PoolPatch };

interface SetUp {
  readonly rules: readonly MappingRule[];
  readonly pools: ReadonlyMap<Id, Pool>;
}

/** @returns the refusal NotFound where what is to be changed is not there (any more) */
export function concernOf({ rules, pools }: SetUp, change: SetUpChange): Verdict<Concern> {
  if (change.type === "pool") {
    const pool = pools.get(change.poolId);
    return pool === undefined
      ? refuse("NotFound")
      : { ok: { matches: [], products: [pool.product] } };
  }
  const id = change.type === "rule" ? change.rule.id : change.ruleId;
  const before = rules.find((rule) => rule.id === id);
  if (change.type === "ruleRemoved" && before === undefined) return refuse("NotFound");
  const after = change.type === "rule" ? [change.rule] : [];
  const matches = [...(before === undefined ? [] : [before]), ...after].map(({ match }) => match);
  return { ok: { matches, products: [] } };
}

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
function changeRule(
  world: World,
  ctx: Context,
  change: Exclude<SetUpChange, { readonly type: "pool" }>,
): void {
  if (change.type === "rule") world.saveRule(change.rule);
  else world.deleteRule(change.ruleId);
  const details =
    change.type === "rule"
      ? { ruleId: change.rule.id, name: change.rule.name }
      : { ruleId: change.ruleId };
  recordAct(world, ctx, { kind: "setup.changed", reason: ctx.cause.action, details });
}
