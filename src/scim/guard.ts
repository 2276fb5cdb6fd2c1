import type { RequestHandler, Response } from "express";
import type { Connection } from "../domain/directory.js";
import { bearer } from "../http/bearer.js";
import { limitRate } from "../http/rateLimit.js";
import type { ScimRouterDeps } from "./context.js";

/**
 * In front of every address of a connection. A token opens the one connection it was made for, while that is enabled;
 * every other address answers as if nothing were there. Who is let in is then counted.
 */
export function guardConnection({ store, rateLimits }: ScimRouterDeps): RequestHandler[] {
  const { credentials, clock } = store;
  return [
    bearer({
      kind: "scim",
      administration: credentials,
      findAccessToken: (publicId) => credentials.findAccessToken(publicId),
      clock,
      limits: rateLimits,
      place: async (request, response) => {
        const connection = await credentials.findConnection(
          String(request.params["connection"] ?? ""),
        );
        if (connection?.enabled !== true) return () => false;
        locals(response).connection = connection;
        return (token) => token.connectionId === connection.id;
      },
    }),
    limitRate(rateLimits.connection, (_request, response) => connectionOf(response).id),
  ];
}

/** The connection of a request that was let in. */
export function connectionOf(response: Response): Connection {
  const { connection } = locals(response);
  if (connection === undefined) {
    throw new TypeError("a handler without the guard in front asked for the connection");
  }
  return connection;
}

function locals(response: Response): { connection?: Connection } {
  return response.locals as { connection?: Connection };
}
