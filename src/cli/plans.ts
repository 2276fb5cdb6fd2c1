import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { createPlanActions } from "../actions/plans.js";
import { connectionOf } from "../actions/administerConnections.js";
import { readExported } from "../admin/exportedLog.js";
import { planForm, plannedChange, presentPlan } from "../admin/plans.js";
import { decimalText } from "../domain/billing/rounding.js";
import type { JsonValue } from "../plugin.js";
import type { Plan, PlannedChange } from "../ports/plans.js";
import { rehearse } from "../scim/rehearse.js";
import { schemasFor } from "../scim/schema.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { ACTOR, type CommandContext, readText } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { seeking } from "./named.js";
import { onConnection, scopeOf, timeOptions, type LogOptions } from "./logOptions.js";
import { ruleInput, ruleOptions, type RuleOptions } from "./mapping.js";
import { loadedPlugins } from "./parts.js";
import { poolInput, poolOptions, type PoolOptions } from "./pools.js";

/** "What would this do?", kept, and then done exactly so or not at all. */

type Handler<O> = Parameters<typeof databaseCommand<O & object>>[2];

export function addPlanCommands(program: Command, cli: Cli): void {
  const plan = program.command("plan").description("try a change first, and then do exactly that");
  const add = <O extends object>(command: Command, about: string, handler: Handler<O>): void => {
    databaseCommand<O>(cli, command.description(about), handler);
  };
  const on = (name: string): Command => plan.command(name).argument("<org>", "id or slug");
  const onPlan = (name: string): Command => on(name).argument("<plan>", "id");

  add<RuleOptions & { readonly replaces?: string }>(
    ruleOptions(plan.command("rule")).option("--replaces <rule>", "id or name of the rule before"),
    "a rule, or another in its place",
    async (context, args, { replaces, ...options }) => {
      const rule = await ruleInput(context, args, options);
      return made(context, args, {
        type: "rule",
        rule,
        ...(replaces === undefined ? {} : { replaces }),
      });
    },
  );
  add(on("remove-rule").argument("<rule>", "id or name"), "a rule less", (context, args) =>
    made(context, args, { type: "ruleRemoved", rule: argument(args, 1) }),
  );
  add<PoolOptions>(
    poolOptions(on("pool").argument("<pool>", "id or name")),
    "another capacity, policy, priority or other tiers of a pool",
    (context, args, options) =>
      made(context, args, { type: "pool", pool: argument(args, 1), change: poolInput(options) }),
  );
  add<SyncOptions>(
    timeOptions(onConnection(plan.command("sync")))
      .option("--bulk <file>", 'a SCIM bulk request as JSON; "-" reads standard input')
      .option("--log <file>", "an exported provisioning log; without either: this one"),
    "requests of an identity provider, as if they came now",
    syncPlan,
  );
  add(on("list"), "list the plans", listPlans);
  add(onPlan("show"), "show a plan", async (context, args) => shown(await found(context, args)));
  add(onPlan("apply"), "do what the plan says, or nothing", applyPlan);
  add(onPlan("discard"), "throw a plan away", discardPlan);
}

interface SyncOptions extends LogOptions {
  readonly bulk?: string;
  readonly log?: string;
}

async function syncPlan(
  context: CommandContext,
  args: readonly string[],
  options: SyncOptions,
): Promise<Result> {
  const { deps, io } = context;
  const { organisationId, connectionId: connection } = await scopeOf(deps, args, options);
  if (options.bulk !== undefined) {
    const bulk = jsonOf(await readText(io, options.bulk));
    return made(context, args, { type: "sync", connection, bulk });
  }
  if (options.log === undefined) {
    const { from, to } = options;
    const times = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    return made(context, args, { type: "log", connection, ...times });
  }
  const on = await connectionOf(deps, organisationId, connection);
  const records = readExported(await readText(io, options.log), on);
  return planned(context, args, { type: "sync", connectionId: on.id, records });
}

function jsonOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new SeatkeeperError("MalformedJson", { cause });
  }
}

async function made(
  context: CommandContext,
  args: readonly string[],
  input: object,
): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const form = checked(planForm, input, "InvalidValue");
  return planned(context, args, await plannedChange(context.deps, organisation.id, form));
}

async function planned(
  context: CommandContext,
  args: readonly string[],
  change: PlannedChange,
): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const actions = await actionsOf(context);
  return shown(await actions.makePlan(organisation, change, ACTOR));
}

async function actionsOf({ deps, config }: CommandContext) {
  const scim = {
    ...deps,
    plugins: await loadedPlugins(config),
    schemas: schemasFor(deps.catalogue),
    limits: config.limits,
  };
  return createPlanActions({
    ...deps,
    // The server, if one runs, finds the work by its clock.
    committed: () => undefined,
    planHours: config.retention.planHours,
    rehearse: (organisationId, change) => rehearse(scim, organisationId, change),
  });
}

async function listPlans({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const now = deps.store.clock.now();
  const plans = await deps.store.plans.list(organisation.id, { limit: 200 });
  const items = plans.map((plan) => {
    const { people: _, ...rest } = presentPlan(plan, now);
    return rest;
  });
  const rows = items.map(({ change, counts, money, ...rest }) => ({
    ...rest,
    change: change.type,
    gained: counts.gained,
    lost: counts.lost,
    perMonth: decimalText(money.differencePerMonth, money.currency),
    currency: money.currency,
  }));
  const columns = [
    "id",
    "state",
    "change",
    "gained",
    "lost",
    "perMonth",
    "currency",
    "expiresAt",
  ] as const;
  return { json: { items }, text: table(rows, columns) };
}

async function found(context: CommandContext, args: readonly string[]): Promise<Plan> {
  const { deps } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  return seekingPlan(context, args, async (id) => {
    const plan = await deps.store.plans.find(organisation.id, id);
    if (plan === null) throw new SeatkeeperError("NotFound");
    return plan;
  });
}

/** @param work with the plan that the arguments name, which it may find to be gone */
function seekingPlan<T>(
  context: CommandContext,
  args: readonly string[],
  work: (id: string) => Promise<T>,
): Promise<T> {
  const id = argument(args, 1);
  const gone = "it may have been thrown away, or have expired";
  const sought = { kind: "plan", id, list: `plan list ${argument(args, 0)}`, gone };
  return seeking(context, sought, () => work(id));
}

async function applyPlan(context: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const actions = await actionsOf(context);
  const cause = context.cause("plan.applied");
  return shown(
    await seekingPlan(context, args, (id) => actions.applyPlan(organisation, id, cause)),
  );
}

async function discardPlan(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  return seekingPlan(context, args, async (id) => {
    const done = await deps.store.plans.discard(organisation.id, id);
    if (!done) throw new SeatkeeperError("NotFound");
    return { json: { discarded: id }, text: "Discarded." };
  });
}

function shown(plan: Plan): Result {
  const json = presentPlan(plan, plan.createdAt);
  const { people, pools, money, counts, sync } = plan.report;
  const decimal = (amount: number): string => decimalText(amount, money.currency);
  const head = sheet({
    id: plan.id,
    state: json.state,
    ...counts,
    ...(sync === null ? {} : { requests: sync.requests, refused: sync.refused.length }),
    "per month before": decimal(money.totalPerMonth.before),
    "per month after": decimal(money.totalPerMonth.after),
    "difference with add-ons": decimal(money.differencePerMonth),
    currency: money.currency,
  });
  const poolRows = pools.map(({ pool, capacity, used, waiting }) => ({
    pool,
    capacity: arrow(capacity),
    used: arrow(used),
    waiting: arrow(waiting),
  }));
  const personRows = people.map(({ userName, userId, product, effect, needed, held, reason }) => ({
    person: userName ?? userId,
    product,
    effect,
    needed: arrow(needed),
    held: arrow({ before: held.before?.tier ?? null, after: held.after?.tier ?? null }),
    reason,
  }));
  const text = [
    head,
    table(poolRows, ["pool", "capacity", "used", "waiting"]),
    table(personRows, ["person", "product", "effect", "needed", "held", "reason"]),
    ...(money.lines.some(({ kind }) => kind === "bought") ? [BOUGHT] : []),
  ].join("\n\n");
  return { json, text };
}

const BOUGHT =
  "Where seats are paid for when they are bought, whoever gets one of those adds nothing to the bill.";

type Shown = string | number | null;

function arrow({ before, after }: { readonly before: Shown; readonly after: Shown }): string {
  const word = (value: Shown): string => String(value ?? "-");
  return before === after ? word(after) : `${word(before)} -> ${word(after)}`;
}
