/** What was repaired, each sort once with its count: a group change may hold thousands of the same. */
export class Trail {
  readonly #counts = new Map<string, number>();

  note(line: string): void {
    this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
  }

  lines(): string[] {
    return [...this.#counts].map(([line, count]) =>
      count === 1 ? line : `${line} (${String(count)} times)`,
    );
  }
}
