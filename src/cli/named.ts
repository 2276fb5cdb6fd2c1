import type { Id, Organisation, Pool } from "../domain/directory.js";
import { ERRORS, SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
import type { CommandContext } from "./context.js";

/** What the arguments of a command name, and what is said where there is no such thing. */

/** @throws SeatkeeperError NotFound */
export async function poolNamed(
  { deps }: CommandContext,
  { id }: Pick<Organisation, "id">,
  idOrName: string,
): Promise<Pool> {
  const { administration } = deps.store;
  const found = await administration.findPool(id, idOrName);
  if (found !== null) return found;
  const names = (await administration.listPools(id)).map(({ name }) => name);
  throw new SeatkeeperError("NotFound", { sentence: unknownName("pool", idOrName, names) });
}

interface Sought {
  /** "plan" */
  readonly kind: string;
  readonly id: string;
  /** The command that lists those that there are, unless they are too many. */
  readonly list?: string;
  /** Why one that was there may be gone. */
  readonly gone?: string;
}

/**
 * The doors for others answer alike for everything that is not there. Who works on the database itself sees all of it, and is
 * told which of the arguments was wrong.
 */
export async function seeking<T>(
  { again }: Pick<CommandContext, "again">,
  { kind, id, list, gone }: Sought,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBareNotFound(error)) throw error;
    const why = gone === undefined ? "" : `: ${gone}`;
    const known = list === undefined ? "" : ` Those that there are: ${again(list)}`;
    const sentence = `There is no ${kind} "${id}"${why}.${known}`;
    throw new SeatkeeperError("NotFound", { sentence, cause: error });
  }
}

/** One with a sentence of its own says already what was not found. */
function isBareNotFound(error: unknown): boolean {
  return (
    error instanceof SeatkeeperError &&
    error.code === "NotFound" &&
    error.message === ERRORS.NotFound.sentence
  );
}

type Deps = Pick<CommandContext["deps"], "store">;

/** By id. */
export async function connectionNames(
  { store }: Deps,
  organisationId: Id,
): Promise<ReadonlyMap<Id, string>> {
  return namesOf(await store.administration.listConnections(organisationId));
}

/** By id. */
export async function poolNames(
  { store }: Deps,
  organisationId: Id,
): Promise<ReadonlyMap<Id, string>> {
  return namesOf(await store.administration.listPools(organisationId));
}

function namesOf(
  all: readonly { readonly id: Id; readonly name: string }[],
): ReadonlyMap<Id, string> {
  return new Map(all.map(({ id, name }) => [id, name]));
}

/** Who did something, as people call it: an identity provider acts as its connection, which is on record by its id. */
export async function actorNames(
  { deps }: CommandContext,
  organisationId: Id,
): Promise<(actor: string) => string> {
  const names = await connectionNames(deps, organisationId);
  return (actor) => names.get(actor) ?? actor;
}
