import type { Request, Response } from "express";
import type { Provisioning } from "../actions/provision.js";
import type { Connection } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { requestIdOf } from "../http/requestId.js";
import type { JsonValue, Leniency, Plugin, ScimRequest } from "../plugin.js";
import type { Ids, Logger, Scope, Store } from "../ports.js";
import { leniencyOf } from "./leniency.js";

/** Everything the SCIM routes need; put together in app.ts. */
export interface ScimDeps {
  readonly store: Store;
  readonly actions: Provisioning;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly limits: { readonly scimBodyBytes: number; readonly scimPageSize: number };
}

/** One request, after its dialect was repaired: the handlers know only the RFC. */
export interface ScimCall {
  readonly scope: Scope;
  readonly plugin: Plugin;
  readonly leniency: Leniency;
  /** Of the connection, without a slash at the end. */
  readonly baseUrl: string;
  readonly id: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: JsonValue | undefined;
  readonly request: ScimRequest;
  /** From If-Match; absent when the client did not ask. */
  readonly ifVersion?: number;
  /** From If-None-Match. */
  readonly knownVersion?: number;
  cause(action: string): Cause;
  /** Says in the log what no schema knows and was therefore left out. */
  noteIgnored(names: readonly string[]): void;
}

/** @throws SeatkeeperError Unauthorized when the connection is gone or switched off. */
export async function openCall(
  deps: ScimDeps,
  resource: "Users" | "Groups",
  request: Request,
  response: Response,
): Promise<ScimCall> {
  const connection = await connectionOf(deps, request);
  const plugin = deps.plugins.get(connection.plugin);
  if (plugin === undefined) {
    throw new SeatkeeperError("Unavailable", {
      detail: `plugin ${connection.plugin} is not loaded`,
    });
  }
  const repaired = repair(deps, plugin, rawRequest(resource, request), response);
  const id = String(request.params["id"] ?? "");
  return {
    scope: { organisationId: connection.organisationId, connectionId: connection.id },
    plugin,
    leniency: leniencyOf(plugin),
    baseUrl: `${deps.baseUrl}/scim/v2/${connection.id}`,
    id,
    query: repaired.query,
    body: repaired.body,
    request: repaired,
    ...versionsOf(request),
    noteIgnored: (ignored) => {
      if (ignored.length === 0) return;
      const fields = {
        requestId: requestIdOf(response),
        plugin: plugin.id,
        resource,
        attributes: ignored,
      };
      deps.logger.info(fields, "unknown attributes ignored");
    },
    cause: (action) => ({
      type: "scim",
      action,
      actor: connection.id,
      requestId: requestIdOf(response),
    }),
  };
}

export async function connectionOf({ store }: ScimDeps, request: Request): Promise<Connection> {
  const id = String(request.params["connection"] ?? "");
  const connection = await store.administration.findConnection(id);
  if (connection?.enabled !== true) {
    throw new SeatkeeperError("Unauthorized", { detail: "connection missing or disabled" });
  }
  return connection;
}

function rawRequest(resource: "Users" | "Groups", request: Request): ScimRequest {
  const id = request.params["id"];
  const body = request.body as JsonValue | undefined;
  return {
    method: request.method as ScimRequest["method"],
    resource,
    query: queryOf(request),
    ...(typeof id === "string" ? { id } : {}),
    ...(body === undefined ? {} : { body }),
  };
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

/** What had to be mended is in the log, with the request's id, so that an admin can see it. */
function repair(
  deps: ScimDeps,
  plugin: Plugin,
  request: ScimRequest,
  response: Response,
): ScimRequest {
  if (plugin.repair === undefined) return request;
  const repaired = plugin.repair(request);
  if (repaired.adjusted.length > 0) {
    const { method, resource } = request;
    const fields = { requestId: requestIdOf(response), plugin: plugin.id, method, resource };
    deps.logger.info({ ...fields, adjusted: repaired.adjusted }, "request adjusted");
  }
  return repaired.request;
}

function versionsOf(request: Request): Pick<ScimCall, "ifVersion" | "knownVersion"> {
  const ifVersion = versionIn(request.get("if-match"));
  const knownVersion = versionIn(request.get("if-none-match"));
  return {
    ...(ifVersion === undefined ? {} : { ifVersion }),
    ...(knownVersion === undefined ? {} : { knownVersion }),
  };
}

/** RFC 9110 §13.1. `*` means "any version"; a tag that was never ours matches none (NaN equals nothing). */
function versionIn(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const tag = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1];
  return tag === undefined ? NaN : Number(tag);
}
