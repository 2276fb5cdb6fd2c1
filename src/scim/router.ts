import { Router, type RequestHandler, type Response } from "express";
import { SeatkeeperError } from "../errors.js";
import { jsonBody } from "../http/body.js";
import { methodNotAllowed, notFound } from "../http/errors.js";
import { noStore } from "../http/securityHeaders.js";
import type { ScimAnswer } from "./answer.js";
import {
  inputOf,
  openCall,
  searchInputOf,
  type ScimCall,
  type ScimDeps,
  type ScimResource,
} from "./context.js";
import { discoveryOf, type Discovery } from "./discovery.js";
import {
  createGroup,
  deleteGroup,
  listGroups,
  patchGroup,
  readOneGroup,
  replaceGroup,
} from "./groups.js";
import { connectionOf, guardConnection } from "./guard.js";
import { COUNT_DEFAULT } from "./listQuery.js";
import { answerMe, guardMe } from "./me.js";
import {
  createMembership,
  deleteMembership,
  listMemberships,
  readMembership,
} from "./memberships.js";
import { membershipSchema } from "./membershipSchema.js";
import { SCIM_MEDIA_TYPE } from "./messages.js";
import { listRoot } from "./root.js";
import { renderScimErrors, send, sendAnswer } from "./respond.js";
import { createUser, deleteUser, listUsers, patchUser, readUser, replaceUser } from "./users.js";

type Handler = (deps: ScimDeps, call: ScimCall) => Promise<ScimAnswer>;

/**
 * The SCIM server of every connection, to be mounted at /scim/v2. What happens to a request, in this order:
 * who is it, how often ─▶ body ─▶ dialect ─▶ handler ─▶ answer.
 */
export function createScimRouter(deps: ScimDeps): Router {
  const router = Router({ caseSensitive: false });
  router.all("/:connection/Me", ...guardMe(deps), noStore, answerMe(deps));
  router.use("/:connection", ...guardConnection(deps));
  router.use(noStore);
  router.use(jsonBody({ bytesMax: deps.limits.scimBodyBytes, mediaTypes: [SCIM_MEDIA_TYPE] }));

  addSearch(router, deps);
  const users = (handler: Handler) => handle(deps, "Users", handler);
  router
    .route("/:connection/Users")
    .get(users(listUsers))
    .post(users(createUser))
    .all(methodNotAllowed("GET", "POST"));
  router
    .route("/:connection/Users/:id")
    .get(users(readUser))
    .put(users(replaceUser))
    .patch(users(patchUser))
    .delete(users(deleteUser))
    .all(methodNotAllowed("GET", "PUT", "PATCH", "DELETE"));

  const groups = (handler: Handler) => handle(deps, "Groups", handler);
  router
    .route("/:connection/Groups")
    .get(groups(listGroups))
    .post(groups(createGroup))
    .all(methodNotAllowed("GET", "POST"));
  router
    .route("/:connection/Groups/:id")
    .get(groups(readOneGroup))
    .put(groups(replaceGroup))
    .patch(groups(patchGroup))
    .delete(groups(deleteGroup))
    .all(methodNotAllowed("GET", "PUT", "PATCH", "DELETE"));

  const memberships = (handler: Handler) => handle(deps, "GroupMemberships", handler);
  router
    .route("/:connection/GroupMemberships")
    .get(memberships(listMemberships))
    .post(memberships(createMembership))
    .all(methodNotAllowed("GET", "POST"));
  router
    .route("/:connection/GroupMemberships/:id")
    .get(memberships(readMembership))
    .delete(memberships(deleteMembership))
    .all(methodNotAllowed("GET", "DELETE"));

  addDiscovery(router, deps);
  router.all("/:connection/Bulk", (_request, _response, next) => {
    next(new SeatkeeperError("NotImplemented"));
  });
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
  search("/Users", "Users", listUsers);
  search("/Groups", "Groups", listGroups);
  search("/GroupMemberships", "GroupMemberships", listMemberships);
}

function handle(
  deps: ScimDeps,
  resource: ScimResource,
  handler: Handler,
  read = inputOf,
): RequestHandler {
  return async (request, response) => {
    const call = openCall(deps, connectionOf(response), read(resource, request, response));
    sendAnswer(response, call, await handler(deps, call));
  };
}

/** RFC 7644 §4. The documents of a connection never change, so each is built once. */
function addDiscovery(router: Router, deps: ScimDeps): void {
  const known = new Map<string, Discovery>();
  const capabilities = {
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
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
