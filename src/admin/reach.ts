import { reaches, type Authority } from "../domain/administration/delegation.js";
import type { Id, User } from "../domain/directory.js";
import { namesOf } from "../domain/events.js";
import { SeatkeeperError } from "../errors.js";
import type { OrganisationCall } from "./route.js";
import { userNamed } from "./who.js";

/** Whom a principal that is limited to teams can reach: to it, nobody else exists. */

/** The user in the address. @throws SeatkeeperError NotFound, also for somebody out of reach */
export function userInReach(call: OrganisationCall): Promise<User> {
  return userNamedInReach(call, call.param("user"));
}

/** @throws SeatkeeperError NotFound, also for somebody out of reach */
export async function userNamedInReach(
  { deps, organisation, authority }: OrganisationCall,
  idOrUserName: string,
): Promise<User> {
  const user = await userNamed(deps, organisation.id, idOrUserName);
  if (authority.teams === null) return user;
  const facts = await deps.store.insights.facts(organisation.id, [user.id]);
  if (!reaches(authority, namesOf(facts, "team"))) {
    throw new SeatkeeperError("NotFound", {
      sentence: "There is no such user in this organisation.",
    });
  }
  return user;
}

/** Which of these people a list may name, as `who => yes or no`. */
export async function inReach(
  { deps, organisation, authority }: OrganisationCall,
  userIds: readonly Id[],
): Promise<(userId: Id) => boolean> {
  if (authority.teams === null) return () => true;
  const ids = [...new Set(userIds)];
  const facts = await deps.store.insights.facts(organisation.id, ids);
  const found = ids.filter((id) =>
    reaches(
      authority,
      namesOf(
        facts.filter(({ userId }) => userId === id),
        "team",
      ),
    ),
  );
  return (userId) => found.includes(userId);
}

/**
 * What is given by hand to members of one's own teams: the team itself, and a seat. Roles, settings and exclusions reach
 * further than a team.
 * @throws SeatkeeperError MissingScope
 */
export function requireFactInReach(
  { teams }: Authority,
  { kind, name }: { readonly kind: string; readonly name: string },
): void {
  if (teams === null || kind === "claim" || kind === "pool") return;
  if (kind === "team" && teams.includes(name)) return;
  throw new SeatkeeperError("MissingScope", {
    sentence: "A team admin gives and takes membership of the own teams, claims and pools only.",
  });
}
