import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { addDomain, domainOf, leadTo, removeDomain, verifyDomain } from "../actions/domains.js";
import { findConnection } from "../actions/findConnection.js";
import { domainDeps, presentDomain } from "../admin/domains.js";
import type { MailDomain } from "../ports/domains.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { seeking } from "./named.js";

/** Domains of e-mail addresses, by which people find their sign-in. */

interface DomainOptions {
  readonly connection?: string;
}

export function addDomainCommands(program: Command, cli: Cli): void {
  const domain = program
    .command("domain")
    .description("domains of e-mail addresses, by which people find their sign-in");
  const on = (name: string): Command => domain.command(name).argument("<org>", "id or slug");
  const named = (name: string): Command => on(name).argument("<domain>", "such as acorn.example");
  const connection = [
    "--connection <id or name>",
    "people with such addresses sign in here; without it, they choose",
  ] as const;
  databaseCommand(cli, on("list").description("list the domains and their records"), list);
  databaseCommand<DomainOptions>(
    cli,
    named("add")
      .option(...connection)
      .description("claim a domain and show the TXT record that proves it"),
    async (context, args, options) => {
      const { deps, cause } = context;
      const organisation = await organisationNamed(deps, argument(args, 0));
      const connectionId = await connectionIdOf(context, organisation.id, options);
      const input = { domain: argument(args, 1), connectionId };
      const about = cause("domain.added");
      return shown(await addDomain(domainDeps(deps), organisation, input, about));
    },
  );
  databaseCommand(
    cli,
    named("verify").description("look for the TXT record now"),
    async (context, args) => {
      const { deps, cause } = context;
      const about = cause("domain.verified");
      return shown(await verifyDomain(domainDeps(deps), await addressed(context, args), about));
    },
  );
  databaseCommand<DomainOptions>(
    cli,
    named("lead")
      .option(...connection)
      .description("say where people with such addresses sign in"),
    async (context, args, options) => {
      const { deps, cause } = context;
      const found = await addressed(context, args);
      const connectionId = await connectionIdOf(context, found.organisationId, options);
      return shown(await leadTo(domainDeps(deps), found, connectionId, cause("domain.changed")));
    },
  );
  databaseCommand(cli, named("remove").description("give a domain up"), async (context, args) => {
    const { deps, cause } = context;
    const found = await addressed(context, args);
    await removeDomain(domainDeps(deps), found, cause("domain.removed"));
    return { json: { removed: found.domain }, text: `Removed ${found.domain}.` };
  });
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const { id } = await organisationNamed(deps, argument(args, 0));
  const items = (await deps.store.domains.list(id)).map(presentDomain);
  const rows = items.map(({ domain, state, checkedAt, record }) => ({
    ...{ domain, state, checkedAt, record: record.value },
  }));
  return { json: { items }, text: table(rows, ["domain", "state", "checkedAt", "record"]) };
}

async function addressed(context: CommandContext, args: readonly string[]): Promise<MailDomain> {
  const { deps } = context;
  const { id } = await organisationNamed(deps, argument(args, 0));
  const sought = {
    kind: "domain",
    id: argument(args, 1),
    list: `domain list ${argument(args, 0)}`,
  };
  return seeking(context, sought, () => domainOf(deps, id, sought.id));
}

async function connectionIdOf(
  { deps }: CommandContext,
  organisationId: string,
  { connection }: DomainOptions,
): Promise<string | null> {
  if (connection === undefined) return null;
  const all = await deps.store.administration.listConnections(organisationId);
  return findConnection(all, connection).id;
}

function shown(domain: MailDomain): Result {
  const json = presentDomain(domain);
  const { record, ...head } = json;
  const text = sheet({ ...head, record: `${record.name} TXT "${record.value}"` });
  return { json, text };
}
