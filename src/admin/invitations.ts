import { connectionOf } from "../actions/administerConnections.js";
import { reaches, reachesAll } from "../domain/administration/delegation.js";
import type { Timestamp } from "../domain/directory.js";
import { isNameless, standingOf } from "../domain/invitations/invitation.js";
import { SeatkeeperError } from "../errors.js";
import type { InvitationView } from "../ports/papers.js";
import { inReach } from "./reach.js";
import { acceptanceForm, invitationForm, refusalForm } from "./delegationForms.js";
import { presentUser, time, timeOrNull } from "./present.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";

/** Invitations: sent by administrators, accepted and declined through the application (docs/delegation.md). */

const INVITATIONS = "/organisations/:org/invitations";

export const INVITATION_ROUTES: Routes<OrganisationCall> = {
  [INVITATIONS]: { GET: list, POST: send },
  // Before the next one, which would take the words for ids.
  [`${INVITATIONS}/accept`]: { POST: accept },
  [`${INVITATIONS}/decline`]: { POST: decline },
  [`${INVITATIONS}/:invitation`]: { DELETE: cancel },
};

async function list(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority, query } = call;
  const { after, limit } = query(pageQuery);
  const rows = await deps.store.papers.invitations(organisation.id, {
    limit: limit + 1,
    ...(after === undefined ? {} : { after }),
    ...(authority.teams === null ? {} : { teams: authority.teams }),
  });
  const mayName = await inReach(
    call,
    rows.map(({ userId }) => userId),
  );
  return {
    body: page(
      rows,
      limit,
      ({ id }) => id,
      (row) => presentInvitation(row, now(call), mayName(row.userId)),
    ),
  };
}

async function send(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority, cause } = call;
  const { connection, pool, ...form } = call.body(invitationForm);
  if (!reachesAll(authority, form.teams)) {
    throw new SeatkeeperError("MissingScope", {
      sentence: "A team admin invites to the own teams only, and to at least one.",
    });
  }
  // An account that a connection brings is a member before its person has agreed to anything.
  if (authority.teams !== null && connection !== undefined) {
    throw new SeatkeeperError("MissingScope", {
      sentence: "A team admin invites people who accept by the secret; leave the connection out.",
    });
  }
  const input = {
    ...form,
    connectionId:
      connection === undefined ? null : (await connectionOf(deps, organisation.id, connection)).id,
    poolId: pool === undefined ? null : await poolId(call, pool),
    isDiscreet: authority.teams !== null,
  };
  const sent = await deps.actions.invite(organisation.id, input, cause("invitation.sent"));
  const shown = await found(call, sent.invitation.id);
  const mayName = await inReach(call, [shown.userId]);
  const body = presentInvitation(shown, now(call), mayName(shown.userId));
  return { status: 201, body: { ...body, secret: sent.secret } };
}

async function poolId({ deps, organisation }: OrganisationCall, name: string): Promise<string> {
  const pool = await deps.store.administration.findPool(organisation.id, name);
  if (pool !== null) return pool.id;
  throw new SeatkeeperError("InvalidValue", { field: "pool", sentence: "There is no such pool." });
}

async function cancel(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, authority, param, cause } = call;
  const { id, teams } = await found(call, param("invitation"));
  if (!reaches(authority, teams)) throw new SeatkeeperError("NotFound");
  await deps.actions.cancelInvitation(organisation.id, id, cause("invitation.cancelled"));
  return { status: 204 };
}

async function accept({ deps, organisation, body, cause }: OrganisationCall): Promise<Reply> {
  const { secret, userId, account } = body(acceptanceForm);
  const { invitation, user } = await deps.actions.acceptInvitation(
    organisation.id,
    {
      secret,
      ...(userId === undefined ? {} : { userId }),
      ...(account === undefined ? {} : { account }),
    },
    cause("invitation.accepted", "app"),
  );
  return { body: { id: invitation.id, state: invitation.state, user: presentUser(user) } };
}

async function decline({ deps, organisation, body, cause }: OrganisationCall): Promise<Reply> {
  const { secret } = body(refusalForm);
  await deps.actions.declineInvitation(
    organisation.id,
    secret,
    cause("invitation.declined", "app"),
  );
  return { status: 204 };
}

async function found(
  { deps, organisation }: OrganisationCall,
  id: string,
): Promise<InvitationView> {
  const invitation = await deps.store.papers.findInvitation(organisation.id, id);
  if (invitation?.id !== id) throw new SeatkeeperError("NotFound");
  return invitation;
}

function now({ deps }: OrganisationCall): Timestamp {
  return deps.store.clock.now();
}

/**
 * Without the secret and its hash. `user` is null while nobody's account is meant, and where it must not be named: an address
 * that a team admin types in would tell whose account there is beyond the own teams.
 */
export function presentInvitation(invitation: InvitationView, at: Timestamp, mayName = true) {
  const { id, address, teams, poolId: pool, user, userId, invitedBy } = invitation;
  return {
    ...{ id, address, teams, poolId: pool, invitedBy },
    state: standingOf(invitation, user, at),
    user:
      user === null || isNameless(user) || !mayName
        ? null
        : { id: userId, userName: user.userName },
    createdAt: time(invitation.createdAt),
    expiresAt: time(invitation.expiresAt),
    endedAt: timeOrNull(invitation.endedAt),
  };
}
