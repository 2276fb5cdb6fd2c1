import { Router } from "express";
import { bearer, tokenOf } from "../http/bearer.js";
import { jsonBody } from "../http/body.js";
import { notFound, renderJsonErrors } from "../http/errors.js";
import { limitRate, type RateLimits } from "../http/rateLimit.js";
import { noStore } from "../http/securityHeaders.js";
import { ACCESS_ROUTES } from "./access.js";
import { ADVICE_ROUTES } from "./advice.js";
import { BILLING_ROUTES } from "./billing.js";
import { BRAKE_ROUTES } from "./brake.js";
import { BREAK_GLASS_ROUTES } from "./breakGlass.js";
import { CERTIFICATE_ROUTES } from "./certificates.js";
import { CLIENT_ROUTES } from "./clients.js";
import type { AdminDeps } from "./deps.js";
import { DOMAIN_ROUTES } from "./domains.js";
import { GLOBAL_ROUTES, SETUP_ROUTES } from "./organisations.js";
import { PEOPLE_ROUTES } from "./people.js";
import { INVITATION_ROUTES } from "./invitations.js";
import { PLAN_ROUTES } from "./plans.js";
import { LEDGER_ROUTES } from "./ledger.js";
import { LOG_ROUTES } from "./provisioningLog.js";
import { PREVIEW_ROUTES } from "./preview.js";
import { PRINCIPAL_ROUTES } from "./principals.js";
import { PURCHASE_ROUTES } from "./purchases.js";
import { RECLAIM_ROUTES } from "./reclaim.js";
import { REPLAY_ROUTES } from "./replay.js";
import { RESOURCE_ROUTES } from "./resources.js";
import { IDENTITY_ROUTES } from "./identities.js";
import { SESSION_ROUTES } from "./sessions.js";
import { SIGN_IN_ROUTES } from "./signIns.js";
import { SIGN_IN_TEST_ROUTES } from "./signInTests.js";
import { addRoutes, withOrganisation, withRememberedOrganisation } from "./route.js";

const ORGANISATION_ROUTES = {
  ...SETUP_ROUTES,
  ...CERTIFICATE_ROUTES,
  ...CLIENT_ROUTES,
  ...SIGN_IN_TEST_ROUTES,
  ...PEOPLE_ROUTES,
  ...PREVIEW_ROUTES,
  ...PLAN_ROUTES,
  ...BRAKE_ROUTES,
  ...BREAK_GLASS_ROUTES,
  ...LEDGER_ROUTES,
  ...REPLAY_ROUTES,
  ...LOG_ROUTES,
  ...BILLING_ROUTES,
  ...ADVICE_ROUTES,
  ...RECLAIM_ROUTES,
  ...RESOURCE_ROUTES,
  ...PRINCIPAL_ROUTES,
  ...INVITATION_ROUTES,
  ...PURCHASE_ROUTES,
  ...SESSION_ROUTES,
  ...IDENTITY_ROUTES,
  ...SIGN_IN_ROUTES,
  ...DOMAIN_ROUTES,
};

export interface AdminRouterDeps extends AdminDeps {
  readonly rateLimits: RateLimits;
}

/** The admin API, to be mounted at /api/v1. What happens to a request, in this order. */
export function createAdminRouter(deps: AdminRouterDeps): Router {
  const router = Router();
  router.use(noStore);
  router.use(
    bearer({
      kind: "api",
      administration: deps.store.credentials,
      clock: deps.store.clock,
      limits: deps.rateLimits,
    }),
  );
  router.use(
    limitRate(deps.rateLimits.apiRequests, (_request, response) => tokenOf(response).publicId),
  );
  router.use(jsonBody({ bytesMax: deps.bodyBytesMax }));
  addRoutes(router, GLOBAL_ROUTES, (call) => Promise.resolve(call), deps);
  addRoutes(router, ACCESS_ROUTES, withRememberedOrganisation, deps);
  addRoutes(router, ORGANISATION_ROUTES, (call) => withOrganisation(call), deps);
  router.use(notFound, renderJsonErrors(deps.logger));
  return router;
}

/** "GET /organisations/:org" and so on: all there is, to be compared with docs/api.md. */
export function listAddresses(): string[] {
  const routes = { ...GLOBAL_ROUTES, ...ACCESS_ROUTES, ...ORGANISATION_ROUTES };
  return Object.entries(routes).flatMap(([address, methods]) =>
    Object.keys(methods).map((method) => `${method} ${address}`),
  );
}
