import type { ScimRequest } from "../plugin.js";
import type { ScimAnswer } from "./answer.js";
import type { ScimCall, ScimDeps, ScimResource } from "./context.js";
import {
  createGroup,
  deleteGroup,
  listGroups,
  patchGroup,
  readOneGroup,
  replaceGroup,
} from "./groups.js";
import {
  createMembership,
  deleteMembership,
  listMemberships,
  readMembership,
} from "./memberships.js";
import { listEntitlements, listRoles, readEntitlement, readRole } from "./offers.js";
import { createUser, deleteUser, listUsers, patchUser, readUser, replaceUser } from "./users.js";

/** What can be done where: for requests of their own (router.ts) and for the operations of a bulk request (bulk.ts). */

export type Handler = (deps: ScimDeps, call: ScimCall) => Promise<ScimAnswer>;
export type Method = ScimRequest["method"];
export type Handlers = Readonly<Partial<Record<Method, Handler>>>;

export interface ResourceRoutes {
  /** "/Users" */
  readonly collection: Handlers;
  /** "/Users/:id" */
  readonly one: Handlers;
}

/** Where something is kept: everything but the root. */
export type Collection = Exclude<ScimResource, "">;

export const ROUTES: Readonly<Record<Collection, ResourceRoutes>> = {
  Users: {
    collection: { GET: listUsers, POST: createUser },
    one: { GET: readUser, PUT: replaceUser, PATCH: patchUser, DELETE: deleteUser },
  },
  Groups: {
    collection: { GET: listGroups, POST: createGroup },
    one: { GET: readOneGroup, PUT: replaceGroup, PATCH: patchGroup, DELETE: deleteGroup },
  },
  GroupMemberships: {
    collection: { GET: listMemberships, POST: createMembership },
    one: { GET: readMembership, DELETE: deleteMembership },
  },
  Roles: { collection: { GET: listRoles }, one: { GET: readRole } },
  Entitlements: { collection: { GET: listEntitlements }, one: { GET: readEntitlement } },
};

export const RESOURCES = Object.keys(ROUTES) as readonly Collection[];

/** For requests that come without HTTP; null where the router would find nothing. */
export function handlerFor({ resource, id, method }: ScimRequest): Handler | null {
  const routes = isCollection(resource) ? ROUTES[resource] : null;
  return (id === undefined ? routes?.collection : routes?.one)?.[method] ?? null;
}

function isCollection(name: string): name is Collection {
  return Object.hasOwn(ROUTES, name);
}
