import { Router } from "express";
import type { Request, Response } from "express";
import { cookieOf, readField } from "../form.js";
import { messagePage } from "../page/layout.js";
import type { CurrentPerson, Directory } from "../state.js";
import { attributesOf } from "./attributes.js";
import type { SigningKey } from "./keys.js";
import { identityProviderMetadata } from "./metadata.js";
import type { ServiceProvider } from "./metadata.js";
import { chooserPage, postPage } from "./pages.js";
import { readSignInRequest, RequestRefused } from "./request.js";
import { signedResponse } from "./response.js";

export interface SamlIdpOptions {
  readonly entityId: string;
  readonly ssoUrl: string;
  readonly key: SigningKey;
  readonly directory: Directory;
  readonly csrfToken: string;
  readonly now: () => number;
  readonly randomId: () => string;
}

export interface SamlIdp {
  readonly metadata: string;
  readonly router: Router;
  /** From now on requests of this service provider are answered. */
  trust(serviceProvider: ServiceProvider): void;
  /** The next sign-in of the browser that holds the ticket is this person's, once. */
  issueTicket(personKey: string): string;
}

/** Where the browser shows the ticket; cookies ignore ports, so the path keeps it away from Seatkeeper. */
export const TICKET_PATH = "/saml/sso";
export const TICKET_COOKIE = "seatkeeper_practice_person";
export const TICKET_SECONDS = 120;

/** A SAML 2.0 identity provider: metadata, the redirect binding in, the POST binding out. */
export function createSamlIdp(options: SamlIdpOptions): SamlIdp {
  const trusted = new Map<string, ServiceProvider>();
  const tickets = createTickets(options);
  const metadata = identityProviderMetadata({
    entityId: options.entityId,
    ssoUrl: options.ssoUrl,
    certificate: options.key.certificate,
  });

  function answer(response: Response, query: string, person: CurrentPerson | undefined): void {
    const request = readSignInRequest(query, {
      ssoUrl: options.ssoUrl,
      serviceProvider: (entityId) => trusted.get(entityId),
      now: options.now(),
    });
    if (person === undefined || person.deleted) {
      const people = options.directory.people().filter((one) => !one.deleted);
      response.send(chooserPage({ people, query, csrfToken: options.csrfToken }));
      return;
    }
    const signed = signedResponse(
      {
        idpEntityId: options.entityId,
        spEntityId: request.serviceProvider.entityId,
        acsUrl: request.acsUrl,
        inResponseTo: request.id,
        nameId: person.externalId,
        attributes: attributesOf(person, options.directory.dialect()),
        now: options.now(),
        newId: options.randomId,
      },
      options.key,
    );
    const { acsUrl, relayState } = request;
    const personName = person.displayName;
    response.send(postPage({ acsUrl, response: signed, relayState, personName }));
  }

  function ticketHolder(request: Request): CurrentPerson | undefined {
    const key = tickets.take(cookieOf(request, TICKET_COOKIE));
    return key === undefined ? undefined : options.directory.person(key);
  }

  const router = Router();
  router.get("/metadata", (_request, response) => {
    response.type("application/samlmetadata+xml").send(metadata);
  });
  router.get("/sso", (request, response) => {
    response.clearCookie(TICKET_COOKIE, { path: TICKET_PATH });
    refuseKindly(response, () => answer(response, rawQuery(request), ticketHolder(request)));
  });
  router.post("/choose", (request, response) => {
    const person = options.directory.person(readField(request, "person"));
    refuseKindly(response, () => answer(response, readField(request, "request"), person));
  });

  return {
    metadata,
    router,
    trust: (serviceProvider) => void trusted.set(serviceProvider.entityId, serviceProvider),
    issueTicket: (personKey) => tickets.issue(personKey),
  };
}

interface Tickets {
  issue(personKey: string): string;
  take(value: string | undefined): string | undefined;
}

function createTickets(options: Pick<SamlIdpOptions, "now" | "randomId">): Tickets {
  const tickets = new Map<string, { personKey: string; expiresAt: number }>();
  return {
    issue(personKey) {
      const now = options.now();
      for (const [value, ticket] of tickets) if (ticket.expiresAt < now) tickets.delete(value);
      const value = options.randomId();
      tickets.set(value, { personKey, expiresAt: now + TICKET_SECONDS * 1000 });
      return value;
    },
    take(value) {
      const ticket = value === undefined ? undefined : tickets.get(value);
      if (value !== undefined) tickets.delete(value);
      return ticket === undefined || ticket.expiresAt < options.now()
        ? undefined
        : ticket.personKey;
    },
  };
}

function refuseKindly(response: Response, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    response.status(400).send(messagePage("This sign-in cannot go on", error.message));
  }
}

/** The query as the browser sent it: a signature covers exactly these characters. */
function rawQuery(request: Request): string {
  const start = request.originalUrl.indexOf("?");
  return start < 0 ? "" : request.originalUrl.slice(start + 1);
}
