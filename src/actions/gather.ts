import type { Id } from "../domain/directory.js";

/**
 * What is asked of one organisation while a transaction of it is under way is done together in the next one. Organisations do
 * not wait for each other.
 */
export interface Gatherer<T> {
  readonly add: (organisationId: Id, item: T) => void;
  /** Resolves when everything that was added has been worked through. */
  readonly settled: () => Promise<void>;
}

export interface Gathering<T> {
  /** More than these are not waited for. */
  readonly enough: number;
  /** How many of those that wait are taken next; at least one. */
  readonly lengthOf: (waiting: readonly T[]) => number;
  /** Must not reject. */
  readonly work: (organisationId: Id, items: readonly T[]) => Promise<void>;
}

export function createGatherer<T>({ enough, lengthOf, work }: Gathering<T>): Gatherer<T> {
  const queues = new Map<Id, T[]>();
  const pumps = new Map<Id, Promise<void>>();

  return {
    add: (organisationId, item) => {
      const queue = queues.get(organisationId) ?? [];
      queue.push(item);
      queues.set(organisationId, queue);
      if (!pumps.has(organisationId)) pumps.set(organisationId, pump(organisationId));
    },
    settled: async () => {
      while (pumps.size > 0) await Promise.all(pumps.values());
    },
  };

  async function pump(organisationId: Id): Promise<void> {
    const queue = queues.get(organisationId) ?? [];
    while (queue.length > 0) {
      await gathered(queue, enough);
      await work(organisationId, queue.splice(0, lengthOf(queue)));
    }
    queues.delete(organisationId);
    pumps.delete(organisationId);
  }
}

/**
 * After a commit all who were answered ask again, a moment after one another. Without this the first of them would have
 * a transaction to itself, and the others would wait for it. Ends with the first turn that brings nobody.
 */
async function gathered(queue: readonly unknown[], enough: number): Promise<void> {
  for (let seen = 0; seen < queue.length && queue.length < enough;) {
    seen = queue.length;
    await turnOfTheEventLoop();
  }
}

function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
