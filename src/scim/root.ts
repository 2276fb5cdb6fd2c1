import type { JsonObject } from "../plugin.js";
import type { ListQuery, MixedItem, MixedPosition } from "../ports.js";
import { listed, type ScimAnswer } from "./answer.js";
import type { ResourceSchema } from "./attribute.js";
import type { ScimCall, ScimDeps } from "./context.js";
import { groupBodies } from "./groups.js";
import { readListQuery } from "./listQuery.js";
import { readPaging } from "./paging.js";
import { documentsFor, readProjection, type Projection } from "./projection.js";
import { userBodies } from "./users.js";

/**
 * A query over users and groups together, at the root or by POST /.search (RFC 7644 §3.4.2.1). What a type does not
 * have counts as absent there; a name that no type has is a mistake.
 */
export async function listRoot(deps: ScimDeps, call: ScimCall): Promise<ScimAnswer> {
  const { user, group } = deps.schemas;
  const userProjection = readProjection(user, call.query);
  const groupProjection = readProjection(group, call.query);
  const paging = readPaging<MixedPosition>(deps, call, "/");
  const users = part(deps, call, user, group, userProjection);
  const groups = part(deps, call, group, user, groupProjection);
  const { sortOrder = "ascending" } = users.sortBy === undefined ? groups : users;
  const query = { ...paging.page, sortOrder, users, groups };
  const page = await deps.store.directory.listMixed(call.scope, query);

  const people = page.items.flatMap((item) => (item.type === "User" ? [item.resource] : []));
  const others = page.items.flatMap((item) => (item.type === "Group" ? [item.resource] : []));
  const bodies: Readonly<Record<MixedItem["type"], Iterator<JsonObject>>> = {
    User: (await userBodies(deps, call, people, userProjection)).values(),
    Group: (await groupBodies(deps, call, others, groupProjection)).values(),
  };
  const resources = page.items.map(({ type }) => bodies[type].next().value as JsonObject);
  return listed(paging.answer(page, resources));
}

function part(
  { limits }: ScimDeps,
  { query, leniency }: ScimCall,
  schema: ResourceSchema,
  other: ResourceSchema,
  projection: Projection | null,
): Pick<ListQuery, "filter" | "sortBy" | "sortOrder" | "documents"> {
  const { filter, sortBy, sortOrder } = readListQuery(
    query,
    schema,
    leniency,
    limits.scimPageSize,
    [other],
  );
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(sortBy === undefined ? {} : { sortBy }),
    ...(sortOrder === undefined ? {} : { sortOrder }),
    ...documentsFor(projection),
  };
}
