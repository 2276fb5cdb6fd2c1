import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { suggestion } from "../suggest.js";
import { unwrapped } from "../validation.js";
import { OPTIONS, type OptionEntry, VARIABLE_PREFIX } from "./schema.js";

/** Where values come from: a YAML file and the environment. Neither is checked here beyond names and form. */

export interface ConfigProblem {
  /** The option, the variable or the file at fault. */
  readonly option: string;
  /** What is wrong and what to do. Never holds a secret. */
  readonly message: string;
}

/** Options as written: section -> key -> value. */
export type RawOptions = Record<string, unknown>;

export interface Source {
  readonly raw: RawOptions;
  readonly problems: readonly ConfigProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names the configuration file, like --config. */
export const FILE_VARIABLE = "SEATKEEPER_CONFIG";

/** Whoever has said nothing may have meant to name a file, or a practice run. */
export const NOTHING_NAMED: ConfigProblem = {
  option: "--config",
  message: `Not given, nor is ${FILE_VARIABLE} set. Name the configuration file in one of these ways; for the data of a practice run give --data DIR instead.`,
};

const FILE_BYTES_MAX = 1_048_576;

export function readConfigFile(file: string): Source {
  const text = readText(file);
  if (text === null) {
    return failed(
      file,
      "The configuration file cannot be read. Check the path after --config and its permissions.",
    );
  }
  if (text.length > FILE_BYTES_MAX) {
    return failed(file, "The configuration file is larger than 1 MB.");
  }
  const parsed = parseYaml(text);
  if ("error" in parsed) {
    return failed(file, `The configuration file is not valid YAML: ${parsed.error}`);
  }
  if (parsed.value !== null && (typeof parsed.value !== "object" || Array.isArray(parsed.value))) {
    return failed(file, "The configuration file must be a mapping of sections to options.");
  }
  const raw = withoutEmptyTexts(withoutEmpty({ ...(parsed.value ?? {}) }));
  return { raw: withResolvedPaths(raw, dirname(resolve(file))), problems: [] };
}

/** Also used for the catalogue. The message names line and column. */
export function parseYaml(text: string): { value: unknown } | { error: string } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const at = lineCounter.linePos(error.pos[0]);
    return { error: `line ${String(at.line)}, column ${String(at.col)}: ${error.message}` };
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (cause) {
    return { error: cause instanceof Error ? cause.message : "it cannot be read" };
  }
}

/** The text of a file, or null when it cannot be read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

export function readEnvironment(environment: Environment, directory: string): Source {
  const raw: RawOptions = {};
  const problems: ConfigProblem[] = [];
  const byVariable = new Map(OPTIONS.map((option) => [option.variable, option]));
  for (const [variable, text] of Object.entries(environment)) {
    // Compose files and shells pass variables that are set to nothing; that means "not given".
    if (!isOurs(variable) || !text) {
      continue;
    }
    const option = byVariable.get(variable);
    if (option === undefined) {
      const known = [...byVariable.keys(), FILE_VARIABLE];
      const hint = suggestion(variable, known) || "See docs/configuration.md.";
      problems.push({
        option: variable,
        message: `No option has this environment variable. ${hint}`,
      });
    } else {
      setOption(raw, option, fromText(option, text));
    }
  }
  return { raw: withResolvedPaths(raw, directory), problems };
}

function isOurs(variable: string): boolean {
  return variable.startsWith(VARIABLE_PREFIX) && variable !== FILE_VARIABLE;
}

/** `over` wins, option by option. */
export function merged(under: RawOptions, over: RawOptions): RawOptions {
  const result: RawOptions = { ...under };
  for (const [section, value] of Object.entries(over)) {
    const below = result[section];
    if (isMapping(value) && isMapping(below)) {
      result[section] = { ...below, ...value };
    } else if (below === undefined || !isMapping(value)) {
      result[section] = value;
    }
    // Otherwise the section below has the wrong form; it stays, so that it is reported.
  }
  return result;
}

export function optionValue(raw: RawOptions, option: OptionEntry): unknown {
  const [section, key] = option.keys;
  const inSection = raw[section];
  if (key === undefined) {
    return inSection;
  }
  return isMapping(inSection) ? inSection[key] : undefined;
}

export function setOption(raw: RawOptions, option: OptionEntry, value: unknown): void {
  const [section, key] = option.keys;
  if (key === undefined) {
    raw[section] = value;
    return;
  }
  const inSection = raw[section];
  raw[section] = { ...(isMapping(inSection) ? inSection : {}), [key]: value };
}

/** A key without a value, like a section whose lines are all commented out, counts as not given. */
function withoutEmpty(raw: RawOptions): RawOptions {
  const entries = Object.entries(raw).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isMapping(value) ? withoutEmpty(value) : value]),
  );
}

/** The same for a text that is empty: `process.env.DATABASE_URL ?? ""`, a placeholder that nothing has filled. */
export function withoutEmptyTexts(raw: RawOptions): RawOptions {
  const entries = Object.entries(raw).filter(([, value]) => value !== "");
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isMapping(value) ? withoutEmptyTexts(value) : value]),
  );
}

function isMapping(value: unknown): value is RawOptions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failed(option: string, message: string): Source {
  return { raw: {}, problems: [{ option, message }] };
}

/** Environment variables are texts; the option's type says what they mean. What does not fit stays a text and is refused. */
function fromText(option: OptionEntry, text: string): unknown {
  const types = typesOf(option.schema);
  if (types.includes("array")) {
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  }
  if (types.includes("number") && /^-?\d+$/.test(text)) {
    return Number(text);
  }
  if (types.includes("boolean") && (text === "true" || text === "false")) {
    return text === "true";
  }
  return text;
}

function typesOf(schema: OptionEntry["schema"]): string[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodUnion ? inner.def.options.flatMap(typesOf) : [inner._zod.def.type];
}

function withResolvedPaths(raw: RawOptions, directory: string): RawOptions {
  const result = { ...raw };
  for (const option of OPTIONS) {
    const value = optionValue(result, option);
    if (option.facts.path === true && typeof value === "string" && value !== "") {
      setOption(result, option, resolve(directory, value));
    }
    if (option.name === "database.url" && typeof value === "string") {
      setOption(result, option, withResolvedSqlitePath(value, directory));
    }
    if (option.name === "plugins" && Array.isArray(value)) {
      setOption(
        result,
        option,
        value.map((entry: unknown) => resolvedSpecifier(entry, directory)),
      );
    }
  }
  return result;
}

export function withResolvedSqlitePath(url: string, directory: string): string {
  const file = /^sqlite:(?:\/\/)?(.*)$/s.exec(url)?.[1];
  const keep = file === undefined || file === "" || file.includes(":memory:") || isAbsolute(file);
  return keep ? url : `sqlite:${resolve(directory, file)}`;
}

function resolvedSpecifier(entry: unknown, directory: string): unknown {
  return typeof entry === "string" && /^\.{1,2}\//.test(entry) ? resolve(directory, entry) : entry;
}
