import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { advise, type Advised } from "../actions/advise.js";
import { adviceInput, adviceQuery } from "../admin/advice.js";
import { decimalText } from "../domain/billing/rounding.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";

/** `advise`: which seats would have been the cheapest. */

interface AdviseOptions {
  readonly from?: string;
  readonly to?: string;
  readonly refusals?: string;
  readonly named?: string;
  readonly concurrent?: string;
  readonly shared?: string;
  readonly seats?: string;
}

export function addAdviseCommand(program: Command, cli: Cli): void {
  databaseCommand<AdviseOptions>(
    cli,
    program
      .command("advise")
      .argument("<org>", "id or slug")
      .argument("<product>")
      .description("the cheapest mix of seats for the use on record")
      .option("--from <date>", "a day of the first billing month; the last three if left out")
      .option("--to <date>", "the day after the last one")
      .option("--refusals <count>", "refusals that are accepted in this time; 0 if left out")
      .option(
        "--named <price>",
        "a named seat a month, in minor units; the agreed price if left out",
      )
      .option("--concurrent <price>", "a concurrent seat a month, in minor units")
      .option("--shared <price>", "a shared seat a month, in minor units")
      .option("--seats <count>", "also: who would have been refused with so many concurrent seats"),
    run,
  );
}

async function run(
  { deps }: CommandContext,
  args: readonly string[],
  { from, to, refusals, named, concurrent, shared, seats }: AdviseOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const product = argument(args, 1);
  const options = { from, to, refusals, named, concurrent, shared, seats };
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const input = adviceInput(checked(adviceQuery, { product, ...given }, "InvalidValue"));
  const json = await advise(deps, organisation, input);
  return { json, text: adviceText(json) };
}

function adviceText(advice: Advised): string {
  const { product, from, to, currency, basedOn, staff, peak, mix, tested, allNamed } = advice;
  const money = (amount: number): string => `${decimalText(amount, currency)} ${currency}`;
  const { floating } = mix;
  const near = mix.isOptimal
    ? "nothing is cheaper"
    : `at least ${money(mix.lowerBound)} in any mix`;
  const parts = [
    `${product}, ${from} until ${to} (not included): ${String(staff)} people, at most ${String(peak)} at once; ` +
      `from ${String(basedOn.sessions)} sessions, ${String(basedOn.leases)} leases, ${String(basedOn.daysWithUse)} days with use`,
    sheet({
      "named seats": mix.named.length,
      "people by the day": mix.daily.length,
      "floating seats":
        floating === null
          ? 0
          : `${String(floating.seats)} ${floating.kind} for ${String(floating.people.length)} people`,
      cost: `${money(mix.cost)} (${near})`,
      "all named": money(allNamed),
    }),
    advice.warning ?? "",
    refusedText("With this mix", mix.refused),
    refusedText(`With ${String(tested.seats)} concurrent seats for everybody`, tested),
    breakEvenText(advice),
    estimateText(advice),
    frequentText(advice),
    mix.refused.who.length === 0 ? "" : table(mix.refused.who, ["userName", "userId", "times"]),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Rule 5. */
function frequentText({ frequent }: Advised): string {
  if (frequent.length === 0) return "";
  const rows = frequent.map(({ userName, userId, days, ofWorkingDays }) => ({
    "locked seat for": userName ?? userId,
    "days used": `${String(days)} of ${String(ofWorkingDays)} working days`,
  }));
  return table(rows, ["locked seat for", "days used"]);
}

function refusedText(
  opening: string,
  { people, times }: { readonly people: number; readonly times: number },
): string {
  if (times === 0) return `${opening} nobody would have been refused.`;
  const who = people === 1 ? "1 person" : `${String(people)} people`;
  return `${opening} ${who} would have been refused or interrupted ${times === 1 ? "once" : `${String(times)} times`}.`;
}

function breakEvenText({ breakEven }: Advised): string {
  if (breakEven === null) return "";
  const { ratio, staff, peak, isConcurrentCheaper } = breakEven;
  const sides = `${String(staff)} people for ${String(peak)} at once is ${(staff / Math.max(1, peak)).toFixed(2)}`;
  return `Concurrent seats alone pay off above ${String(ratio)} people for each one who is there at once; ${sides}: ${isConcurrentCheaper ? "they do" : "they do not"}.`;
}

function estimateText({ estimate, peak }: Advised): string {
  if (peak === 0) return "";
  const { busyShare, seatsAtOnePercent, seatsAtOnePerMille } = estimate;
  return (
    `By chance (Engset, ${(busyShare * 100).toFixed(0)} % of the people there in the busiest hour): ` +
    `${String(seatsAtOnePercent)} concurrent seats refuse one of 100, ${String(seatsAtOnePerMille)} one of 1,000.`
  );
}
