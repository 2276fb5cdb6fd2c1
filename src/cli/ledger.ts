import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { moment, presentHead, presentSeatThen, requireKnown, timeAxis } from "../admin/ledger.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type CommonOptions, type Result, sheet, table } from "./io.js";
import { actorNames } from "./named.js";

/** The ledger: its end, all of it, and who held what at a time in the past. */

const PORTION = 5_000;

export function addLedgerCommands(program: Command, cli: Cli): void {
  const ledger = program
    .command("ledger")
    .description("what happened to seats and pools, as a chain that can be checked");
  databaseCommand(
    cli,
    ledger
      .command("head")
      .argument("<org>", "id or slug")
      .description("where the ledger ends: to be kept elsewhere, for verify --expect"),
    async ({ deps }, args) => {
      const organisation = await organisationNamed(deps, argument(args, 0));
      const json = presentHead(await deps.store.ledger.head(organisation.id));
      return { json, text: sheet(json) };
    },
  );
  databaseCommand<CommonOptions>(
    cli,
    ledger
      .command("export")
      .argument("<org>", "id or slug")
      .description("print the ledger, one JSON object a line, the oldest first"),
    exportLedger,
  );
  databaseCommand<SeatsOptions>(
    cli,
    program
      .command("seats")
      .argument("<org>", "id or slug")
      .option("--at <time>", "a time such as 2026-03-01T12:00:00Z instead of now")
      .option(
        "--as <axis>",
        "believed: what was on record then (default); effective: what was true",
      )
      .option("--user <user>", "id or user name: only this person's")
      .description("who holds which seat, in which tier and why, now or at a time in the past"),
    listSeats,
  );
}

/** Portion by portion: a ledger may be larger than the memory. */
async function exportLedger(
  { deps, io }: CommandContext,
  args: readonly string[],
  options: CommonOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const items: object[] = [];
  let after = 0;
  for (;;) {
    const lines = await deps.store.ledger.lines(organisation.id, { after, limit: PORTION });
    if (options.json === true) items.push(...lines);
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    after = lines.at(-1)?.sequence ?? after;
    if (lines.length < PORTION) return { json: { items }, text };
    if (options.json !== true) io.out(text);
  }
}

interface SeatsOptions {
  readonly at?: string;
  readonly as?: string;
  readonly user?: string;
}

/** All of them: a command line has no pages. */
const SEATS_MAX = 10_000_000;

async function listSeats(
  context: CommandContext,
  args: readonly string[],
  options: SeatsOptions,
): Promise<Result> {
  const { deps } = context;
  const { ledger, insights, administration, clock } = deps.store;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const at = options.at === undefined ? clock.now() : checked(moment, options.at, "InvalidValue");
  const as = checked(timeAxis, options.as, "InvalidValue");
  const userId =
    options.user === undefined ? undefined : await idOf(deps, organisation.id, options.user);
  const { head, seats } = await ledger.seatsAt(organisation.id, {
    ...{ at, as },
    limit: SEATS_MAX,
    ...(userId === undefined ? {} : { userId }),
  });
  const pools = new Map(
    (await administration.listPools(organisation.id)).map(({ id, name }) => [id, name]),
  );
  const nameOf = await actorNames(context, organisation.id);
  const items = seats.map(presentSeatThen);
  const lines = [];
  for (const item of items) {
    const { userId: holder, poolId, product, tier, grantedAt, reason, cause } = item;
    const user = (await insights.userById(organisation.id, holder))?.userName ?? holder;
    const why = `${reason} (${cause.action} by ${nameOf(cause.actor)})${glassWords(item)}`;
    lines.push({ user, product, tier, pool: pools.get(poolId) ?? poolId, since: grantedAt, why });
  }
  return {
    json: { at: new Date(at).toISOString(), as, ledger: presentHead(head), items },
    text: table(lines, ["user", "product", "tier", "pool", "since", "why"]),
  };
}

function glassWords({ breakGlass: glass }: ReturnType<typeof presentSeatThen>): string {
  if (glass === null) return "";
  return `, break-glass by ${glass.actor} until ${glass.until} ("${glass.reason}")`;
}

/** Who is gone is still known by id. */
async function idOf(
  deps: CommandContext["deps"],
  organisationId: string,
  idOrUserName: string,
): Promise<string> {
  const user = await deps.store.insights.userByName(organisationId, idOrUserName);
  if (user !== null) return user.id;
  await requireKnown(deps, organisationId, idOrUserName);
  return idOrUserName;
}
