import { Router, type NextFunction, type Request, type Response } from "express";
import type { SeatActions } from "../actions/seats.js";
import type { Pool, WaitingEntry } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { methodNotAllowed } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import type { LiveSession, SessionKeeper } from "../http/session.js";
import { noStore } from "../http/securityHeaders.js";
import type { Logger, Store } from "../ports.js";
import { publicKeysOf, type TokenKeys } from "./keys.js";
import { pageHeaders } from "./pageHeaders.js";
import { notSignedInPage, signedInPage, signedOutPage, type SeatLine } from "./pages.js";
import type { ProviderSignOut } from "./providerSignOut.js";
import { renderFailure } from "./router.js";

/** What follows a sign-in: the key set for applications, the landing page, and the way out. */
export interface SessionRouterDeps {
  readonly store: Store;
  readonly actions: SeatActions;
  readonly keeper: SessionKeeper;
  readonly tokenKeys: TokenKeys;
  readonly baseUrl: string;
  readonly landingPath: string;
  readonly logger: Logger;
  /** After the session here has ended. */
  readonly signOutAtProvider: ProviderSignOut;
}

export function createSessionRouter(deps: SessionRouterDeps): Router {
  const router = Router();
  const headers = pageHeaders(deps.baseUrl);
  router
    .route("/.well-known/jwks.json")
    .get((_request, response) => {
      response.setHeader("Cache-Control", "public, max-age=300");
      response.json({ keys: publicKeysOf(deps.tokenKeys) });
    })
    .all(methodNotAllowed("GET"));
  router
    .route(deps.landingPath)
    .get(headers, noStore, async (request, response) => {
      const live = await deps.keeper.read(request);
      if (live === null) {
        response.status(401).type("html").send(notSignedInPage());
        return;
      }
      const name = live.user.displayName ?? live.user.userName;
      response
        .type("html")
        .send(signedInPage(name, await seatLines(deps, live), `${deps.baseUrl}/sign-out`));
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/sign-out")
    .post(headers, noStore, async (request, response) => {
      checkOrigin(deps.baseUrl, request);
      const live = await deps.keeper.read(request);
      if (live !== null) await signOut(deps, live, requestIdOf(response));
      deps.keeper.clear(response);
      if (live !== null && (await deps.signOutAtProvider(live, request, response))) return;
      response.type("html").send(signedOutPage());
    })
    .all(methodNotAllowed("POST"));
  router.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    if (request.path === "/sign-out" || request.path === deps.landingPath) {
      renderFailure(deps, thrown, response);
    } else next(thrown);
  });
  return router;
}

/** A page elsewhere may not sign anybody out: browsers name the page that a form was sent from. */
function checkOrigin(baseUrl: string, request: Request): void {
  const origin = request.get("origin");
  if (origin === undefined || origin === new URL(baseUrl).origin) return;
  throw new SeatkeeperError("Forbidden", { detail: "foreign origin" });
}

/** Ends the session and gives back what is held only while somebody is there. */
async function signOut(
  { store, actions }: SessionRouterDeps,
  live: LiveSession,
  requestId: string,
): Promise<void> {
  const { user, session } = live;
  const cause: Cause = { type: "app", action: "signedOut", actor: user.id, requestId };
  await store.sessions.endSession(session.idHash, store.clock.now(), "signedOut");
  const pools = await store.administration.listPools(user.organisationId);
  const leases = new Set(pools.filter(({ kind }) => kind === "concurrent").map(({ id }) => id));
  for (const seat of await store.insights.seatsOf(user.organisationId, [user.id])) {
    // Leases of devices and of the application's own sessions are not this session's.
    if (leases.has(seat.poolId) && seat.unit === undefined) {
      await actions.releaseSeat(user.organisationId, { seatId: seat.id }, cause).catch(ignoreGone);
    }
  }
}

function ignoreGone(error: unknown): void {
  if (error instanceof SeatkeeperError && (error.status === 404 || error.status === 409)) return;
  throw error;
}

const FULL: Partial<Record<WaitingEntry["reason"], string>> = {
  ReservationHeld: "The seats that are free are reserved for others.",
};

async function seatLines({ store }: SessionRouterDeps, { user }: LiveSession): Promise<SeatLine[]> {
  const [seats, waiting, pools] = await Promise.all([
    store.insights.seatsOf(user.organisationId, [user.id]),
    store.insights.waitingOf(user.organisationId, [user.id]),
    store.administration.listPools(user.organisationId),
  ]);
  const name = (poolId: string) => pools.find(({ id }: Pool) => id === poolId)?.name ?? "a pool";
  return [
    ...seats.map(({ product, tier, poolId }) => ({
      product,
      text: `You hold a seat (${tier}) of “${name(poolId)}”.`,
    })),
    ...(await Promise.all(
      waiting.map(async (entry) => {
        const position = await store.insights.waitingPosition(user.organisationId, entry);
        return {
          product: entry.product,
          text: `${FULL[entry.reason] ?? "All seats are taken."} You are number ${String(position)} on the waiting list and get in by yourself as soon as a seat is free.`,
        };
      }),
    )),
  ];
}
