import { Strategy as LibraryStrategy } from "@node-saml/passport-saml";
import type { Request } from "express";
import { Strategy, type AuthenticateOptions } from "passport";
import type { SamlSettings } from "../domain/directory.js";
import { requestConfig, type AuthnRequestPlan } from "./authnRequest.js";
import { receiveResponse, trustOf, type Demands } from "./receive.js";
import type { ServiceProvider } from "./serviceProvider.js";
import type { Verifier } from "./verify.js";

/**
 * passport-saml decides what to do by looking for SAML fields in the query and the body, and inflates and verifies on
 * the event loop (docs/attacks.md N-47, N-103 to N-107). So here it only ever makes login redirects, from a request without
 * any such field; responses go through our own pipeline, and the route says which of the two it is:
 *
 *   passport.authenticate("saml", { samlPhase: "login", link, plan, session: false })
 *   passport.authenticate("saml", { samlPhase: "response", link, session: false }, callback)
 *
 * `callback(error, accepted, refused)` gets an AcceptedAssertion, or false and the Refused. Nobody is signed in by it.
 */
export interface SamlLink {
  readonly settings: SamlSettings;
  readonly provider: ServiceProvider;
}

export interface LoginPhase extends AuthenticateOptions {
  readonly samlPhase: "login";
  readonly link: SamlLink;
  /** Has been stored and bound to the browser. */
  readonly plan: AuthnRequestPlan;
}

export interface ResponsePhase extends AuthenticateOptions {
  readonly samlPhase: "response";
  readonly link: SamlLink;
  readonly demands?: Demands;
}

export interface SamlStrategyOptions {
  readonly verifier: Verifier;
  readonly now: () => number;
}

export function createSamlStrategy(options: SamlStrategyOptions): SamlStrategy {
  return new SamlStrategy(options);
}

/** Passport calls `authenticate` on an object made from this one, which is why nothing here is #private. */
export class SamlStrategy extends Strategy {
  override readonly name = "saml";
  readonly options: SamlStrategyOptions;

  constructor(options: SamlStrategyOptions) {
    super();
    this.options = options;
  }

  /** Fails closed: a route that does not say which phase it is gets an error, never passport-saml's own guess. */
  override authenticate(request: Request, phase: LoginPhase | ResponsePhase): void {
    switch (phase.samlPhase) {
      case "login":
        redirectToProvider(this, request, phase);
        break;
      case "response":
        receive(this, request, phase);
        break;
      default:
        this.error(new TypeError("samlPhase must be login or response"));
    }
  }
}

type Answers = Pick<SamlStrategy, "redirect" | "error">;

/** A strategy of passport-saml for this one redirect, which answers through ours. */
function redirectToProvider(answers: Answers, request: Request, { link, plan }: LoginPhase): void {
  const config = requestConfig(link.settings, link.provider, plan);
  const login = new LibraryStrategy(config, neverVerify, neverVerify);
  login.redirect = (url) => answers.redirect(url);
  login.error = (error) => answers.error(error);
  login.authenticate(withoutSaml(request, plan.relayState), { samlFallback: "login-request" });
}

function receive(strategy: SamlStrategy, request: Request, { link, demands }: ResponsePhase): void {
  const { verifier, now } = strategy.options;
  const trust = trustOf(link.settings, link.provider, demands);
  receiveResponse(samlResponseOf(request), trust, verifier, now()).then(
    (outcome) => {
      if (outcome.ok) strategy.success(outcome.value);
      else strategy.fail({ ...outcome, message: outcome.reason }, 403);
    },
    (error: unknown) => strategy.error(error),
  );
}

type LibraryRequest = Parameters<LibraryStrategy["authenticate"]>[0];

/** The request as passport-saml may see it: an opaque RelayState and nothing else that anybody sent. */
function withoutSaml(request: Request, relayState: string): LibraryRequest {
  return Object.create(request, {
    query: { value: { RelayState: relayState } },
    body: { value: {} },
    headers: { value: {} },
  }) as LibraryRequest;
}

/** Only from the body of a POST; a repeated field is an array there and is refused as no string. */
function samlResponseOf(request: Request): unknown {
  if (request.method !== "POST") return undefined;
  const body: unknown = request.body;
  return typeof body === "object" && body !== null && "SAMLResponse" in body
    ? body.SAMLResponse
    : undefined;
}

/** passport-saml calls these with what it verified itself, which must never happen. */
function neverVerify(_profile: unknown, done: (error: Error) => void): void {
  done(new Error("passport-saml must not verify responses here"));
}
