import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { brakeForm, presentBrake, presentLoss } from "../admin/brake.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { seeking } from "./named.js";

/** Losses of seats that wait for a person. */

interface BrakeOptions {
  readonly seats?: number;
  readonly percent?: number;
  readonly windowMinutes?: number;
}

export function addBrakeCommands(program: Command, cli: Cli): void {
  const brake = program
    .command("brake")
    .description("losses of many seats at once, which wait for a person");
  const on = (name: string): Command => brake.command(name).argument("<org>", "id or slug");
  databaseCommand(cli, on("show").description("the limit, and what is held back"), show);
  databaseCommand<BrakeOptions>(
    cli,
    on("set")
      .description("how many seats may be lost at once; more than both numbers wait")
      .option("--seats <seats>", "so many; 0 switches the brake off", wholeNumber)
      .option("--percent <percent>", "so many per cent of the seats taken", wholeNumber)
      .option("--window-minutes <minutes>", "within this time", wholeNumber),
    set,
  );
  const decide = (name: string, state: "approved" | "rejected", about: string): void => {
    databaseCommand(
      cli,
      on(name).argument("<loss>", "id of what is held back").description(about),
      (context, args) => decided(context, args, state),
    );
  };
  decide("approve", "approved", "take the seats");
  decide(
    "reject",
    "rejected",
    "leave the seats with who has them, until the directory says otherwise",
  );
}

async function show({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  return shown(presentBrake(await deps.actions.brakeOf(organisation.id)));
}

async function set(
  { deps, cause }: CommandContext,
  args: readonly string[],
  { seats, percent, windowMinutes }: BrakeOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const limit = checked(brakeForm, { seats, percent, windowMinutes }, "InvalidValue");
  const state = await deps.actions.limitBrake(organisation.id, limit, cause("brake.changed"));
  return shown(presentBrake(state));
}

async function decided(
  context: CommandContext,
  args: readonly string[],
  state: "approved" | "rejected",
): Promise<Result> {
  const { deps, cause, settle } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const decision = { id: argument(args, 1), state };
  const list = `brake show ${argument(args, 0)}`;
  const loss = await seeking(context, { kind: "held loss", id: decision.id, list }, () =>
    deps.actions.decideHeldLoss(organisation.id, decision, cause(`brake.${state}`)),
  );
  await settle(organisation.id);
  const json = presentLoss(loss);
  return { json, text: sheet({ ...json, cause: json.cause.action }) };
}

function shown(json: ReturnType<typeof presentBrake>): Result {
  const { limit, window, losses } = json;
  const head = sheet({ ...limit, "lost in the window": window?.lost ?? 0 });
  const rows = losses.map(({ cause, ...loss }) => ({ ...loss, cause: cause.action }));
  return { json, text: `${head}\n\n${table(rows, ["id", "at", "state", "seats", "cause"])}` };
}
