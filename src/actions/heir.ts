import type { Id } from "../domain/directory.js";
import type { PoolPolicy } from "../domain/pools/policy.js";
import type { Store } from "../ports.js";
import { findUser } from "./findUser.js";
import { invalid } from "./invalid.js";

type Given = { readonly [K in keyof PoolPolicy]?: PoolPolicy[K] | undefined };

/**
 * `transferTo` is written as an id or a userName and stored as the id. Nobody of that name would mean that everything is
 * switched off when a seat goes, which only shows then. What is as before stays, whoever has left meanwhile.
 * @throws SeatkeeperError InvalidValue
 */
export async function withHeir<T extends Given>(
  store: Pick<Store, "insights">,
  organisationId: Id,
  given: T,
  before?: Pick<PoolPolicy, "transferTo">,
): Promise<T> {
  const { transferTo = "" } = given;
  if (transferTo === "" || transferTo === before?.transferTo) return given;
  const heir = await findUser(store, organisationId, transferTo);
  if (heir?.active !== true) {
    throw invalid(
      "policy.transferTo",
      "The id or userName of an active user of this organisation is expected.",
    );
  }
  return { ...given, transferTo: heir.id };
}
