import { join } from "node:path";
import { readCatalogue } from "./catalogueFile.js";
import {
  checkAlways,
  checkProduction,
  PRACTICE_MASTER,
  type Report,
  withFileSecrets,
} from "./config/production.js";
import { exampleCatalogueFile } from "./config/packaged.js";
import { checkPageTexts, pagesOf, type PagesConfig } from "./config/pageTexts.js";
import { OPTIONS, type Options, type OptionsInput, optionsSchema } from "./config/schema.js";
import {
  type ConfigProblem,
  type Environment,
  FILE_VARIABLE,
  merged,
  NOTHING_NAMED,
  optionValue,
  type RawOptions,
  readConfigFile,
  readEnvironment,
  setOption,
  withoutEmptyTexts,
} from "./config/sources.js";
import { SeatkeeperError } from "./errors.js";
import { suggestion } from "./suggest.js";
import { examined } from "./validation.js";

/**
 * The configuration: one YAML file and the environment (which wins), checked as a whole before anything starts.
 * The options themselves are in config/schema.ts, what production insists on in config/production.ts.
 */

const MODES = ["practice", "production"] as const;
export type Mode = (typeof MODES)[number];

export interface Config {
  readonly mode: Mode;
  readonly server: Readonly<Omit<Options["server"], "baseUrl"> & { baseUrl: string }>;
  readonly database: Readonly<{ url: string; poolSize: number }>;
  readonly secrets: Readonly<{ master: string; masterPrevious: string | null }>;
  readonly catalogue: Readonly<{ file: string }>;
  readonly plugins: readonly string[];
  readonly webhook: Readonly<{ url: string; secret: string; timeoutSeconds: number }> | null;
  readonly eventPush: Readonly<{
    url: string;
    audience: string;
    token: string | null;
    timeoutSeconds: number;
  }> | null;
  readonly signIn: Readonly<Options["signIn"]>;
  readonly pages: PagesConfig;
  readonly oauth: Readonly<Options["oauth"]>;
  readonly limits: Readonly<Options["limits"]>;
  readonly provisioningLog: Readonly<Options["provisioningLog"]>;
  readonly signInLog: Readonly<Options["signInLog"]>;
  readonly retention: Readonly<Options["retention"]>;
  readonly log: Readonly<Options["log"]>;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface ConfigSources {
  /** The argument of --config; without it SEATKEEPER_CONFIG counts. */
  readonly file?: string | undefined;
  /** The process's own, unless a test brings another. */
  readonly environment?: Environment;
  readonly directory?: string;
}

/** The configuration of a server for real people, or everything that is wrong with it. */
export function readConfig(sources: ConfigSources = {}): ConfigResult {
  const environment = sources.environment ?? process.env;
  const directory = sources.directory ?? process.cwd();
  const { problems, report } = startReport();

  const file = sources.file ?? (environment[FILE_VARIABLE] || undefined);
  const fromFile = file === undefined ? { raw: {}, problems: [] } : readConfigFile(file);
  const fromEnvironment = readEnvironment(environment, directory);
  [...fromFile.problems, ...fromEnvironment.problems].forEach((p) => report(p.option, p.message));
  // What stands in a file that cannot be read is not missing; to say so would hide the one problem there is.
  if (fromFile.problems.length > 0) return { ok: false, problems };

  const options = readOptions(merged(fromFile.raw, fromEnvironment.raw), report);
  const settled = withFileSecrets(options, directory, report);
  checkAlways(settled, report);
  checkProduction(settled, report);
  checkCatalogue(settled, report);
  checkPageTexts(settled.pages, report);
  // Last, because the first problem is the one that programs are told.
  if (namesNothing(file, fromEnvironment.raw)) {
    report(NOTHING_NAMED.option, NOTHING_NAMED.message);
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, config: frozen(toConfig("production", settled)) };
}

/** The level of the log is the practice mode's, too. */
function namesNothing(file: string | undefined, raw: object): boolean {
  return file === undefined && Object.keys(raw).every((section) => section === "log");
}

/** @throws SeatkeeperError InvalidConfiguration whose sentence lists every problem */
export function loadConfig(sources: ConfigSources = {}): Config {
  const result = readConfig(sources);
  if (!result.ok) {
    throw configurationError(result.problems);
  }
  return result.config;
}

/** One complaint for each option: the first is the cause, a second would only repeat it. */
function startReport(): { readonly problems: readonly ConfigProblem[]; readonly report: Report } {
  const problems: ConfigProblem[] = [];
  const report: Report = (option, message) => {
    if (!problems.some((problem) => problem.option === option)) {
      problems.push({ option, message });
    }
  };
  return { problems, report };
}

function configurationError(problems: readonly ConfigProblem[]): SeatkeeperError {
  const lines = problems.map((problem) => `  ${problem.option}: ${problem.message}`);
  const field = problems[0]?.option;
  return new SeatkeeperError("InvalidConfiguration", {
    sentence: ["The configuration cannot be used:", ...lines].join("\n"),
    ...(field === undefined ? {} : { field }),
  });
}

/** What an application that mounts the library says in code: the same options, without file and environment. */
export interface LibraryConfig extends OptionsInput {
  /** practice allows plain http and a master secret of any kind: for development and tests only. */
  readonly mode?: Mode;
}

/** @throws SeatkeeperError InvalidConfiguration whose sentence lists every problem */
export function libraryConfig({ mode = "production", ...raw }: LibraryConfig): Config {
  const { problems, report } = startReport();
  if (!MODES.includes(mode)) report("mode", `Unknown. ${suggestion(mode, MODES)}`);
  const given = withoutEmptyTexts(raw);
  const options = withFileSecrets(readOptions(given, report), process.cwd(), report);
  checkAlways(options, report);
  if (mode !== "practice") {
    checkProduction(options, report);
  }
  checkCatalogue(options, report);
  checkPageTexts(options.pages, report);
  if (problems.length > 0) {
    throw configurationError(problems);
  }
  const practice = practiceConfig({ environment: {} });
  return frozen(
    toConfig(mode, {
      ...options,
      server: { ...options.server, baseUrl: options.server.baseUrl ?? practice.server.baseUrl },
      database: { ...options.database, url: options.database.url ?? practice.database.url },
      secrets: { ...options.secrets, master: options.secrets.master ?? practice.secrets.master },
      catalogue: { file: options.catalogue.file ?? practice.catalogue.file },
    }),
  );
}

/** The configuration as it is once the port is known (port 0 asks the system for a free one). */
export function withPort(config: Config, port: number): Config {
  const url = new URL(config.server.baseUrl);
  url.port = String(port);
  const baseUrl = url.href.replace(/\/+$/, "");
  return frozen({ ...config, server: { ...config.server, port, baseUrl } });
}

export interface PracticeOptions {
  readonly port?: number | undefined;
  /** Keeps the data of several runs here; without it everything is in memory. */
  readonly dataDir?: string | null | undefined;
  readonly environment?: Environment;
}

const PRACTICE_PORT = 4600;
const LEVEL_VARIABLE = "SEATKEEPER_LOG_LEVEL";
const LEVELS: readonly Options["log"]["level"][] = ["debug", "info", "warn", "error", "silent"];

/**
 * The configuration of the practice mode: nothing to set. It ignores the configuration file and the environment, apart
 * from the log level, so that trying things out can never reach a real database.
 */
export function practiceConfig(practice: PracticeOptions = {}): Config {
  const port = practice.port ?? PRACTICE_PORT;
  const level = LEVELS.find(
    (known) => known === (practice.environment ?? process.env)[LEVEL_VARIABLE],
  );
  const options = optionsSchema.parse({
    server: { port, baseUrl: `http://127.0.0.1:${String(port)}` },
    database: {
      url: practice.dataDir
        ? `sqlite:${join(practice.dataDir, "seatkeeper.sqlite")}`
        : "sqlite::memory:",
    },
    secrets: { master: PRACTICE_MASTER },
    catalogue: { file: exampleCatalogueFile() },
    // Loopback only, for trying out and measuring: nobody is to be protected from anybody.
    limits: {
      scimRequestsPerSecond: 100_000,
      refusalsPerMinute: 100_000,
      apiRequestsPerSecond: 100_000,
      signInsPerMinute: 100_000,
      publicRequestsPerMinute: 100_000,
    },
    log: { level: level ?? "warn" },
  });
  return frozen(toConfig("practice", options));
}

/** Reads the options that are well formed; the others are reported and count as not given. */
function readOptions(raw: RawOptions, report: Report): Options {
  const first = examined(optionsSchema, raw);
  if (first.ok) return first.value;
  first.problems.forEach((problem) => report(problem.path, problem.message));
  const sound: RawOptions = {};
  for (const option of OPTIONS) {
    const value = optionValue(raw, option);
    const probe: RawOptions = {};
    setOption(probe, option, value);
    if (value !== undefined && optionsSchema.safeParse(probe).success) {
      setOption(sound, option, value);
    }
  }
  return optionsSchema.parse(sound);
}

function checkCatalogue(options: Options, report: Report): void {
  if (options.catalogue.file === undefined) return;
  const result = readCatalogue(options.catalogue.file);
  if (!result.ok) {
    report("catalogue.file", result.problems.join("\n    "));
  }
}

function toConfig(mode: Mode, options: Options): Config {
  const { url, secret, timeoutSeconds } = options.webhook;
  return {
    mode,
    server: { ...options.server, baseUrl: required(options.server.baseUrl).replace(/\/+$/, "") },
    database: { url: required(options.database.url), poolSize: options.database.poolSize },
    secrets: secretsOf(options.secrets),
    catalogue: { file: required(options.catalogue.file) },
    plugins: options.plugins,
    webhook: url === undefined ? null : { url, secret: required(secret), timeoutSeconds },
    eventPush: eventPushOf(options.eventPush),
    signIn: options.signIn,
    pages: pagesOf(options.pages),
    oauth: options.oauth,
    limits: options.limits,
    provisioningLog: options.provisioningLog,
    signInLog: options.signInLog,
    retention: options.retention,
    log: options.log,
  };
}

function secretsOf({ master, masterPrevious }: Options["secrets"]): Config["secrets"] {
  return { master: required(master), masterPrevious: masterPrevious ?? null };
}

function eventPushOf(options: Options["eventPush"]): Config["eventPush"] {
  const { url, audience, token, timeoutSeconds } = options;
  return url === undefined
    ? null
    : { url, audience: audience ?? url, token: token ?? null, timeoutSeconds };
}

/** A missing option was reported before; reaching this without is a mistake in the checks. */
function required(value: string | undefined): string {
  if (value === undefined) {
    throw new TypeError("a required option is missing although the checks passed");
  }
  return value;
}

function frozen<T extends object>(value: T): T {
  Object.values(value).forEach((part: unknown) => {
    if (typeof part === "object" && part !== null) {
      frozen(part);
    }
  });
  return Object.freeze(value);
}

export { exampleCatalogueFile, presetDirectory } from "./config/packaged.js";
export type { ConfigProblem } from "./config/sources.js";
