import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Product } from "../../../src/domain/catalogue.js";
import type { Fact, Reason } from "../../../src/domain/directory.js";
import { requirementFor } from "../../../src/domain/entitlement.js";
import { explain } from "../../../src/domain/entitlement/explain.js";
import { best, better, demandsOf, type Demand, everythingSold, type Sold } from "./naive.js";
import { catalogueOf, facts as someFacts, products } from "./randomCatalogue.js";

const NO_POOLS = new Map<string, string>();

function resolved(product: Product, facts: readonly Fact[]) {
  const explanation = explain(catalogueOf(product), product, facts, NO_POOLS);
  if (explanation === null) throw new Error("everybody needs this product");
  return explanation;
}

function naively(product: Product, facts: readonly Fact[]): Sold | null {
  return best(product, demandsOf(catalogueOf(product), product, facts));
}

/** By what the objective compares: tiers, or everything that is sold. */
function isSame(product: Product, a: Sold | null, b: Sold | null): boolean {
  if (a === null || b === null) return a === b;
  return product.objective === "rank" ? a.tier.id === b.tier.id : better(product, a, b) === 0;
}

function behind(demands: readonly Demand[], witness: readonly Reason[]): Demand[] {
  return witness.map(({ requires, because }) => {
    const found = demands.find(
      (demand) =>
        demand.requires === requires && JSON.stringify(demand.because) === JSON.stringify(because),
    );
    if (found === undefined) throw new Error(`nobody demands ${requires}`);
    return found;
  });
}

describe("1,000 random lattices, with add-ons, floors and ceilings, under every objective", () => {
  it("tier, add-ons and price are those that trying everything finds (I5 sound and minimal)", () => {
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const found = requirementFor(catalogueOf(product), product, facts, NO_POOLS);
        const expected = naively(product, facts);

        expect(found).toMatchObject({
          tier: expected?.tier.id ?? null,
          addOns: expected?.addOns.map(({ id }) => id) ?? [],
          blocked: expected === null ? "TierConflict" : null,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it("the result is the same in whatever order and however often facts come (I5 confluent, idempotent)", () => {
    fc.assert(
      fc.property(products, someFacts, fc.infiniteStream(fc.nat()), (product, facts, keys) => {
        const shuffled = facts
          .map((fact) => ({ fact, key: keys.next().value }))
          .sort((a, b) => Number(a.key) - Number(b.key))
          .map(({ fact }) => fact);

        const found = resolved(product, facts);
        expect(resolved(product, shuffled)).toEqual(found);
        expect(resolved(product, [...facts, ...facts])).toEqual(found);
      }),
      { numRuns: 150 },
    );
  });

  it("one more thing that rules give never lowers the objective (I5 monotone)", () => {
    fc.assert(
      fc.property(products, someFacts, someFacts, (product, facts, more) => {
        const isByHand = ({ source }: Fact) => source.type === "hand";
        const rules = facts.filter((fact) => !isByHand(fact));
        const without = naively(product, rules);
        for (const fact of more.filter((each) => !isByHand(each))) {
          // A setting that is given replaces the default, which is no more and no less.
          if (fact.kind === "setting" && !rules.some(({ name }) => name === fact.name)) continue;
          const found = resolved(product, [...rules, fact]);
          if (found.tier === null) continue;
          const sold = everythingSold(product).find(
            ({ tier, addOns }) =>
              tier.id === found.tier &&
              addOns.map(({ id }) => id).join() === found.addOns.map(({ id }) => id).join(),
          );
          if (without === null || sold === undefined) throw new Error("more cannot be less");
          if (product.objective === "rank") {
            expect(sold.tier.rank).toBeGreaterThanOrEqual(without.tier.rank);
          } else {
            expect(sold.price).toBeGreaterThanOrEqual(without.price);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("the witness alone forces the tier, and no part of it does (I6); of a conflict likewise", () => {
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const demands = demandsOf(catalogueOf(product), product, facts);
        const found = best(product, demands);
        const witness = behind(demands, resolved(product, facts).witness);

        expect(isSame(product, best(product, witness), found)).toBe(true);
        for (const left of witness) {
          const alone = best(
            product,
            witness.filter((other) => other !== left),
          );
          expect(isSame(product, alone, found)).toBe(false);
          if (found !== null && alone !== null) {
            expect(better(product, alone, found)).toBeLessThan(0);
          }
        }
      }),
      { numRuns: 250 },
    );
  });

  it("what is cheaper and would do is shown exactly where there is such a thing (Q7)", () => {
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const demands = demandsOf(catalogueOf(product), product, facts);
        const enough = everythingSold(product).filter(({ tier, addOns }) =>
          demands.every(({ isMet }) => isMet(tier, addOns)),
        );
        const { cheaper, pricePerMonth } = resolved(product, facts);
        const least = Math.min(...enough.map(({ price }) => price));
        if (enough.length === 0 || least === pricePerMonth) expect(cheaper).toBeNull();
        else expect(cheaper).toMatchObject({ pricePerMonth: least, saving: pricePerMonth - least });
      }),
      { numRuns: 150 },
    );
  });

  it("the requirement that is stored is what the explanation says", () => {
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const { tier, addOns, blocked, witness, pricePerMonth } = resolved(product, facts);
        expect(pricePerMonth).toBe(naively(product, facts)?.price ?? 0);
        expect(requirementFor(catalogueOf(product), product, facts, NO_POOLS)).toEqual({
          product: "p",
          tier,
          addOns: addOns.map(({ id }) => id),
          blocked,
          witness,
        });
      }),
      { numRuns: 100 },
    );
  });
});
