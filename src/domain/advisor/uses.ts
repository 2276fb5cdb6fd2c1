import type { Id, Session, Timestamp } from "../directory.js";

/** Who used a product from when to when. What the advisor knows of the past. */
export interface Use {
  readonly userId: Id;
  readonly from: Timestamp;
  /** The first instant at which it is over. */
  readonly to: Timestamp;
}

/** A session that was not ended and fell silent is taken to have lasted this much longer. */
const SILENCE_MS = 15 * 60_000;

/** The same while the session is kept and when nothing but its span is left. */
export function sessionUse({
  userId,
  createdAt,
  lastSeenAt,
  expiresAt,
  endedAt,
}: Pick<Session, "userId" | "createdAt" | "lastSeenAt" | "expiresAt" | "endedAt">): Use {
  const to = endedAt ?? Math.min(expiresAt, lastSeenAt + SILENCE_MS);
  return { userId, from: createdAt, to };
}

/** Cut to the window, and each person at most once at a time: two browsers of one person are one use. By beginning, then person. */
export function mergedUses(uses: readonly Use[], from: Timestamp, to: Timestamp): Use[] {
  const byUser = new Map<Id, Use[]>();
  for (const use of uses) {
    const cut = { ...use, from: Math.max(use.from, from), to: Math.min(use.to, to) };
    if (cut.from >= cut.to) continue;
    const own = byUser.get(use.userId) ?? [];
    own.push(cut);
    byUser.set(use.userId, own);
  }
  return [...byUser.values()].flatMap(joined).sort(inOrder);
}

function joined(uses: Use[]): Use[] {
  const result: Use[] = [];
  for (const use of uses.sort(inOrder)) {
    const last = result.at(-1);
    if (last !== undefined && use.from <= last.to) {
      result[result.length - 1] = { ...last, to: Math.max(last.to, use.to) };
    } else result.push(use);
  }
  return result;
}

function inOrder(a: Use, b: Use): number {
  return a.from - b.from || (a.userId < b.userId ? -1 : Number(a.userId > b.userId));
}

/** How many people are there when each use begins, this one included. */
export function countsAt(uses: readonly Use[]): number[] {
  const ends = uses.map(({ to }) => to).sort((a, b) => a - b);
  let over = 0;
  return uses.map(({ from }, index) => {
    while ((ends[over] ?? Infinity) <= from) over += 1;
    return index + 1 - over;
  });
}

/** How many people were there at once at most. */
export function peakOf(uses: readonly Use[]): number {
  return countsAt(uses).reduce((most, count) => Math.max(most, count), 0);
}

/** concurrent: who comes when all seats are taken is refused. shared: whoever has been there longest loses the seat. */
export type FloatingKind = "concurrent" | "shared";

/**
 * What would have happened with so many seats: how often each person would have been refused, or interrupted. A refused
 * use is lost as a whole; nobody comes back to try again. `uses` as from `mergedUses`, of the people who share the seats.
 * It stops after more than `enough` of them.
 */
export function backTest(
  uses: readonly Use[],
  seats: number,
  kind: FloatingKind = "concurrent",
  enough = Infinity,
): Map<Id, number> {
  const harmed = new Map<Id, number>();
  const present = new Present();
  let total = 0;
  for (const use of uses) {
    present.leaveUntil(use.from);
    if (present.size < seats) {
      present.enter(use);
      continue;
    }
    const userId = kind === "shared" && seats > 0 ? present.replaceOldest(use) : use.userId;
    harmed.set(userId, (harmed.get(userId) ?? 0) + 1);
    total += 1;
    if (total > enough) break;
  }
  return harmed;
}

/** Who is there: by the end of the use (a heap), and in the order in which they came. */
class Present {
  readonly #heap: Use[] = [];
  readonly #came: Use[] = [];
  readonly #inside = new Set<Use>();
  #oldest = 0;

  get size(): number {
    return this.#inside.size;
  }

  enter(use: Use): void {
    this.#inside.add(use);
    this.#came.push(use);
    const heap = this.#heap;
    let place = heap.push(use) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#endAt(above) <= use.to) break;
      heap[place] = heap[above] ?? use;
      place = above;
    }
    heap[place] = use;
  }

  leaveUntil(time: Timestamp): void {
    for (
      let first = this.#heap[0];
      first !== undefined && first.to <= time;
      first = this.#heap[0]
    ) {
      this.#inside.delete(first);
      this.#removeFirst();
    }
  }

  /** Whose place `use` takes: whoever has been there longest. */
  replaceOldest(use: Use): Id {
    this.enter(use);
    for (;;) {
      const oldest = this.#came[this.#oldest] ?? use;
      this.#oldest += 1;
      // It stays in the heap until its end, where it is not found inside any more.
      if (this.#inside.delete(oldest)) return oldest.userId;
    }
  }

  #endAt(place: number): Timestamp {
    return this.#heap[place]?.to ?? Infinity;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const below = this.#endAt(left + 1) < this.#endAt(left) ? left + 1 : left;
      if (this.#endAt(below) >= last.to) break;
      heap[place] = heap[below] ?? last;
      place = below;
    }
    heap[place] = last;
  }
}

export function sumOf(harmed: ReadonlyMap<Id, number>): number {
  return [...harmed.values()].reduce((sum, count) => sum + count, 0);
}
