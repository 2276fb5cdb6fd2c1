import type { Id, Timestamp } from "../domain/directory.js";
import type { OutboxEvent } from "../domain/history.js";

/** Part of src/ports.ts, which everybody imports. */

/** Events that wait for delivery. */
export interface Outbox {
  /** Oldest due events, at most one per user or group (so that order holds for each), claimed until `claimUntil`. */
  claim(now: Timestamp, limit: number, claimUntil: Timestamp): Promise<OutboxEvent[]>;
  delivered(eventIds: readonly Id[], at: Timestamp): Promise<void>;
  failed(eventId: Id, attempts: number, nextAttemptAt: Timestamp, error: string): Promise<void>;
  /** The receiver will never take it: it is not offered again, and those behind it may go. */
  abandoned(eventId: Id, at: Timestamp, error: string): Promise<void>;
  /** Undelivered events. */
  backlog(): Promise<number>;
  /**
   * Drops undelivered events from before `before` that nobody has tried to deliver since, nor what is before them of the same
   * subject: there is no receiver. A receiver that is down is tried daily, and loses nothing. At most `limit`.
   * @returns how many
   */
  forgetUntold(before: Timestamp, limit: number): Promise<number>;
}
