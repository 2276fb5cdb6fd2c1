import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { principalForm } from "../admin/delegationForms.js";
import { presentPrincipals } from "../admin/principals.js";
import { OPERATOR } from "../domain/administration/delegation.js";
import type { Organisation } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, listed, repeated } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, table } from "./io.js";
import { personNamed } from "./personNamed.js";

/** Who may administer an organisation. */

interface GrantOptions {
  readonly user?: string;
  readonly service?: string;
  readonly role: string;
  readonly scopes?: readonly string[];
  readonly team?: readonly string[];
}

export function addPrincipalCommands(program: Command, cli: Cli): void {
  const access = program.command("access").description("who may administer an organisation");
  const inOrganisation = (name: string): Command =>
    access.command(name).argument("<org>", "id or slug");
  databaseCommand(
    cli,
    inOrganisation("list").description("who may, and what"),
    async (context, args) => {
      const organisation = await organisationNamed(context.deps, argument(args, 0));
      return shown(context, organisation);
    },
  );
  databaseCommand<GrantOptions>(
    cli,
    inOrganisation("grant")
      .description("let a person or a service administer; see docs/delegation.md")
      .option("--user <user>", "a person: id or user name")
      .option("--service <name>", "a program, by a name of your choice")
      .requiredOption("--role <role>", "owner, licenceManager, teamAdmin or viewer")
      .option("--scopes <scopes>", "beside those of the role, separated by commas", listed)
      .option("--team <team>", "of a team admin; may be repeated", repeated),
    grant,
  );
  databaseCommand(
    cli,
    inOrganisation("end")
      .argument("<who>", "id, user name, or name of a service")
      .description("end it, with all its tokens"),
    end,
  );
}

async function grant(
  context: CommandContext,
  args: readonly string[],
  { user, service, role, scopes = [], team = [] }: GrantOptions,
): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const input = { user, name: service, role, extraScopes: scopes, teams: team };
  const { user: who, name = null, ...rights } = checked(principalForm, input, "InvalidValue");
  const person = who === undefined ? null : await personNamed(deps, organisation, who);
  const draft = { ...rights, name, userId: person?.id ?? null };
  await deps.actions.grantAccess(organisation.id, OPERATOR, draft, cause("access.granted"));
  return shown(context, organisation);
}

async function end(context: CommandContext, args: readonly string[]): Promise<Result> {
  const { deps, cause } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const { id } = await principalNamed(context, organisation, argument(args, 1));
  await deps.actions.endAccess(organisation.id, OPERATOR, id, cause("access.ended"));
  return shown(context, organisation);
}

/** @throws SeatkeeperError NotFound, also where several have the name */
export async function principalNamed(
  { deps, again }: CommandContext,
  { id }: Pick<Organisation, "id">,
  who: string,
) {
  const all = await deps.store.papers.principals(id);
  const [found, ...more] = all.filter((one) =>
    [one.id, one.userId, one.userName, one.name].includes(who),
  );
  if (found !== undefined && more.length === 0) return found;
  throw new SeatkeeperError("NotFound", {
    sentence: `${found === undefined ? "Nobody" : "More than one"} called "${who}" may administer. Those who may: ${again(`access list ${id}`)}`,
  });
}

async function shown({ deps }: CommandContext, { id }: Organisation): Promise<Result> {
  const items = presentPrincipals(await deps.store.papers.principals(id));
  const rows = items.map((item) => ({ ...item, who: item.userName ?? item.name }));
  const columns = ["who", "role", "scopes", "teams", "state", "isLastOwner", "id"] as const;
  return { json: { items }, text: table(rows, columns) };
}
