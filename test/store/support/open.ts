import type { Clock, Logger, Store } from "../../../src/ports.js";

/** A way around the store: SQL of the test's own on a connection of its own. */
export interface Raw {
  all(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  run(text: string, values?: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
}

export interface Opened {
  readonly store: Store;
  /** Another node on the same database; null where only one can be (a database in memory). */
  readonly another: (() => Promise<Store>) | null;
  readonly raw: (() => Promise<Raw>) | null;
}

export type Open = (options?: { readonly clock?: Clock }) => Promise<Opened>;

export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What a suite sees: the store is open while its tests run, not while they are declared. */
export interface Subject {
  readonly store: () => Store;
  readonly opened: () => Opened;
  readonly open: Open;
  /** So many random cases, where a full run has `full` of them. */
  readonly cases: (full: number) => number;
}
