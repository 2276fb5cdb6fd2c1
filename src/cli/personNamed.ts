import { findUser } from "../actions/findUser.js";
import type { Id, Organisation, User } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { listing, nearest } from "../suggest.js";
import type { CommandContext } from "./context.js";

/** The person whom an argument names. */

type Deps = Pick<CommandContext["deps"], "store">;

/** Beyond that many people the answer would take longer than a second look at the name. */
const COMPARED_MAX = 20_000;
const PORTION = 1_000;

/** The API says no more than that there is no such user. @throws SeatkeeperError NotFound */
export async function personNamed(
  { store }: Deps,
  { id }: Pick<Organisation, "id">,
  idOrUserName: string,
): Promise<User> {
  const user = await findUser(store, id, idOrUserName);
  if (user !== null) return user;
  const { names, areAll } = await namesOf(store, id);
  const near = alike(idOrUserName, names);
  const known = areAll ? listing(names) : "";
  const hint = near === undefined ? known : `Did you mean "${near}"?`;
  throw new SeatkeeperError("NotFound", {
    sentence: `There is no user "${idOrUserName}". ${hint}`.trimEnd(),
  });
}

async function namesOf(
  { insights }: Deps["store"],
  organisationId: Id,
): Promise<{ readonly names: readonly string[]; readonly areAll: boolean }> {
  const names: string[] = [];
  let after: Id | undefined;
  while (names.length < COMPARED_MAX) {
    const page = { limit: PORTION, ...(after === undefined ? {} : { after }) };
    const users = await insights.users(organisationId, page);
    names.push(...users.map(({ userName }) => userName));
    after = users.at(-1)?.id;
    if (users.length < PORTION) return { names, areAll: true };
  }
  return { names, areAll: false };
}

/**
 * Compared before the @ only: the domain, which all of a company share, would make everybody alike. Often it is what was left
 * out.
 */
function alike(word: string, names: readonly string[]): string | undefined {
  const byLocal = new Map<string, string[]>();
  for (const name of names) {
    const same = byLocal.get(beforeAt(name));
    if (same === undefined) byLocal.set(beforeAt(name), [name]);
    else same.push(name);
  }
  const local = nearest(beforeAt(word), byLocal.keys());
  const candidates = local === undefined ? [] : (byLocal.get(local) ?? []);
  return nearest(word, candidates) ?? candidates[0];
}

function beforeAt(name: string): string {
  const at = name.lastIndexOf("@");
  return at < 1 ? name : name.slice(0, at);
}
