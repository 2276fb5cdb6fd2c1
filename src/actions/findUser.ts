import type { Id, User } from "../domain/directory.js";
import type { Store } from "../ports.js";

/** By id or userName, as people write it. Null: nobody who is not deleted is called so in this organisation. */
export async function findUser(
  { insights }: Pick<Store, "insights">,
  organisationId: Id,
  idOrUserName: string,
): Promise<User | null> {
  return (
    (await insights.userById(organisationId, idOrUserName)) ??
    (await insights.userByName(organisationId, idOrUserName))
  );
}
