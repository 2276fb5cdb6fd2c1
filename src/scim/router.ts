import { Router, type IRoute, type RequestHandler, type Response } from "express";
import { SeatkeeperError } from "../errors.js";
import { jsonBody } from "../http/body.js";
import { methodNotAllowed, notFound } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import { noStore } from "../http/securityHeaders.js";
import type { JsonValue } from "../plugin.js";
import { answerBulk } from "./bulk.js";
import { inputOf, openCall, searchInputOf, type ScimDeps, type ScimResource } from "./context.js";
import { discoveryOf, type Discovery } from "./discovery.js";
import { connectionOf, guardConnection } from "./guard.js";
import { COUNT_DEFAULT } from "./listQuery.js";
import { answerMe, guardMe } from "./me.js";
import { membershipSchema } from "./membershipSchema.js";
import { SCIM_MEDIA_TYPE } from "./messages.js";
import { listRoot } from "./root.js";
import { renderScimErrors, send, sendAnswer } from "./respond.js";
import { RESOURCES, ROUTES, type Handler, type Handlers } from "./routes.js";

/**
 * The SCIM server of every connection, to be mounted at /scim/v2. What happens to a request, in this order:
 * who is it, how often ─▶ body ─▶ dialect ─▶ handler ─▶ answer.
 */
export function createScimRouter(deps: ScimDeps): Router {
  const router = Router({ caseSensitive: false });
  router.all("/:connection/Me", ...guardMe(deps), noStore, answerMe(deps));
  router.use("/:connection", ...guardConnection(deps));
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
      const input = { body: request.body as JsonValue, requestId: requestIdOf(response) };
      send(response, 200, await answerBulk(deps, connection, input));
    })
    .all(methodNotAllowed("POST"));

  addDiscovery(router, deps);
  router.use(notFound, renderScimErrors(deps.logger));
  return router;
}

/** GET at the root, and POST /.search there and for each type (RFC 7644 §3.4.2.1, §3.4.3). */
function addSearch(router: Router, deps: ScimDeps): void {
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
function readBody(limits: ScimDeps["limits"]): RequestHandler {
  const upTo = (bytesMax: number) => jsonBody({ bytesMax, mediaTypes: [SCIM_MEDIA_TYPE] });
  const usual = upTo(limits.scimBodyBytes);
  const large = upTo(Math.max(limits.scimBodyBytes, limits.scimLargeBodyBytes));
  return (request, response, next) => {
    const isLarge = /^\/[^/]+\/(?:groups|bulk)(?:\/|$)/i.test(request.path);
    (isLarge ? large : usual)(request, response, next);
  };
}

function mount(deps: ScimDeps, resource: ScimResource, route: IRoute, handlers: Handlers): void {
  for (const [method, handler] of Object.entries(handlers)) {
    route[method.toLowerCase() as "get"](handle(deps, resource, handler));
  }
  route.all(methodNotAllowed(...Object.keys(handlers)));
}

function handle(
  deps: ScimDeps,
  resource: ScimResource,
  handler: Handler,
  read = inputOf,
): RequestHandler {
  return async (request, response) => {
    const call = openCall(deps, connectionOf(response), read(resource, request, response));
    await sendAnswer(response, call, await handler(deps, call));
  };
}

/** RFC 7644 §4. The documents of a connection never change, so each is built once. */
function addDiscovery(router: Router, deps: ScimDeps): void {
  const known = new Map<string, Discovery>();
  const capabilities = {
    bulk: {
      supported: true,
      maxOperations: deps.limits.scimBulkOperations,
      maxPayloadSize: deps.limits.scimLargeBodyBytes,
    },
    maxResults: deps.limits.scimPageSize,
    sort: true,
    etag: true,
    pagination: { defaultPageSize: COUNT_DEFAULT, cursorTimeout: deps.cursors.lifetimeSeconds },
  };

  function discovery(response: Response): Discovery {
    const { id, plugin } = connectionOf(response);
    // The plugin of a connection can be changed, and with it what the connection promises.
    const key = `${id} ${plugin}`;
    const interopProfileConformant = deps.plugins.get(plugin)?.interopProfileConformant === true;
    const documents =
      known.get(key) ??
      discoveryOf(
        `${deps.baseUrl}/scim/v2/${id}`,
        [deps.schemas.user, deps.schemas.group, membershipSchema],
        {
          ...capabilities,
          interopProfileConformant,
        },
      );
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, documents);
    return documents;
  }

  const show =
    (
      pick: (documents: Discovery, id: string) => Discovery["schemas"] | undefined,
    ): RequestHandler =>
    (request, response) => {
      // RFC 7644 §4: a filter on these is refused, so that nobody takes the answer for a filtered one.
      if ("filter" in request.query) throw new SeatkeeperError("Forbidden");
      const body = pick(discovery(response), String(request.params["id"] ?? ""));
      if (body === undefined) throw new SeatkeeperError("NotFound");
      send(response, 200, body);
    };

  const at = (path: string, handler: RequestHandler) =>
    router.route(`/:connection/${path}`).get(handler).all(methodNotAllowed("GET"));
  at(
    "ServiceProviderConfig",
    show(({ serviceProviderConfig }) => serviceProviderConfig),
  );
  at(
    "ResourceTypes",
    show(({ resourceTypes }) => resourceTypes),
  );
  at(
    "ResourceTypes/:id",
    show((documents, id) => documents.resourceType(id)),
  );
  at(
    "Schemas",
    show(({ schemas }) => schemas),
  );
  at(
    "Schemas/:id",
    show((documents, id) => documents.schema(id)),
  );
}

/** Connections whose documents are kept; far more than one process usually serves. */
const KNOWN_MAX = 2_000;
