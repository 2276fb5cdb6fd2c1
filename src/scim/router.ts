import { Router, type RequestHandler } from "express";

import { SeatkeeperError } from "../errors.js";
import { jsonBody } from "../http/body.js";
import { methodNotAllowed, notFound } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import { noStore } from "../http/securityHeaders.js";
import { oneByOne, type Shortcut } from "../http/shortcut.js";
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
export function createScimRouter(deps: ScimRouterDeps): ScimRoutes {
  const router = Router({ caseSensitive: false });
  const guards = [...guardConnection(deps), admitted, noStore, readBody(deps.limits)];
  const resource = resources(deps, guards);
  const onError = [recordRefusals(deps), renderScimErrors(deps.logger)];
  router.use(resource);
  router.all("/:connection/Me", ...guardMe(deps), noStore, answerMe(deps));
  router.use("/:connection", ...guards);

  addSearch(router, deps);
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
  router.use(notFound, ...onError);
  return { router, resources: { leadsTo: isOfResource, handlers: [resource], onError } };
}

export interface ScimRoutes {
  readonly router: Router;
  /** The same way to resources, for who can take it without the router. */
  readonly resources: Pick<Shortcut, "leadsTo" | "handlers" | "onError">;
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

const KNOWN: ReadonlySet<string> = new Set(RESOURCES.map((name) => name.toLowerCase()));

function isOfResource(path: string): boolean {
  const { resource, names } = addressed(path);
  return KNOWN.has(resource) && !isSearch(names);
}

function isSearch({ id }: Addressed["names"]): boolean {
  return id?.toLowerCase() === ".search";
}

/** "/<connection>/Users" or "/<connection>/Users/<id>", in any case, as the router reads paths. */
const ADDRESS = /^\/([^/]+)\/([^/]+)(?:\/([^/]+))?\/?$/;

/**
 * Resources are nearly all that is asked for. One look at the path finds them; walking through the routes would cost as
 * much as the rest of the way in.
 */
function resources(deps: ScimRouterDeps, guards: readonly RequestHandler[]): RequestHandler {
  const known = new Map(
    RESOURCES.map((resource) => {
      const { collection, one } = ROUTES[resource];
      const answers = {
        collection: answersOf(deps, resource, collection),
        one: answersOf(deps, resource, one),
      };
      return [resource.toLowerCase(), answers];
    }),
  );
  return (request, response, next) => {
    const { resource, names } = addressed(request.path);
    const answers = known.get(resource);
    if (answers === undefined || isSearch(names)) {
      next();
      return;
    }
    const params = decoded(names);
    request.params = params ?? names;
    const place = answers[names.id === undefined ? "collection" : "one"];
    // Who is not let in learns nothing, also not that an address cannot be read.
    const answer = params === null ? notFound : place(request.method);
    oneByOne([...guards, answer], request, response, next);
  };
}

/** What answers a method, as a route of the router would: HEAD like GET, and 405 to what is not offered. */
function answersOf(
  deps: ScimRouterDeps,
  resource: ScimResource,
  handlers: Handlers,
): (method: string) => RequestHandler {
  const answers = new Map(
    Object.entries(handlers).map(([method, handler]) => [method, handle(deps, resource, handler)]),
  );
  const others = methodNotAllowed(...answers.keys());
  return (method) => answers.get(method === "HEAD" ? "GET" : method) ?? others;
}

interface Addressed {
  /** In lower case; "" where the path has another form. */
  readonly resource: string;
  readonly names: { readonly connection: string; readonly id?: string };
}

function addressed(path: string): Addressed {
  const [, connection = "", resource = "", id] = ADDRESS.exec(path) ?? [];
  const names = { connection, ...(id === undefined ? {} : { id }) };
  return { resource: resource.toLowerCase(), names };
}

/** Null: one of them cannot be decoded, and nothing has such a name. */
function decoded(names: Addressed["names"]): Record<string, string> | null {
  try {
    return Object.fromEntries(
      Object.entries(names).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
  } catch {
    return null;
  }
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
