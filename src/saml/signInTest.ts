import type { Request } from "express";
import { SeatkeeperError } from "../errors.js";
import type {
  Check,
  ReadPerson,
  SignInForecast,
  SignInReport,
} from "../domain/signIn/signInReport.js";
import { readIdentity } from "../identity.js";
import type { BegunSignInTest } from "../ports/signInTests.js";
import { hashOfToken } from "../token.js";
import { signInFrom } from "./assertionConsumer.js";
import { newRequestId } from "./authnRequest.js";
import { demandsOf } from "./demands.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { diagnose, type Diagnosis } from "./diagnose.js";
import { ADVICE } from "./diagnoseWords.js";
import { sendToProvider, type Exchange, type Passport } from "./login.js";
import type { AcceptedAssertion } from "./profile.js";
import { trustOf } from "./receive.js";
import { testPage } from "./testPage.js";

/**
 * A practice sign-in: from a one-time address that an administrator has asked for to the provider and back, with the
 * connection's own settings. On the way back it is told from a real one by the RelayState, an opaque word of ours that only
 * the browser which opened the address can bring. No session is opened, no request or assertion is consumed and nobody is
 * linked or created: what would happen is decided on a copy.
 *
 *   GET /:connection/test/:secret   begins, once
 */
const PREFIX = "test.";
const RELAY_STATE_BYTES = 16;

export async function beginSignInTest(
  deps: SamlDeps,
  passport: Passport,
  asked: SamlRequest,
  exchange: Exchange,
): Promise<void> {
  const { request, response } = exchange;
  const question = {
    requestId: newRequestId(deps.ids),
    relayState: `${PREFIX}${deps.ids.secret(RELAY_STATE_BYTES)}`,
    browserHash: deps.keeper.bind(request, response),
  };
  const secret = request.params["secret"];
  const secretHash = hashOfToken(typeof secret === "string" ? secret : "");
  const test = { connectionId: asked.connection.id, secretHash };
  const begins = await deps.store.signInTests.begin(test, question, deps.store.clock.now());
  if (!begins) {
    throw new SeatkeeperError("NotFound", {
      sentence: "This address has been used, or its time is over. Ask for a new practice sign-in.",
    });
  }
  const { requestId, relayState } = question;
  await sendToProvider(passport, asked, { requestId, relayState }, exchange);
}

/** Whether the response belongs to a practice sign-in; then it has been answered, and nothing else may look at it. */
export async function finishSignInTest(
  deps: SamlDeps,
  asked: SamlRequest,
  { request, response }: Exchange,
): Promise<boolean> {
  const test = await begunTest(deps, asked, request);
  if (test === null) return false;
  const report = await reportOn(deps, asked, test, fieldOf(request, "SAMLResponse"));
  await deps.store.signInTests.finish(test, report, deps.store.clock.now());
  response.type("html").send(testPage(asked.connection.name, report));
  return true;
}

async function begunTest(
  deps: SamlDeps,
  { connection }: SamlRequest,
  request: Request,
): Promise<BegunSignInTest | null> {
  const relayState = fieldOf(request, "RelayState");
  if (typeof relayState !== "string" || !relayState.startsWith(PREFIX)) return null;
  const browserHash = deps.keeper.boundTo(request) ?? "";
  const question = { connectionId: connection.id, relayState, browserHash };
  return deps.store.signInTests.findBegun(question, deps.store.clock.now());
}

function fieldOf(request: Request, name: string): unknown {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

async function reportOn(
  deps: SamlDeps,
  { connection, provider }: SamlRequest,
  { requestId, startedAt }: BegunSignInTest,
  encoded: unknown,
): Promise<SignInReport> {
  const { saml } = connection;
  const question = {
    requestId,
    ...(saml.forceAuthn === true ? { authnNotBefore: startedAt } : {}),
  };
  const trust = trustOf(saml, provider, demandsOf(saml, deps.signIn));
  const now = deps.store.clock.now();
  const diagnosis = await diagnose(encoded, trust, deps.verifier, { question, now });
  const { accepted } = diagnosis;
  if (accepted === null) return report(diagnosis, null, null);
  const person = personOf(deps, connection.plugin, accepted);
  if (person === null) return report(diagnosis, null, null, claimsCheck(null));
  const attempt = signInFrom(deps, connection, accepted, {
    ...{ idHash: "practice", browserHash: "", returnTo: null },
  });
  const forecast = await deps.actions.rehearseSignIn(connection.organisationId, attempt);
  return report(diagnosis, person, forecast, claimsCheck(person));
}

/** Null: the assertion is good, but no user name can be read from it. */
function personOf(deps: SamlDeps, plugin: string, accepted: AcceptedAssertion): ReadPerson | null {
  const { profile } = accepted;
  try {
    const identity = (deps.plugins.get(plugin)?.readIdentity ?? readIdentity)(profile);
    return {
      ...{ nameId: profile.nameId, nameIdFormat: profile.nameIdFormat ?? null },
      userName: identity.userName,
      displayName: identity.displayName ?? null,
      email: identity.email ?? null,
      groups: identity.groups ?? null,
      attributes: [...profile.attributes.keys()],
    };
  } catch (error) {
    if (error instanceof SeatkeeperError) return null;
    throw error;
  }
}

function claimsCheck(person: ReadPerson | null): Check {
  if (person !== null) return { name: "claims", state: "passed", found: person.userName };
  const sentence = `The assertion has no user name. ${ADVICE.claims}`;
  return { name: "claims", state: "failed", reason: "noUserName", sentence };
}

const ACCOUNT_ADVICE: Readonly<Record<string, string>> = {
  notProvisioned:
    "Nobody of this user name was provisioned by this connection. Assign the person for provisioning, or let this connection create accounts at sign-in (justInTime create).",
  nameOfAnotherAccount:
    "The user name belongs to an account that this connection has not provisioned. Accounts are never taken over by a sign-in.",
  linkedToAnotherNameId:
    "The account is linked to another NameID of this provider. If the provider calls the person differently now, have the old link forgotten (DELETE .../identities).",
  deactivated: "The account is deactivated. Activate the person at the identity provider.",
};

function accountCheck({ account }: SignInForecast): Check {
  const { what, userName, reason } = account;
  if (what !== "refused") {
    return { name: "account", state: "passed", found: `${what}: ${userName ?? ""}` };
  }
  const sentence = ACCOUNT_ADVICE[reason ?? ""] ?? "The account could not be signed in.";
  return { name: "account", state: "failed", reason: reason ?? "refused", sentence };
}

function report(
  { checks }: Diagnosis,
  person: ReadPerson | null,
  forecast: SignInForecast | null,
  claims: Check = { name: "claims", state: "notChecked" },
): SignInReport {
  const account: Check =
    forecast === null ? { name: "account", state: "notChecked" } : accountCheck(forecast);
  const all = [...checks, claims, account];
  return {
    wouldSignIn: all.every(({ state }) => state === "passed"),
    checks: all,
    person,
    account: forecast?.account ?? null,
    seats: forecast?.seats ?? [],
  };
}
