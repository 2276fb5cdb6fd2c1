import type { Id } from "../directory.js";
import type { World } from "../world.js";
import type { Exemption } from "./rows.js";

/** The one that lasts longest; one without an end lasts for ever. */
export function exemptionOf(world: World, userId: Id): Exemption | undefined {
  const groups = new Set(world.members.ofUser(userId).map(({ groupId }) => groupId));
  const own = world.upkeep.exemptions.filter(
    ({ until, ...of }) =>
      (until === null || until > world.now) &&
      (of.userId === userId || (of.groupId !== null && groups.has(of.groupId))),
  );
  return own.sort((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity))[0];
}
