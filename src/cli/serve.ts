import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import { type Cli, databaseCommand, exitCodeOf, invocation, reasonText } from "./command.js";
import { configFor } from "./context.js";
import { EXIT } from "./io.js";

/** The commands that keep running, and the one that prepares the database for them. */

interface PracticeOptions {
  readonly json?: boolean;
  readonly port?: number;
  readonly data?: string;
}

export function addPracticeCommand(program: Command, cli: Cli): void {
  program
    .command("practice", { isDefault: true })
    .description(
      "try everything out: server, identity provider and application, without configuration (default)",
    )
    .option("--port <number>", "the server's port; 0 for one that is free", portNumber)
    .option("--data <dir>", "keep the data here instead of ./data")
    .option("--json", "print the addresses and tokens as one JSON object")
    .action(async (...all: unknown[]) => {
      const { json, port, data }: PracticeOptions = invocation(all).options;
      // Loaded only when needed: it brings libraries that no other command uses.
      const { startPractice } = await import("../practiceMode.js");
      await runUntilStopped(cli, async () => {
        const running = await startPractice({ json: json === true, port, dataDir: data });
        return { running, shutdownSeconds: PRACTICE_SHUTDOWN_SECONDS };
      });
    });
}

const PORT_MAX = 65_535;

/** The identity provider takes the one after it. */
function portNumber(text: string): number {
  const isPort = /^\d{1,5}$/.test(text) && Number(text) < PORT_MAX;
  if (!isPort) throw new InvalidArgumentError("A number from 0 to 65534 is expected.");
  return Number(text);
}

export function addServeCommand(program: Command, cli: Cli): void {
  program
    .command("serve")
    .description("run the server for real people; refuses to start with an unsafe configuration")
    .option("--config <file>", "the configuration file (or the variable SEATKEEPER_CONFIG)")
    .action(async (...all: unknown[]) => {
      const { options } = invocation(all);
      await runUntilStopped(cli, async () => {
        const config = configFor(cli.io, options);
        const { startServer } = await import("../server.js");
        const running = await startServer(config);
        const { host, port, app } = running;
        app.logger.info({ host, port, address: config.server.baseUrl }, "listening");
        return { running, shutdownSeconds: config.server.shutdownSeconds };
      });
    });
}

const PRACTICE_SHUTDOWN_SECONDS = 5;

interface Started {
  readonly running: { close(): Promise<void> };
  readonly shutdownSeconds: number;
}

/** Ends after SIGTERM or SIGINT, when everything that was acknowledged is finished, or when that takes too long. */
async function runUntilStopped(cli: Cli, start: () => Promise<Started>): Promise<void> {
  // Listened for from the beginning: a signal during the start ends it in good order, too.
  const stopped = cli.io.untilStopped();
  try {
    const { running, shutdownSeconds } = await start();
    await stopped;
    const finished = await within(shutdownSeconds, running.close());
    if (!finished) cli.io.err("Some requests were still under way and have been cut off.");
    cli.finish(finished ? EXIT.ok : EXIT.failed);
  } catch (error) {
    cli.io.err(reasonText(error));
    cli.finish(exitCodeOf(error));
  }
}

async function within(seconds: number, work: Promise<void>): Promise<boolean> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      work.then(() => true),
      sleep(seconds * 1_000, false, { signal: stop.signal }),
    ]);
  } finally {
    stop.abort();
  }
}

export function addMigrateCommand(program: Command, cli: Cli): void {
  const command = program.command("migrate").description("bring the database's schema up to date");
  databaseCommand(
    cli,
    command,
    async ({ deps }) => {
      const applied = await deps.store.pendingMigrations();
      await deps.store.migrate();
      const text =
        applied.length === 0 ? "The database is up to date." : `Applied: ${applied.join(", ")}.`;
      return { json: { applied }, text };
    },
    { requireSchema: false },
  );
}
