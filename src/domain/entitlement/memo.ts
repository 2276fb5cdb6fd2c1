import type { Bits } from "./bits.js";

const ENTRIES_MAX = 20_000;

type Node<T> = Map<number, Node<T> | T>;

/** Values by a set of bits, word by word. Forgets everything when it is full: it only saves work. */
export class Memo<T> {
  readonly #words: number;
  #root: Node<T> = new Map();
  #size = 0;

  constructor(words: number) {
    this.#words = words;
  }

  get(asked: Bits): T | undefined {
    let node: Node<T> | T | undefined = this.#root;
    for (let word = 0; word < this.#words; word += 1) {
      node = (node as Node<T> | undefined)?.get(asked[word] ?? 0);
    }
    return node as T | undefined;
  }

  set(asked: Bits, answer: T): void {
    if (this.#size >= ENTRIES_MAX) {
      this.#root = new Map();
      this.#size = 0;
    }
    let node = this.#root;
    for (let word = 0; word < this.#words - 1; word += 1) {
      const key = asked[word] ?? 0;
      const next = (node.get(key) as Node<T> | undefined) ?? new Map<number, Node<T> | T>();
      node.set(key, next);
      node = next;
    }
    node.set(asked[this.#words - 1] ?? 0, answer);
    this.#size += 1;
  }
}
