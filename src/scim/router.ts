import { Router, type IRoute, type RequestHandler } from "express";
import { SeatkeeperError } from "../errors.js";
import { jsonBody } from "../http/body.js";
import { methodNotAllowed, notFound } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import { noStore } from "../http/securityHeaders.js";
import type { JsonValue } from "../plugin.js";
import { answerBulk } from "./bulk.js";
import {
  inputOf,
  openCall,
  searchInputOf,
  type ScimResource,
  type ScimRouterDeps,
} from "./context.js";
import { addDiscovery } from "./discoveryRoutes.js";
import { connectionOf, guardConnection } from "./guard.js";
import { answerMe, guardMe } from "./me.js";
import { SCIM_MEDIA_TYPE } from "./messages.js";
import { admitted, hasTicket, recorded, recordRefusals } from "./record.js";
import { listRoot } from "./root.js";
import { renderScimErrors, send, sendAnswer } from "./respond.js";
import { RESOURCES, ROUTES, type Handler, type Handlers } from "./routes.js";

/**
 * The SCIM server of every connection, to be mounted at /scim/v2. What happens to a request, in this order:
 * who is it, how often ─▶ body ─▶ dialect ─▶ handler ─▶ answer.
 */
export function createScimRouter(deps: ScimRouterDeps): Router {
  const router = Router({ caseSensitive: false });
  router.all("/:connection/Me", ...guardMe(deps), noStore, answerMe(deps));
  router.use("/:connection", ...guardConnection(deps), admitted);
  router.use(noStore);
  router.use(readBody(deps.limits));

  addSearch(router, deps);
  const at = (path: string): IRoute => router.route(path);
  for (const resource of RESOURCES) {
    const { collection, one } = ROUTES[resource];
    mount(deps, resource, at(`/:connection/${resource}`), collection);
    mount(deps, resource, at(`/:connection/${resource}/:id`), one);
  }
  router
    .route("/:connection/Bulk")
    .post(async (request, response) => {
      const connection = connectionOf(response);
      const input = {
        body: request.body as JsonValue,
        requestId: requestIdOf(response),
        admit: (operations: number) => countOperations(deps, connection.id, operations),
      };
      send(response, 200, await answerBulk(deps, connection, input));
    })
    .all(methodNotAllowed("POST"));

  addDiscovery(router, deps);
  router.use(notFound, recordRefusals(deps), renderScimErrors(deps.logger));
  return router;
}

/** Each operation counts as a request; one of them was counted on the way in. */
async function countOperations(
  { rateLimits }: ScimRouterDeps,
  connectionId: string,
  operations: number,
): Promise<void> {
  const retryAfterSeconds = await rateLimits.connection.takeMore(connectionId, operations - 1);
  if (retryAfterSeconds !== null) {
    throw new SeatkeeperError("TooManyRequests", { retryAfterSeconds });
  }
}

/** GET at the root, and POST /.search there and for each type (RFC 7644 §3.4.2.1, §3.4.3). */
function addSearch(router: Router, deps: ScimRouterDeps): void {
  const search = (path: string, resource: ScimResource, handler: Handler) =>
    router
      .route(`/:connection${path}/.search`)
      .post(handle(deps, resource, handler, searchInputOf))
      .all(methodNotAllowed("POST"));
  router
    .route("/:connection")
    .get(handle(deps, "", listRoot))
    .all(methodNotAllowed("GET"));
  search("", "", listRoot);
  for (const resource of RESOURCES) {
    const { GET: list } = ROUTES[resource].collection;
    if (list !== undefined) search(`/${resource}`, resource, list);
  }
}

/** A group may name very many members, and a bulk request carries many requests. */
function readBody(limits: ScimRouterDeps["limits"]): RequestHandler {
  const upTo = (bytesMax: number) => jsonBody({ bytesMax, mediaTypes: [SCIM_MEDIA_TYPE] });
  const usual = upTo(limits.scimBodyBytes);
  const large = upTo(Math.max(limits.scimBodyBytes, limits.scimLargeBodyBytes));
  return (request, response, next) => {
    const isLarge = /^\/[^/]+\/(?:groups|bulk)(?:\/|$)/i.test(request.path);
    (isLarge ? large : usual)(request, response, next);
  };
}

function mount(
  deps: ScimRouterDeps,
  resource: ScimResource,
  route: IRoute,
  handlers: Handlers,
): void {
  for (const [method, handler] of Object.entries(handlers)) {
    route[method.toLowerCase() as "get"](handle(deps, resource, handler));
  }
  route.all(methodNotAllowed(...Object.keys(handlers)));
}

function handle(
  deps: ScimRouterDeps,
  resource: ScimResource,
  handler: Handler,
  read = inputOf,
): RequestHandler {
  return async (request, response) => {
    const call = openCall(deps, connectionOf(response), read(resource, request, response));
    hasTicket(response);
    await sendAnswer(response, call, await recorded(call, () => handler(deps, call)));
  };
}
