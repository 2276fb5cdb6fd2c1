import type { Router } from "express";
import type { RequestHandler, Response } from "express";
import { z } from "zod";
import { actorOf, authorityOf, type Authority } from "../domain/administration/delegation.js";
import type { ApiToken, Organisation } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { tokenOf } from "../http/bearer.js";
import { methodNotAllowed } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import type { Administration } from "../ports.js";
import { checked } from "../validation.js";
import type { AdminDeps } from "./deps.js";
import { inAddress } from "./numbers.js";
import { needOf, requireNeed } from "./scopes.js";

/** Routes as data: address -> method -> handler, so that the list of addresses can be compared with docs/api.md. */

/** One request as a handler sees it: who asks, about what, with what. */
export interface Call {
  readonly deps: AdminDeps;
  readonly token: ApiToken;
  /** What the token may do; that it is enough for the address has been seen to (scopes.ts). */
  readonly authority: Authority;
  /** A part of the address. */
  readonly param: (name: string) => string;
  /** The checked query. @throws SeatkeeperError InvalidValue, UnknownOption */
  readonly query: <T>(schema: z.ZodType<T>) => T;
  /** The checked body. @throws SeatkeeperError InvalidValue, UnknownOption */
  readonly body: <T>(schema: z.ZodType<T>) => T;
  readonly cause: (action: string, type?: Cause["type"]) => Cause;
}

/** A request about one organisation that the token may see. */
export interface OrganisationCall extends Call {
  readonly organisation: Organisation;
}

export interface Reply {
  /** 200 unless said otherwise; 204 has no body. */
  readonly status?: 200 | 201 | 204;
  readonly body?: object;
  /** Instead of a body in JSON. */
  readonly file?: { readonly type: string; readonly name: string; readonly text: string };
  /** The address of what was made. */
  readonly location?: string;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Handler<C> = (call: C) => Promise<Reply>;
export type Routes<C> = Readonly<Record<string, Readonly<Partial<Record<Method, Handler<C>>>>>>;

export function addRoutes<C extends Call>(
  router: Router,
  routes: Routes<C>,
  callOf: (call: Call) => Promise<C>,
  deps: AdminDeps,
): void {
  for (const [address, methods] of Object.entries(routes)) {
    const route = router.route(address);
    const entries = Object.entries(methods) as [Method, Handler<C>][];
    for (const [method, handler] of entries) {
      const need = needOf(`${method} ${address}`);
      route[METHOD_NAMES[method]](async (request, response) => {
        const call = await callOf(callFrom(deps, request, response));
        requireNeed(call.authority, need);
        send(response, await handler(call));
      });
    }
    route.all(methodNotAllowed(...entries.map(([method]) => method)));
  }
}

const METHOD_NAMES = {
  GET: "get",
  POST: "post",
  PUT: "put",
  PATCH: "patch",
  DELETE: "delete",
} as const;

function callFrom(
  deps: AdminDeps,
  request: Parameters<RequestHandler>[0],
  response: Response,
): Call {
  const token = tokenOf(response);
  return {
    deps,
    token,
    authority: authorityOf(token),
    param: (name) => {
      const value = request.params[name];
      return typeof value === "string" ? value : "";
    },
    query: (schema) => checked(schema, request.query, "InvalidValue"),
    body: (schema) => checked(schema, withUsableKeys(request.body ?? {}), "InvalidValue"),
    cause: (action, type = "admin") => ({
      type,
      action,
      actor: actorOf(token),
      requestId: requestIdOf(response) || null,
    }),
  };
}

/** A key that objects cannot have by assignment would be dropped in silence. @throws SeatkeeperError InvalidValue */
function withUsableKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, "__proto__")) {
    throw new SeatkeeperError("InvalidValue", {
      field: "__proto__",
      sentence: "__proto__ cannot be used as a name.",
    });
  }
  Object.values(value).forEach(withUsableKeys);
  return value;
}

function send(response: Response, { status = 200, body, file, location }: Reply): void {
  if (location !== undefined) response.setHeader("Location", location);
  if (file !== undefined) {
    response.setHeader("Content-Disposition", `attachment; filename="${file.name}"`);
    response.status(status).type(file.type).send(file.text);
    return;
  }
  if (body === undefined) response.status(status).end();
  else response.status(status).json(body);
}

/** The organisation in the address. Another organisation's looks exactly like one that does not exist. */
export async function withOrganisation(
  call: Call,
  known: Pick<Administration, "findOrganisation"> = call.deps.store.administration,
): Promise<OrganisationCall> {
  const organisation = await known.findOrganisation(call.param("org"));
  const { organisationId } = call.token;
  if (organisation === null || (organisationId !== null && organisationId !== organisation.id)) {
    throw new SeatkeeperError("NotFound");
  }
  return { ...call, organisation };
}

/** For questions that only ask whose organisation it is, and many a second: its row may be half a second old. */
export function withRememberedOrganisation(call: Call): Promise<OrganisationCall> {
  return withOrganisation(call, call.deps.store.credentials);
}

/** What the vendor sells is the vendor's decision, not the customer's. */
export function requireOperator(call: Call, what: string): void {
  if (call.token.organisationId !== null) {
    throw new SeatkeeperError("Forbidden", { sentence: `Only an operator's token may ${what}.` });
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Pages

const LIMIT_MAX = 200;

/** The parameters of a page; more by `.extend`. */
export const pageQuery = z.strictObject({
  after: z.string().min(1).max(64).optional(),
  limit: inAddress(
    z
      .number("A number is expected.")
      .int("A whole number is expected.")
      .min(1, "At least 1 is expected.")
      .max(LIMIT_MAX, `At most ${String(LIMIT_MAX)} is expected.`),
  ).default(50),
});

/** One more than asked for was read: whether there is a next page is then known without another query. */
export function page<T, Out>(
  rows: readonly T[],
  limit: number,
  cursorOf: (row: T) => string | number | undefined,
  show: (row: T) => Out,
): { items: Out[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? cursorOf(last) : undefined;
  return { items: shown.map(show), next: next === undefined ? null : String(next) };
}
