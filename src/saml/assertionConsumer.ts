import type { NextFunction, Request, Response } from "express";
import type { Connection } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { SignIn, SignInResult } from "../domain/signIn/signIn.js";
import { SeatkeeperError } from "../errors.js";
import { keptAddress } from "../http/keptAddress.js";
import { requestIdOf } from "../http/requestId.js";
import { readIdentity } from "../identity.js";
import type { Identity, JsonObject } from "../plugin.js";
import { assertedBy, withVerifiedDomain } from "./asserted.js";
import { signAccessToken } from "./accessToken.js";
import type { Attempt } from "./attempts.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { noteCertificate, withFreshCertificates } from "./freshCertificates.js";
import type { Exchange, Passport } from "./login.js";
import { sendForm } from "./forms.js";
import { checkUnsolicited, demandsOf, freshnessOf } from "./demands.js";
import { refuseSamlFields, returnPath } from "./login.js";
import type { AcceptedAssertion } from "./profile.js";
import type { Refused } from "./reasons.js";
import { refusedBy } from "./refusals.js";
import type { ResponsePhase } from "./strategy.js";

/**
 * The way back from the identity provider. Up to the transaction nothing is stored or consumed, so a message that is
 * refused leaves no trace but its reason; and a message that was not verified burns no request (N-89).
 */
export async function consumeAssertion(
  deps: SamlDeps,
  passport: Passport,
  asked: SamlRequest,
  exchange: Exchange & { readonly attempt: Attempt },
): Promise<void> {
  const { request, response } = exchange;
  refuseSamlFields(request);
  const { accepted, connection } = await withFreshCertificates(deps, asked, (link) =>
    verifiedAssertion(deps, passport, link, exchange),
  );
  if (accepted.inResponseTo === null) checkUnsolicited(connection.saml, request);
  const { value, idHash } = deps.keeper.create();
  const known = deps.keeper.boundTo(request);
  // A browser without the cookie is another browser: no stored request can match (N-81).
  const isFirst = known === null && accepted.inResponseTo === null;
  const browserHash = known ?? (isFirst ? deps.keeper.bind(request, response) : "");
  const returnTo = accepted.inResponseTo === null ? returnPath(relayStateOf(request)) : null;
  const { note, verified } = exchange.attempt;
  const attempt = await withVerifiedDomain(deps.domains, {
    ...signInFrom(deps, connection, accepted, { idHash, browserHash, returnTo }),
    address: keptAddress(request, deps.signIn.addresses),
    ...(note === undefined ? {} : { note }),
  });
  verified(attempt);
  const cause: Cause = {
    type: "saml",
    action: "signIn",
    actor: connection.id,
    requestId: requestIdOf(response),
  };
  const { organisationId } = connection;
  const result = await deps.actions.signIn(organisationId, attempt, cause);
  await deps.actions.endOlderSessions(result.session, requestIdOf(response));
  if (!isFirst) deps.keeper.bind(request, response);
  deps.keeper.set(response, value);
  await noteCertificate(deps, connection, accepted);
  await goOn(deps, connection, result, response);
}

function verifiedAssertion(
  deps: SamlDeps,
  passport: Passport,
  { connection, provider }: SamlRequest,
  { request, response, next }: Exchange,
): Promise<AcceptedAssertion> {
  const phase: ResponsePhase = {
    samlPhase: "response",
    link: { settings: connection.saml, provider },
    demands: demandsOf(connection.saml, deps.signIn),
    session: false,
  };
  return new Promise((resolve, reject) => {
    const answer = (error: unknown, accepted?: unknown, refused?: unknown) => {
      if (error instanceof Error) reject(error);
      else if (isAccepted(accepted)) resolve(accepted);
      else reject(refusedBy("SignInFailed", refused as Refused | undefined));
    };
    const handler = passport.authenticate("saml", phase, answer) as (
      request: Request,
      response: Response,
      next: NextFunction,
    ) => void;
    // Passing through would mean that nobody was verified; it ends here (N-103 to N-107).
    handler(request, response, (error?: unknown) => {
      next(error ?? new SeatkeeperError("SignInFailed", { detail: "not verified" }));
    });
  });
}

function isAccepted(value: unknown): value is AcceptedAssertion {
  return typeof value === "object" && value !== null && "assertionId" in value;
}

/** What the provider was told to bring along; of an unsolicited response, nobody has checked what it is. */
function relayStateOf(request: Request): unknown {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null && "RelayState" in body ? body.RelayState : null;
}

interface AtTheDoor {
  readonly idHash: string;
  readonly browserHash: string;
  readonly returnTo: string | null;
}

export function signInFrom(
  deps: Pick<SamlDeps, "plugins" | "store" | "signIn">,
  connection: SamlRequest["connection"],
  accepted: AcceptedAssertion,
  { idHash, browserHash, returnTo }: AtTheDoor,
): SignIn {
  const plugin = deps.plugins.get(connection.plugin);
  const identity = (plugin?.readIdentity ?? readIdentity)(accepted.profile);
  return {
    connection,
    nameId: accepted.profile.nameId,
    ...(accepted.profile.nameIdFormat === undefined
      ? {}
      : { nameIdFormat: accepted.profile.nameIdFormat }),
    sessionIndex: accepted.sessionIndex ?? null,
    assertionId: accepted.assertionId,
    assertionExpiresAt: accepted.usableUntil,
    requestId: accepted.inResponseTo,
    returnTo,
    ...freshnessOf(connection.saml, accepted, deps.signIn),
    userName: identity.userName,
    displayName: identity.displayName ?? null,
    document: documentOf(identity),
    ...assertedBy(identity),
    browserHash,
    sessionIdHash: idHash,
    sessionExpiresAt: deps.store.clock.now() + deps.signIn.sessionHours * 3_600_000,
  };
}

/** A SCIM document from what the assertion says, for an account that is created at the door. */
function documentOf(identity: Identity): JsonObject {
  const { userName, email, givenName, familyName, displayName } = identity;
  const name: JsonObject = {
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
  };
  return {
    userName,
    active: true,
    ...(displayName === undefined ? {} : { displayName }),
    ...(Object.keys(name).length === 0 ? {} : { name }),
    ...(email === undefined ? {} : { emails: [{ value: email, type: "work", primary: true }] }),
  };
}

/** To the application with a token, or to a page of ours. */
async function goOn(
  deps: SamlDeps,
  connection: Connection,
  result: SignInResult,
  response: Response,
): Promise<void> {
  const { applicationUrl } = connection;
  if (applicationUrl === null) {
    // The landing page is a route of ours, so it lies below the path at which we are mounted.
    response.redirect(303, result.returnTo ?? `${deps.baseUrl}${deps.signIn.landingPath}`);
    return;
  }
  const token = await signAccessToken(deps.keys.token, {
    issuer: deps.baseUrl,
    connection: { ...connection, applicationUrl },
    result,
    pools: await deps.store.administration.listPools(connection.organisationId),
    evictableAt: await evictableTimes(deps, result),
    now: deps.store.clock.now(),
    lifetimeSeconds: deps.signIn.tokenSeconds,
    tokenId: deps.ids.next(),
  });
  const fields = { token, ...(result.returnTo === null ? {} : { returnTo: result.returnTo }) };
  sendForm(response, applicationUrl, fields);
}

/** Asked for only where there is no seat, or a better one is waited for. */
async function evictableTimes(
  { actions }: SamlDeps,
  { user, accesses }: SignInResult,
): Promise<Map<string, number>> {
  const lacking = [...accesses].filter(
    ([, { seat, waiting }]) => seat === null || waiting !== null,
  );
  const asked = lacking.map(([product]) => ({ userId: user.id, product }));
  const times = await actions.takeOverTimes(user.organisationId, asked);
  return new Map(
    asked.flatMap(({ product }, index) => {
      const time = times[index];
      return time == null ? [] : [[product, time.at] as const];
    }),
  );
}
