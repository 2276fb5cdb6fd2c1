import { organisationNamed } from "../actions/administer.js";
import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
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

export function findConnection(connections: readonly Connection[], idOrName: string): Connection {
  const [only, ...others] = connections.filter(
    ({ id, name }) => id === idOrName || name === idOrName,
  );
  if (only === undefined) {
    const names = connections.map(({ name }) => name);
    throw new SeatkeeperError("NotFound", { sentence: unknownName("connection", idOrName, names) });
  }
  if (others.length > 0) {
    throw new SeatkeeperError("Conflict", {
      sentence: `Several connections are called "${idOrName}"; use the id.`,
    });
  }
  return only;
}
