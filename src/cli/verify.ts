import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { organisationNamed } from "../actions/administer.js";
import type { Organisation } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { type Anchor, type Report, Verifier } from "../verify/verify.js";
import { addAll, PIECE_BYTES } from "./chainThread.js";
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
    await addAll(verifier, textOf(io, file));
  } catch (cause) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: `The file ${file} cannot be read.`,
      cause,
    });
  }
  return { ledger: file, ...verifier.report() };
}

async function* textOf(io: Io, file: string): AsyncGenerator<string> {
  if (file === "-") {
    const text = await io.readInput();
    for (let at = 0; at < text.length; at += PIECE_BYTES) yield text.slice(at, at + PIECE_BYTES);
  } else {
    const options = { encoding: "utf8", highWaterMark: PIECE_BYTES } as const;
    yield* createReadStream(resolve(io.directory ?? ".", file), options) as AsyncIterable<string>;
  }
}

function expectOf({ head }: Report): string {
  return `${String(head.sequence)}:${head.hash}`;
}

function counted(count: number, one: string, many: string): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

function sentenceOf(report: Verified): string {
  const { ledger, entries, seatsHeld, fault } = report;
  if (fault !== null) return `${ledger}: WRONG. ${fault.sentence} (${fault.problem})`;
  const counts = `${counted(entries, "entry", "entries")}, ${counted(seatsHeld, "seat", "seats")} held`;
  return `${ledger}: ${counts}, all in order. For the next time: --expect ${expectOf(report)}`;
}
