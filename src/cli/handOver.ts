import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { allowHandOver } from "../actions/handOver.js";
import { setupChange } from "../actions/setupChange.js";
import { findConnection } from "../actions/findConnection.js";
import { handOverForm } from "../admin/forms.js";
import { presentHandOver } from "../admin/present.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, repeated } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Result } from "./io.js";

interface HandOverOptions {
  readonly user?: readonly string[];
  readonly withdraw?: boolean;
}

/** Moving from one identity provider to another. */
export function addHandOverCommand(connection: Command, cli: Cli): void {
  databaseCommand<HandOverOptions>(
    cli,
    connection
      .command("hand-over")
      .argument("<org>", "id or slug")
      .argument("<from>", "the old connection, id or name")
      .argument("[to]", "the new connection, id or name")
      .option("--user <userName>", "only this account; may be given several times", repeated)
      .option("--withdraw", "end what was allowed; accounts that have moved stay where they are")
      .description("let a new connection take over the accounts of an old one"),
    handOver,
  );
}

async function handOver(
  { deps, cause }: CommandContext,
  args: readonly string[],
  { user, withdraw }: HandOverOptions,
): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const connections = await deps.store.administration.listConnections(organisation.id);
  const from = findConnection(connections, argument(args, 1));
  if (withdraw === true) {
    const change = setupChange(deps, cause("handOver.withdrawn"), { from: from.id });
    const withdrawn = await deps.store.handOvers.withdraw(organisation.id, from.id, change);
    return { json: { withdrawn }, text: `Withdrawn: ${String(withdrawn)}.` };
  }
  const to = findConnection(connections, argument(args, 2));
  const input = { to: to.id, ...(user === undefined ? {} : { userNames: user }) };
  const form = checked(handOverForm, input, "InvalidValue");
  const handOvers = await allowHandOver(deps, from, form, cause("handOver.allowed"));
  const whose = user === undefined ? "every account" : `${String(user.length)} accounts`;
  return {
    json: { items: handOvers.map(presentHandOver) },
    text: `${to.name} may take over ${whose} of ${from.name}: each moves when ${to.name} creates somebody of the same userName.`,
  };
}
