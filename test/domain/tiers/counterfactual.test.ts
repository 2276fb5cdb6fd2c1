import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Catalogue, Product } from "../../../src/domain/catalogue.js";
import type { Fact } from "../../../src/domain/directory.js";
import { explain } from "../../../src/domain/entitlement/explain.js";
import type { Switch } from "../../../src/domain/entitlement/switches.js";
import { best, better, demandsOf, type Sold } from "./naive.js";
import { catalogueOf, facts as someFacts, products } from "./randomCatalogue.js";

const HAND = { type: "hand", by: "test" } as const;

function byHand(kind: Fact["kind"], name: string, value: Fact["value"]): Fact {
  return { userId: "u", kind, name, value, source: HAND, since: 0 };
}

/** As an administrator would do it. */
function after(facts: readonly Fact[], change: Switch): Fact[] {
  switch (change.type) {
    case "setting": {
      const others = facts.filter(
        ({ kind, name }) => !(kind === "setting" && name === change.setting),
      );
      return [...others, byHand("setting", change.setting, change.to)];
    }
    case "role":
      return facts.filter(({ kind, name }) => !(kind === "role" && name === change.role));
    case "permission":
      return [...facts, byHand("permission", change.permission, false)];
    case "tier":
      return facts.filter(({ kind, value }) => !(kind === change.kind && value === change.tier));
  }
}

/** Every single thing that could be switched, needed or not. */
function everySwitch(catalogue: Catalogue, facts: readonly Fact[]): Switch[] {
  const named = (kind: Fact["kind"]) => facts.filter((fact) => fact.kind === kind);
  const roles = [...new Set(named("role").map(({ name }) => name))];
  const permissions = [
    ...named("permission").map(({ name }) => name),
    ...roles.flatMap((role) => catalogue.roles.get(role)?.permissions ?? []),
  ];
  const setting = (id: string, values: readonly Fact["value"][]) =>
    values.map((to): Switch => ({ type: "setting", setting: id, from: null, to }));
  const sizes = named("setting").flatMap(({ name, value }) =>
    name === "size" ? [Number(value)] : [],
  );
  const levels = named("setting").filter(({ name }) => name === "level");
  return [
    ...roles.map((role): Switch => ({ type: "role", role })),
    ...[...new Set(permissions)].map((permission): Switch => ({ type: "permission", permission })),
    ...setting("flag", [false]),
    ...setting(
      "size",
      [0, 1, 2, 3, 4, 5].filter((size) => size < Math.max(1, ...sizes)),
    ),
    ...setting("level", levels.some(({ value }) => value === "all") ? ["own", "none"] : ["none"]),
    ...(["tierFloor", "tierCeiling", "tierChoice"] as const).flatMap((kind) =>
      named(kind).flatMap(({ value }): Switch[] =>
        typeof value === "string" ? [{ type: "tier", kind, tier: value }] : [],
      ),
    ),
  ];
}

function sets(switches: readonly Switch[], size: number): Switch[][] {
  if (size === 0) return [[]];
  return switches.flatMap((first, index) =>
    sets(switches.slice(index + 1), size - 1).map((rest) => [first, ...rest]),
  );
}

function isLower(product: Product, found: Sold | null, now: Sold): boolean {
  if (found === null) return false;
  if (product.objective !== "rank") return found.price < now.price;
  return found.tier.id !== now.tier.id && better(product, found, now) < 0;
}

describe("what to switch off for a lower tier", () => {
  it("is true, and no smaller set of changes would do", () => {
    let given = 0;
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const catalogue = catalogueOf(product);
        const naively = (changed: readonly Fact[]) =>
          best(product, demandsOf(catalogue, product, changed));
        const now = naively(facts);
        if (now === null) return;
        const lower = explain(catalogue, product, facts, new Map())?.lower ?? null;

        if (lower !== null) {
          given += 1;
          const then = naively(lower.switches.reduce(after, [...facts]));
          expect(then?.tier.id).toBe(lower.tier);
          expect(then?.addOns.map(({ id }) => id)).toEqual(lower.addOns);
          expect(then?.price).toBe(lower.pricePerMonth);
          expect(now.price - (then?.price ?? 0)).toBe(lower.saving);
        }
        const all = everySwitch(catalogue, facts);
        const smaller = lower === null ? 2 : Math.min(lower.switches.length - 1, 3);
        for (let size = 0; size <= smaller; size += 1) {
          for (const set of sets(all, size)) {
            expect(isLower(product, naively(set.reduce(after, [...facts])), now)).toBe(false);
          }
        }
      }),
      { numRuns: 120 },
    );
    expect(given).toBeGreaterThan(20);
  });

  it("is the same whatever the order of the facts", () => {
    fc.assert(
      fc.property(products, someFacts, (product, facts) => {
        const catalogue = catalogueOf(product);
        const lowerOf = (some: readonly Fact[]) =>
          explain(catalogue, product, some, new Map())?.lower;
        expect(lowerOf([...facts].reverse())).toEqual(lowerOf(facts));
      }),
      { numRuns: 60 },
    );
  });
});
