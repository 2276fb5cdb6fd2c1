import type { Command } from "commander";
import { presentRecord } from "../admin/provisioningLog.js";
import { presentReplay, recordsFor } from "../admin/replay.js";
import { readExported } from "../admin/exportedLog.js";
import { connectionOf } from "../actions/administerConnections.js";
import { decimalText } from "../domain/billing/rounding.js";
import { currencyOf } from "../domain/billing/settings.js";
import type { ReplayedRequest, ReplayReport } from "../domain/answers/replay.js";
import { replay } from "../scim/replay.js";
import { schemasFor } from "../scim/schema.js";
import { type Cli, databaseCommand } from "./command.js";
import { type CommandContext, readText } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { onConnection, scopeOf, searchOf, timeOptions, type LogOptions } from "./logOptions.js";
import { loadedPlugins } from "./parts.js";

/** Taking the log out, and sending it again to a copy. */

interface ReplayOptions extends LogOptions {
  readonly onEmpty?: boolean;
  readonly file?: string;
}

/** More than the API takes: here nobody else waits. */
const REQUESTS_MAX = 20_000;

export function addReplayCommands(log: Command, cli: Cli): void {
  databaseCommand<LogOptions>(
    cli,
    timeOptions(onConnection(log.command("export"))).description(
      "print the log with its bodies, one JSON object a line, the oldest first",
    ),
    exportLog,
  );
  databaseCommand<ReplayOptions>(
    cli,
    timeOptions(onConnection(log.command("replay")))
      .description("a dry run: send the recorded requests to a copy, and show what differs")
      .option("--on-empty", "begin without people and groups instead of with those there are now")
      .option("--file <file>", 'an exported log instead of this one; "-" reads standard input'),
    replayLog,
  );
}

async function exportLog(
  { deps }: CommandContext,
  args: readonly string[],
  options: LogOptions,
): Promise<Result> {
  const { organisationId, connectionId } = await scopeOf(deps, args, options);
  const connection = await connectionOf(deps, organisationId, connectionId);
  const records = await recordsFor(deps.store, connection, searchOf(options), REQUESTS_MAX);
  const items = records.map(presentRecord);
  return { json: { items }, text: items.map((item) => JSON.stringify(item)).join("\n") };
}

async function replayLog(
  context: CommandContext,
  args: readonly string[],
  options: ReplayOptions,
): Promise<Result> {
  const { deps, config, io } = context;
  const { organisationId, connectionId } = await scopeOf(deps, args, options);
  const connection = await connectionOf(deps, organisationId, connectionId);
  const records =
    options.file === undefined
      ? await recordsFor(deps.store, connection, searchOf(options), REQUESTS_MAX)
      : readExported(await readText(io, options.file), connection);
  const report = await replay(
    {
      ...deps,
      plugins: await loadedPlugins(config),
      schemas: schemasFor(deps.catalogue),
      limits: config.limits,
    },
    {
      connection,
      records,
      isOnEmpty: options.onEmpty === true,
      isForeign: options.file !== undefined,
    },
  );
  return { json: presentReplay(report), text: reportText(report, currencyOf(deps.catalogue)) };
}

function reportText(report: ReplayReport, currency: string): string {
  const { requests, same, different, notReplayed, seats, pricePerMonth, differences } = report;
  const head = sheet({
    requests,
    same,
    different,
    "not replayed": notReplayed,
    "seats recorded": seats.recorded,
    "seats replayed": seats.replayed,
    "price recorded": decimalText(pricePerMonth.recorded, currency),
    "price replayed": decimalText(pricePerMonth.replayed, currency),
    currency,
  });
  return differences.length === 0
    ? head
    : `${head}\n\n${table(differences.map(lineOf), ["time", "request", "about", "recorded", "replayed", "effect", "id"])}`;
}

function lineOf(request: ReplayedRequest) {
  const { at, method, resource, userName, resourceId, verdict, notReplayed, seats, people, id } =
    request;
  const answer = (side: typeof verdict.recorded): string | null =>
    side === null ? null : [side.status, side.code ?? []].flat().join(" ");
  const words = [
    ...people.onlyRecorded.map(({ effect }) => `-${effect}`),
    ...people.onlyReplayed.map(({ effect }) => `+${effect}`),
    ...seats.onlyRecorded.map(({ kind, tier }) => `-${kind} ${tier ?? ""}`.trim()),
    ...seats.onlyReplayed.map(({ kind, tier }) => `+${kind} ${tier ?? ""}`.trim()),
  ];
  return {
    time: new Date(at).toISOString(),
    request: `${method} /${resource}`,
    about: userName ?? resourceId,
    recorded: answer(verdict.recorded),
    replayed: notReplayed ?? answer(verdict.replayed),
    effect: words.join(", ") || null,
    id,
  };
}
