import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import {
  createClient,
  revokeClient,
  revokeClientSecret,
  rotateClientSecret,
  trustIssuer,
} from "../actions/administerClients.js";
import { OVERLAP_DEFAULT } from "../actions/overlap.js";
import { findConnection } from "../actions/findConnection.js";
import { rotationForm, tokenForm, trustForm } from "../admin/forms.js";
import { presentConnection } from "../admin/present.js";
import { presentClient, presentSecret } from "../admin/presentClients.js";
import type { Connection } from "../domain/directory.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { seeking } from "./named.js";

/** OAuth clients: identity providers that fetch their access tokens themselves. */

interface ClientOptions {
  readonly connection?: string;
  readonly label?: string;
  readonly expiresInDays?: number;
  readonly overlap?: string;
  readonly secret?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly jwksUrl?: string;
}

const CONNECTION = "--connection <id or name>";
const EXPIRES = "--expires-in-days <days>";

export function addClientCommands(program: Command, cli: Cli): void {
  const client = program
    .command("client")
    .description("OAuth clients of connections: identity providers that fetch their access");
  const inOrganisation = (name: string): Command =>
    client.command(name).argument("<org>", "id or slug");
  databaseCommand<ClientOptions>(
    cli,
    inOrganisation("create")
      .description("create a client and show its secret, this once")
      .requiredOption(CONNECTION, "what it opens")
      .option("--label <text>", "what it is for")
      .option(EXPIRES, "without it the secret does not expire", wholeNumber),
    create,
  );
  databaseCommand<ClientOptions>(
    cli,
    inOrganisation("list").description("list clients, never their secrets"),
    list,
  );
  databaseCommand<ClientOptions>(
    cli,
    inOrganisation("rotate")
      .argument("<client>", "id")
      .description("make a new secret; the others stay good for a while")
      .option("--overlap <time>", "how long: 7d, 12h, 0d", OVERLAP_DEFAULT)
      .option(EXPIRES, "without it the new secret does not expire", wholeNumber),
    rotate,
  );
  databaseCommand<ClientOptions>(
    cli,
    inOrganisation("revoke")
      .argument("<client>", "id")
      .description("end a client at once, or one secret; with the access that it got")
      .option("--secret <publicId>", "only this secret"),
    revoke,
  );
  addTrustCommand(cli, inOrganisation("trust"));
}

function addTrustCommand(cli: Cli, command: Command): void {
  databaseCommand<ClientOptions>(
    cli,
    command
      .description("accept an issuer's signed word (RFC 7523) in place of a secret")
      .requiredOption(CONNECTION, "what it opens; an earlier issuer is replaced")
      .requiredOption("--issuer <url>", "the assertion's issuer; with or without /v2.0")
      .requiredOption("--subject <id>", "of Entra: the object id of the service principal")
      .requiredOption("--audience <id>", "of Entra: the application id")
      .requiredOption("--jwks-url <url>", "where the issuer's public keys are")
      .option("--label <text>", "what it is for"),
    trust,
  );
}

async function create(
  context: CommandContext,
  args: readonly string[],
  options: ClientOptions,
): Promise<Result> {
  const { deps } = context;
  const connection = await connectionNamed(context, args, options);
  const { expiresInDays } = options;
  const label = options.label ?? connection.name;
  const form = checked(tokenForm, { label, expiresInDays }, "InvalidValue");
  const made = await createClient(deps, connection.organisationId, connection.id, {
    ...form,
    cause: context.cause("client.created"),
  });
  const shown = presentClient(
    { client: made.client, secrets: [made.record] },
    deps.store.clock.now(),
  );
  const { oauth } = presentConnection(connection, deps.baseUrl);
  const text = sheet({
    "client id": made.client.id,
    secret: made.secret,
    "token URL": oauth.tokenUrl,
  });
  return {
    json: { ...shown, secret: made.secret, tokenUrl: oauth.tokenUrl },
    text: `${text}\n\nKeep the secret now: it is not shown again.`,
  };
}

async function list({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const now = deps.store.clock.now();
  const all = await deps.store.clients.listClients(organisation.id);
  const items = all.map((each) => presentClient(each, now));
  const rows = items.flatMap<Row>(
    ({ id, label, connectionId, trust: trusted, revokedAt, secrets }) => {
      const common = { client: id, label, connection: connectionId };
      if (trusted === null) return secrets.map((secret) => ({ ...common, ...rowOf(secret) }));
      const state = revokedAt === null ? "active" : "revoked";
      return [{ ...common, secret: trusted.issuer, state, lastUsedAt: null, expiresAt: null }];
    },
  );
  const columns = [
    ...(["client", "label", "connection"] as const),
    ...(["secret", "state", "lastUsedAt", "expiresAt"] as const),
  ];
  return { json: { items }, text: table(rows, columns) };
}

interface Row {
  readonly client: string;
  readonly label: string;
  readonly connection: string;
  /** Its public id, or the issuer that vouches. */
  readonly secret: string;
  readonly state: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
}

function rowOf(secret: ReturnType<typeof presentSecret>) {
  const { publicId, state, lastUsedAt, expiresAt } = secret;
  return { secret: publicId, state, lastUsedAt, expiresAt };
}

async function rotate(
  context: CommandContext,
  args: readonly string[],
  { overlap, expiresInDays }: ClientOptions,
): Promise<Result> {
  const { deps } = context;
  const form = checked(rotationForm, { overlap, expiresInDays }, "InvalidValue");
  const where = await addressed(context, args, "client.rotated");
  const made = await seeking(context, sought(args), () => rotateClientSecret(deps, where, form));
  const shown = presentSecret(made.record, deps.store.clock.now());
  const until = new Date(made.othersEndAt).toISOString();
  return {
    json: { clientId: made.client.id, ...shown, secret: made.secret, othersEndAt: until },
    text: `${made.secret}\n\nKeep it now: it is not shown again. The client's other secrets end on ${until} at the latest.`,
  };
}

async function revoke(
  context: CommandContext,
  args: readonly string[],
  { secret }: ClientOptions,
): Promise<Result> {
  const action = secret === undefined ? "client.revoked" : "secret.revoked";
  const where = await addressed(context, args, action);
  await seeking(context, sought(args, secret), () =>
    secret === undefined
      ? revokeClient(context.deps, where)
      : revokeClientSecret(context.deps, where, secret),
  );
  const revoked = secret ?? where.clientId;
  return { json: { revoked }, text: `Revoked ${revoked}, and the access that it got.` };
}

async function trust(
  context: CommandContext,
  args: readonly string[],
  options: ClientOptions,
): Promise<Result> {
  const { deps } = context;
  const connection = await connectionNamed(context, args, options);
  const { label, issuer, subject, audience, jwksUrl } = options;
  const input = { label, issuer, subject, audience, jwksUrl };
  const form = checked(trustForm, input, "InvalidValue");
  const client = await trustIssuer(deps, connection.organisationId, connection.id, {
    ...form,
    cause: context.cause("trust.changed"),
  });
  const shown = presentClient({ client, secrets: [] }, deps.store.clock.now());
  const { oauth } = presentConnection(connection, deps.baseUrl);
  const text = sheet({
    "client id": client.id,
    issuer,
    subject,
    audience,
    keys: jwksUrl,
    "token URL": oauth.tokenUrl,
  });
  return { json: { ...shown, tokenUrl: oauth.tokenUrl }, text };
}

async function addressed({ deps, cause }: CommandContext, args: readonly string[], action: string) {
  const organisation = await organisationNamed(deps, argument(args, 0));
  return {
    organisationId: organisation.id,
    clientId: argument(args, 1),
    cause: cause(action),
  };
}

/** Of the client, or of one of its secrets, where that is meant. */
function sought(args: readonly string[], secret?: string) {
  const id = argument(args, 1);
  const what =
    secret === undefined
      ? { kind: "client", id, gone: "it may have been revoked" }
      : { kind: "secret", id: secret, gone: `the client ${id} has none of that name that is good` };
  return { ...what, list: `client list ${argument(args, 0)}` };
}

async function connectionNamed(
  { deps }: CommandContext,
  args: readonly string[],
  { connection = "" }: ClientOptions,
): Promise<Connection> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  return findConnection(
    await deps.store.administration.listConnections(organisation.id),
    connection,
  );
}
