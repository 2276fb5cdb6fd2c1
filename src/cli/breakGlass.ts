import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { checkProduct } from "../actions/checkNames.js";
import { invalid } from "../actions/invalid.js";
import { checkedGlass, givenNow, glassForm, presentGlass } from "../admin/breakGlass.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import { ACTOR, type CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { personNamed } from "./personNamed.js";

/** Seats for an emergency, although an exclusion says otherwise. */

interface GiveOptions {
  readonly reason: string;
  readonly until?: string;
  readonly hours?: number;
  readonly tier?: string;
}

const HOUR_MS = 3_600_000;
const HOURS_MAX = 24 * 365;
/** All of them: a command line has no pages. */
const SHOWN_MAX = 100_000;

export function addBreakGlassCommands(program: Command, cli: Cli): void {
  const glass = program
    .command("break-glass")
    .description("seats for an emergency, although an exclusion says otherwise");
  const on = (name: string): Command => glass.command(name).argument("<org>", "id or slug");
  const about = (name: string): Command =>
    on(name).argument("<user>", "id or user name").argument("<product>");
  databaseCommand<GiveOptions>(
    cli,
    about("give")
      .requiredOption("--reason <text>", "in words; it stays in the ledger")
      .option("--until <time>", "its end, such as 2026-03-01T12:00:00Z; at most 7 days from now")
      .option("--hours <hours>", "its end in so many hours, instead of --until", wholeNumber)
      .option("--tier <tier>", "at least this tier")
      .description("give or renew a claim that beats exclusions until then"),
    give,
  );
  databaseCommand(cli, about("end").description("take the claim back before its end"), end);
  databaseCommand(cli, on("list").description("which claims beat exclusions now"), list);
}

function endIn({ until, hours }: GiveOptions, now: number): string {
  if ((until === undefined) === (hours === undefined)) {
    throw invalid("until", "Either --until or --hours is expected.");
  }
  // Whatever is beyond the longest is refused; this is only to be a date.
  const inHours = Math.min(hours ?? 0, HOURS_MAX);
  return until ?? new Date(now + inHours * HOUR_MS).toISOString();
}

async function give(
  { deps, cause }: CommandContext,
  args: readonly string[],
  options: GiveOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { reason, tier } = options;
  const until = endIn(options, deps.store.clock.now());
  const input = {
    product: argument(args, 2),
    reason,
    until,
    ...(tier === undefined ? {} : { tier }),
  };
  const asked = checkedGlass(deps.catalogue, checked(glassForm, input, "InvalidValue"));
  const user = await personNamed(deps, organisation, argument(args, 1));
  const { fact, change } = await deps.actions.giveBreakGlass(
    organisation.id,
    user.id,
    { asked, by: ACTOR },
    cause("breakGlass.given"),
  );
  const json = { ...(await givenNow(deps, organisation.id, fact)), change };
  return { json, text: sheet(json) };
}

async function end({ deps, cause }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const product = argument(args, 2);
  checkProduct(deps.catalogue, product);
  const user = await personNamed(deps, organisation, argument(args, 1));
  await deps.actions.takeBreakGlass(organisation.id, user.id, product, cause("breakGlass.taken"));
  const json = { userId: user.id, product };
  return { json, text: `Ended: ${user.userName} ${product}` };
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { insights, clock } = deps.store;
  const found = await insights.breakGlasses(organisation.id, clock.now(), { limit: SHOWN_MAX });
  const words = { ...deps, timeZone: organisation.timeZone };
  const items = found.map((one) => presentGlass(words, one));
  return { json: { items }, text: table(items, ["userName", "product", "until", "sentence"]) };
}
