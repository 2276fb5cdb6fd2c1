import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { exempt } from "../actions/contract.js";
import { setupChange } from "../actions/setupChange.js";
import { checkProduct } from "../actions/checkNames.js";
import { presentExemption, presentReclaim } from "../admin/presentReclaim.js";
import { exemptionForm, heldForm } from "../admin/reclaimForms.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { seeking } from "./named.js";
import { personNamed } from "./personNamed.js";

/** Seats that are taken back: who is asked, what people answer, the way back, and who is left in peace. */

interface ExemptOptions {
  readonly user?: string;
  readonly group?: string;
  readonly until?: string;
  readonly reason?: string;
}

const SHOWN_MAX = 1_000;

export function addReclaimCommands(program: Command, cli: Cli): void {
  const reclaim = program.command("reclaim").description("seats that nobody uses");
  const inOrganisation = (name: string): Command =>
    reclaim.command(name).argument("<org>", "id or slug");
  const aboutSeat = (name: string): Command =>
    inOrganisation(name).argument("<user>", "id or user name").argument("<product>");
  databaseCommand(
    cli,
    inOrganisation("list").description("who was asked, whose seat is to go, what can be undone"),
    list,
  );
  databaseCommand(
    cli,
    aboutSeat("keep").description("answer for somebody: the seat is needed"),
    (context, args) => answer(context, args, "keep"),
  );
  databaseCommand(
    cli,
    aboutSeat("give-up").description("answer for somebody: the seat is not needed"),
    (context, args) => answer(context, args, "giveUp"),
  );
  databaseCommand(
    cli,
    aboutSeat("undo").description("give back a seat that is being or was taken back lately"),
    undo,
  );
  databaseCommand<ExemptOptions>(
    cli,
    inOrganisation("exempt")
      .option("--user <user>", "id or user name")
      .option("--group <id>", "everybody in the group")
      .option("--until <date>", "left out: until it is withdrawn")
      .requiredOption("--reason <text>", "such as parental leave")
      .description("leave somebody's seat alone, used or not"),
    addExemption,
  );
  databaseCommand(
    cli,
    inOrganisation("exemptions").description("whose seats are left alone"),
    exemptions,
  );
  databaseCommand(
    cli,
    inOrganisation("withdraw").argument("<exemption>").description("end an exemption"),
    withdraw,
  );
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { reclaims, administration, clock } = deps.store;
  const page = { limit: SHOWN_MAX };
  const seats = await reclaims.underWay(organisation.id, clock.now(), page);
  const pools = new Map(
    (await administration.listPools(organisation.id)).map((pool) => [pool.id, pool]),
  );
  const items = seats.map((seat) => presentReclaim(seat, pools.get(seat.poolId)));
  const rows = items.map(({ userId, product, tier, lastUsedAt, reclaim: { state, until } }) => ({
    ...{ state, until, userId, product, tier, lastUsedAt },
  }));
  const columns = ["state", "until", "userId", "product", "tier", "lastUsedAt"] as const;
  return { json: { items }, text: table(rows, columns) };
}

async function held({ deps }: CommandContext, organisationId: string, args: readonly string[]) {
  const { userName, product } = checked(
    heldForm,
    { userName: argument(args, 1), product: argument(args, 2) },
    "InvalidValue",
  );
  checkProduct(deps.catalogue, product);
  const user = await personNamed(deps, { id: organisationId }, userName ?? "");
  return { userId: user.id, product };
}

async function answer(
  context: CommandContext,
  args: readonly string[],
  said: "keep" | "giveUp",
): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const found = await held(context, organisation.id, args);
  const why = cause("reclaim.answered");
  const { seat } = await deps.actions.answerReclaim(organisation.id, found, said, why);
  return shown(context, organisation.id, seat);
}

async function undo(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const found = await held(context, organisation.id, args);
  const { seat } = await deps.actions.undoReclaim(organisation.id, found, cause("reclaim.undone"));
  return shown(context, organisation.id, seat);
}

type Seat = Awaited<ReturnType<CommandContext["deps"]["actions"]["undoReclaim"]>>["seat"];

async function shown({ deps }: CommandContext, organisationId: string, seat: Seat) {
  if (seat === null) return { json: { seat: null }, text: "The seat was given up." };
  const pool = await deps.store.administration.findPool(organisationId, seat.poolId);
  const json = { seat: presentReclaim(seat, pool ?? undefined) };
  const { reclaim: _, ...plain } = json.seat;
  return { json, text: sheet(plain) };
}

async function addExemption(
  { deps, cause }: CommandContext,
  args: readonly string[],
  { user, group, until, reason }: ExemptOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const given = { userName: user, group, until, reason };
  const input = Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined));
  const form = checked(exemptionForm, input, "InvalidValue");
  const found = user === undefined ? null : await personNamed(deps, organisation, user);
  if (group !== undefined && !(await deps.store.reclaims.hasGroup(organisation.id, group))) {
    throw new SeatkeeperError("InvalidValue", {
      field: "group",
      sentence: "The id of a group of this organisation is expected.",
    });
  }
  const about = { userId: found?.id, groupId: group, until: form.until, reason: form.reason };
  const json = presentExemption(
    await exempt(deps, organisation.id, about, cause("exemption.added")),
  );
  return { json, text: sheet(json) };
}

async function exemptions({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { reclaims, clock } = deps.store;
  const items = (await reclaims.exemptions(organisation.id, clock.now())).map(presentExemption);
  return { json: { items }, text: table(items, ["userId", "groupId", "until", "reason", "id"]) };
}

async function withdraw(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const id = argument(args, 1);
  const change = setupChange(deps, cause("exemption.withdrawn"), { exemptionId: id });
  const sought = { kind: "exemption", id, list: `reclaim exemptions ${argument(args, 0)}` };
  await seeking(context, sought, async () => {
    const done = await deps.store.reclaims.withdrawExemption(organisation.id, id, change);
    if (!done) throw new SeatkeeperError("NotFound");
  });
  return { json: { id }, text: `Withdrawn: ${id}` };
}
