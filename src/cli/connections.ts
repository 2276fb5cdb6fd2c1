import { Option, type Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { createConnection, updateConnection } from "../actions/administerConnections.js";
import { connectionForm, connectionPatchForm } from "../admin/forms.js";
import { presentConnection } from "../admin/present.js";
import type { Connection } from "../domain/directory.js";
import { checked } from "../validation.js";
import { addCertificateCommands } from "./certificates.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { addressed } from "./connectionNamed.js";
import { type CommandContext, readText } from "./context.js";
import { type FlowOptions, flowInput, flowOptions } from "./flowOptions.js";
import { type Result, sheet, table } from "./io.js";

/** Connections: links to identity providers. */

interface ConnectionOptions extends FlowOptions {
  readonly name?: string;
  readonly plugin?: string;
  readonly applicationUrl?: string;
  readonly metadata?: string;
  readonly replaceProvider?: true;
  readonly metadataUrl?: string;
  readonly justInTime?: string;
  readonly linkBy?: string;
  readonly attributes?: string;
  readonly verifiedDomains?: "require" | "any";
  readonly assignments?: "accept" | "ignore";
  readonly enable?: boolean;
  readonly disable?: boolean;
}

export function addConnectionCommands(program: Command, cli: Cli): Command {
  const connection = program.command("connection").description("links to identity providers");
  const inOrganisation = (name: string): Command =>
    connection.command(name).argument("<org>", "id or slug");
  databaseCommand<ConnectionOptions>(
    cli,
    connectionOptions(inOrganisation("create").argument("<name>")).description(
      "create a connection and show the addresses for the identity provider",
    ),
    create,
  );
  databaseCommand(cli, inOrganisation("list").description("list the connections"), list);
  databaseCommand(
    cli,
    inOrganisation("show")
      .argument("<connection>", "id or name")
      .description("show a connection with its addresses"),
    async (context, args) => shown(context, await addressed(context, args)),
  );
  databaseCommand<ConnectionOptions>(
    cli,
    connectionOptions(inOrganisation("update").argument("<connection>", "id or name"))
      .description("change a connection")
      .option("--name <name>", "a new name")
      .option("--enable", "let it work again")
      .option("--disable", "refuse its requests and sign-ins"),
    update,
  );
  addCertificateCommands(inOrganisation, cli);
  return connection;
}

function connectionOptions(command: Command): Command {
  return flowOptions(command)
    .option("--plugin <id>", "the identity provider's plugin: okta, entra, ...")
    .option(
      "--application-url <url>",
      'where the browser goes after sign-in; "none" for our own page',
    )
    .option(
      "--metadata <file>",
      'the identity provider\'s SAML metadata; "-" reads standard input, "none" ends SAML',
    )
    .option(
      "--metadata-url <url>",
      'the https address of that metadata, which is then read again from time to time; "none" ends that',
    )
    .option(
      "--replace-provider",
      "what is given is of another identity provider than before; its people are linked anew",
    )
    .option("--just-in-time <how>", "who may sign in without SCIM: refuse, link or create")
    .option(
      "--link-by <what>",
      "by what a sign-in is linked to a SCIM account: userName or externalId",
    )
    .option(
      "--attributes <how>",
      "what an assertion's attributes and groups do: bootstrap, authoritative or ignore",
    )
    .addOption(
      new Option(
        "--verified-domains <how>",
        "require: link and create only people with an address in a verified domain",
      ).choices(["require", "any"]),
    )
    .addOption(
      new Option(
        "--assignments <what>",
        "what roles and entitlements that the provider assigns do: accept gives what they name, ignore keeps them as data",
      ).choices(["accept", "ignore"]),
    );
}

async function create(
  context: CommandContext,
  args: readonly string[],
  options: ConnectionOptions,
): Promise<Result> {
  const organisation = await organisationNamed(context.deps, argument(args, 0));
  const input = { name: argument(args, 1), ...(await connectionInput(context, options)) };
  const form = checked(connectionForm, input, "InvalidValue");
  const cause = context.cause("connection.created");
  return shown(context, await createConnection(context.deps, organisation.id, form, cause));
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const connections = await deps.store.administration.listConnections(organisation.id);
  const items = connections.map((one) => presentConnection(one, deps.baseUrl));
  return { json: { items }, text: table(items, ["name", "plugin", "enabled", "id"]) };
}

async function update(
  context: CommandContext,
  args: readonly string[],
  options: ConnectionOptions,
): Promise<Result> {
  const before = await addressed(context, args);
  const input = {
    ...(await connectionInput(context, options)),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.enable === true ? { enabled: true } : {}),
    ...(options.disable === true ? { enabled: false } : {}),
  };
  const form = checked(connectionPatchForm, input, "InvalidValue");
  return shown(
    context,
    await updateConnection(context.deps, before.organisationId, before.id, {
      ...form,
      cause: context.cause("connection.changed"),
    }),
  );
}

async function connectionInput(
  context: CommandContext,
  options: ConnectionOptions,
): Promise<object> {
  const { plugin, applicationUrl, assignments } = options;
  const saml = await samlInput(context, options);
  return {
    ...(plugin === undefined ? {} : { plugin }),
    ...(applicationUrl === undefined
      ? {}
      : { applicationUrl: applicationUrl === "none" ? null : applicationUrl }),
    ...(assignments === undefined ? {} : { assignments: assignments === "accept" }),
    ...(saml === undefined ? {} : { saml }),
  };
}

/** Undefined: stays as it is. Null: no SAML. */
async function samlInput(
  context: CommandContext,
  options: ConnectionOptions,
): Promise<object | null | undefined> {
  const { metadata, metadataUrl, justInTime, linkBy, attributes, verifiedDomains } = options;
  if (metadata === "none") return null;
  const given = {
    ...flowInput(options),
    ...{ linkBy, attributes, justInTime },
    requireVerifiedDomain:
      verifiedDomains === undefined ? undefined : verifiedDomains === "require",
    metadata: metadata === undefined ? undefined : await readText(context.io, metadata),
    metadataUrl: metadataUrl === "none" ? null : metadataUrl,
    replaceProvider: options.replaceProvider,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

function shown({ deps }: CommandContext, connection: Connection): Result {
  const json = presentConnection(connection, deps.baseUrl);
  const { scim, oauth, saml, name, plugin, enabled, applicationUrl, assignments, id } = json;
  const text = sheet({
    id,
    name,
    plugin,
    enabled,
    application: applicationUrl,
    "assigned roles and tiers": assignments ? "accepted" : "ignored",
    "SCIM base URL": scim.baseUrl,
    "token URL": oauth.tokenUrl,
    "SAML entity ID": saml.entityId,
    "SAML ACS URL": saml.acsUrl,
    "SAML metadata": saml.metadataUrl,
    "sign-in": saml.loginUrl,
    "single logout": saml.sloUrl,
    "identity provider": saml.idp?.idpEntityId ?? null,
    "its metadata": saml.idp?.metadataUrl ?? null,
  });
  return { json, text };
}
