/** With the time that a request takes, another node's change is seen within a second. */
const KEPT_MS = 500;
const KEPT_MAX = 10_000;

interface Kept<T> {
  readonly value: Promise<T | null>;
  /** By `performance.now()`: the wall clock may be set back. */
  readonly until: number;
}

/**
 * Values by key, each for half a second from when its reading began. Those who ask meanwhile share one reading. What
 * does not exist is not kept: it would cost memory for every wrong guess, and hide what is created next.
 */
export class ShortMemory<T> {
  readonly #kept = new Map<string, Kept<T>>();

  async find(key: string, read: () => Promise<T | null>): Promise<T | null> {
    const now = performance.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now < kept.until) {
      return kept.value;
    }
    const fresh = { value: read(), until: now + KEPT_MS };
    if (this.#kept.size >= KEPT_MAX) {
      this.#kept.clear();
    }
    this.#kept.set(key, fresh);
    try {
      const value = await fresh.value;
      if (value === null) this.#forget(key, fresh);
      return value;
    } catch (error) {
      this.#forget(key, fresh);
      throw error;
    }
  }

  /** A reading that is under way is not kept either: it may have begun before what made this necessary. */
  clear(): void {
    this.#kept.clear();
  }

  #forget(key: string, kept: Kept<T>): void {
    if (this.#kept.get(key) === kept) {
      this.#kept.delete(key);
    }
  }
}
