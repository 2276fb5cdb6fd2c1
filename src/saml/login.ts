import type { NextFunction, Request, Response } from "express";
import type passportPackage from "passport";
import { SeatkeeperError } from "../errors.js";
import { createAuthnForm, newRequestId, type AuthnRequestPlan } from "./authnRequest.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { sendForm } from "./forms.js";
import { signInRefused } from "./refusals.js";
import type { LoginPhase } from "./strategy.js";

/** An instance of our own: passport's global one belongs to the application. */
export type Passport = InstanceType<(typeof passportPackage)["Passport"]>;

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly next: NextFunction;
}

const RELAY_STATE_BYTES = 16;
const RETURN_TO_LENGTH_MAX = 1_024;

/**
 * SP-initiated sign-in: remembers the question, binds it to this browser, and sends the browser off. Where to go
 * afterwards stays here; the identity provider sees an opaque word (N-101).
 */
export async function startSignIn(
  deps: SamlDeps,
  passport: Passport,
  { connection, provider }: SamlRequest,
  { request, response, next }: Exchange,
): Promise<void> {
  refuseSamlFields(request);
  const now = deps.store.clock.now();
  const plan = {
    requestId: newRequestId(deps.ids),
    relayState: deps.ids.secret(RELAY_STATE_BYTES),
  };
  await deps.store.sessions.createSignInRequest({
    id: plan.requestId,
    connectionId: connection.id,
    browserHash: deps.keeper.bind(request, response),
    returnTo: returnPath(request.query["returnTo"]),
    relayState: plan.relayState,
    createdAt: now,
    expiresAt: now + deps.signIn.requestMinutes * 60_000,
  });
  await sendToProvider(passport, { connection, provider }, plan, { request, response, next });
}

/** The browser leaves with our question: by a redirect, or by a form that sends itself. */
export async function sendToProvider(
  passport: Passport,
  { connection, provider }: SamlRequest,
  plan: AuthnRequestPlan,
  { request, response, next }: Exchange,
): Promise<void> {
  const settings = connection.saml;
  if (settings.requestBinding === "post") {
    const { action, fields } = await createAuthnForm(settings, provider, plan);
    sendForm(response, action, fields);
    return;
  }
  const phase: LoginPhase = {
    samlPhase: "login",
    link: { settings, provider },
    plan,
    session: false,
  };
  const handler = passport.authenticate("saml", phase) as (
    request: Request,
    response: Response,
    next: NextFunction,
  ) => void;
  handler(request, response, (error?: unknown) => {
    next(error ?? new SeatkeeperError("Internal", { detail: "the login redirect was not made" }));
  });
}

const SAML_FIELDS = ["SAMLRequest", "SAMLResponse", "SAMLart"];

/** No SAML message is ever looked for in these addresses; who sends one there means no good (N-103). */
export function refuseSamlFields(request: Request): void {
  const found = SAML_FIELDS.find((name) => request.query[name] !== undefined);
  if (found !== undefined) throw signInRefused("FieldRefused", found);
}

/**
 * A path on this site and nothing else: no other host, no scheme, no line break, in no disguise. What is used is judged
 * like what was sent: taking dot segments away turns `/.//elsewhere` into a host.
 */
export function returnPath(value: unknown): string | null {
  if (typeof value !== "string" || !isPath(value)) return null;
  const base = "https://here.invalid";
  if (!URL.canParse(value, base)) return null;
  const { origin, pathname, search, hash } = new URL(value, base);
  const path = pathname + search + hash;
  return origin === base && isPath(path) ? path : null;
}

function isPath(text: string): boolean {
  return (
    text.length <= RETURN_TO_LENGTH_MAX &&
    /^\/(?![/\\])[\x21-\x7e]*$/.test(text) &&
    !text.includes("\\")
  );
}
