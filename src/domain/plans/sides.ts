import type { Id } from "../directory.js";
import type { Difference } from "../table.js";

/** Rows before and after, by person and product. */

export interface BeforeAndAfter<T> {
  readonly before: T;
  readonly after: T;
}

export interface Sides<T> {
  readonly before: T | null;
  readonly after: T | null;
}

export interface Owned {
  readonly userId: Id;
  readonly product: string;
}

export const NEITHER = { before: null, after: null };

export function bothSides<T>(row: T | undefined): Sides<T> {
  return { before: row ?? null, after: row ?? null };
}

export function keyOf({ userId, product }: Owned): string {
  return `${userId} ${product}`;
}

export function allSides<T extends Owned>(
  before: readonly T[],
  after: readonly T[],
): Map<string, Sides<T>> {
  const sides = new Map<string, Sides<T>>(
    before.map((row) => [keyOf(row), { before: row, after: null }]),
  );
  for (const row of after) {
    sides.set(keyOf(row), { before: sides.get(keyOf(row))?.before ?? null, after: row });
  }
  return sides;
}

export function sidesOf<T extends Owned>({ inserted, updated, deleted }: Difference<T>) {
  return allSides(
    [...deleted, ...updated.map(({ before }) => before)],
    [...inserted, ...updated.map(({ after }) => after)],
  );
}

export function mapSides<T, U>({ before, after }: Sides<T>, map: (row: T) => U | null): Sides<U> {
  return {
    before: before === null ? null : map(before),
    after: after === null ? null : map(after),
  };
}
