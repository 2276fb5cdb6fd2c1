import type { Bits } from "./bits.js";

/** A power of two: the place of a set is some bits of its hash. */
const PLACES = 4_096;

/**
 * Values by a set of bits. Each set has one place, which it shares with others, and the last one that came is there: it
 * only saves work, needs no more memory the longer it is used, and costs little where all sets differ.
 */
export class Memo<T> {
  readonly #words: number;
  /** The sets, one after the other. */
  readonly #sets: Int32Array;
  readonly #values: (T | undefined)[];

  constructor(words: number) {
    this.#words = words;
    this.#sets = new Int32Array(PLACES * words);
    this.#values = new Array<T | undefined>(PLACES).fill(undefined);
  }

  get(asked: Bits): T | undefined {
    const place = placeOf(asked);
    const from = place * this.#words;
    for (let word = 0; word < asked.length; word += 1) {
      if (this.#sets[from + word] !== asked[word]) return undefined;
    }
    return this.#values[place];
  }

  set(asked: Bits, value: T): void {
    const place = placeOf(asked);
    const from = place * this.#words;
    for (let word = 0; word < asked.length; word += 1) {
      this.#sets[from + word] = asked[word] ?? 0;
    }
    this.#values[place] = value;
  }
}

/** The multiplier of MurmurHash3's last step: every bit of a word counts for the upper ones of the product. */
function placeOf(asked: Bits): number {
  let hash = 0;
  for (let word = 0; word < asked.length; word += 1) {
    hash = Math.imul(hash ^ (asked[word] ?? 0), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return (hash >>> 7) & (PLACES - 1);
}
