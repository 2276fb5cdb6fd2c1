import { entitlementsOffered, rolesOffered, type Offer } from "../domain/people/offers.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { AttributeRef, ListQuery, Page, PageQuery } from "../ports.js";
import { listed, type ScimAnswer } from "./answer.js";
import type { ResourceSchema } from "./attribute.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { readListQuery } from "./listQuery.js";
import { matches } from "./matches.js";
import { offerResource, offerSchemasOf } from "./offerSchemas.js";
import { readPaging } from "./paging.js";
import { project, readProjection } from "./projection.js";
import { isObject } from "./values.js";

/**
 * /Roles and /Entitlements (draft-ietf-scim-roles-entitlements-01), read-only. There are few of them, all in memory but
 * the counters of the organisation's own pools.
 */

type Kind = "role" | "entitlement";

export const listRoles = lister("role");
export const listEntitlements = lister("entitlement");
export const readRole = reader("role");
export const readEntitlement = reader("entitlement");

function lister(kind: Kind) {
  return async (deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> => {
    const schema = offerSchemasOf(call.plugin)[kind];
    const projection = readProjection(schema, call.query);
    const query = readListQuery(call.query, schema, call.leniency, deps.limits.scimPageSize);
    const paging = readPaging<Shown>(deps, call, schema.endpoint);
    const all = await resourcesOf(deps, call, kind, schema);
    const { filter } = query;
    const chosen = filter === undefined ? all : all.filter((each) => matches(filter, each));
    const page = pageOf(sorted(chosen, query), paging.page);
    const resources = page.items.map((each) => project(schema, each, projection));
    return listed(paging.answer(page, resources));
  };
}

/** How many a walk by cursor has shown: the catalogue does not change while it lasts. */
type Shown = number;

function pageOf(
  items: readonly JsonObject[],
  { startIndex, count, after }: PageQuery<Shown>,
): Page<JsonObject, Shown> {
  const from = typeof after === "number" ? after : startIndex - 1;
  const to = from + count;
  const totalResults = items.length;
  const next = count > 0 && to < totalResults ? { next: to } : {};
  return { items: items.slice(from, to), totalResults, ...next };
}

function reader(kind: Kind) {
  return async (deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> => {
    const schema = offerSchemasOf(call.plugin)[kind];
    const projection = readProjection(schema, call.query);
    const all = await resourcesOf(deps, call, kind, schema);
    const found = all.find(({ id }) => id === call.id);
    if (found === undefined) throw new SeatkeeperError("NotFound");
    return listed(project(schema, found, projection));
  };
}

async function resourcesOf(
  { store, catalogue }: ScimDeps,
  { scope, baseUrl }: ScimCall,
  kind: Kind,
  schema: ResourceSchema,
): Promise<JsonObject[]> {
  const offers: Offer[] =
    kind === "role"
      ? rolesOffered(catalogue)
      : entitlementsOffered(catalogue, await store.administration.listPools(scope.organisationId));
  return offers.map((offer) => offerResource(schema, offer, baseUrl));
}

/** The catalogue's order unless another one is asked for; what has no value comes last (RFC 7644 §3.4.2.3). */
function sorted(
  resources: readonly JsonObject[],
  { sortBy, sortOrder }: Pick<ListQuery, "sortBy" | "sortOrder">,
): readonly JsonObject[] {
  if (sortBy === undefined) return resources;
  const direction = sortOrder === "descending" ? -1 : 1;
  return [...resources].sort((a, b) => direction * compare(keyOf(a, sortBy), keyOf(b, sortBy)));
}

function keyOf(resource: JsonObject, { names, caseExact }: AttributeRef): string | number | null {
  let value: JsonValue | undefined = resource;
  for (const name of names) {
    value = isObject(value) ? value[name] : undefined;
  }
  const first = Array.isArray(value) ? value[0] : value;
  if (typeof first === "string") return caseExact ? first : first.toLowerCase();
  return typeof first === "number" ? first : first === undefined ? null : Number(first);
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
