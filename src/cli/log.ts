import type { Command } from "commander";
import { logQueryFor, presentRecord } from "../admin/provisioningLog.js";
import { decimalText } from "../domain/billing/rounding.js";
import { currencyOf } from "../domain/billing/settings.js";
import type { Effects } from "../domain/answers/provisioningLog.js";
import { SeatkeeperError } from "../errors.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { onConnection, scopeOf, searchOf, searchOptions, type LogOptions } from "./logOptions.js";
import { addReplayCommands } from "./replay.js";

/** The provisioning log: what an identity provider sent and what became of it. */

const LIMIT = 50;
const LIMIT_MAX = 1_000;

export function addLogCommands(program: Command, cli: Cli): void {
  const log = program
    .command("log")
    .description("what an identity provider sent, and what became of it");
  databaseCommand<LogOptions>(
    cli,
    searchOptions(onConnection(log.command("list")))
      .description("list requests, the newest first")
      .option("--limit <count>", `at most this many; ${String(LIMIT)} unless given`, wholeNumber)
      .option("--oldest-first", "in the order in which they came"),
    list,
  );
  databaseCommand<LogOptions>(
    cli,
    onConnection(log.command("show"))
      .argument("<record>", "the record's id")
      .description("show one request with its body"),
    show,
  );
  addReplayCommands(log, cli);
}

async function list(
  { deps }: CommandContext,
  args: readonly string[],
  options: LogOptions,
): Promise<Result> {
  const scope = await scopeOf(deps, args, options);
  const limit = Math.min(options.limit ?? LIMIT, LIMIT_MAX);
  const records = await deps.store.provisioningLog.list(scope, {
    ...(await logQueryFor(deps.store, scope.organisationId, searchOf(options))),
    limit,
    newestFirst: options.oldestFirst !== true,
  });
  const items = records.map(presentRecord);
  const currency = currencyOf(deps.catalogue);
  const lines = items.map(({ at, method, resource, userName, resourceId, id, ...record }) => ({
    time: at,
    request: `${method} /${resource}`,
    about: userName ?? resourceId,
    answer: record.refusal === null ? record.status : `${record.status} ${record.refusal.code}`,
    effect: effectWords(record.effects, currency),
    id,
  }));
  return {
    json: { items },
    text: table(lines, ["time", "request", "about", "answer", "effect", "id"]),
  };
}

async function show(
  { deps }: CommandContext,
  args: readonly string[],
  options: LogOptions,
): Promise<Result> {
  const scope = await scopeOf(deps, args, options);
  const record = await deps.store.provisioningLog.find(scope, argument(args, 1));
  if (record === null) {
    throw new SeatkeeperError("NotFound", {
      sentence: "There is no such record in the log of this connection.",
    });
  }
  const json = presentRecord(record);
  const { body, refusal, trail, effects, query, ...head } = json;
  const parts = [
    sheet({ ...head, query: new URLSearchParams(query).toString() || null }),
    refusal === null ? "" : `${refusal.code}: ${refusal.sentence}`,
    ...trail.map((line) => `adjusted: ${line}`),
    ...(effects?.warnings ?? []).map(
      ({ userId, reliedOn }) => `others rely on ${userId}: ${JSON.stringify(reliedOn)}`,
    ),
    effects === null
      ? "Nothing changed."
      : `Changed: ${effectWords(effects, currencyOf(deps.catalogue))}`,
    ...(effects?.seats ?? []).map((seat) => sheet({ ...seat })),
    body === undefined ? "" : JSON.stringify(body, null, 2),
  ];
  return { json, text: parts.filter((part) => part !== "").join("\n\n") };
}

/** "1 created, 2 members added, 1 seat given (+12.00)" */
function effectWords(effects: Effects | null, currency: string): string | null {
  if (effects === null) return null;
  const people = Object.entries(effects.people).flatMap(([effect, ids]) =>
    ids.length === 0 ? [] : `${String(ids.length)} ${effect}`,
  );
  const { added, removed, isPartial } = effects.members;
  const given = effects.seats.filter(({ kind }) => kind === "seat.granted").length;
  const taken = effects.seats.filter(({ kind }) =>
    ["seat.released", "seat.displaced", "lease.expired"].includes(kind),
  ).length;
  const waiting = effects.seats.filter(({ kind }) => kind === "waiting.added").length;
  const price = effects.pricePerMonth;
  const counted = [
    [added, "members added"],
    [removed, isPartial ? "or more members removed" : "members removed"],
    [given, "seats given"],
    [taken, "seats taken back"],
    [waiting, "now waiting"],
  ] as const;
  return [
    ...people,
    ...counted.flatMap(([count, words]) => (count === 0 ? [] : `${String(count)} ${words}`)),
    ...(price === 0 ? [] : [`${price > 0 ? "+" : ""}${decimalText(price, currency)} a month`]),
  ].join(", ");
}
