import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { inForceForm, purchaseForm, quoteForm } from "../admin/delegationForms.js";
import { inForceAct, presentPurchase, withPlanned } from "../admin/purchases.js";
import type { Purchase, PurchaseAct } from "../domain/administration/purchase.js";
import { decimalText } from "../domain/billing/rounding.js";
import type { Organisation } from "../domain/directory.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { poolNamed, poolNames, seeking } from "./named.js";

/** Requests for more seats, as the vendor handles them. Approving is the customer's, over the API. */

interface PurchaseOptions {
  readonly note?: string | null;
  readonly at?: string;
}

const SHOWN_MAX = 200;

export function addPurchaseCommands(program: Command, cli: Cli): void {
  const purchase = program.command("purchase").description("requests for more seats");
  const inOrganisation = (name: string): Command =>
    purchase.command(name).argument("<org>", "id or slug");
  databaseCommand(cli, inOrganisation("list").description("the newest first"), list);
  databaseCommand<PurchaseOptions>(
    cli,
    inOrganisation("request")
      .argument("<pool>", "id or name")
      .argument("<seats>", "how many more", wholeNumber)
      .option("--note <text>", "for whoever reads it")
      .description("ask for more seats of a pool"),
    request,
  );
  databaseCommand<PurchaseOptions>(
    cli,
    inOrganisation("quote")
      .argument("<id>")
      .argument("<amount>", "for all the seats, in minor units (cents)", wholeNumber)
      .argument("<currency>", "such as EUR")
      .option("--note <text>", "for the customer")
      .description("offer a price"),
    quote,
  );
  databaseCommand<PurchaseOptions>(
    cli,
    inOrganisation("in-force")
      .argument("<id>")
      .option("--at <time>", "not now, but then")
      .description("give the seats that were approved"),
    putInForce,
  );
  databaseCommand(
    cli,
    inOrganisation("decline").argument("<id>").description("refuse the request"),
    (context, args) => advance(context, args, "purchase.declined", { step: "decline" }),
  );
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const { id } = await organisationNamed(deps, argument(args, 0));
  const rows = await deps.store.papers.purchases(id, { limit: SHOWN_MAX });
  const items = rows.map(presentPurchase);
  const pools = await poolNames(deps, id);
  const lines = items.map((item) => ({ ...item, ...plainly(item, pools) }));
  const columns = ["pool", "seats", "state", "price", "inForceAt", "createdAt", "id"] as const;
  return { json: { items }, text: table(lines, columns) };
}

async function request(
  context: CommandContext,
  args: readonly string[],
  { note = null }: PurchaseOptions,
): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { id } = organisation;
  const input = { pool: argument(args, 1), seats: Number(argument(args, 2)), note };
  const form = checked(purchaseForm, input, "InvalidValue");
  const pool = await poolNamed(context, { id }, form.pool);
  const wanted = { poolId: pool.id, seats: form.seats, note: form.note };
  const made = await deps.actions.requestPurchase(id, wanted, cause("purchase.requested"));
  return shown(deps, organisation, made);
}

async function quote(
  context: CommandContext,
  args: readonly string[],
  { note = null }: PurchaseOptions,
): Promise<Result> {
  const input = { amount: Number(argument(args, 2)), currency: argument(args, 3), note };
  const offer = checked(quoteForm, input, "InvalidValue");
  return advance(context, args, "purchase.quoted", { step: "quote", quote: offer });
}

async function putInForce(
  context: CommandContext,
  args: readonly string[],
  options: PurchaseOptions,
): Promise<Result> {
  const { at } = checked(inForceForm, { at: options.at }, "InvalidValue");
  const { action, ...act } = inForceAct(at, context.deps.store.clock.now());
  return advance(context, args, action, act);
}

async function advance(
  context: CommandContext,
  args: readonly string[],
  action: string,
  act: Omit<PurchaseAct, "id">,
): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { id } = organisation;
  const whole = { ...act, id: argument(args, 1) };
  const sought = { kind: "request", id: whole.id, list: `purchase list ${argument(args, 0)}` };
  const purchase = await seeking(context, sought, () =>
    deps.actions.advancePurchase(id, whole, cause(action)),
  );
  await context.settle(id);
  return shown(deps, organisation, purchase);
}

async function shown(
  deps: CommandContext["deps"],
  organisation: Organisation,
  purchase: Purchase,
): Promise<Result> {
  const json = await withPlanned(deps.store, organisation, purchase);
  const { id, product, seats, note, state, version, isOpen, inForceAt, createdAt } = json;
  const { pool, price } = plainly(json, await poolNames(deps, organisation.id));
  const reached = json.steps.map((step) => `${step.state} ${step.at}`);
  const planned = json.contractions.map(({ sentence }) => sentence);
  const text = sheet({
    ...{ id, pool, product, seats, note, state, version, isOpen, price },
    ...(json.quote?.note == null ? {} : { "note on the price": json.quote.note }),
    ...{ inForceAt, createdAt, steps: reached },
  });
  return { json, text: [text, ...planned].join("\n\n") };
}

/** A pool by its name, an amount as it is written. */
function plainly(
  { poolId, quote: offer }: ReturnType<typeof presentPurchase>,
  pools: ReadonlyMap<string, string>,
) {
  return {
    pool: pools.get(poolId) ?? poolId,
    price: offer === null ? null : `${decimalText(offer.amount, offer.currency)} ${offer.currency}`,
  };
}
