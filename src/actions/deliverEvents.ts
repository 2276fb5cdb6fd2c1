import type { OutboxEvent } from "../domain/history.js";
import type { EventSink, Logger, Outbox, Store } from "../ports.js";
import { Undeliverable } from "../ports/undeliverable.js";

/**
 * Takes events from the outbox to the application: at least once, for one user in the order in which they happened,
 * different users side by side. What cannot be delivered stays and is tried again, for days.
 */
export interface Delivery {
  /** Delivers what is due now; resolves to the number of events that got through. */
  deliverDue(): Promise<number>;
}

const CLAIM = 50;
const CLAIM_SECONDS = 60;

/** Standard Webhooks, "deliverability": about three days in all. */
const RETRY_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/** So long an event waits for a receiver where none is set up: somebody may be about to add one. */
const UNTOLD_MS = 7 * 86_400_000;
const UNTOLD_EVERY_MS = 3_600_000;
const UNTOLD_A_TURN = 1_000;

/**
 * Where this process has nobody to tell, events would be kept for ever. Another process on the same database may have a receiver;
 * what that one tries to deliver stays.
 */
export function createUntoldRetention({ outbox, clock }: Pick<Store, "outbox" | "clock">): {
  cleanUp(): Promise<void>;
} {
  let nextAt = 0;
  return {
    cleanUp: async () => {
      const now = clock.now();
      if (now < nextAt) return;
      const dropped = await outbox.forgetUntold(now - UNTOLD_MS, UNTOLD_A_TURN);
      // What is left over is dropped in the next turn.
      if (dropped < UNTOLD_A_TURN) nextAt = now + UNTOLD_EVERY_MS;
    },
  };
}

export interface DeliveryOptions {
  readonly store: Store;
  /** The queue of this receiver; otherwise the application's. */
  readonly outbox?: Outbox;
  readonly sink: EventSink;
  readonly logger: Logger;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { store, sink, logger, outbox = store.outbox } = options;
  return {
    deliverDue: async () => {
      let delivered = 0;
      // One event per user and round; the next of the same user is due as soon as the first is through.
      for (;;) {
        const now = store.clock.now();
        const events = await outbox.claim(now, CLAIM, now + CLAIM_SECONDS * 1000);
        const through = await Promise.all(events.map(deliverOne));
        const ids = through.flatMap((id) => id ?? []);
        if (ids.length > 0) await outbox.delivered(ids, store.clock.now());
        delivered += ids.length;
        if (events.length === 0) return delivered;
      }
    },
  };

  async function deliverOne(event: OutboxEvent): Promise<string | null> {
    try {
      await sink.deliver(event);
      return event.id;
    } catch (error) {
      if (error instanceof Undeliverable) {
        await giveUp(event, error);
        return null;
      }
      const attempts = (event.attempts ?? 0) + 1;
      const waitSeconds = RETRY_SECONDS[Math.min(attempts, RETRY_SECONDS.length) - 1] ?? 86_400;
      const message = error instanceof Error ? error.message : String(error);
      logger.warn(
        { eventId: event.id, type: event.type, attempts, waitSeconds, error: message },
        "event not delivered",
      );
      await outbox.failed(event.id, attempts, store.clock.now() + waitSeconds * 1000, message);
      return null;
    }
  }
  async function giveUp({ id, type }: OutboxEvent, { message }: Undeliverable): Promise<void> {
    logger.error({ eventId: id, type, error: message }, "event refused for good");
    await outbox.abandoned(id, store.clock.now(), message);
  }
}
