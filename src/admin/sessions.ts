import { z } from "zod";
import { connectionOf } from "../actions/administerConnections.js";
import type { Id } from "../domain/directory.js";
import type { LiveSession, SessionChoice } from "../ports/sessions.js";
import type { AdminDeps } from "./deps.js";
import { time } from "./present.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";
import { userNamed } from "./who.js";

/** Who is signed in, and the end of it (docs/sessions.md). */

export const SESSION_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/sessions": { GET: list },
  "/organisations/:org/sessions/revoke": { POST: revokeMany },
  "/organisations/:org/sessions/:session": { DELETE: revokeOne },
};

const name = z.string().min(1, "A text is expected.").max(256, "The text is too long.");
const sessionsQuery = pageQuery.extend({ user: name.optional(), connection: name.optional() });

/** What is left out does not limit; so much must be said that nobody signs out everybody by a slip. */
export const revocationForm = z
  .strictObject({
    user: name.optional(),
    connection: name.optional(),
    everybody: z.literal(true, "true is expected.").optional(),
  })
  .refine(
    ({ user, connection, everybody }) =>
      (everybody === true) !== (user !== undefined || connection !== undefined),
    "Say whose sessions: user, connection or both, or everybody: true.",
  );

async function list(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, query } = call;
  const { after, limit, user, connection } = query(sessionsQuery);
  const found = await deps.actions.listSessions(organisation.id, {
    ...(await chosen(deps, organisation.id, { user, connection })),
    ...(after === undefined ? {} : { before: after }),
    limit: limit + 1,
  });
  return { body: page(found, limit, ({ session }) => session.id, presentSession) };
}

async function revokeOne({ deps, organisation, param, cause }: OrganisationCall): Promise<Reply> {
  const which = { id: param("session") };
  await deps.actions.revokeSessions(organisation.id, which, cause("session.revoked"));
  return { status: 204 };
}

async function revokeMany({ deps, organisation, body, cause }: OrganisationCall): Promise<Reply> {
  const { user, connection } = body(revocationForm);
  const which = await chosen(deps, organisation.id, { user, connection });
  const revoked = await deps.actions.revokeSessions(
    organisation.id,
    which,
    cause("session.revoked"),
  );
  return { body: { revoked } };
}

/** @throws SeatkeeperError NotFound */
export async function chosen(
  deps: AdminDeps,
  organisationId: Id,
  { user, connection }: { user?: string | undefined; connection?: string | undefined },
): Promise<Omit<SessionChoice, "id">> {
  const person = user === undefined ? null : await userNamed(deps, organisationId, user);
  const door =
    connection === undefined ? null : await connectionOf(deps, organisationId, connection);
  return {
    ...(person === null ? {} : { userId: person.id }),
    ...(door === null ? {} : { connectionId: door.id }),
  };
}

export function presentSession({ session, user }: LiveSession) {
  const { id, connectionId, createdAt, lastSeenAt, expiresAt, address } = session;
  return {
    id,
    user: { id: user.id, userName: user.userName, displayName: user.displayName },
    connectionId,
    address,
    createdAt: time(createdAt),
    lastSeenAt: time(lastSeenAt),
    expiresAt: time(expiresAt),
  };
}
