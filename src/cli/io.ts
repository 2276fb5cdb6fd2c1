import type { Environment } from "../config/sources.js";

/** The world outside a command. Tests bring their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly readInput: () => Promise<string>;
  /** Resolves when the process is asked to end. */
  readonly untilStopped: () => Promise<void>;
  /** The process's own when absent. */
  readonly environment?: Environment;
  readonly directory?: string;
}

/** What every command understands that looks into the database. */
export interface CommonOptions {
  readonly config?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Another command that looks into the same database, to be pasted as it is. */
export function sameWay({ config, data }: CommonOptions, command: string): string {
  const where = data === undefined ? config : data;
  const option = data === undefined ? "--config" : "--data";
  return `seatkeeper ${command}${where === undefined ? "" : ` ${option} ${quoted(where)}`}`;
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Documented in docs/commands.md. */
export const EXIT = { ok: 0, failed: 1, usage: 2, configuration: 78 } as const;

/** What a command has to say: for programs with --json, for people without. */
export interface Result {
  readonly json: unknown;
  readonly text: string;
  /** `failed` where the answer itself is bad news, as of `doctor`. */
  readonly exitCode?: number;
}

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "problem";
  readonly message: string;
}

/** Columns of equal width; the heading in capitals, "lastUsedAt" as LAST USED AT. Null and undefined are shown as a dash. */
export function table<T extends object>(
  rows: readonly T[],
  columns: readonly (keyof T & string)[],
): string {
  if (rows.length === 0) return "(none)";
  const cells = [
    columns.map((column) => column.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase()),
    ...rows.map((row) => columns.map((column) => cellText(row[column]))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => line[index]?.length ?? 0)),
  );
  return cells
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One "name: value" a line. */
export function sheet(values: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(values).map((key) => key.length)) + 1;
  return Object.entries(values)
    .map(([key, value]) => `${`${key}:`.padEnd(width)} ${cellText(value)}`)
    .join("\n");
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cellText).join(", ");
  if (typeof value === "object") return namedText(value);
  // One line: a name with a line break in it could pass for another row.
  return typeof value === "string" ? value.replace(LINE_ENDS, escaped) : JSON.stringify(value);
}

/** Of what is not listed piece by piece: no JSON where people read. */
function namedText(value: object): string {
  const parts = Object.entries(value).map(([name, one]) =>
    typeof one === "object" && one !== null
      ? `${name} (${cellText(one)})`
      : `${name} ${cellText(one)}`,
  );
  return parts.length === 0 ? "-" : parts.join(", ");
}

const LINE_ENDS = /[\r\n\t]/g;
/** Control characters but for line ends and tabs, and those that turn the direction of what follows. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- finding control characters is the point
  /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * For a terminal: names come from customers and their identity providers, and one with an escape sequence in it could clear
 * the operator's screen or hide a row. In the form of JSON, so that a text that is JSON means the same as before.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
