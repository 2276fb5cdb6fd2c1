import type { Id, RuleMatch } from "../domain/directory.js";
import type { Store } from "../ports.js";
import { invalid } from "./invalid.js";

/** A rule whose group has been deleted meanwhile can still be changed. Another organisation's group does not exist. @throws SeatkeeperError InvalidValue */
export async function checkGroup(
  { store }: { readonly store: Pick<Store, "insights"> },
  organisationId: Id,
  match: RuleMatch,
  before: RuleMatch | undefined,
): Promise<void> {
  if (match.type !== "groupId") return;
  const { groupId } = match;
  if (before?.type === "groupId" && before.groupId === groupId) return;
  const { groups } = await store.insights.snapshot(organisationId, { groups: [groupId] });
  if (!groups.has(groupId)) {
    throw invalid("match.groupId", "There is no such group in this organisation.");
  }
}
