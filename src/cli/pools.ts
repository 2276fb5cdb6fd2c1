import type { Command } from "commander";
import { createPool, organisationNamed } from "../actions/administer.js";
import { plannedOf } from "../actions/contract.js";
import { mergeIntoPool } from "../actions/mergeIntoPool.js";
import { reservationsNow } from "../actions/reservations.js";
import { poolForm, poolPatchForm } from "../admin/forms.js";
import { overageText, ownListsText, type PresetPool } from "../admin/policyForm.js";
import { presentPool } from "../admin/present.js";
import { presentPlanned } from "../admin/presentReclaim.js";
import { waitingFor } from "../admin/who.js";
import { barOf, takenIn } from "../domain/pools/bar.js";
import type { Organisation, Pool } from "../domain/directory.js";
import { fieldsOf } from "../domain/pools/releaseOn.js";
import { checked } from "../validation.js";
import {
  argument,
  type Cli,
  collectedPairs,
  databaseCommand,
  listed,
  type Pairs,
  plainValues,
  wholeNumber,
} from "./command.js";
import type { CommandContext } from "./context.js";
import { addContractionCommands } from "./contractions.js";
import { type Result, sheet, table } from "./io.js";
import { poolNamed } from "./named.js";
import { presetPool } from "./presets.js";

/** Pools: seats that were bought. */

export interface PoolOptions {
  readonly product?: string;
  readonly tiers?: readonly string[];
  readonly kind?: string;
  readonly preset?: string;
  readonly capacity?: number;
  readonly priority?: number;
  readonly policy?: Pairs;
}

export function addPoolCommands(program: Command, cli: Cli): void {
  const pool = program.command("pool").description("seats that were bought");
  const inOrganisation = (name: string): Command =>
    pool.command(name).argument("<org>", "id or slug");
  databaseCommand<PoolOptions>(
    cli,
    poolOptions(inOrganisation("create").argument("<name>"))
      .description("create a pool")
      .requiredOption("--product <product>", "a product of the catalogue")
      .option("--kind <kind>", "locked, shared or concurrent; locked if left out")
      .option(
        "--preset <name>",
        "kind and policy as in config/presets, such as derived-tiers or locked-and-shared/shared; what is given besides comes first",
      ),
    create,
  );
  databaseCommand(cli, inOrganisation("list").description("list the pools"), list);
  databaseCommand(
    cli,
    inOrganisation("show").argument("<pool>", "id or name").description("show a pool"),
    async (context, args) => {
      const organisation = await organisationNamed(context.deps, argument(args, 0));
      return shown(context, organisation, argument(args, 1));
    },
  );
  databaseCommand<PoolOptions>(
    cli,
    poolOptions(inOrganisation("set").argument("<pool>", "id or name")).description(
      "change capacity, tiers, priority or policy; who waits gets what becomes free",
    ),
    change,
  );
  addContractionCommands(pool, cli);
}

export function poolOptions(command: Command): Command {
  return command
    .option("--capacity <seats>", "how many were bought", wholeNumber)
    .option("--tiers <tiers>", "tiers that a seat may have, separated by commas", listed)
    .option("--priority <number>", "lower is tried first among equals", wholeNumber)
    .option(
      "--policy <name=value>",
      "acquireOn, onFull, onFullByGroup, eligibility, reservations, minHoldSeconds, ...; may be repeated",
      collectedPairs,
    );
}

async function create(
  context: CommandContext,
  args: readonly string[],
  options: PoolOptions,
): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const { product, kind, preset } = options;
  const model = preset === undefined ? undefined : presetPool(preset);
  const own = poolInput(options);
  const input = {
    ...own,
    ...{ name: argument(args, 1), product, kind: kind ?? model?.kind ?? "locked" },
    policy: { ...presetPolicy(model?.policy, own.policy), ...own.policy },
  };
  const form = checked(poolForm, input, "InvalidValue");
  const created = await createPool(
    context.deps,
    organisation.id,
    form,
    context.cause("pool.created"),
  );
  await context.settle(organisation.id);
  return shown(context, organisation, created.id);
}

/** What is given besides comes first, also where the preset says the same thing with other words. */
function presetPolicy(preset: PresetPool["policy"] = {}, own: object = {}): PresetPool["policy"] {
  const { releaseOn, ...rest } = preset;
  const policy = { ...rest, ...(releaseOn === undefined ? {} : fieldsOf(releaseOn)) };
  if (!("releaseOn" in own)) return policy;
  const { parkedConsumes: _, suspendedConsumes: __, ...others } = policy;
  return others;
}

async function list(context: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const pools = await context.deps.store.administration.listPools(organisation.id);
  const { clock, insights } = context.deps.store;
  const used = await insights.poolsUsed(organisation.id, clock.now());
  const items = await Promise.all(
    pools.map((one) => presented(context, organisation, one, used.get(one.id) ?? one.used)),
  );
  const columns = [
    ...(["name", "product", "tiers", "kind"] as const),
    ...(["capacity", "used", "free", "waiting"] as const),
  ];
  return { json: { items }, text: table(items, columns) };
}

async function change(
  context: CommandContext,
  args: readonly string[],
  options: PoolOptions,
): Promise<Result> {
  const { deps } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const before = await poolNamed(context, organisation, argument(args, 1));
  const form = checked(poolPatchForm, poolInput(options), "InvalidValue");
  await mergeIntoPool(deps, before, form, { cause: context.cause("pool.changed") });
  await context.settle(organisation.id);
  return shown(context, organisation, before.id);
}

export function poolInput({ capacity, tiers, priority, policy }: PoolOptions): {
  readonly policy?: Record<string, string | number | boolean>;
} {
  return {
    ...(capacity === undefined ? {} : { capacity }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(priority === undefined ? {} : { priority }),
    ...(policy === undefined ? {} : { policy: plainValues(policy) }),
  };
}

async function shown(
  context: CommandContext,
  organisation: Organisation,
  idOrName: string,
): Promise<Result> {
  const pool = await poolNamed(context, organisation, idOrName);
  const { store } = context.deps;
  const use = await store.insights.poolUse(organisation.id, pool.id, store.clock.now());
  const requested = (await store.papers.seatsRequested(organisation.id)).get(pool.id) ?? 0;
  const bar = { ...barOf(pool, use), requested };
  const { teams } = use;
  const reservations = await reservationsNow(store, pool, use);
  const contractions = (await plannedOf(store, pool)).map((one) =>
    presentPlanned(one, organisation),
  );
  const { policy, ...plain } = await presented(context, organisation, pool, takenIn(use));
  // The policy has a field of that name, too.
  const { overage: overageHeld, ...segments } = bar;
  const inTeams = teams.map(({ team, seats }) => `${team} ${String(seats)}`);
  return {
    json: { ...plain, policy, bar, teams, reservations, contractions },
    text: sheet({
      ...plain,
      ...policy,
      overage: overageText(policy.overage),
      onFullByGroup: ownListsText(policy.onFullByGroup),
      ...segments,
      overageHeld,
      teams: inTeams,
      reservations: reservations.map(reservationWords),
      ...reductionWords(contractions),
    }),
  };
}

/** Only where there are any. */
function reductionWords(planned: readonly ReturnType<typeof presentPlanned>[]) {
  return planned.length === 0 ? {} : { contractions: planned.map(({ sentence }) => sentence) };
}

function reservationWords(reservation: Awaited<ReturnType<typeof reservationsNow>>[number]) {
  const { group, seats, filled, groupExists } = reservation;
  return `${group} ${String(filled)} of ${String(seats)}${groupExists ? "" : " (no such group)"}`;
}

/** Counting stops here; a longer list is shown as this many. */
const WAITING_COUNT_MAX = 1_000;

async function presented(
  { deps }: CommandContext,
  organisation: Organisation,
  pool: Pool,
  used: number,
) {
  const { insights } = deps.store;
  const entries = await insights.waiting(organisation.id, pool.product, WAITING_COUNT_MAX);
  return presentPool(pool, { used, waiting: waitingFor(pool, entries) });
}
