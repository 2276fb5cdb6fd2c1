import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";

/** By id, or by a name that only one has. @throws SeatkeeperError NotFound, Conflict */
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
