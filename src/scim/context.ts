import type { Request, Response } from "express";
import type { Provisioning } from "../actions/provision.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Connection, Id } from "../domain/directory.js";
import type { RequestCause } from "../domain/answers/provisioningLog.js";
import { SeatkeeperError } from "../errors.js";
import type { RateLimits } from "../http/rateLimit.js";
import { requestIdOf } from "../http/requestId.js";
import type { JsonValue, Plugin, ScimRequest } from "../plugin.js";
import type { Ids, Logger, Scope, Store } from "../ports.js";
import type { ResourceSchema } from "./attribute.js";
import type { Cursors } from "./cursor.js";
import { leniencyOf, type Liberties } from "./leniency.js";
import { readPreconditions, type Preconditions } from "./preconditions.js";
import { openTicket, type CallTicket, type RequestRecorder } from "./record.js";
import { readSearchRequest } from "./search.js";

/** "" is the root: all types together. */
export type ScimResource = "Users" | "Groups" | "GroupMemberships" | "Roles" | "Entitlements" | "";

/** Everything the SCIM routes need; put together in app.ts. */
export interface ScimDeps {
  readonly store: Store;
  readonly actions: Provisioning;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly catalogue: Catalogue;
  /** Compiled once, with the vendor's own extensions. */
  readonly schemas: { readonly user: ResourceSchema; readonly group: ResourceSchema };
  /** Security events that are pushed to somebody. */
  readonly eventUris?: readonly string[];
  readonly limits: {
    readonly scimBodyBytes: number;
    /** Of requests on groups, and of bulk requests. */
    readonly scimLargeBodyBytes: number;
    readonly scimBulkOperations: number;
    readonly scimPageSize: number;
  };
  readonly cursors: Cursors;
  readonly recorder?: RequestRecorder | null;
}

/** What only the way in needs. */
export interface ScimRouterDeps extends ScimDeps {
  readonly rateLimits: RateLimits;
  /** The user of an access token that we issued after a sign-in through this connection; null when it is none. */
  readonly personOf: (connection: Connection, token: string) => Promise<Id | null>;
}

/** One request, after its dialect was repaired: the handlers know only the RFC. */
export interface ScimCall {
  readonly scope: Scope;
  readonly plugin: Plugin;
  readonly leniency: Liberties;
  /** Of the connection, without a slash at the end. */
  readonly baseUrl: string;
  readonly id: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: JsonValue | undefined;
  readonly request: ScimRequest;
  readonly requestId: string;
  /** What was repaired or left out, in words for the administrator: "active \"False\" -> false". */
  readonly trail: readonly string[];
  readonly preconditions: Preconditions;
  /** Of the provisioning log; absent when nothing is recorded. */
  readonly ticket: CallTicket | undefined;
  cause(action: string): RequestCause;
  /** Says what no schema knows and was therefore left out; once, however often the change is worked out. */
  noteIgnored(names: readonly string[]): void;
  /** Says in the log which assigned roles and entitlements give nothing, unless the connection ignores them all. */
  noteUnoffered(values: readonly string[]): void;
}

/** A request, or one operation of a bulk request, before its dialect is repaired. */
export interface ScimInput {
  readonly request: ScimRequest;
  readonly requestId: string;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** @throws SeatkeeperError Unavailable when the connection's plugin is not loaded. */
export function pluginOf({ plugins }: ScimDeps, connection: Connection): Plugin {
  const plugin = plugins.get(connection.plugin);
  if (plugin === undefined) {
    throw new SeatkeeperError("Unavailable", {
      detail: `plugin ${connection.plugin} is not loaded`,
    });
  }
  return plugin;
}

/** @throws SeatkeeperError Unavailable when the connection's plugin is not loaded. */
export function openCall(deps: ScimDeps, connection: Connection, input: ScimInput): ScimCall {
  const plugin = pluginOf(deps, connection);
  const { requestId } = input;
  const { method, resource } = input.request;
  const trail: string[] = [];
  const note = (fields: object, message: string): void => {
    deps.logger.info({ requestId, plugin: plugin.id, method, resource, ...fields }, message);
  };
  // Once each: a change may be worked out more than once, and a list may hold a thousand of the same.
  const keep = (lines: readonly string[], fields: object, message: string): void => {
    const fresh = lines.filter((line) => !trail.includes(line)).slice(0, TRAIL_MAX - trail.length);
    if (fresh.length === 0) return;
    trail.push(...fresh);
    note(fields, message);
  };
  const request = repair(plugin, input.request, (adjusted) => {
    trail.push(...adjusted);
    note({ adjusted }, "request adjusted");
  });
  const ticket = openTicket(deps, connection, { ...input, plugin }, trail);
  return {
    scope: { organisationId: connection.organisationId, connectionId: connection.id },
    plugin,
    leniency: {
      ...leniencyOf(plugin),
      taken: (line) => {
        keep([line], { adjusted: [line] }, "request adjusted");
      },
    },
    baseUrl: baseUrlOf(deps, connection),
    id: request.id ?? "",
    query: request.query,
    body: request.body,
    request,
    requestId,
    trail,
    ticket,
    preconditions: readPreconditions(input),
    noteIgnored: (names) => {
      keep(
        names.map((name) => `${name} ignored: no schema has it`),
        { attributes: names },
        "unknown attributes ignored",
      );
    },
    noteUnoffered: (values) => {
      if (!connection.assignments) return;
      keep(
        values.map((value) => `${value} kept as data: not on offer`),
        { values },
        "assigned values that are not on offer",
      );
    },
    cause: (action) => ({
      ...{ type: "scim", action, actor: connection.id, requestId },
      request: ticket,
    }),
  };
}

/** Enough for any mapping; a request made to fill the log does not. */
const TRAIL_MAX = 100;

/** Without a slash at the end. */
export function baseUrlOf({ baseUrl }: ScimDeps, { id }: Pick<Connection, "id">): string {
  return `${baseUrl}/scim/v2/${id}`;
}

export function inputOf(resource: ScimResource, request: Request, response: Response): ScimInput {
  const id = request.params["id"];
  const body = request.body as JsonValue | undefined;
  return {
    requestId: requestIdOf(response),
    ifMatch: request.get("if-match"),
    ifNoneMatch: request.get("if-none-match"),
    request: {
      method: request.method as ScimRequest["method"],
      resource,
      query: queryOf(request),
      ...(typeof id === "string" ? { id } : {}),
      ...(body === undefined ? {} : { body }),
    },
  };
}

/** A search is the query that its body stands for: a plugin sees it like any other list. */
export function searchInputOf(
  resource: ScimResource,
  request: Request,
  response: Response,
): ScimInput {
  const query = readSearchRequest(request.body as JsonValue | undefined);
  return { requestId: requestIdOf(response), request: { method: "GET", resource, query } };
}

/** Of a repeated parameter the first counts. Express' own parsing is left out: it would make objects of brackets. */
function queryOf(request: Request): Record<string, string> {
  const start = request.originalUrl.indexOf("?");
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  if (start < 0) return query;
  for (const [name, value] of new URLSearchParams(request.originalUrl.slice(start + 1))) {
    query[name] ??= value;
  }
  return query;
}

/** What had to be mended is kept, so that an admin can see it. */
function repair(
  plugin: Plugin,
  request: ScimRequest,
  note: (adjusted: readonly string[]) => void,
): ScimRequest {
  if (plugin.repair === undefined) return request;
  const repaired = plugin.repair(request);
  if (repaired.adjusted.length > 0) note(repaired.adjusted);
  return repaired.request;
}
