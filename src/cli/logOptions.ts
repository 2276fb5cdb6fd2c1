import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import { logSearch, type LogSearch } from "../admin/provisioningLog.js";
import { SeatkeeperError } from "../errors.js";
import type { Scope } from "../ports.js";
import { checked } from "../validation.js";
import { argument } from "./command.js";
import type { CommandContext } from "./context.js";

/** What the commands about the provisioning log have in common. */

export interface LogOptions {
  readonly connection?: string;
  readonly from?: string;
  readonly to?: string;
  readonly person?: string;
  readonly verdict?: string;
  readonly method?: string;
  readonly resource?: string;
  readonly requestId?: string;
  readonly limit?: number;
  readonly oldestFirst?: boolean;
}

export function onConnection(command: Command): Command {
  return command
    .argument("<org>", "id or slug")
    .option("--connection <id or name>", "may be left out where there is only one");
}

export function timeOptions(command: Command): Command {
  return command
    .option("--from <time>", "not before: 2026-03-01 or 2026-03-01T12:00:00Z")
    .option("--to <time>", "before this time");
}

export function searchOptions(command: Command): Command {
  return timeOptions(command)
    .option("--person <user>", "about this person: id or user name")
    .option("--verdict <verdict>", "ok, refused, or an error code such as Uniqueness")
    .option("--method <method>", "POST, PUT, PATCH, DELETE or GET")
    .option("--resource <resource>", "Users or Groups")
    .option("--request-id <id>", "the request's id or its beginning");
}

export function searchOf(options: LogOptions): LogSearch {
  const { from, to, person, verdict, method, resource, requestId } = options;
  const given = Object.entries({ from, to, person, verdict, method, resource, requestId });
  const input = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return checked(logSearch, input, "InvalidValue");
}

/** @throws SeatkeeperError NotFound; InvalidValue when the organisation has several connections */
export async function scopeOf(
  deps: CommandContext["deps"],
  args: readonly string[],
  { connection }: Pick<LogOptions, "connection">,
): Promise<Scope> {
  const { id: organisationId } = await organisationNamed(deps, argument(args, 0));
  const connections = await deps.store.administration.listConnections(organisationId);
  const [only, ...others] = connections;
  if (connection !== undefined) {
    return { organisationId, connectionId: findConnection(connections, connection).id };
  }
  if (only === undefined || others.length > 0) {
    const names = connections.map(({ name }) => name).join(", ");
    throw new SeatkeeperError("InvalidValue", {
      sentence: `Say which connection: --connection <id or name>${names === "" ? "" : ` (${names})`}.`,
    });
  }
  return { organisationId, connectionId: only.id };
}
