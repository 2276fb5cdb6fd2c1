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

/** Columns of equal width; the heading in capitals. Null and undefined are shown as a dash. */
export function table<T extends object>(
  rows: readonly T[],
  columns: readonly (keyof T & string)[],
): string {
  if (rows.length === 0) return "(none)";
  const cells = [
    columns.map((column) => column.toUpperCase()),
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
  if (Array.isArray(value)) return value.map(cellText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
