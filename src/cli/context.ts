import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createActions } from "../actions/index.js";
import { createMetadataActions } from "../actions/metadata.js";
import { createLogWriter } from "../actions/provisioningLog.js";
import type { AdminDeps } from "../admin/deps.js";
import { loadCatalogue } from "../catalogueFile.js";
import { type Config, loadConfig, practiceConfig } from "../config.js";
import { withPracticeData } from "../config/practiceData.js";
import { readText as readConfigText } from "../config/sources.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { createLogger } from "../http/logger.js";
import { txtRecords } from "../http/txtRecords.js";
import { type CommonOptions, type Io, sameWay } from "./io.js";
import { openStore, pluginIds, samlReader, systemIds } from "./parts.js";

/** What a command works with: the same store, catalogue and actions as the server, which may run at the same time. */
export interface CommandContext {
  readonly io: Io;
  readonly config: Config;
  readonly deps: AdminDeps;
  readonly cause: (action: string) => Cause;
  /** Another command that works with the same, to be pasted as it is. */
  readonly again: (command: string) => string;
  /** Re-evaluates now who is concerned by a change, instead of leaving it to the server. */
  readonly settle: (organisationId: Id) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where a change comes from, in the ledger and beside facts given by hand. */
export const ACTOR = "command line";

export async function openContext(
  io: Io,
  options: CommonOptions,
  opening: { readonly requireSchema: boolean },
): Promise<CommandContext> {
  const config = configFor(io, options);
  const catalogue = loadCatalogue(config.catalogue.file);
  const logger = createLogger({ level: config.log.level === "silent" ? "silent" : "error" });
  const store = await openStore(config, logger);
  try {
    if (opening.requireSchema) await requireSchema(store, options);
    const actions = createActions({
      store,
      catalogue,
      ids: systemIds,
      logger,
      // The server, if one runs, finds the work by its clock.
      committed: () => undefined,
      recordsWritten: createLogWriter({ store, logger }).writtenEverywhere,
      sessions: {
        idleMinutes: config.signIn.idleMinutes,
        namesShown: config.pages.namesShown,
      },
    });
    const saml = samlReader(config, store.clock);
    const refreshMinutes = config.signIn.metadataRefreshMinutes;
    const deps: AdminDeps = {
      store,
      catalogue,
      ids: systemIds,
      actions,
      logger,
      pluginIds: await pluginIds(config),
      saml,
      trust: createMetadataActions({ store, ids: systemIds, saml, logger, refreshMinutes }),
      baseUrl: config.server.baseUrl,
      bodyBytesMax: config.limits.apiBodyBytes,
      txtRecords,
    };
    return {
      io,
      config,
      deps,
      cause: (action) => ({ type: "admin", action, actor: ACTOR, requestId: null }),
      again: (command) => sameWay(options, command),
      settle: async (organisationId) => {
        while ((await actions.reconcile(organisationId)) > 0);
      },
      close: async () => {
        await actions.settled();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export function configFor(io: Io, options: CommonOptions): Config {
  if (options.data !== undefined) return practiceDataConfig(io, options.data);
  return loadConfig({
    file: options.config,
    ...(io.environment === undefined ? {} : { environment: io.environment }),
    ...(io.directory === undefined ? {} : { directory: io.directory }),
  });
}

function practiceDataConfig(io: Io, dataDir: string): Config {
  const directory = resolve(io.directory ?? ".", dataDir);
  if (!existsSync(directory)) {
    const sentence = `There is no directory ${directory}. Start the practice mode with --data ${dataDir} first.`;
    throw new SeatkeeperError("InvalidConfiguration", { sentence, field: "--data" });
  }
  const config = practiceConfig({ dataDir: directory });
  return withPracticeData(config, (name) => readConfigText(join(directory, name)));
}

async function requireSchema(
  store: { pendingMigrations(): Promise<string[]> },
  options: CommonOptions,
): Promise<void> {
  const pending = await store.pendingMigrations();
  if (pending.length > 0) {
    throw new SeatkeeperError("Conflict", {
      sentence: `The database is not up to date (${String(pending.length)} migrations have not run). Run: ${sameWay(options, "migrate")}`,
    });
  }
}

/** A file, or standard input for "-". */
export async function readText(io: Io, file: string): Promise<string> {
  if (file === "-") return io.readInput();
  try {
    return readFileSync(resolve(io.directory ?? ".", file), "utf8");
  } catch (cause) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The file ${file} cannot be read.`,
      cause,
    });
  }
}
