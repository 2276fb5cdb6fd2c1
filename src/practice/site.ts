import { fileURLToPath } from "node:url";
import express from "express";
import type { ErrorRequestHandler, Express, Request, Response } from "express";
import type { Actions } from "./actions.js";
import { applicationPage, TokenRefused } from "./app.js";
import type { Application } from "./app.js";
import { createArrivals } from "./arrivals.js";
import type { Arrivals } from "./arrivals.js";
import { readField } from "./form.js";
import { onlyOwnForms, onlyOwnHost, securityHeaders } from "./guard.js";
import type { Insight } from "./insight.js";
import { messagePage } from "./page/layout.js";
import type { PageModel } from "./page/model.js";
import { practicePage } from "./page/page.js";
import { TICKET_COOKIE, TICKET_PATH, TICKET_SECONDS } from "./saml/samlIdp.js";
import type { SamlIdp } from "./saml/samlIdp.js";
import type { CurrentPerson, Directory } from "./state.js";

/** Everything that the practice IdP answers. */
export interface SiteParts {
  /** "http://127.0.0.1:4601" */
  readonly origin: string;
  /** Seatkeeper's base URL. */
  readonly seatkeeperUrl: string;
  /** Where Seatkeeper starts a sign-in of the practice connection. */
  readonly loginUrl: string;
  readonly csrfToken: string;
  readonly directory: Directory;
  readonly insight: Insight;
  readonly actions: Actions;
  readonly samlIdp: SamlIdp;
  readonly application: Application;
  readonly randomId: () => string;
  readonly logError: (error: unknown) => void;
}

export const APPLICATION_PATH = "/app/signed-in";

/** The page's style and script; the build copies them beside the compiled files. */
const PUBLIC_FOLDER = fileURLToPath(new URL("./public/", import.meta.url));
const FORM_BYTES_MAX = 128 * 1024;

export function createSite(parts: SiteParts): Express {
  const site = express();
  const arrivals = createArrivals(parts.randomId);
  site.disable("x-powered-by");
  site.use(onlyOwnHost(parts.origin));
  site.use(securityHeaders([new URL(parts.seatkeeperUrl).origin]));
  site.use("/public", express.static(PUBLIC_FOLDER, { index: false, maxAge: 0 }));
  site.use(express.urlencoded({ extended: false, limit: FORM_BYTES_MAX }));

  // Comes from Seatkeeper's page, so it has no token of ours; its own signature is checked instead.
  site.post(APPLICATION_PATH, (request, response) => signIn(parts, arrivals, request, response));
  site.get(APPLICATION_PATH, (request, response) => showSignedIn(arrivals, request, response));

  site.post("/{*path}", onlyOwnForms(parts.origin, parts.csrfToken));
  site.post("/saml/choose", async (request, _response, next) => {
    const person = parts.directory.person(readField(request, "person"));
    if (person !== undefined) await parts.actions.signInStarts(person);
    next();
  });
  site.use("/saml", parts.samlIdp.router);
  site.get("/", async (request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.send(practicePage(await pageModel(parts, searchOf(request))));
  });
  site.post("/dialect", async (request, response) => {
    await parts.actions.switchDialect(readField(request, "dialect"));
    response.redirect(303, "/");
  });
  site.post("/people/:key/sign-in", (request, response) => startSignIn(parts, request, response));
  site.post("/people/:key/:action", (request, response) => act(parts, request, response));
  site.use((_request, response) => {
    response.status(404).send(messagePage("There is no such page", "Nothing is at this address."));
  });
  site.use(showError(parts));
  return site;
}

async function act(
  { actions, directory }: SiteParts,
  request: Request<{ key: string; action: string }>,
  response: Response,
): Promise<void> {
  const person = directory.person(request.params.key);
  const value = readField(request, "group") || readField(request, "familyName");
  const known =
    person !== undefined && (await actions.perform(request.params.action, person, value));
  if (known) response.redirect(303, "/");
  else response.status(404).send(messagePage("That cannot be done", "Load the page again."));
}

/** Off to Seatkeeper, as if the person had opened the application; the ticket answers "who?" on the way back. */
async function startSignIn(
  { actions, directory, samlIdp, loginUrl }: SiteParts,
  request: Request<{ key: string }>,
  response: Response,
): Promise<void> {
  const person = directory.person(request.params.key);
  if (person === undefined || person.deleted) {
    response.status(404).send(messagePage("Nobody is there", "This person has been deleted."));
    return;
  }
  await actions.signInStarts(person);
  response.cookie(TICKET_COOKIE, samlIdp.issueTicket(person.key), {
    httpOnly: true,
    sameSite: "lax",
    path: TICKET_PATH,
    maxAge: TICKET_SECONDS * 1000,
  });
  response.redirect(303, loginUrl);
}

/** The token is taken once; the page that it leads to can be loaded as often as one likes. */
async function signIn(
  { actions, application }: SiteParts,
  arrivals: Arrivals,
  request: Request,
  response: Response,
): Promise<void> {
  try {
    const user = await application.verify(readField(request, "token"));
    arrivals.remember(response, { user, moves: await actions.signInEnded(user) });
    response.redirect(303, APPLICATION_PATH);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    response.status(403).send(messagePage("The application refuses this token", error.message));
  }
}

function showSignedIn(arrivals: Arrivals, request: Request, response: Response): void {
  response.setHeader("Cache-Control", "no-store");
  const arrival = arrivals.of(request);
  if (arrival === undefined) {
    const sentence = "Acorn Desk knows nobody here: press “Sign in as” beside somebody.";
    response.status(403).send(messagePage("Nobody is signed in", sentence));
  } else response.send(applicationPage(arrival.user, arrival.moves));
}

async function pageModel(parts: SiteParts, search: string): Promise<PageModel> {
  const { directory, insight, actions, csrfToken, seatkeeperUrl } = parts;
  const people = directory.people();
  const [standings, pools] = await Promise.all([insight.standings(people), insight.pools()]);
  return {
    people: people.map((person) => ({
      person,
      groupNames: groupNames(directory, person),
      standings: standings.get(person.key) ?? [],
    })),
    pools,
    dialect: directory.dialect(),
    happening: actions.lastHappening(),
    csrfToken,
    search,
    seatkeeperUrl,
  };
}

function groupNames(directory: Directory, person: CurrentPerson): string[] {
  return person.currentGroups.map((key) => directory.group(key)?.displayName ?? key);
}

function searchOf(request: Request): string {
  const { q } = request.query;
  return typeof q === "string" ? q.slice(0, 100) : "";
}

function showError({ logError }: SiteParts): ErrorRequestHandler {
  return function answerError(error: unknown, _request, response, next) {
    logError(error);
    if (response.headersSent) {
      next(error);
      return;
    }
    response
      .status(500)
      .send(messagePage("That did not work", "Seatkeeper did not answer as expected."));
  };
}
