import type { RequestHandler, Router } from "express";
import { createApp, type App } from "./app.js";
import type { Access } from "./domain/answers/access.js";
import { libraryConfig, type LibraryConfig } from "./config.js";
import type { Seat } from "./domain/directory.js";
import type { Cause, OutboxEvent } from "./domain/history.js";
import type { SessionAnswer } from "./actions/sessions.js";
import { evictable } from "./actions/takeOverTimes.js";
import type { SeatOutcome } from "./domain/seats/seats.js";
import { SeatkeeperError } from "./errors.js";
import { requireSeat, type SeatDemand } from "./http/requireSeat.js";
import type { Plugin } from "./plugin.js";
import type { EventSink, Logger, Store } from "./ports.js";
import type { LiveSession } from "./ports/sessions.js";

/** Options of the library: those of the configuration file, and what only code can say. */
export interface SeatkeeperOptions extends LibraryConfig {
  /** Plugins of your own, beside the built-in ones. */
  readonly customPlugins?: readonly Plugin[];
  /**
   * Receives every event, at least once and for one user in order. Reject to have it offered again. Takes the place of
   * the webhook.
   */
  readonly onEvent?: (event: OutboxEvent) => Promise<void> | void;
  readonly logger?: Logger;
  /** Texts of the sign-in's pages in place of ours, by language, then by key (docs/pages.md). */
  readonly pageTexts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Seats for the application's own code. `organisation` is an id or a slug, `user` an id or a userName. */
export interface Seats {
  /** May this person use this now? Reads only. @throws SeatkeeperError NotFound */
  ask(question: {
    organisation: string;
    user: string;
    product: string;
    tier?: string;
    unit?: string;
  }): Promise<Access>;
  /**
   * A seat as at a sign-in: for shared and concurrent pools. Without one, `evictableAt` says from when on there is one to be
   * taken over. @throws SeatkeeperError NotFound, Inactive, InvalidValue
   */
  acquire(request: {
    organisation: string;
    user: string;
    product: string;
    /** The session or device, where each of them has a lease of its own (`leaseUnit`). */
    unit?: string;
    /** A lease is to live so long without renewal, for work without a network; at most the pool's `maxBorrowSeconds`. */
    borrowSeconds?: number;
  }): Promise<SeatOutcome & Pick<Access, "evictableAt" | "evictableWords">>;
  /**
   * Keeps a lease alive, or revives one that ran out (`reviveSeconds`); only the newest generation can.
   * @throws SeatkeeperError NotFound, LeaseLost
   */
  renew(lease: { organisation: string; seatId: string; generation: number }): Promise<Seat>;
  /**
   * Gives a shared or concurrent seat back; with `generation`, only if nobody has acquired it anew since.
   * @throws SeatkeeperError NotFound, Conflict, LeaseLost
   */
  release(lease: { organisation: string; seatId: string; generation?: number }): Promise<void>;
}

/** Who is signed in. `organisation` is an id or a slug, `user` an id or a userName. */
export interface SignedIn {
  /** Open sessions, the newest first, at most `limit` (100). @throws SeatkeeperError NotFound */
  list(which: {
    organisation: string;
    user?: string;
    before?: string;
    limit?: number;
  }): Promise<LiveSession[]>;
  /**
   * Ends one session, or all of a person, on every node. Resolves to how many were open.
   * @throws SeatkeeperError NotFound
   */
  revoke(
    which: { organisation: string; actor?: string } & ({ session: string } | { user: string }),
  ): Promise<number>;
  /** The session whose id your token carried (`sid`), or null when it has ended; `seen`: the person does something now. */
  ask(question: {
    organisation: string;
    session: string;
    seen?: boolean;
  }): Promise<SessionAnswer | null>;
}

export interface Seatkeeper {
  /**
   * Mount it where `server.baseUrl` points, before any body parser of your own:
   * `app.use("/seatkeeper", seatkeeper.router)` for `https://your.app/seatkeeper`.
   */
  readonly router: Router;
  readonly seats: Seats;
  readonly sessions: SignedIn;
  /** Lets through who is signed in and holds a seat; `seatHolder(response)` tells who. */
  requireSeat(demand: SeatDemand): RequestHandler;
  /** The parts, for set-up code and tests. */
  readonly app: App;
  /** Finishes what was acknowledged, then lets go of the database. Called again, it waits for the same end. */
  close(): Promise<void>;
}

/**
 * Seatkeeper inside an Express application.
 * @throws SeatkeeperError InvalidConfiguration naming every option at fault; InvalidCatalogue; Unavailable
 */
export async function createSeatkeeper(options: SeatkeeperOptions): Promise<Seatkeeper> {
  const { customPlugins, onEvent, logger, pageTexts, ...configured } = checkedParts(options);
  const app = await createApp(libraryConfig(configured), {
    ...(customPlugins === undefined ? {} : { plugins: customPlugins }),
    ...(logger === undefined ? {} : { logger }),
    ...(pageTexts === undefined ? {} : { pageTexts }),
    ...(onEvent === undefined ? {} : { sink: sinkFor(onEvent) }),
  });
  return {
    app,
    router: app.router,
    seats: seatsOf(app),
    sessions: signedInOf(app),
    requireSeat: (demand) => {
      checkDemand(app, demand);
      return requireSeat(app, demand);
    },
    close: () => app.close(),
  };
}

/** What only code can say. Who writes JavaScript has no compiler that looks at it. */
function checkedParts(options: unknown): SeatkeeperOptions {
  if (typeof options !== "object" || options === null) {
    throw wrongOption("options", "createSeatkeeper takes an object with the options.");
  }
  const { onEvent, customPlugins, logger } = options as Readonly<Record<string, unknown>>;
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw wrongOption("onEvent", "onEvent: A function is expected.");
  }
  if (customPlugins !== undefined && !Array.isArray(customPlugins)) {
    throw wrongOption("customPlugins", "customPlugins: A list of plugins is expected.");
  }
  if (logger !== undefined && (typeof logger !== "object" || logger === null)) {
    throw wrongOption("logger", "logger: An object with debug, info, warn and error is expected.");
  }
  return options;
}

function wrongOption(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidConfiguration", { field, sentence });
}

function sinkFor(onEvent: NonNullable<SeatkeeperOptions["onEvent"]>): EventSink {
  return {
    deliver: async (event) => {
      await onEvent(event);
    },
  };
}

/** A misspelt product would lock everybody out at run time; it is better told at start. */
function checkDemand({ catalogue }: App, { product, tier }: SeatDemand): void {
  const known = catalogue.products.get(product);
  if (known === undefined) {
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: `There is no product "${product}".`,
    });
  }
  if (tier !== undefined && !known.tiers.some(({ id }) => id === tier)) {
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: `${product} has no tier "${tier}".`,
    });
  }
}

function seatsOf({ store, actions }: App): Seats {
  const cause = (action: string): Cause => ({
    type: "app",
    action,
    actor: "application",
    requestId: null,
  });
  return {
    ask: async ({ organisation, user, ...asked }) => {
      const { organisationId, userId } = await find(store, organisation, user);
      return actions.askSeat(organisationId, { userId, ...asked });
    },
    acquire: async ({ organisation, user, product, ...asked }) => {
      const { organisationId, userId } = await find(store, organisation, user);
      const because = cause("seat.acquired");
      const outcome = await actions.acquireSeat(organisationId, userId, product, because, asked);
      if (outcome.type === "held") return outcome;
      const [time] = await actions.takeOverTimes(organisationId, [{ userId, product }]);
      return { ...outcome, ...evictable(time) };
    },
    renew: async ({ organisation, seatId, generation }) =>
      actions.renewSeat(
        await organisationIdOf(store, organisation),
        seatId,
        generation,
        cause("lease.renewed"),
      ),
    release: async ({ organisation, ...lease }) =>
      actions.releaseSeat(
        await organisationIdOf(store, organisation),
        lease,
        cause("seat.given back"),
      ),
  };
}

function signedInOf({ store, actions }: App): SignedIn {
  return {
    list: async ({ organisation, user, before, limit = LISTED }) => {
      const organisationId = await organisationIdOf(store, organisation);
      return actions.listSessions(organisationId, {
        limit,
        ...(user === undefined ? {} : { userId: (await find(store, organisation, user)).userId }),
        ...(before === undefined ? {} : { before }),
      });
    },
    revoke: async ({ organisation, actor = "application", ...which }) => {
      const organisationId = await organisationIdOf(store, organisation);
      const cause: Cause = { type: "app", action: "session.revoked", actor, requestId: null };
      const meant =
        "session" in which
          ? { id: which.session }
          : { userId: (await find(store, organisation, which.user)).userId };
      return actions.revokeSessions(organisationId, meant, cause);
    },
    ask: async ({ organisation, session, seen = false }) => {
      const organisationId = await organisationIdOf(store, organisation);
      return actions.askSession({ id: session, organisationId, isSeen: seen });
    },
  };
}

const LISTED = 100;

async function organisationIdOf({ credentials }: Store, idOrSlug: string): Promise<string> {
  const organisation = await credentials.findOrganisation(idOrSlug);
  if (organisation === null) {
    throw new SeatkeeperError("NotFound", { sentence: "There is no such organisation." });
  }
  return organisation.id;
}

async function find(
  store: Store,
  organisation: string,
  user: string,
): Promise<{ organisationId: string; userId: string }> {
  const organisationId = await organisationIdOf(store, organisation);
  const found =
    (await store.standings.of(organisationId, user))?.user ??
    (await store.insights.userByName(organisationId, user));
  if (found === null) {
    throw new SeatkeeperError("NotFound", { sentence: "There is no such user." });
  }
  return { organisationId, userId: found.id };
}
