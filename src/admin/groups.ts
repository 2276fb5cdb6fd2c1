import type { Group } from "../domain/directory.js";
import { pageOf } from "./queries.js";
import { type OrganisationCall, page, pageQuery, type Reply } from "./route.js";

export async function listGroups({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const { after, limit } = query(pageQuery);
  const groups = await deps.store.insights.groups(organisation.id, pageOf(after, limit));
  return { body: page(groups, limit, ({ id }) => id, presentGroup) };
}

function presentGroup(group: Group & { readonly memberCount: number }) {
  const { id, displayName, connectionId, externalId, memberCount } = group;
  return { id, displayName, connectionId, externalId, memberCount };
}
