import type { Catalogue } from "../catalogue.js";
import type { Fact, Reason, Requirement } from "../directory.js";
import { asksOf } from "../entitlement/asks.js";
import { explain } from "../entitlement/explain.js";
import { chainOf, givenBy } from "../entitlement/given.js";
import type { Line } from "./portions.js";

/** Why somebody needs what a line charges: the add-on for its own reasons, a seat for those of its tier. */

export interface Needed {
  readonly requirement: Requirement;
  /** Empty where `needsFacts` says that the requirement tells it all. */
  readonly facts: readonly Fact[];
  /** The product of each pool, by name. */
  readonly pools: ReadonlyMap<string, string>;
}

/** As long as the person still needs what is charged; after that nobody does. */
export function isNeeded({ tier, addOn }: Line, requirement: Requirement | undefined): boolean {
  if (requirement === undefined || requirement.tier !== tier) return false;
  return addOn === null || requirement.addOns.includes(addOn);
}

/** Whether the reasons of the tier, which are kept with the requirement, are not enough. */
export function needsFacts({ addOn }: Line, { witness }: Requirement): boolean {
  return addOn !== null || witness.length === 0;
}

/** The lowest tier is forced by nothing: there it is what gives the claim to a seat at all. */
export function reasonsOf(catalogue: Catalogue, line: Line, needed: Needed): readonly Reason[] {
  const { product: id, addOn } = line;
  const { requirement, facts, pools } = needed;
  const product = catalogue.products.get(id);
  if (!needsFacts(line, requirement) || product === undefined) return requirement.witness;
  if (addOn !== null) {
    const explained = explain(catalogue, product, facts, pools);
    return explained?.addOns.find((one) => one.id === addOn)?.because ?? [];
  }
  const demands = givenBy(asksOf(catalogue, product), facts).flatMap(({ fact }) => fact ?? []);
  const claims = facts.filter(
    ({ kind, name }) =>
      (kind === "claim" && name === id) || (kind === "pool" && pools.get(name) === id),
  );
  return [...demands, ...claims]
    .filter(({ kind }) => kind !== "tierCeiling")
    .map((fact) => ({ requires: "", because: chainOf(fact) }));
}
