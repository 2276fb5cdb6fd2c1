import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import { chosen, presentSession } from "../admin/sessions.js";
import { SeatkeeperError } from "../errors.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, table } from "./io.js";
import { seeking } from "./named.js";
import { personNamed } from "./personNamed.js";

/** Who is signed in. */

interface SessionOptions {
  readonly user?: string;
  readonly connection?: string;
  readonly session?: string;
  readonly everybody?: boolean;
  readonly limit?: number;
}

const LIMIT = 50;
const LIMIT_MAX = 1_000;

export function addSessionCommands(program: Command, cli: Cli): void {
  const session = program.command("session").description("who is signed in");
  const on = (name: string): Command =>
    session
      .command(name)
      .argument("<org>", "id or slug")
      .option("--user <user>", "of this person: id or user name")
      .option("--connection <id or name>", "of people who came through this connection");
  databaseCommand<SessionOptions>(
    cli,
    on("list")
      .description("list the sessions that are open, the newest first")
      .option("--limit <count>", `at most this many; ${String(LIMIT)} unless given`, wholeNumber),
    list,
  );
  databaseCommand<SessionOptions>(
    cli,
    on("revoke")
      .description("end sessions at once, on every node")
      .option("--session <id>", "this one")
      .option("--everybody", "all of the organisation"),
    revoke,
  );
}

async function list(
  { deps }: CommandContext,
  args: readonly string[],
  { limit = LIMIT, ...options }: SessionOptions,
): Promise<Result> {
  const { id } = await organisationNamed(deps, argument(args, 0));
  const which = await meant(deps, id, options);
  const query = { ...which, limit: Math.min(limit, LIMIT_MAX) };
  const items = (await deps.actions.listSessions(id, query)).map(presentSession);
  const lines = items.map(({ user, ...session }) => ({ ...session, user: user.userName }));
  const columns = ["user", "createdAt", "lastSeenAt", "expiresAt", "address", "id"] as const;
  return { json: { items }, text: table(lines, columns) };
}

async function revoke(
  context: CommandContext,
  args: readonly string[],
  { session, everybody, ...options }: SessionOptions,
): Promise<Result> {
  const { deps, cause } = context;
  const { id } = await organisationNamed(deps, argument(args, 0));
  const { user, connection } = options;
  if (session !== undefined && [user, connection, everybody].some((one) => one !== undefined)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "--session names one session; leave the other options out.",
    });
  }
  if (session === undefined) {
    checkSaid(options, everybody);
  }
  const which = session === undefined ? await meant(deps, id, options) : { id: session };
  const sought = {
    kind: "open session",
    id: session ?? "",
    list: `session list ${argument(args, 0)}`,
  };
  const revoked = await seeking(context, sought, () =>
    deps.actions.revokeSessions(id, which, cause("session.revoked")),
  );
  const text = revoked === 1 ? "Ended 1 session." : `Ended ${String(revoked)} sessions.`;
  return { json: { revoked }, text };
}

/** So much must be said that nobody signs out everybody by a slip. */
function checkSaid({ user, connection }: SessionOptions, everybody = false): void {
  if (everybody === (user !== undefined || connection !== undefined)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence:
        "Say whose sessions: --user, --connection or both; or --everybody; or one with --session.",
    });
  }
}

async function meant(
  deps: CommandContext["deps"],
  organisationId: string,
  { user, connection }: SessionOptions,
) {
  const person = user === undefined ? null : await personNamed(deps, { id: organisationId }, user);
  const whose = person === null ? {} : { user: person.id };
  if (connection === undefined) return chosen(deps, organisationId, whose);
  const all = await deps.store.administration.listConnections(organisationId);
  const found = findConnection(all, connection);
  return chosen(deps, organisationId, { ...whose, connection: found.id });
}
