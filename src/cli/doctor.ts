import { statSync } from "node:fs";
import type { Command } from "commander";
import { type ConfigProblem, readConfig } from "../config.js";
import { SeatkeeperError } from "../errors.js";
import { type Cli, commonOptions, invocation, reporting } from "./command.js";
import { type CommandContext, openContext } from "./context.js";
import { credentialFindings } from "./credentialFindings.js";
import { keyFindings } from "./keyFindings.js";
import { ownKeyFindings } from "./ownKeyFindings.js";
import { certificateFindings, metadataFindings } from "./trustFindings.js";
import { type CommonOptions, EXIT, type Finding, type Io, type Result } from "./io.js";

/** `seatkeeper doctor`: looks at everything that has to be right, and says what to do about what is not. */

export function addDoctorCommand(program: Command, cli: Cli): void {
  commonOptions(program.command("doctor"))
    .description("check configuration, database, certificates, webhook and clock")
    .action(async (...all: unknown[]) => {
      const { options } = invocation(all);
      await reporting(cli, options, () => examine(cli.io, options));
    });
}

async function examine(io: Io, options: CommonOptions): Promise<Result> {
  const problems = configurationProblems(io, options);
  if (problems.length > 0) {
    const findings = problems.map(({ option, message }) =>
      problem("configuration", `${option}: ${message}`),
    );
    return report(findings, EXIT.configuration);
  }
  const findings = [fine("configuration", "complete"), ...fileFindings(io, options)];
  const opened = await openFor(io, options);
  if ("state" in opened) return report([...findings, opened], EXIT.failed);
  try {
    for (const [name, check] of Object.entries(CHECKS)) {
      findings.push(...(await attempt(name, check, opened)));
    }
  } finally {
    await opened.close();
  }
  const failed = findings.some(({ state }) => state === "problem");
  return report(findings, failed ? EXIT.failed : EXIT.ok);
}

type Check = (context: CommandContext) => Promise<Finding[]>;

/** By the name that each has where all is well. */
const CHECKS: Readonly<Record<string, Check>> = {
  database: databaseFindings,
  triggers: triggerFindings,
  certificates: certificateFindings,
  metadata: metadataFindings,
  "own keys": ownKeyFindings,
  tokens: credentialFindings,
  "keys of clients": keyFindings,
  webhook: webhookFindings,
  clock: clockFindings,
  events: backlogFindings,
};

async function attempt(name: string, check: Check, context: CommandContext): Promise<Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    return [problem(name, messageOf(error))];
  }
}

async function openFor(io: Io, options: CommonOptions): Promise<CommandContext | Finding> {
  try {
    return await openContext(io, options, { requireSchema: false });
  } catch (error) {
    return problem("database", messageOf(error));
  }
}

function configurationProblems(io: Io, options: CommonOptions): readonly ConfigProblem[] {
  if (options.data !== undefined) return [];
  const result = readConfig({
    file: options.config,
    ...(io.environment === undefined ? {} : { environment: io.environment }),
    ...(io.directory === undefined ? {} : { directory: io.directory }),
  });
  return result.ok ? [] : result.problems;
}

/** A configuration that holds secrets should be for its owner's eyes only. */
function fileFindings(_io: Io, options: CommonOptions): Finding[] {
  if (options.config === undefined || process.platform === "win32") return [];
  const open = (statSync(options.config).mode & 0o007) !== 0;
  return open
    ? [
        warning(
          "file permissions",
          `Everybody on this machine can read ${options.config}. If it holds secrets: chmod o-rwx.`,
        ),
      ]
    : [];
}

async function databaseFindings({ deps, again }: CommandContext): Promise<Finding[]> {
  await deps.store.ping();
  const pending = await deps.store.pendingMigrations();
  const schema =
    pending.length === 0
      ? fine("migrations", "up to date")
      : problem("migrations", `${pending.join(", ")} have not run. Run: ${again("migrate")}`);
  return [fine("database", "answers"), schema];
}

/** Without them a pool could be oversold by whoever writes past this server, and its count would be wrong. */
async function triggerFindings({ deps: { store } }: CommandContext): Promise<Finding[]> {
  if ((await store.pendingMigrations()).length > 0) return [];
  const { missing, areVisible } = await store.missingTriggers();
  if (missing.length === 0) return [fine("triggers", "all there")];
  if (!areVisible) {
    return [
      warning(
        "triggers",
        "This account may not see triggers, so that nobody knows whether they are there. Run doctor with the account that migrates; see docs/database.md.",
      ),
    ];
  }
  return [
    problem(
      "triggers",
      `${missing.join(", ")} of the table seats are missing. Pools can be oversold. Restore them from a backup or from src/store/migrations/0003-seats.`,
    ),
  ];
}

const WEBHOOK_TIMEOUT = 5_000;

/** Sends nothing that the receiver could take for an event: a HEAD without signature. Any answer will do. */
async function webhookFindings({ config }: CommandContext): Promise<Finding[]> {
  if (config.webhook === null) return [fine("webhook", "not used")];
  const { url } = config.webhook;
  try {
    const answer = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT),
    });
    return [fine("webhook", `${new URL(url).host} answers (${String(answer.status)})`)];
  } catch (error) {
    return [
      problem(
        "webhook",
        `${new URL(url).host} does not answer: ${messageOf(error)}. Events are kept until it does.`,
      ),
    ];
  }
}

const SKEW_SECONDS_MAX = 5;

/** Nodes agree on time by the database's clock; certificates and assertions are judged by ours. */
async function clockFindings({ config, deps }: CommandContext): Promise<Finding[]> {
  await deps.store.ping();
  const skew = Math.abs(Date.now() - deps.store.clock.now()) / 1_000;
  if (skew <= SKEW_SECONDS_MAX) return [fine("clock", "agrees with the database")];
  const allowed = `signIn.clockSkewSeconds allows ${String(config.signIn.clockSkewSeconds)}`;
  return [
    warning(
      "clock",
      `${skew.toFixed(0)} seconds away from the database's (${allowed}). Check time synchronisation.`,
    ),
  ];
}

const BACKLOG_WARNING = 1_000;

async function backlogFindings({ deps }: CommandContext): Promise<Finding[]> {
  const { store } = deps;
  if ((await store.pendingMigrations()).length > 0) return [];
  const backlog = await store.outbox.backlog();
  const message = `${String(backlog)} events wait for delivery`;
  return [
    backlog > BACKLOG_WARNING
      ? warning("events", `${message}. Is the receiver up?`)
      : fine("events", message),
  ];
}

function report(findings: readonly Finding[], exitCode: number): Result {
  const mark = { ok: "ok      ", warning: "warning ", problem: "PROBLEM " };
  return {
    json: { healthy: exitCode === EXIT.ok, findings },
    text: findings
      .map(({ state, check, message }) => `${mark[state]} ${check}: ${message}`)
      .join("\n"),
    exitCode,
  };
}

function messageOf(error: unknown): string {
  if (error instanceof SeatkeeperError) {
    const { message, detail } = error;
    return detail === undefined ? message : `${message} (${detail})`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function fine(check: string, message: string): Finding {
  return { check, state: "ok", message };
}

function warning(check: string, message: string): Finding {
  return { check, state: "warning", message };
}

function problem(check: string, message: string): Finding {
  return { check, state: "problem", message };
}
