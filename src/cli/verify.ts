import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { organisationNamed } from "../actions/administer.js";
import type { Organisation } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { type Anchor, type Line, type Report, Verifier } from "../verify/verify.js";
import { type Cli, commonOptions, invocation, reporting } from "./command.js";
import { openContext } from "./context.js";
import { type CommonOptions, EXIT, type Io, type Result } from "./io.js";
import type { Store } from "../ports.js";

/** Hands a ledger to the verifier, which shares nothing with the engine: from the database, or from an exported file. */

interface VerifyOptions extends CommonOptions {
  readonly file?: string;
  readonly expect?: Anchor;
}

export function addVerifyCommand(program: Command, cli: Cli): void {
  commonOptions(
    program
      .command("verify")
      .argument("[org]", "id or slug; all organisations unless given")
      .option("--file <file>", 'an exported ledger instead of the database; "-" is standard input')
      .option("--expect <sequence:hash>", "an entry that must be there, from ledger head", anchor)
      .description("check that nothing in the ledger was changed, and that no pool was oversold"),
  ).action(async (...all: unknown[]) => {
    const { args, options } = invocation(all) as {
      args: readonly string[];
      options: VerifyOptions;
    };
    await reporting(cli, options, () => verifyAll(cli.io, args[0], options));
  });
}

function anchor(text: string): Anchor {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new InvalidArgumentError("A number and a hash are expected, as ledger head prints them.");
  }
  return { sequence: Number(sequence), hash };
}

interface Verified extends Report {
  readonly ledger: string;
}

async function verifyAll(
  io: Io,
  named: string | undefined,
  options: VerifyOptions,
): Promise<Result> {
  const reports =
    options.file === undefined
      ? await verifyStored(io, named, options)
      : [await verifyFile(io, options.file, options.expect)];
  const isBad = reports.some(({ fault }) => fault !== null);
  return {
    json: { items: reports.map((report) => ({ ...report, expect: expectOf(report) })) },
    text: reports.map(sentenceOf).join("\n") || "There is no organisation.",
    ...(isBad ? { exitCode: EXIT.failed } : {}),
  };
}

async function verifyStored(
  io: Io,
  named: string | undefined,
  options: VerifyOptions,
): Promise<Verified[]> {
  if (named === undefined && options.expect !== undefined) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "--expect is about one organisation: name it.",
      field: "--expect",
    });
  }
  const { deps, close } = await openContext(io, options, { requireSchema: true });
  try {
    const organisations =
      named === undefined
        ? await deps.store.administration.listOrganisations()
        : [await organisationNamed(deps, named)];
    const reports: Verified[] = [];
    for (const organisation of organisations) {
      reports.push(await verifyOrganisation(deps.store, organisation, options.expect));
    }
    return reports;
  } finally {
    await close();
  }
}

const PORTION = 5_000;
/** Small pieces are gone before the garbage collector has to move them. */
const PIECE_BYTES = 65_536;

async function verifyOrganisation(
  { ledger }: Store,
  { id, slug }: Organisation,
  expected: Anchor | undefined,
): Promise<Verified> {
  const present = await ledger.standing(id);
  const verifier = new Verifier({ present, ...(expected === undefined ? {} : { expected }) });
  for (let after = 0; ;) {
    const lines = await ledger.lines(id, { after, limit: PORTION });
    const isGood = lines.every((line) => verifier.add(line));
    after = lines.at(-1)?.sequence ?? after;
    if (!isGood || lines.length < PORTION) return { ledger: slug, ...verifier.report() };
  }
}

async function verifyFile(io: Io, file: string, expected: Anchor | undefined): Promise<Verified> {
  const verifier = new Verifier(expected === undefined ? {} : { expected });
  try {
    for await (const lines of linesIn(textOf(io, file))) {
      if (!lines.every((line) => verifier.add(line))) break;
    }
  } catch (cause) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The file ${file} cannot be read.`,
      cause,
    });
  }
  return { ledger: file, ...verifier.report() };
}

async function* textOf(io: Io, file: string): AsyncGenerator<string> {
  if (file === "-") yield await io.readInput();
  else {
    const options = { encoding: "utf8", highWaterMark: PIECE_BYTES } as const;
    yield* createReadStream(resolve(io.directory ?? ".", file), options) as AsyncIterable<string>;
  }
}

/** Line by line would cost more than the check: as many as a piece of the file has. */
export async function* linesIn(pieces: AsyncIterable<string>): AsyncGenerator<Line[]> {
  let rest = "";
  for await (const piece of pieces) {
    const texts = (rest + piece).split("\n");
    rest = texts.pop() ?? "";
    yield linesOf(texts.filter(isText));
  }
  yield linesOf([rest].filter(isText));
}

/** As one array: what has the same fields as the one before it is read faster. */
function linesOf(texts: readonly string[]): Line[] {
  try {
    const lines = JSON.parse(`[${texts.join(",")}]`) as unknown[];
    if (lines.length === texts.length) return lines.map(entryOf);
  } catch {
    // One of them is no JSON: which, is seen one by one.
  }
  return texts.map(lineIn);
}

/** Empty lines do no harm. */
function isText(line: string): boolean {
  return line.trim() !== "";
}

/** What is no JSON object becomes one without fields, which is no entry. */
function lineIn(text: string): Line {
  try {
    return entryOf(JSON.parse(text));
  } catch {
    return {} as Line;
  }
}

function entryOf(value: unknown): Line {
  return (typeof value === "object" && value !== null ? value : {}) as Line;
}

function expectOf({ head }: Report): string {
  return `${String(head.sequence)}:${head.hash}`;
}

function sentenceOf(report: Verified): string {
  const { ledger, entries, seatsHeld, fault } = report;
  if (fault !== null) return `${ledger}: WRONG. ${fault.sentence} (${fault.problem})`;
  const counts = `${String(entries)} entries, ${String(seatsHeld)} seats held`;
  return `${ledger}: ${counts}, all in order. For the next time: --expect ${expectOf(report)}`;
}
