import type { RequestHandler, Response, Router } from "express";
import { SeatkeeperError } from "../errors.js";
import { methodNotAllowed } from "../http/errors.js";
import { baseUrlOf, pluginOf, type ScimDeps } from "./context.js";
import { discoveryOf, type Discovery } from "./discovery.js";
import { connectionOf } from "./guard.js";
import { COUNT_DEFAULT } from "./listQuery.js";
import { membershipSchema } from "./membershipSchema.js";
import { offerSchemasOf } from "./offerSchemas.js";
import { send } from "./respond.js";

/** Connections whose documents are kept; far more than one process usually serves. */
const KNOWN_MAX = 2_000;

const NO_FILTER = "What the server offers is always shown as a whole: ask again without a filter.";

type Pick = (documents: Discovery, id: string) => Discovery["schemas"] | undefined;

/** RFC 7644 §4. */
const DOCUMENTS: readonly (readonly [path: string, pick: Pick])[] = [
  ["ServiceProviderConfig", ({ serviceProviderConfig }) => serviceProviderConfig],
  ["ResourceTypes", ({ resourceTypes }) => resourceTypes],
  ["ResourceTypes/:id", (documents, id) => documents.resourceType(id)],
  ["Schemas", ({ schemas }) => schemas],
  ["Schemas/:id", (documents, id) => documents.schema(id)],
];

export function addDiscovery(router: Router, deps: ScimDeps): void {
  const discovery = discoveryFor(deps);
  const show =
    (pick: Pick): RequestHandler =>
    (request, response) => {
      // RFC 7644 §4: a filter on these is refused, so that nobody takes the answer for a filtered one.
      if ("filter" in request.query) {
        throw new SeatkeeperError("Forbidden", { sentence: NO_FILTER });
      }
      const body = pick(discovery(response), String(request.params["id"] ?? ""));
      if (body === undefined) throw new SeatkeeperError("NotFound");
      send(response, 200, body);
    };
  for (const [path, pick] of DOCUMENTS) {
    router.route(`/:connection/${path}`).get(show(pick)).all(methodNotAllowed("GET"));
  }
}

/** The documents of a connection never change, so each is built once. */
function discoveryFor(deps: ScimDeps): (response: Response) => Discovery {
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
    eventUris: deps.eventUris,
    pagination: { defaultPageSize: COUNT_DEFAULT, cursorTimeout: deps.cursors.lifetimeSeconds },
  };

  return (response) => {
    const connection = connectionOf(response);
    const plugin = pluginOf(deps, connection);
    // The plugin of a connection can be changed, and with it what the connection promises.
    const key = `${connection.id} ${plugin.id}`;
    const { user, group } = deps.schemas;
    const { role, entitlement } = offerSchemasOf(plugin);
    const documents =
      known.get(key) ??
      discoveryOf(baseUrlOf(deps, connection), [user, group, membershipSchema, role, entitlement], {
        ...capabilities,
        interopProfileConformant: plugin.interopProfileConformant === true,
        announcesOffers: plugin.announcesOffers === true,
      });
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, documents);
    return documents;
  };
}
