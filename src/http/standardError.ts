import pino from "pino";

/** Also what of the log is lost with a process that is killed outright. */
const MOMENT_MS = 10;

/**
 * Lines that come within a moment leave in one write: under load a write for each costs as much as sending the answers. What
 * tells of trouble is made to leave at once (`leave`), with all that was said before it.
 */
export class Gathered {
  readonly #out: { write(text: string): unknown };
  #lines = "";

  constructor(out: { write(text: string): unknown }) {
    this.#out = out;
  }

  write(line: string): void {
    if (this.#lines === "") setTimeout(() => this.leave(), MOMENT_MS).unref();
    this.#lines += line;
  }

  leave(): void {
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") this.#out.write(lines);
  }
}

let gathered: Gathered | undefined;

/** One for the process, which says what is left to say when it ends. */
export function standardError(): Gathered {
  if (gathered === undefined) {
    const lines = new Gathered(pino.destination({ fd: 2, sync: true }));
    process.once("exit", () => lines.leave());
    gathered = lines;
  }
  return gathered;
}
