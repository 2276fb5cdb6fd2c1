import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { contractionPlan, planContraction } from "../actions/contract.js";
import { setupChange } from "../actions/setupChange.js";
import { presentContraction, presentPlaced } from "../admin/presentReclaim.js";
import { contractionForm } from "../admin/reclaimForms.js";
import type { Pool } from "../domain/directory.js";
import type { Contraction } from "../domain/reclaim/rows.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { poolNamed, seeking } from "./named.js";

/** Fewer seats from a date on, and who would have to go. */

interface ContractOptions {
  readonly capacity?: number;
  readonly at?: string;
}

/** @param pool the command that the others belong to */
export function addContractionCommands(pool: Command, cli: Cli): void {
  const ofPool = (name: string): Command =>
    pool.command(name).argument("<org>", "id or slug").argument("<pool>", "id or name");
  databaseCommand<ContractOptions>(
    cli,
    ofPool("contract")
      .requiredOption("--capacity <seats>", "how many from the date on", wholeNumber)
      .requiredOption("--at <date>", "such as 2026-12-31")
      .description("have fewer seats from a date on; shows who would have to go"),
    add,
  );
  databaseCommand(
    cli,
    ofPool("contractions").description("reductions to come, and who would have to go"),
    list,
  );
  databaseCommand(
    cli,
    ofPool("keep-capacity")
      .argument("<contraction>")
      .description("call off a reduction that is to come"),
    cancel,
  );
}

async function find(context: CommandContext, args: readonly string[]): Promise<Pool> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  return poolNamed(context, organisation, argument(args, 1));
}

async function add(
  context: CommandContext,
  args: readonly string[],
  options: ContractOptions,
): Promise<Result> {
  const pool = await find(context, args);
  const { capacity, at } = options;
  const form = checked(contractionForm, { capacity, at }, "InvalidValue");
  const made = await planContraction(
    context.deps,
    pool,
    form,
    context.cause("contraction.planned"),
  );
  const { plan, ...plain } = await withPlan(context, pool, made);
  return { json: { ...plain, plan }, text: `${sheet(plain)}\n\n${goingText(plan)}` };
}

async function list(context: CommandContext, args: readonly string[]): Promise<Result> {
  const pool = await find(context, args);
  const planned = await context.deps.store.reclaims.contractions(pool.organisationId, pool.id);
  const items = await Promise.all(planned.map((one) => withPlan(context, pool, one)));
  const rows = items.map(({ plan, ...plain }) => ({
    ...plain,
    ...{ from: plan?.from ?? null, excess: plan?.excess ?? null },
  }));
  return {
    json: { items },
    text: table(rows, ["at", "from", "capacity", "state", "excess", "id"]),
  };
}

async function cancel(context: CommandContext, args: readonly string[]): Promise<Result> {
  const pool = await find(context, args);
  const id = argument(args, 2);
  const { reclaims } = context.deps.store;
  const cause = context.cause("contraction.cancelled");
  const change = setupChange(context.deps, cause, { contractionId: id, poolId: pool.id });
  const list = `pool contractions ${argument(args, 0)} ${pool.id}`;
  await seeking(context, { kind: "reduction that is to come", id, list }, async () => {
    const done = await reclaims.cancelContraction(pool.organisationId, pool.id, id, change);
    if (!done) throw new SeatkeeperError("NotFound");
  });
  return { json: { id }, text: `Called off: ${id}` };
}

async function withPlan({ deps }: CommandContext, pool: Pool, contraction: Contraction) {
  const shown = presentContraction(contraction);
  if (contraction.state === "done") return { ...shown, plan: null };
  const { first, ...plan } = await contractionPlan(deps, pool, contraction.capacity);
  return { ...shown, plan: { ...plan, first: first.map(presentPlaced) } };
}

function goingText(plan: Awaited<ReturnType<typeof withPlan>>["plan"]): string {
  if (plan === null || plan.excess === 0) return "Nobody would have to go.";
  return table(plan.first, ["userId", "state", "lastUsedAt", "grantedAt", "pinned"]);
}
