import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { compiledScript } from "../compiledScript.js";
import type { Verifier } from "../verify/verify.js";
import { lastHashIn, linesOf, wholeLines } from "./ledgerText.js";

/**
 * A second thread that checks the hashes of a ledger ahead of the one that does everything else: whether lines follow from
 * a hash needs nothing but both. It only ever says that they do. What it has not begun with, and what it cannot confirm, is
 * checked as if it was not there, so the answer, and the entry where it begins, are the same without it.
 */

/** Either thread may take what is open, and only one does. */
export const STATE = { open: 0, taken: 1, confirmed: 2, unconfirmed: 3 } as const;

/** `previous`: the hash before the text. `state`: one number of STATE. */
export interface Offer {
  readonly text: string;
  readonly previous: string;
  readonly state: Int32Array;
}

/** A text of the ledger, offered or not. */
type Portion = Pick<Offer, "text"> & Partial<Offer>;

/** A shorter ledger is verified before a thread has started. */
const CHARACTERS_BEFORE = 2_000_000;
/** So many are in memory, so that what is wanted next was mostly confirmed long ago. */
const AHEAD = 12;
/** Offered and not done. With more, it would begin with what is wanted at once. */
const OFFERED_MAX = 2;
/** Longer than any text takes: the thread is dead. */
const WAIT_MS = 10_000;

/** Of a file. Longer ones were slower: with one of these and what is made of it the caches of a core are full. */
export const PIECE_BYTES = 65_536;

/** Reads the ledger until its end or the first thing that is wrong. `pieces`: its text, cut anywhere. */
export async function addAll(
  verifier: Verifier,
  pieces: AsyncIterable<string>,
  charactersBefore = CHARACTERS_BEFORE,
): Promise<void> {
  const thread = new ChainThread(charactersBefore);
  try {
    for await (const portion of thread.offering(wholeLines(pieces))) {
      const isChained = thread.hasConfirmed(portion, verifier.state.head.hash);
      if (!linesOf(portion.text).every((line) => verifier.add(line, isChained))) return;
    }
  } finally {
    await thread.close();
  }
}

class ChainThread {
  #worker: Worker | undefined;
  #isOver = availableParallelism() < 2;
  #offered: Int32Array[] = [];
  readonly #charactersBefore: number;

  constructor(charactersBefore: number) {
    this.#charactersBefore = charactersBefore;
  }

  /** Gives each text back when those behind it have been offered. */
  async *offering(texts: AsyncIterable<string>): AsyncGenerator<Portion> {
    const ahead: Portion[] = [];
    let previous: unknown;
    let characters = 0;
    for await (const text of texts) {
      characters += text.length;
      if (characters > this.#charactersBefore) this.#start();
      ahead.push(this.#offer(text, previous));
      previous = lastHashIn(text);
      const next = ahead.length > AHEAD ? ahead.shift() : undefined;
      if (next !== undefined) yield next;
    }
    yield* ahead;
  }

  /** Whether the hashes of the text are right behind this one. Waits only for what the thread is busy with. */
  hasConfirmed({ state, previous }: Portion, hash: string): boolean {
    if (state === undefined) return false;
    const before = Atomics.compareExchange(state, 0, STATE.open, STATE.unconfirmed);
    if (before === STATE.open) return false;
    if (Atomics.wait(state, 0, STATE.taken, WAIT_MS) === "timed-out") this.#isOver = true;
    return Atomics.load(state, 0) === STATE.confirmed && previous === hash;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#worker?.terminate();
  }

  #offer(text: string, previous: unknown): Portion {
    this.#offered = this.#offered.filter((state) => Atomics.load(state, 0) <= STATE.taken);
    const isBusy = this.#worker === undefined || this.#offered.length >= OFFERED_MAX;
    if (this.#isOver || isBusy || typeof previous !== "string") return { text };
    const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const offer: Offer = { text, previous, state };
    this.#worker?.postMessage(offer);
    this.#offered.push(state);
    return offer;
  }

  #start(): void {
    if (this.#isOver || this.#worker !== undefined) return;
    const script = compiledScript("cli/chainWorker.js");
    if (script === undefined) return;
    this.#worker = new Worker(script);
    this.#worker.on("error", () => (this.#isOver = true));
  }
}
