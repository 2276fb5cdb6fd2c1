import { z } from "zod";
import { checkedRule, poolPatch } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import { changesWhatIsSold } from "../domain/pools/capacity.js";
import { actorOf } from "../domain/administration/delegation.js";
import type { Id, MappingRule } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { Plan, PlannedChange } from "../ports/plans.js";
import type { AdminDeps } from "./deps.js";
import { poolPatchForm, ruleForm } from "./forms.js";
import { unknownName } from "../suggest.js";
import { presentRule, time, timeOrNull } from "./present.js";
import { logSearch } from "./provisioningLog.js";
import { recordsFor } from "./replay.js";
import {
  type OrganisationCall,
  page,
  pageQuery,
  type Reply,
  requireOperator,
  type Routes,
} from "./route.js";
import { requireNeed } from "./scopes.js";

/** "What would this do?", kept, and then done exactly so or not at all (docs/plans.md). */

export const PLAN_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/plans": { GET: listPlans, POST: addPlan },
  "/organisations/:org/plans/:plan": { GET: showPlan, DELETE: discardPlan },
  "/organisations/:org/plans/:plan/apply": { POST: applyPlan },
};

/** A rehearsal works as hard as the requests would. */
const REQUESTS_MAX = 1_000;

const named = z.string().min(1, "A text is expected.").max(256, "The text is too long.");

export const planForm = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("rule"),
    rule: ruleForm,
    /** The rule that it replaces, by id or name. */
    replaces: named.optional(),
  }),
  z.strictObject({ type: z.literal("ruleRemoved"), rule: named }),
  z.strictObject({ type: z.literal("pool"), pool: named, change: poolPatchForm }),
  z.strictObject({ type: z.literal("sync"), connection: named, bulk: z.json() }),
  z.strictObject({
    type: z.literal("log"),
    connection: named,
    from: logSearch.shape.from,
    to: logSearch.shape.to,
  }),
]);

export type PlanInput = z.output<typeof planForm>;

/** For the API and the command alike. @throws SeatkeeperError NotFound, and what the change itself is refused for */
export async function plannedChange(
  deps: AdminDeps,
  organisationId: Id,
  input: PlanInput,
): Promise<PlannedChange> {
  const { administration } = deps.store;
  switch (input.type) {
    case "rule": {
      const { replaces } = input;
      const before =
        replaces === undefined ? null : await ruleNamed(deps, organisationId, replaces);
      const rule = await checkedRule(deps, organisationId, input.rule, before?.id);
      return { type: "rule", rule, before };
    }
    case "ruleRemoved": {
      const before = await ruleNamed(deps, organisationId, input.rule);
      return { type: "ruleRemoved", ruleId: before.id, before };
    }
    case "pool": {
      const pool = await administration.findPool(organisationId, input.pool);
      if (pool === null) {
        const pools = await administration.listPools(organisationId);
        throw unknown("pool", input.pool, pools);
      }
      const patch = await poolPatch(deps, pool, input.change);
      return { type: "pool", poolId: pool.id, patch, madeFor: pool.version };
    }
    case "sync": {
      const connection = await connectionNamed(deps, organisationId, input.connection);
      return { type: "sync", connectionId: connection.id, bulk: input.bulk };
    }
    case "log": {
      const connection = await connectionNamed(deps, organisationId, input.connection);
      await deps.logWriter?.flushed();
      const { from, to } = input;
      const records = await recordsFor(deps.store, connection, { from, to }, REQUESTS_MAX);
      return { type: "sync", connectionId: connection.id, records };
    }
  }
}

async function ruleNamed(
  { store }: AdminDeps,
  organisationId: Id,
  name: string,
): Promise<MappingRule> {
  const rules = await store.administration.listRules(organisationId);
  const rule = rules.find((one) => one.id === name || one.name === name);
  if (rule === undefined) throw unknown("rule", name, rules);
  return rule;
}

async function connectionNamed({ store }: AdminDeps, organisationId: Id, name: string) {
  return findConnection(await store.administration.listConnections(organisationId), name);
}

function unknown(
  what: "pool" | "rule",
  name: string,
  known: readonly { readonly name: string }[],
): SeatkeeperError {
  const names = known.map((one) => one.name);
  return new SeatkeeperError("NotFound", { field: what, sentence: unknownName(what, name, names) });
}

async function checkRights(call: OrganisationCall, change: PlannedChange): Promise<void> {
  // It can create, change and end accounts as the identity provider does.
  if (change.type === "sync") requireNeed(call.authority, "connection.manage");
  if (change.type !== "pool") return;
  const { administration } = call.deps.store;
  const pool = await administration.findPool(call.organisation.id, change.poolId);
  // For another pool than this one the plan is stale, whoever asks: what others have bought meanwhile is not its doing.
  if (pool?.version !== change.madeFor) return;
  if (changesWhatIsSold(pool, change.patch)) {
    requireOperator(call, "change what was bought, or how much more may be used");
  }
}

async function addPlan(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, token, body } = call;
  const input = body(planForm);
  // Before anything is looked up: whoever may not see connections hears no names of them.
  if (input.type === "sync" || input.type === "log") {
    requireNeed(call.authority, "connection.manage");
  }
  const change = await plannedChange(deps, organisation.id, input);
  await checkRights(call, change);
  const plan = await aloneIfSync(change, () =>
    plansOf(deps).makePlan(organisation, change, actorOf(token)),
  );
  return {
    status: 201,
    location: `${deps.baseUrl}/api/v1/organisations/${organisation.id}/plans/${plan.id}`,
    body: presentPlan(plan, deps.store.clock.now()),
  };
}

async function listPlans({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit } = query(pageQuery);
  const now = deps.store.clock.now();
  const before = after === undefined ? {} : { before: after };
  const plans = await deps.store.plans.list(organisation.id, { ...before, limit: limit + 1 });
  const show = (plan: Plan) => {
    const { people: _, ...rest } = presentPlan(plan, now);
    return rest;
  };
  return { body: page(plans, limit, ({ id }) => id, show) };
}

async function showPlan({ deps, organisation, param }: OrganisationCall): Promise<Reply> {
  const plan = await deps.store.plans.find(organisation.id, param("plan"));
  if (plan === null) throw new SeatkeeperError("NotFound");
  return { body: presentPlan(plan, deps.store.clock.now()) };
}

async function applyPlan(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, cause } = call;
  const plan = await deps.store.plans.find(organisation.id, param("plan"));
  if (plan === null) throw new SeatkeeperError("NotFound");
  await checkRights(call, plan.change);
  const applied = await aloneIfSync(plan.change, () =>
    plansOf(deps).applyPlan(organisation, plan.id, cause("plan.applied")),
  );
  return { body: presentPlan(applied, deps.store.clock.now()) };
}

async function discardPlan({ deps, organisation, param }: OrganisationCall): Promise<Reply> {
  if (!(await deps.store.plans.discard(organisation.id, param("plan")))) {
    throw new SeatkeeperError("NotFound");
  }
  return { status: 204 };
}

function plansOf({ plans }: AdminDeps): NonNullable<AdminDeps["plans"]> {
  if (plans === undefined) throw new SeatkeeperError("NotImplemented");
  return plans;
}

let isRehearsing = false;

/** A copy of the organisation is in memory meanwhile. */
async function aloneIfSync<T>({ type }: PlannedChange, work: () => Promise<T>): Promise<T> {
  if (type !== "sync") return work();
  if (isRehearsing) {
    throw new SeatkeeperError("TooManyRequests", {
      sentence: "Another synchronisation is being rehearsed. Try again when it is done.",
      retryAfterSeconds: 10,
    });
  }
  isRehearsing = true;
  try {
    return await work();
  } finally {
    isRehearsing = false;
  }
}

export function presentPlan(plan: Plan, now: number) {
  const { id, createdAt, createdBy, expiresAt, appliedAt, appliedBy, baseVersion } = plan;
  const isOver = expiresAt <= now;
  const state = appliedAt !== null ? "applied" : isOver ? "expired" : "open";
  return {
    id,
    state,
    change: presentChange(plan.change),
    ...{ baseVersion, createdAt: time(createdAt), createdBy, expiresAt: time(expiresAt) },
    ...{ appliedAt: timeOrNull(appliedAt), appliedBy },
    ...plan.report,
  };
}

/** Requests are not shown again: who made the plan has them. */
function presentChange(change: PlannedChange) {
  switch (change.type) {
    case "rule":
      return { type: change.type, rule: presentRule(change.rule) };
    case "ruleRemoved":
      return { type: change.type, ruleId: change.ruleId };
    case "pool":
      return { type: change.type, poolId: change.poolId, patch: change.patch };
    case "sync": {
      const { connectionId } = change;
      return { type: "bulk" in change ? change.type : ("log" as const), connectionId };
    }
  }
}
