import type { Access } from "../domain/answers/access.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Id, Pool, Session, Timestamp, User } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { takeOversIn, type TakeOver } from "../domain/seats/takeOvers.js";
import type { Store } from "../ports.js";
import type { LiveSession, SessionChoice } from "../ports/sessions.js";
import { isBorrowed, isLapsed } from "../domain/keeping/remembered.js";
import { SeatkeeperError } from "../errors.js";
import type { SeatActions } from "./seats.js";

/** Who is signed in, and the end of it from outside (docs/adr/0031). */
export interface SessionActions {
  /** The newest first; `before` is the id of the last of the page before. */
  listSessions(
    organisationId: Id,
    query: { userId?: Id; connectionId?: Id; before?: Id; limit: number },
  ): Promise<LiveSession[]>;
  /**
   * Ends them now, on every node, and gives back the leases of people who are then signed in nowhere. Resolves to how many
   * there were; to end none is no error, but for one that is named.
   * @throws SeatkeeperError NotFound for an `id` that is no live session of the organisation
   */
  revokeSessions(organisationId: Id, which: SessionChoice, cause: Cause): Promise<number>;
  /**
   * Ends what was open in the browser in which `opened` has just begun: there is one cookie for all, so nobody could use
   * it any more, and whoever signed in before has gone from this workstation. Leases of somebody else who is then signed in nowhere
   * are given back.
   */
  endOlderSessions(opened: Session, requestId: string): Promise<void>;
  /**
   * What there is to say about a session to the application that knows its id; null when it has ended.
   * @param organisationId null: of any
   */
  askSession(asked: SessionQuestion): Promise<SessionAnswer | null>;
  /** By product: what the person may use now, and what has become of the seat. */
  productsOf(
    user: Pick<User, "id" | "organisationId">,
  ): Promise<ReadonlyMap<string, ProductAnswer>>;
}

export interface SessionQuestion {
  readonly id: Id;
  readonly organisationId: Id | null;
  /** The person does something now, so the session is not idle. */
  readonly isSeen: boolean;
}

export interface SessionAnswer extends LiveSession {
  /** By product: what may be used now. */
  readonly products: ReadonlyMap<string, ProductAnswer>;
}

export interface ProductAnswer extends Access {
  readonly pool: Pool | null;
  readonly takenOver: NamedTakeOver | null;
}

export interface NamedTakeOver extends TakeOver {
  /** Null where names are not shown, or nobody of that id is there any more. */
  readonly byName: string | null;
}

export interface SessionSettings {
  readonly idleMinutes: number;
  /** Whether somebody is told the name of who took over the seat. */
  readonly namesShown: boolean;
}

export const SESSION_DEFAULTS: SessionSettings = { idleMinutes: 120, namesShown: true };

/** As far back in the books as anybody is told of a take-over. */
const ENTRIES_MAX = 100;
const TOUCH_INTERVAL_MS = 60_000;

interface Parts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly seats: SeatActions;
  readonly settings: SessionSettings;
}

export function createSessionActions(parts: Parts): SessionActions {
  const { store, settings } = parts;
  const seenSince = (now: Timestamp) => now - settings.idleMinutes * 60_000;
  return {
    listSessions: (organisationId, query) => {
      const now = store.clock.now();
      const window = { now, seenSince: seenSince(now) };
      return store.sessions.listSessions(organisationId, { ...query, ...window });
    },
    revokeSessions: async (organisationId, which, cause) => {
      const at = store.clock.now();
      const people = await peopleOf(store, organisationId, which, at);
      const change = { cause, at, details: { ...which } };
      const ended = await store.sessions.endSessions(organisationId, which, {
        ...{ at, reason: "revoked", change },
      });
      if (ended === 0 && which.id !== undefined) throw new SeatkeeperError("NotFound");
      for (const userId of people) await giveBackLeases(parts, organisationId, userId, cause);
      return ended;
    },
    endOlderSessions: async ({ browserHash, ...opened }, requestId) => {
      if (browserHash === undefined) return;
      const now = store.clock.now();
      for (const older of await store.sessions.findSessionsOfBrowser(browserHash, now)) {
        // Of two that begin at once, the later one stays.
        if (!isBefore(older, opened)) continue;
        await store.sessions.endSession(older.idHash, now, "replaced");
        if (older.userId === opened.userId) continue;
        const actor = opened.connectionId;
        const cause: Cause = { type: "saml", action: "session.replaced", actor, requestId };
        await giveBackLeases(parts, older.organisationId, older.userId, cause);
      }
    },
    askSession: async ({ id, organisationId, isSeen }) => {
      const now = store.clock.now();
      const live = await store.sessions.findSessionById(id, now);
      if (live === null || !live.user.active) return null;
      const { session, user } = live;
      if (organisationId !== null && organisationId !== session.organisationId) return null;
      if (session.lastSeenAt < seenSince(now)) return null;
      if (isSeen && now - session.lastSeenAt > TOUCH_INTERVAL_MS) {
        await store.sessions.touchSession(session.idHash, now);
      }
      return { ...live, products: await productsOf(parts, user) };
    },
    productsOf: (user) => productsOf(parts, user),
  };
}

function isBefore(one: Session, other: Session): boolean {
  return one.createdAt === other.createdAt ? one.id < other.id : one.createdAt < other.createdAt;
}

/** Who may have leases to give back; all of them at most a page, because a lease ends by itself. */
async function peopleOf(
  { sessions }: Store,
  organisationId: Id,
  { id, ...which }: SessionChoice,
  now: Timestamp,
): Promise<Id[]> {
  if (id !== undefined) {
    const live = await sessions.findSessionById(id, now);
    return live?.session.organisationId === organisationId ? [live.user.id] : [];
  }
  const query = { ...which, now, seenSince: 0, limit: ENTRIES_MAX };
  const live = await sessions.listSessions(organisationId, query);
  return [...new Set(live.map(({ user }) => user.id))];
}

/**
 * What is held only while somebody is there, and what might come back for who was. Leases of devices and of the application's own
 * sessions are not ours; what was borrowed is held by who has gone.
 */
async function giveBackLeases(
  { store, seats }: Parts,
  organisationId: Id,
  userId: Id,
  cause: Cause,
): Promise<void> {
  const now = store.clock.now();
  const elsewhere = { now, seenSince: 0, userId, limit: 1 };
  if ((await store.sessions.listSessions(organisationId, elsewhere)).length > 0) return;
  const pools = await store.administration.listPools(organisationId);
  const leases = new Set(pools.filter(({ kind }) => kind === "concurrent").map(({ id }) => id));
  const { insights } = store;
  const held = await insights.seatsOf(organisationId, [userId]);
  const lapsed = (await insights.keptSeatsOf(organisationId, [userId])).filter(isLapsed);
  for (const seat of [...held.filter((one) => !isBorrowed(one, now)), ...lapsed]) {
    if (!leases.has(seat.poolId) || seat.unit !== undefined) continue;
    await seats.releaseSeat(organisationId, { seatId: seat.id }, cause).catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): void {
  if (error instanceof SeatkeeperError && (error.status === 404 || error.status === 409)) return;
  throw error;
}

async function productsOf(
  parts: Parts,
  user: Pick<User, "id" | "organisationId">,
): Promise<Map<string, ProductAnswer>> {
  const { store, catalogue, seats } = parts;
  const { id: userId, organisationId } = user;
  const products = [...catalogue.products.keys()];
  const answers = await Promise.all(
    products.map((product) => seats.askSeat(organisationId, { userId, product })),
  );
  const pools = await store.administration.listPools(organisationId);
  const lacks = answers.some(({ seat }) => seat === null);
  const takenOver = lacks ? await takeOversOf(parts, user) : [];
  return new Map(
    answers.map((access, index) => {
      const product = products[index] ?? "";
      const lost = takenOver.find((one) => one.product === product);
      return [
        product,
        {
          ...access,
          pool: pools.find(({ id }) => id === access.seat?.poolId) ?? null,
          takenOver: access.seat === null ? (lost ?? null) : null,
        },
      ];
    }),
  );
}

async function takeOversOf(
  { store, settings }: Pick<Parts, "store" | "settings">,
  { id: userId, organisationId }: Pick<User, "id" | "organisationId">,
): Promise<NamedTakeOver[]> {
  const page = { userId, newestFirst: true, limit: ENTRIES_MAX };
  const entries = await store.insights.entries(organisationId, page);
  return Promise.all(
    takeOversIn(entries).map(async (lost) => {
      if (!settings.namesShown || lost.by === null) return { ...lost, byName: null };
      const taker = await store.insights.userById(organisationId, lost.by);
      return { ...lost, byName: taker?.displayName ?? null };
    }),
  );
}
