import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import { invitationForm } from "../admin/delegationForms.js";
import { presentInvitation } from "../admin/invitations.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, repeated, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, table } from "./io.js";
import { poolNamed, seeking } from "./named.js";

/** Invitations: sending, listing and cancelling. Accepting is the application's. */

interface SendOptions {
  readonly connection?: string;
  readonly team?: readonly string[];
  readonly pool?: string;
  readonly expiresInDays?: number;
}

const SHOWN_MAX = 200;

export function addInvitationCommands(program: Command, cli: Cli): void {
  const invite = program.command("invitation").description("people who are asked to join");
  const inOrganisation = (name: string): Command =>
    invite.command(name).argument("<org>", "id or slug");
  databaseCommand<SendOptions>(
    cli,
    inOrganisation("create")
      .argument("<address>", "an e-mail address or a user name")
      .description("invite somebody, and show the secret for the message, this once")
      .option("--connection <id or name>", "for this connection's user of that name")
      .option("--team <team>", "to join; may be repeated", repeated)
      .option("--pool <pool>", "with a seat of this pool")
      .option("--expires-in-days <days>", "14 if left out", wholeNumber),
    create,
  );
  databaseCommand(cli, inOrganisation("list").description("the newest first"), list);
  databaseCommand(
    cli,
    inOrganisation("cancel").argument("<id>").description("take an open invitation back"),
    cancel,
  );
}

async function create(
  context: CommandContext,
  args: readonly string[],
  { connection, team = [], pool, expiresInDays }: SendOptions,
): Promise<Result> {
  const { deps, cause } = context;
  const { id } = await organisationNamed(deps, argument(args, 0));
  const { administration, papers, clock } = deps.store;
  const form = checked(
    invitationForm,
    {
      ...{ address: argument(args, 1), teams: team },
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
    },
    "InvalidValue",
  );
  const connectionId =
    connection === undefined
      ? null
      : findConnection(await administration.listConnections(id), connection).id;
  const named = pool === undefined ? null : await poolNamed(context, { id }, pool);
  const input = { ...form, connectionId, poolId: named?.id ?? null };
  const { invitation, secret } = await deps.actions.invite(id, input, cause("invitation.sent"));
  const view = await papers.findInvitation(id, invitation.id);
  if (view === null) throw new SeatkeeperError("NotFound");
  const json = { ...presentInvitation(view, clock.now()), secret };
  return { json, text: `${secret}\n\nKeep it now: it is not shown again.` };
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const { id } = await organisationNamed(deps, argument(args, 0));
  const rows = await deps.store.papers.invitations(id, { limit: SHOWN_MAX });
  const items = rows.map((row) => presentInvitation(row, deps.store.clock.now()));
  return { json: { items }, text: table(items, ["address", "state", "teams", "expiresAt", "id"]) };
}

async function cancel(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps, cause } = context;
  const { id } = await organisationNamed(deps, argument(args, 0));
  const invitation = argument(args, 1);
  const list = `invitation list ${argument(args, 0)}`;
  await seeking(context, { kind: "invitation", id: invitation, list }, () =>
    deps.actions.cancelInvitation(id, invitation, cause("invitation.cancelled")),
  );
  return { json: { cancelled: invitation }, text: `Cancelled ${invitation}.` };
}
