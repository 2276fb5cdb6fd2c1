/**
 * A working copy of some rows: what was loaded, what it is now, and so the net difference.
 * Rows are never changed in place; `groupOf` gives a second way in (facts of a user, seats of a pool).
 */
export interface Difference<T> {
  readonly inserted: T[];
  readonly updated: { readonly before: T; readonly after: T }[];
  readonly deleted: T[];
}

export class Table<T> {
  readonly #keyOf: (row: T) => string;
  readonly #groupOf: (row: T) => string;
  readonly #before = new Map<string, T>();
  readonly #now = new Map<string, T>();
  readonly #groups = new Map<string, Map<string, T>>();
  /** Keys written since the load, so that the difference costs what changed and not what was loaded. */
  readonly #touched = new Set<string>();

  constructor(keyOf: (row: T) => string, groupOf: (row: T) => string) {
    this.#keyOf = keyOf;
    this.#groupOf = groupOf;
  }

  /** Takes over a stored row. A row that is already known is left as it is: it may have been changed since. */
  load(row: T): void {
    const key = this.#keyOf(row);
    if (this.#before.has(key) || this.#touched.has(key)) return;
    this.#before.set(key, row);
    this.#put(key, row);
  }

  get(key: string): T | undefined {
    return this.#now.get(key);
  }

  has(key: string): boolean {
    return this.#now.has(key);
  }

  all(): T[] {
    return [...this.#now.values()];
  }

  /** In the order of insertion. */
  group(group: string): T[] {
    return [...(this.#groups.get(group)?.values() ?? [])];
  }

  set(row: T): void {
    const key = this.#keyOf(row);
    this.delete(key);
    this.#touched.add(key);
    this.#put(key, row);
  }

  delete(key: string): void {
    const row = this.#now.get(key);
    if (row === undefined) return;
    this.#touched.add(key);
    this.#now.delete(key);
    this.#groups.get(this.#groupOf(row))?.delete(key);
  }

  difference(): Difference<T> {
    const difference: Difference<T> = { inserted: [], updated: [], deleted: [] };
    for (const key of this.#touched) {
      const before = this.#before.get(key);
      const after = this.#now.get(key);
      if (before === undefined && after !== undefined) difference.inserted.push(after);
      if (before !== undefined && after === undefined) difference.deleted.push(before);
      if (before !== undefined && after !== undefined && before !== after) {
        difference.updated.push({ before, after });
      }
    }
    return difference;
  }

  #put(key: string, row: T): void {
    this.#now.set(key, row);
    const group = this.#groupOf(row);
    const members = this.#groups.get(group) ?? new Map<string, T>();
    members.set(key, row);
    this.#groups.set(group, members);
  }
}
