import type { NextFunction, Request, RequestHandler, Response, Router } from "express";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { logError, methodNotAllowed } from "../http/errors.js";
import { requestIdOf } from "../http/requestId.js";
import { newRequestId } from "./authnRequest.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { logoutFailedPage, partlySignedOutPage } from "./flowPages.js";
import { logoutResponseXml } from "./logoutMessages.js";
import { signedOutPage } from "./pages.js";
import type { Outcome } from "./reasons.js";
import {
  logoutTrustOf,
  receivePosted,
  receiveRedirected,
  type ReceivedLogout,
  type ReceivedRequest,
  type ReceivedResponse,
} from "./receiveLogout.js";
import { refusedBy } from "./refusals.js";
import { sendLogout } from "./sendLogout.js";
import { sentenceFor, wordsOf } from "./words.js";

/**
 * Logout messages of one connection, where it takes them; otherwise there is no such address. A request of the provider
 * ends what it names, and is answered; an answer to a request of ours has nothing left to end.
 *
 *   GET  /:connection/slo   redirect binding
 *   POST /:connection/slo   POST binding
 */
export interface LogoutRoutes {
  readonly deps: SamlDeps;
  /** Reads the form. */
  readonly form: RequestHandler;
  /** The connection that the address names. @throws SeatkeeperError NotFound */
  readonly find: (request: Request) => Promise<SamlRequest>;
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

export function addLogoutRoutes(router: Router, { deps, form, find }: LogoutRoutes): void {
  const now = () => deps.store.clock.now();
  const address = "/:connection/slo";
  router
    .route(address)
    .get(async (request, response) => {
      const asked = await withLogout(request);
      const received = receiveRedirected(rawQueryOf(request), trustOf(asked), now());
      await react(deps, asked, received, { request, response });
    })
    .post(form, async (request, response) => {
      const asked = await withLogout(request);
      const received = await receivePosted(fieldsOf(request), trustOf(asked), deps.verifier, now());
      await react(deps, asked, received, { request, response });
    })
    .all(methodNotAllowed("GET", "POST"));
  router.use(
    address,
    (thrown: unknown, _request: Request, response: Response, next: NextFunction) => {
      if (thrown instanceof SeatkeeperError && thrown.code === "LogoutRefused") {
        renderRefusal(deps, thrown, response);
      } else next(thrown);
    },
  );

  async function withLogout(request: Request): Promise<SamlRequest> {
    const asked = await find(request);
    if (asked.connection.saml.singleLogout === true) return asked;
    throw new SeatkeeperError("NotFound", { detail: "single logout is off" });
  }

  function trustOf({ connection, provider }: SamlRequest) {
    return logoutTrustOf(connection.saml, provider, deps.signIn.clockSkewSeconds);
  }
}

/** As it came, because the signature covers it as it came. */
function rawQueryOf({ originalUrl }: Request): string {
  const at = originalUrl.indexOf("?");
  return at === -1 ? "" : originalUrl.slice(at + 1);
}

function fieldsOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

async function react(
  deps: SamlDeps,
  asked: SamlRequest,
  received: Outcome<ReceivedLogout>,
  exchange: Exchange,
): Promise<void> {
  if (!received.ok) throw refusedBy("LogoutRefused", received);
  const { message, relayState } = received.value;
  if (message.type === "response") await closeOurs(deps, asked, message, exchange);
  else await endSessions(deps, asked, { message, relayState }, exchange.response);
}

/** The cookie stays: it names a session that has ended, if it is of this person at all. */
async function endSessions(
  deps: SamlDeps,
  { connection, provider }: SamlRequest,
  { message, relayState }: { message: ReceivedRequest; relayState: string | undefined },
  response: Response,
): Promise<void> {
  const cause: Cause = {
    type: "saml",
    action: "signedOutByProvider",
    actor: connection.id,
    requestId: requestIdOf(response),
  };
  const { id, nameId, sessionIndexes, usableUntil } = message;
  const asked = { connectionId: connection.id, nameId, sessionIndexes, messageId: id };
  const done = await deps.actions.logout(
    connection.organisationId,
    { ...asked, messageExpiresAt: usableUntil },
    cause,
  );
  const service = connection.saml.logout;
  if (service === undefined) {
    response.type("html").send(signedOutPage(wordsOf(response)));
    return;
  }
  const destination = service.responseUrl ?? service.url;
  const xml = logoutResponseXml(provider, {
    id: newRequestId(deps.ids),
    issuedAt: deps.store.clock.now(),
    destination,
    inResponseTo: id,
    status: done.userId === null ? "UnknownPrincipal" : "Success",
  });
  sendLogout(response, provider, {
    ...{ address: destination, binding: service.binding, field: "SAMLResponse" },
    ...{ xml, relayState },
  });
}

async function closeOurs(
  deps: SamlDeps,
  { connection }: SamlRequest,
  { inResponseTo, succeeded }: ReceivedResponse,
  { request, response }: Exchange,
): Promise<void> {
  const isOurs = await deps.store.sessions.consumeLogoutRequest(
    {
      connectionId: connection.id,
      id: inResponseTo,
      browserHash: deps.keeper.boundTo(request) ?? "",
    },
    deps.store.clock.now(),
  );
  if (!isOurs) throw refusedBy("LogoutRefused", { ok: false, reason: "LogoutUnknownRequest" });
  const words = wordsOf(response);
  response.type("html").send(succeeded ? signedOutPage(words) : partlySignedOutPage(words));
}

function renderRefusal(
  deps: Pick<SamlDeps, "logger">,
  error: SeatkeeperError,
  response: Response,
): void {
  logError(deps.logger, error, response);
  if (response.headersSent) return;
  const words = wordsOf(response);
  response
    .status(error.status)
    .type("html")
    .send(logoutFailedPage(requestIdOf(response), sentenceFor(words, error), words));
}
