import { Router, type NextFunction, type Request, type Response } from "express";
import type { SeatActions } from "../actions/seats.js";
import type { SessionActions } from "../actions/sessions.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { methodNotAllowed } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import type { LiveSession, SessionKeeper } from "../http/session.js";
import { noStore } from "../http/securityHeaders.js";
import type { Logger, Store } from "../ports.js";
import { publicKeysOf, type TokenKeys } from "./keys.js";
import { DISCOVERY_PATH } from "./discovery.js";
import { pageHeaders } from "./pageHeaders.js";
import { notSignedInPage, signedInPage, signedOutPage } from "./pages.js";
import type { ProviderSignOut } from "./providerSignOut.js";
import { renderFailure } from "./router.js";
import { seatLines } from "./seatLines.js";
import { wordsOf } from "./words.js";

/** What follows a sign-in: the key set for applications, the landing page, and the way out. */
export interface SessionRouterDeps {
  readonly store: Store;
  readonly actions: SeatActions & SessionActions;
  readonly catalogue: Catalogue;
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
        response
          .status(401)
          .type("html")
          .send(notSignedInPage(wordsOf(response), `${deps.baseUrl}${DISCOVERY_PATH}`));
        return;
      }
      response.type("html").send(await landingPage(deps, live, response));
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/sign-out")
    .post(headers, noStore, async (request, response) => {
      const live = await deps.keeper.read(request);
      if (live !== null) await signOut(deps, live, requestIdOf(response));
      deps.keeper.clear(response);
      if (live !== null && (await deps.signOutAtProvider(live, request, response))) return;
      response.type("html").send(signedOutPage(wordsOf(response)));
    })
    .all(methodNotAllowed("POST"));
  router.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    if (request.path === "/sign-out" || request.path === deps.landingPath) {
      renderFailure(deps, thrown, response);
    } else next(thrown);
  });
  return router;
}

/**
 * Ends the session and gives back what is held only while somebody is there. Whoever is still signed in elsewhere takes a
 * lease again with the next use; an older session of this browser, which nobody can use any more, must not keep it.
 */
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

async function landingPage(
  { store, actions, catalogue, baseUrl }: SessionRouterDeps,
  { user, session }: LiveSession,
  response: Response,
): Promise<string> {
  const words = wordsOf(response);
  const { organisationId } = user;
  const [products, organisation, pools] = await Promise.all([
    actions.productsOf(user),
    store.administration.findOrganisation(organisationId),
    store.administration.listPools(organisationId),
  ]);
  const answers = [...products.values()];
  const hasSeat = answers.some(({ seat }) => seat !== null);
  const mayGetOne = answers.some(
    ({ takenOver, evictableAt }) => takenOver !== null || evictableAt !== undefined,
  );
  const loginUrl = `${baseUrl}/saml/${session.connectionId}/login`;
  return signedInPage(
    {
      name: user.displayName ?? user.userName,
      hasSeat,
      lines: seatLines(products, {
        catalogue,
        words,
        timeZone: organisation?.timeZone ?? "UTC",
        now: store.clock.now(),
        poolName: (poolId) => pools.find(({ id }) => id === poolId)?.name ?? "",
      }),
      signOutAction: `${baseUrl}/sign-out`,
      againUrl: mayGetOne ? loginUrl : null,
    },
    words,
  );
}
