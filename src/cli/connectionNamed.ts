import { organisationNamed } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import type { Connection } from "../domain/directory.js";
import { argument } from "./command.js";
import type { CommandContext } from "./context.js";

/** The connection that the first two arguments name. */
export async function addressed(
  { deps }: CommandContext,
  args: readonly string[],
): Promise<Connection> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  return findConnection(
    await deps.store.administration.listConnections(organisation.id),
    argument(args, 1),
  );
}
