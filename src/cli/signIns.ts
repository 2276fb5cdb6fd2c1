import type { Command } from "commander";
import { endTrace, readTrace, startTrace } from "../actions/signInLog.js";
import type { SignInInsight } from "../admin/deps.js";
import {
  NO_TRACE,
  presentMessage,
  presentSignIn,
  presentTrace,
  signInQueryFor,
  signInSearch,
  traceForm,
} from "../admin/signIns.js";
import { masterKeys } from "../config/masterKeys.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand, wholeNumber } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { onConnection, scopeOf, timeOptions } from "./logOptions.js";

/** Who tried to sign in through a connection, and why it was refused. */

interface SignInOptions {
  readonly connection?: string;
  readonly from?: string;
  readonly to?: string;
  readonly person?: string;
  readonly verdict?: string;
  readonly reference?: string;
  readonly limit?: number;
  readonly oldestFirst?: boolean;
  readonly minutes?: number;
  readonly off?: boolean;
}

const LIMIT = 50;
const LIMIT_MAX = 1_000;

export function addSignInCommands(program: Command, cli: Cli): void {
  const signIn = program
    .command("sign-in")
    .description("who tried to sign in, and why it was refused");
  databaseCommand<SignInOptions>(
    cli,
    timeOptions(onConnection(signIn.command("list")))
      .description("list attempts, the newest first")
      .option("--person <user>", "of this person: id or user name")
      .option("--verdict <verdict>", "ok, refused, or a reason such as IssuerMismatch")
      .option("--reference <id>", "the reference that the person was shown, or its beginning")
      .option("--limit <count>", `at most this many; ${String(LIMIT)} unless given`, wholeNumber)
      .option("--oldest-first", "in the order in which they came"),
    list,
  );
  databaseCommand<SignInOptions>(
    cli,
    onConnection(signIn.command("message"))
      .argument("<attempt>", "the attempt's id")
      .description("show what was sent, if a trace was on; this is written to the ledger"),
    message,
  );
  databaseCommand<SignInOptions>(
    cli,
    onConnection(signIn.command("trace"))
      .description("keep what is sent, encrypted, for a short time; without options show the state")
      .option("--minutes <minutes>", "switch it on for so long, at most 60", wholeNumber)
      .option("--off", "switch it off and forget what was kept"),
    trace,
  );
}

async function list(
  context: CommandContext,
  args: readonly string[],
  options: SignInOptions,
): Promise<Result> {
  const { deps } = context;
  const scope = await scopeOf(deps, args, options);
  const { from, to, person, verdict, reference } = options;
  const given = Object.entries({ from, to, person, verdict, reference });
  const input = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const search = checked(signInSearch, input, "InvalidValue");
  const insight = await insightOf(context);
  const lines = await deps.store.signInLog.list(scope, {
    ...(await signInQueryFor(deps.store, scope.organisationId, search, insight)),
    limit: Math.min(options.limit ?? LIMIT, LIMIT_MAX),
    newestFirst: options.oldestFirst !== true,
  });
  const items = lines.map((line) => presentSignIn(line, insight));
  const rows = items.map(({ at, userName, result, reason, count, ...item }) => ({
    ...{ time: at, who: userName, result: reason ?? result, from: item.address },
    ...{ times: count, reference: item.reference, id: item.id },
  }));
  const columns = ["time", "who", "result", "from", "times", "reference", "id"] as const;
  return { json: { items }, text: table(rows, columns) };
}

async function message(
  context: CommandContext,
  args: readonly string[],
  options: SignInOptions,
): Promise<Result> {
  const { deps, cause } = context;
  const id = argument(args, 1);
  const scope = await scopeOf(deps, args, options);
  const sealed = await readTrace(deps, scope, id, cause("trace.read"));
  if (sealed === null) throw new SeatkeeperError("NotFound", { sentence: NO_TRACE });
  const { openTrace } = await insightOf(context);
  const json = presentMessage(id, openTrace(id, sealed));
  return { json, text: json.xml };
}

async function trace(
  { deps, cause }: CommandContext,
  args: readonly string[],
  { minutes, off = false, ...options }: SignInOptions,
): Promise<Result> {
  const scope = await scopeOf(deps, args, options);
  if (off && minutes !== undefined) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "Give --minutes to switch it on, or --off, not both.",
    });
  }
  if (off) await endTrace(deps, scope, cause("trace.ended"));
  if (minutes !== undefined) {
    const form = checked(traceForm, { minutes }, "InvalidValue");
    await startTrace(deps, scope, form.minutes, cause("trace.started"));
  }
  const { signInLog, clock } = deps.store;
  const json = presentTrace(await signInLog.findTrace(scope.connectionId, clock.now()));
  return { json, text: sheet(json) };
}

/** The door is loaded only by the commands that need it. */
async function insightOf({ config }: CommandContext): Promise<SignInInsight> {
  const { signInInsight } = await import("../saml/attempts.js");
  return signInInsight(masterKeys(config));
}
