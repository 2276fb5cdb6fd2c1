import type { Request, RequestHandler, Response } from "express";
import type { Connection, Id } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { bearerOf, refusal } from "../http/bearer.js";
import { inputOf, openCall, type ScimRouterDeps } from "./context.js";
import { guardConnection } from "./guard.js";
import { sendAnswer } from "./respond.js";
import { readUser } from "./users.js";

/**
 * /Me (RFC 7644 §3.11): the resource of whoever asks. A connection's token stands for a directory and not for anybody
 * in it; a person brings the access token of a sign-in through the same connection, and may only look.
 */
export function guardMe(deps: ScimRouterDeps): RequestHandler[] {
  return [guardPerson(deps), ...guardConnection(deps).map(unlessPerson)];
}

/** Three parts are a JWT, which no token of a connection is. */
function guardPerson(deps: ScimRouterDeps): RequestHandler {
  return async (request, response, next) => {
    const token = bearerOf(request);
    if (token.split(".").length === 3) {
      const person = await personOf(deps, request, token);
      if (person === null) {
        next(await refusal({ limits: deps.rateLimits }, request, response));
        return;
      }
      locals(response).person = person;
    }
    next();
  };
}

function unlessPerson(guard: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (locals(response).person === undefined) return guard(request, response, next);
    next();
    return undefined;
  };
}

export function answerMe(deps: ScimRouterDeps): RequestHandler {
  return async (request, response) => {
    const { person } = locals(response);
    if (person === undefined) {
      throw new SeatkeeperError("NotImplemented", {
        sentence:
          "The token belongs to a connection, and a connection is nobody: /Me needs the access token of a person who has signed in.",
      });
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new SeatkeeperError("Forbidden", {
        sentence: "A person may read their own account here; changes come from the directory.",
      });
    }
    const input = inputOf("Users", request, response);
    const { connection, id } = person;
    const call = openCall(deps, connection, {
      ...input,
      request: { ...input.request, method: "GET", id },
    });
    await sendAnswer(response, call, await readUser(deps, call));
  };
}

interface Person {
  readonly connection: Connection;
  readonly id: Id;
}

/** Somebody who may not sign in any more is nobody here as well, however long the token lasts. */
async function personOf(
  { store, personOf: read }: ScimRouterDeps,
  request: Request,
  token: string,
): Promise<Person | null> {
  const connection = await store.credentials.findConnection(
    String(request.params["connection"] ?? ""),
  );
  const id = connection?.enabled === true ? await read(connection, token) : null;
  if (connection === null || id === null) {
    return null;
  }
  const scope = { organisationId: connection.organisationId, connectionId: connection.id };
  const user = await store.directory.findUser(scope, id);
  return user?.active === true ? { connection, id } : null;
}

function locals(response: Response): { person?: Person } {
  return response.locals as { person?: Person };
}
