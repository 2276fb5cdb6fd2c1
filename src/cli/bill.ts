import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { previewInvoice, type Invoiced } from "../actions/billing.js";
import { changeMode, presentSettings, saveBillingSettings } from "../actions/billingSettings.js";
import {
  billingForm,
  invoiceQuery,
  modeForm,
  questionOf,
  refuseChangesAsCsv,
} from "../admin/billing.js";
import { invoiceCsv } from "../domain/billing/presented.js";
import { decimalText } from "../domain/billing/rounding.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { readText, type CommandContext } from "./context.js";
import { settingsText } from "./billingText.js";
import { type Result, table } from "./io.js";
import { actorNames, poolNames } from "./named.js";
import { personNamed } from "./personNamed.js";

/** `bill`: what an organisation owes. `billing`: what was agreed about it. */

interface BillOptions {
  readonly from?: string;
  readonly to?: string;
  readonly csv?: boolean;
  readonly changes?: boolean;
}

export function addBillingCommands(program: Command, cli: Cli): void {
  databaseCommand<BillOptions>(
    cli,
    program
      .command("bill")
      .argument("<org>", "id or slug")
      .description("what an organisation owes, line by line, with who caused it")
      .option(
        "--from <date>",
        "first day, such as 2026-03-01; the present billing month if left out",
      )
      .option("--to <date>", "the day after the last one")
      .option("--csv", "print CSV for a spreadsheet")
      .option("--changes", "also what each event has added or credited (whole billing months)"),
    bill,
  );
  const billing = program
    .command("billing")
    .description("prices, currency, time zone, daily users");
  databaseCommand(
    cli,
    billing
      .command("show")
      .argument("<org>", "id or slug")
      .description("show what was agreed with an organisation"),
    async (context, args) => {
      const organisation = await organisationNamed(context.deps, argument(args, 0));
      return shown(context, organisation.slug);
    },
  );
  databaseCommand(
    cli,
    billing
      .command("set")
      .argument("<org>", "id or slug")
      .argument(
        "<file>",
        "the settings as JSON, as `billing show --json` prints them; - for standard input",
      )
      .description("replace what was agreed with an organisation"),
    replace,
  );
  databaseCommand(
    cli,
    billing
      .command("mode")
      .argument("<org>", "id or slug")
      .argument("<user>", "id or user name")
      .argument("<product>")
      .argument("<mode>", "monthly or daily")
      .description("charge somebody by the month or by the day of use, from tomorrow on"),
    mode,
  );
}

async function bill(
  context: CommandContext,
  args: readonly string[],
  { from, to, csv = false, changes = false }: BillOptions,
): Promise<Result> {
  const { deps } = context;
  refuseChangesAsCsv(csv && changes);
  const organisation = await organisationNamed(deps, argument(args, 0));
  const given = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    changes: String(changes),
  };
  const question = questionOf(checked(invoiceQuery, given, "InvalidValue"));
  const json = await previewInvoice(deps, organisation, question);
  if (csv) return { json, text: invoiceCsv(json).trimEnd() };
  return { json, text: billText(json, await actorNames(context, organisation.id)) };
}

function billText(invoice: Invoiced, nameOf: (actor: string) => string): string {
  const because = ({
    reason,
    action,
    actor,
  }: Omit<Invoiced["lines"][number]["cause"], "witness">) =>
    `${reason} (${action} by ${nameOf(actor)})`;
  const { from, to, currency, timeZone, totalText, lines, changes } = invoice;
  const rows = lines.map(({ cause, unitPrice, amount, userName, userId, pool, ...line }) => ({
    ...line,
    who: userName ?? userId ?? pool,
    what: [line.product, line.tier, line.addOn].filter((part) => part !== null).join(" "),
    price: `${decimalText(unitPrice, currency)} a ${line.unit}`,
    amount: decimalText(amount, currency),
    because: because(cause),
  }));
  const told = (changes ?? []).map(({ cause, userName, userId, amountText, day }) => ({
    day,
    who: userName ?? userId,
    change: amountText,
    because: because(cause),
  }));
  const parts = [
    `${from} until ${to} (not included), days in ${timeZone}, amounts in ${currency}`,
    table(rows, [
      "kind",
      "who",
      "what",
      "from",
      "to",
      "days",
      "quantity",
      "price",
      "amount",
      "because",
    ]),
    `Total: ${totalText} ${currency}`,
    changes === undefined ? "" : table(told, ["day", "who", "change", "because"]),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

async function shown({ deps }: CommandContext, idOrSlug: string): Promise<Result> {
  const organisation = await organisationNamed(deps, idOrSlug);
  const json = await presentSettings(deps, organisation);
  return { json, text: settingsText(json, await poolNames(deps, organisation.id)) };
}

async function replace(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps, io } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const input = checked(
    billingForm,
    settingsFrom(await readText(io, argument(args, 1))),
    "InvalidValue",
  );
  await saveBillingSettings(deps, organisation, input, context.cause("billing.changed"));
  return shown(context, organisation.slug);
}

function settingsFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SeatkeeperError("MalformedJson", { sentence: "The settings are not JSON.", cause });
  }
}

async function mode({ deps, cause }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const user = await personNamed(deps, organisation, argument(args, 1));
  const given = { product: argument(args, 2), mode: argument(args, 3) };
  const input = checked(modeForm, given, "InvalidValue");
  await changeMode(deps, organisation, user.id, input, cause("billing.modeChanged"));
  const json = { userId: user.id, userName: user.userName, ...input };
  return {
    json,
    text: `${user.userName} is charged ${input.mode} for ${input.product} from tomorrow on.`,
  };
}
