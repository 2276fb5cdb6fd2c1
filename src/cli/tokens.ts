import type { Command } from "commander";
import { issueToken, organisationNamed, revokeToken } from "../actions/administer.js";
import { OVERLAP_DEFAULT } from "../actions/overlap.js";
import { rotateToken } from "../actions/rotateToken.js";
import { findConnection } from "../actions/findConnection.js";
import { apiTokenForm } from "../admin/delegationForms.js";
import { rotationForm } from "../admin/forms.js";
import { presentToken } from "../admin/present.js";
import type { ApiToken, Id } from "../domain/directory.js";
import type { PrincipalRef } from "../domain/administration/scope.js";
import { SeatkeeperError } from "../errors.js";
import { isLive } from "../token.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, listed, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, table } from "./io.js";
import { connectionNames, seeking } from "./named.js";
import { principalNamed } from "./principals.js";

/** Tokens: access for identity providers (SCIM) and for programs (API). */

interface TokenOptions {
  readonly connection?: string;
  readonly label?: string;
  readonly expiresInDays?: number;
  readonly operator?: boolean;
  readonly principal?: string;
  readonly scopes?: readonly string[];
  readonly token?: string;
  readonly overlap?: string;
}

const WHERE = "id or slug; leave it out with --operator";

export function addTokenCommands(program: Command, cli: Cli): void {
  const token = program
    .command("token")
    .description("access for identity providers (SCIM) and programs (API)");
  databaseCommand<TokenOptions>(
    cli,
    token
      .command("create")
      .argument("[org]", WHERE)
      .description("issue a token and show it, this once")
      .option(
        "--connection <id or name>",
        "a SCIM token of this connection; without it an API token",
      )
      .option("--operator", "an API token for all organisations")
      .option("--principal <who>", "an API token of this person or service (see access list)")
      .option("--scopes <scopes>", "an API token for no more than these, with commas", listed)
      .option("--label <text>", "what it is for")
      .option("--expires-in-days <days>", "without it the token does not expire", wholeNumber),
    create,
  );
  databaseCommand<TokenOptions>(
    cli,
    token
      .command("list")
      .argument("[org]", WHERE)
      .description("list tokens, never their secrets")
      .option("--operator", "the tokens for all organisations"),
    list,
  );
  databaseCommand<TokenOptions>(
    cli,
    token
      .command("rotate")
      .argument("[org]", WHERE)
      .description("issue a token in place of another, which stays good for a while")
      .option("--connection <id or name>", "the token of this connection, if it has only one")
      .option("--token <publicId>", "this token")
      .option("--operator", "a token for all organisations")
      .option("--overlap <time>", "how long the old one stays good: 7d, 12h, 0d", OVERLAP_DEFAULT)
      .option("--expires-in-days <days>", "without it as long as the old one", wholeNumber),
    rotate,
  );
  databaseCommand<TokenOptions>(
    cli,
    token
      .command("revoke")
      .argument("<publicId>", "the part of the token between the second and the third underscore")
      .argument("[org]", WHERE)
      .description("revoke a token at once")
      .option("--operator", "a token for all organisations"),
    revoke,
  );
}

async function create(
  context: CommandContext,
  args: readonly string[],
  options: TokenOptions,
): Promise<Result> {
  const organisationId = await organisationOf(context, args[0], options);
  const connectionId = await connectionOf(context, organisationId, options);
  const label = options.label ?? options.connection ?? "command line";
  const { expiresInDays, scopes } = options;
  const given = { label, expiresInDays, scopes };
  const form = checked(apiTokenForm, given, "InvalidValue");
  const kind = connectionId === null ? "api" : "scim";
  const principal = await principalFor(context, organisationId, options);
  const issued = await issueToken(
    context.deps,
    { ...form, kind, organisationId, connectionId, principal },
    context.cause("token.issued"),
  );
  const now = context.deps.store.clock.now();
  const json = { ...presentToken(issued.record, now), token: issued.token };
  const whose = options.operator === true ? "--operator" : argument(args, 0);
  const revocation = context.again(`token revoke ${json.publicId} ${whose}`);
  const advice = `Keep it now: it is not shown again. To revoke it: ${revocation}`;
  return { json, text: `${issued.token}\n\n${advice}` };
}

async function list(
  context: CommandContext,
  args: readonly string[],
  options: TokenOptions,
): Promise<Result> {
  const organisationId = await organisationOf(context, args[0], options);
  const tokens = await context.deps.store.administration.listTokens(organisationId);
  const now = context.deps.store.clock.now();
  const items = tokens.map((token) => presentToken(token, now));
  const names =
    organisationId === null ? null : await connectionNames(context.deps, organisationId);
  const lines = items.map(({ connectionId, ...item }) => ({
    ...item,
    connection: connectionId === null ? null : (names?.get(connectionId) ?? connectionId),
  }));
  const columns = [
    ...(["publicId", "kind", "label", "connection"] as const),
    ...(["state", "lastUsedAt", "expiresAt"] as const),
  ];
  return { json: { items }, text: table(lines, columns) };
}

async function rotate(
  context: CommandContext,
  args: readonly string[],
  options: TokenOptions,
): Promise<Result> {
  const { overlap, expiresInDays } = options;
  const form = checked(rotationForm, { overlap, expiresInDays }, "InvalidValue");
  const organisationId = await organisationOf(context, args[0], options);
  const old = await tokenToRotate(context, organisationId, options);
  const where = { organisationId, connectionId: old.connectionId };
  const cause = context.cause("token.rotated");
  const done = await rotateToken(context.deps, where, old.publicId, { ...form, cause });
  const now = context.deps.store.clock.now();
  const replaced = presentToken(done.replaced, now);
  const json = { ...presentToken(done.record, now), token: done.token, replaced };
  const advice = `Keep it now: it is not shown again. ${old.publicId} stays good until ${String(replaced.expiresAt)}.`;
  return { json, text: `${done.token}\n\n${advice}` };
}

/** Which one is never guessed: a connection may have several. */
async function tokenToRotate(
  context: CommandContext,
  organisationId: Id | null,
  options: TokenOptions,
): Promise<ApiToken> {
  const { administration, clock } = context.deps.store;
  const connectionId = await connectionOf(context, organisationId, options);
  const now = clock.now();
  const [only, ...others] = (await administration.listTokens(organisationId)).filter(
    (token) =>
      isLive(token, now) &&
      (options.token === undefined || token.publicId === options.token) &&
      (connectionId === null || token.connectionId === connectionId),
  );
  if (only === undefined) {
    throw new SeatkeeperError("NotFound", { sentence: "There is no such token that is good." });
  }
  if (others.length > 0) {
    const ids = [only, ...others].map(({ publicId }) => publicId).join(", ");
    throw new SeatkeeperError("Conflict", {
      sentence: `There are several tokens: choose one with --token (${ids}).`,
    });
  }
  return only;
}

async function revoke(
  context: CommandContext,
  args: readonly string[],
  options: TokenOptions,
): Promise<Result> {
  const publicId = argument(args, 0);
  const organisationId = await organisationOf(context, args[1], options);
  const record = await context.deps.store.administration.findToken(publicId);
  const connectionId = record?.connectionId ?? null;
  const where = { organisationId, connectionId };
  const list = `token list ${args[1] ?? "--operator"}`;
  const gone = "it may have been revoked, or be another organisation's";
  await seeking(context, { kind: "token", id: publicId, list, gone }, () =>
    revokeToken(context.deps, where, publicId, context.cause("token.revoked")),
  );
  return { json: { revoked: publicId }, text: `Revoked ${publicId}.` };
}

/** Null: all organisations. Never by accident: it takes --operator to say so. */
async function organisationOf(
  { deps }: CommandContext,
  org: string | undefined,
  options: TokenOptions,
): Promise<Id | null> {
  if ((org === undefined) !== (options.operator === true)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "Name the organisation, or give --operator, and not both.",
    });
  }
  return org === undefined ? null : (await organisationNamed(deps, org)).id;
}

/** Limits are for API tokens of an organisation; anywhere else they would be ignored. */
async function principalFor(
  context: CommandContext,
  organisationId: Id | null,
  { principal, scopes, connection }: TokenOptions,
): Promise<PrincipalRef | undefined> {
  const isLimited = principal !== undefined || scopes !== undefined;
  if (isLimited && (organisationId === null || connection !== undefined)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "--principal and --scopes are for API tokens of an organisation.",
    });
  }
  if (principal === undefined || organisationId === null) return undefined;
  const found = await principalNamed(context, { id: organisationId }, principal);
  const { id, userId, role, extraScopes, teams, isAble } = found;
  return { id, userId, role, extraScopes, teams, isAble };
}

async function connectionOf(
  { deps }: CommandContext,
  organisationId: Id | null,
  { connection }: TokenOptions,
): Promise<Id | null> {
  if (connection === undefined) return null;
  if (organisationId === null) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "A connection belongs to an organisation: name it instead of --operator.",
    });
  }
  return findConnection(await deps.store.administration.listConnections(organisationId), connection)
    .id;
}
