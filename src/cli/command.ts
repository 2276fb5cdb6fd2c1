import { type Command, InvalidArgumentError, Option } from "commander";
import { SeatkeeperError } from "../errors.js";
import { type CommandContext, openContext } from "./context.js";
import { type CommonOptions, EXIT, type Io, printable, type Result } from "./io.js";

/** What all commands share: their common options, one way in and one way out. */

/** Given by each command; `finish` remembers the exit code of the one that ran. */
export interface Cli {
  readonly io: Io;
  readonly finish: (exitCode: number) => void;
}

export type CommandHandler<O> = (
  context: CommandContext,
  args: readonly string[],
  options: O,
) => Promise<Result>;

/** Adds the options that every command has that looks into the database. */
export function databaseCommand<O extends object>(
  cli: Cli,
  command: Command,
  handler: CommandHandler<O>,
  opening: { readonly requireSchema: boolean } = { requireSchema: true },
): Command {
  return commonOptions(command).action(async (...all: unknown[]) => {
    const { args, options } = invocation(all) as Invocation<O>;
    await reporting(cli, options, async () => {
      const context = await openContext(cli.io, options, opening);
      try {
        return await handler(context, args, options);
      } finally {
        await context.close();
      }
    });
  });
}

export function commonOptions(command: Command): Command {
  return command
    .option("--config <file>", "the configuration file (or the variable SEATKEEPER_CONFIG)")
    .addOption(
      new Option(
        "--data <dir>",
        "the data of a practice run, instead of a configuration",
      ).conflicts("config"),
    )
    .option("--json", "print JSON on standard output");
}

export interface Invocation<O> {
  readonly args: readonly string[];
  readonly options: O & CommonOptions;
}

/** Commander passes the arguments one by one, then the options, then the command itself. */
export function invocation(all: readonly unknown[]): Invocation<object> {
  const command = all.at(-1) as Command;
  return { args: command.args, options: command.opts<CommonOptions>() };
}

/** Prints what the work gives or why it failed, in the form that was asked for. */
export async function reporting(
  cli: Cli,
  options: CommonOptions,
  work: () => Promise<Result>,
): Promise<void> {
  try {
    const { json, text, exitCode } = await work();
    cli.io.out(options.json === true ? JSON.stringify(json, null, 2) : printable(text));
    cli.finish(exitCode ?? EXIT.ok);
  } catch (error) {
    cli.io.err(printable(failureText(error, options.json === true)));
    cli.finish(exitCodeOf(error));
  }
}

export function exitCodeOf(error: unknown): number {
  return error instanceof SeatkeeperError && error.code === "InvalidConfiguration"
    ? EXIT.configuration
    : EXIT.failed;
}

/** Why something could not begin, with what the database or the system said about it, where that is known. */
export function reasonText(error: unknown): string {
  const { message, detail } = error instanceof SeatkeeperError ? error : plainly(error);
  return printable(detail === undefined ? message : `${message}\n  ${detail}`);
}

function plainly(error: unknown): { readonly message: string; readonly detail?: undefined } {
  return { message: error instanceof Error ? error.message : String(error) };
}

function failureText(error: unknown, json: boolean): string {
  if (!(error instanceof SeatkeeperError)) {
    // A mistake of ours: the stack is what helps to find it.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return json ? JSON.stringify({ error: { code: "Internal", message } }) : message;
  }
  const { code, message, field, detail } = error;
  if (json) {
    return JSON.stringify({ error: { code, message, ...(field === undefined ? {} : { field }) } });
  }
  const at = field === undefined || message.includes(field) ? "" : ` (${field})`;
  return `${message}${at}${detail === undefined ? "" : `\n  ${detail}`}`;
}

// ---------------------------------------------------------------------------------------------------------------
// Values of options

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("A whole number is expected.");
  return Number(text);
}

/** For options that may be given several times. A comma may be part of the name. */
export function repeated(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Separated by commas. */
export function listed(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export type Pairs = readonly (readonly [string, string])[];

/** name=value, several times. */
export function collectedPairs(text: string, before: Pairs | undefined): Pairs {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("name=value is expected.");
  return [...(before ?? []), [text.slice(0, at), text.slice(at + 1)]];
}

/** true, false and numbers are what they look like; everything else is a text. */
export function plainValues(pairs: Pairs): Record<string, string | number | boolean> {
  return Object.fromEntries(pairs.map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** The argument at a place where commander has made sure that there is one. */
export function argument(args: readonly string[], index: number): string {
  return args[index] ?? "";
}
