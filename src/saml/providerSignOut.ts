import type { Request, Response } from "express";
import type { LiveSession, SessionKeeper } from "../http/session.js";
import type { Ids, Logger, Store } from "../ports.js";
import { newRequestId } from "./authnRequest.js";
import type { SamlDeps } from "./deps.js";
import { logoutRequestXml } from "./logoutMessages.js";
import { sendLogout } from "./sendLogout.js";
import { serviceProviderOf } from "./router.js";

/** How long the provider may take to answer. */
const ANSWER_MS = 10 * 60_000;

export interface ProviderSignOutDeps extends Pick<SamlDeps, "baseUrl" | "keys"> {
  readonly store: Pick<Store, "administration" | "sessions" | "clock">;
  readonly keeper: SessionKeeper;
  readonly ids: Ids;
  readonly logger: Logger;
}

/**
 * After somebody has signed out here: leads on to the identity provider, where the connection has single logout and the
 * provider an address for it. The session here has ended whatever comes, so a failure is only written down.
 * @returns whether the response has been given
 */
export type ProviderSignOut = (
  live: LiveSession,
  request: Request,
  response: Response,
) => Promise<boolean>;

export function createProviderSignOut(deps: ProviderSignOutDeps): ProviderSignOut {
  return async (live, request, response) => {
    try {
      return await leadOn(deps, live, request, response);
    } catch (error) {
      deps.logger.error({ err: error }, "the sign-out at the identity provider did not begin");
      return false;
    }
  };
}

async function leadOn(
  deps: ProviderSignOutDeps,
  { session }: LiveSession,
  request: Request,
  response: Response,
): Promise<boolean> {
  const { store } = deps;
  const connection = await store.administration.findConnection(session.connectionId);
  const saml = connection?.saml;
  if (connection?.enabled !== true || saml?.singleLogout !== true || saml.logout === undefined) {
    return false;
  }
  const { url, binding } = saml.logout;
  const now = store.clock.now();
  const id = newRequestId(deps.ids);
  await store.sessions.createLogoutRequest({
    ...{ id, connectionId: connection.id },
    browserHash: deps.keeper.bind(request, response),
    expiresAt: now + ANSWER_MS,
  });
  const provider = serviceProviderOf(deps, connection.id);
  const { nameId, nameIdFormat, sessionIndex } = session;
  const xml = logoutRequestXml(provider, {
    ...{ id, issuedAt: now, destination: url },
    ...{ nameId, nameIdFormat, sessionIndex },
  });
  sendLogout(response, provider, {
    ...{ address: url, binding, field: "SAMLRequest", xml },
    ...{ relayState: undefined, fromForm: true },
  });
  return true;
}
