import type { Delivery } from "./actions/deliverEvents.js";
import type { MetadataActions } from "./actions/metadata.js";
import type { Reconciliation } from "./actions/reconcile.js";
import type { Changes } from "./domain/snapshot.js";
import { SeatkeeperError } from "./errors.js";
import type { Logger } from "./ports.js";

/**
 * What goes on beside the requests: delivering events, re-evaluating people, ending leases. Each runs at most once at a
 * time in this process; the database keeps several processes apart. A commit wakes them; the clock does, too.
 */
export interface Background {
  start(): void;
  /** To be called after each commit. */
  wake(changes: Changes): void;
  /** Resolves when what is under way is done; nothing starts afterwards. */
  stop(): Promise<void>;
}

export interface BackgroundOptions {
  readonly reconciliation: Pick<Reconciliation, "reconcileAll">;
  /** One for each receiver. None: nobody wants events; they stay in the outbox. */
  readonly deliveries: readonly Delivery[];
  /** Deletes what has been kept long enough. */
  readonly retention: { readonly purgeDue: () => Promise<unknown> };
  /** Metadata and certificates of identity providers. */
  readonly trust?: Pick<MetadataActions, "refreshDue" | "watchExpiry">;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

/** What is removed after days, or read again after hours, may wait for minutes. */
const SLOW_MS = 60_000;
/** The first warning comes thirty days before the end. */
const EXPIRY_INTERVAL_MS = 3_600_000;

/** Also the longest time for which an expired lease keeps somebody waiting. */
const INTERVAL_MS = 500;

export function createBackground(options: BackgroundOptions): Background {
  const { reconciliation, deliveries, retention, trust, logger } = options;
  const { intervalMs = INTERVAL_MS } = options;
  const reconcile = startLoop(logger, "re-evaluation", () => reconciliation.reconcileAll());
  const deliver = deliveries.map((delivery) =>
    startLoop(logger, "delivery", () => delivery.deliverDue()),
  );
  const purge = startLoop(logger, "retention", () => retention.purgeDue());
  const metadata = startLoop(logger, "metadata", async () => trust?.refreshDue());
  const expiry = startLoop(logger, "certificates", async () => trust?.watchExpiry());
  const loops = [reconcile, ...deliver, purge, metadata, expiry];
  let timer: NodeJS.Timeout | undefined;
  let slowTimer: NodeJS.Timeout | undefined;
  let hourlyTimer: NodeJS.Timeout | undefined;

  return {
    start: () => {
      timer = setInterval(() => [reconcile, ...deliver].forEach((each) => each.run()), intervalMs);
      timer.unref();
      slowTimer = setInterval(() => [purge, metadata].forEach((each) => each.run()), SLOW_MS);
      slowTimer.unref();
      hourlyTimer = setInterval(() => expiry.run(), EXPIRY_INTERVAL_MS);
      hourlyTimer.unref();
      loops.forEach((each) => each.run());
    },
    wake: ({ events, usersStale, membersStale, heldReleased }) => {
      if (timer === undefined) return;
      if (events.length > 0) deliver.forEach((each) => each.run());
      if (usersStale.length + membersStale.length + heldReleased.length > 0) reconcile.run();
    },
    stop: async () => {
      clearInterval(timer);
      clearInterval(slowTimer);
      clearInterval(hourlyTimer);
      timer = undefined;
      await Promise.all(loops.map((each) => each.stop()));
    },
  };
}

/** A call while the work is under way makes it run once more, so that nothing that came in between is forgotten. */
function startLoop(logger: Logger, name: string, work: () => Promise<unknown>) {
  let running: Promise<unknown> | null = null;
  let again = false;
  let stopped = false;

  function run(): void {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = work()
      .catch((error: unknown) => {
        // An outage ends by itself, and the next turn tries again.
        const outage = error instanceof SeatkeeperError && error.code === "Unavailable";
        if (outage) logger.warn({ name }, "background work waits for the database");
        else logger.error({ name, error }, "background work failed");
        again = false;
      })
      .finally(() => {
        running = null;
        if (again) {
          again = false;
          run();
        }
      });
  }

  return {
    run,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}
