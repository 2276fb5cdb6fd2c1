import type { KeptState } from "../pools/policy.js";

/** What a seat is beside being in use. Times are in milliseconds since the epoch. */

/** What a seat is that gives no access. It may take one of those that were bought all the same. */
export interface Kept {
  readonly state: KeptState;
  readonly consumes: boolean;
  readonly since: number;
  readonly reason: string;
  /** Until then it takes its place for nobody but this person (bound.ts). */
  readonly boundUntil?: number;
  /** Until then it can be had back as it was, if a seat is free. */
  readonly undo?: { readonly until: number; readonly protectedUntil?: number };
}

/** How far the question has come whether the seat is needed. */
export interface Idle {
  /** When somebody looks next. */
  readonly reviewAt: number;
  readonly askedAt?: number;
  readonly remindedAt?: number;
  /** Nobody asks before. */
  readonly quietUntil?: number;
  /** Given a lower tier because nobody used it. */
  readonly downgradedAt?: number;
}

export interface Grace {
  readonly since: number;
  readonly reason: string;
}
