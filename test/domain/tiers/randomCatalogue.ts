import fc from "fast-check";
import type { Catalogue, Product, Tier } from "../../../src/domain/catalogue.js";
import type { Fact, FactKind } from "../../../src/domain/directory.js";
import type { JsonValue } from "../../../src/plugin.js";

/** Random products (chains and lattices, add-ons that need or exclude each other) and random people. */

const CAPABILITIES = ["a", "b", "c", "d", "e", "f"];
const some = fc.subarray(CAPABILITIES);
const price = fc.integer({ min: 0, max: 12 });

export const products = fc
  .record({
    tiers: fc.array(
      fc.record({
        own: some,
        below: fc.nat(63),
        limit: fc.option(fc.nat(4)),
        price,
        sameRank: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    addOns: fc.array(
      fc.record({ own: some, on: fc.nat(31), price, requires: fc.nat(15), excludes: fc.nat(15) }),
      { maxLength: 4 },
    ),
    order: fc.constantFrom("rank" as const, "includes" as const),
    objective: fc.constantFrom("rank" as const, "price" as const, "priceThenRank" as const),
    tierMode: fc.constantFrom("derived" as const, "derivedWithFloor" as const),
    free: fc.subarray(["f"]),
    // A tier that has it all makes conflicts rarer, and so the rest more thoroughly tried.
    top: fc.boolean(),
  })
  .map(({ tiers, addOns, order, objective, tierMode, free, top }): Product => {
    const built: Tier[] = [];
    for (const [index, { own, below, limit, price: base, sameRank }] of tiers.entries()) {
      const last = built.at(-1)?.rank ?? 0;
      const rank = order === "includes" && sameRank ? last : last + 1;
      const includes = built.filter(
        (tier, i) => order === "includes" && tier.rank < rank && (below & (1 << i)) !== 0,
      );
      built.push({
        id: `t${String(index)}`,
        title: `Tier ${String(index)}`,
        rank,
        includes: includes.map(({ id }) => id),
        capabilities: [
          ...new Set([...own, ...includes.flatMap(({ capabilities }) => capabilities)]),
        ],
        limits: limit === null ? {} : { size: limit },
        pricePerMonth: base,
      });
    }
    if (top) {
      built.push({
        id: "top",
        title: "Top",
        rank: (built.at(-1)?.rank ?? 0) + 1,
        includes: built.map(({ id }) => id),
        capabilities: CAPABILITIES,
        limits: {},
        pricePerMonth: 30,
      });
    }
    const named = (mask: number, self: number) =>
      addOns.flatMap((_, i) => (i !== self && (mask & 3) === i ? [`x${String(i)}`] : []));
    return {
      id: "p",
      title: "Product",
      tiers: built,
      addOns: addOns.map(({ own, on, price: extra, requires, excludes }, index) => ({
        id: `x${String(index)}`,
        title: `Add-on ${String(index)}`,
        capabilities: own.length === 0 ? ["a"] : own,
        availableOn: built.filter((_, t) => (on & (1 << t)) !== 0).map(({ id }) => id),
        pricePerMonth: extra,
        ...(requires < 4 ? { requires: named(requires, index) } : {}),
        ...(excludes < 4 ? { excludes: named(excludes, index) } : {}),
      })),
      everyone: true,
      freeCapabilities: free,
      exemptRoles: [],
      order,
      objective,
      tierMode,
    };
  });

/** One permission for each capability; roles of several; settings of every type. */
export function catalogueOf(product: Product): Catalogue {
  const demand = (...capabilities: string[]) => ({ p: capabilities });
  const rest = { requires: {}, choices: {}, limits: {} };
  const role = (id: string, permissions: string[], more = {}) =>
    [id, { id, title: id, permissions, requires: {}, ...more }] as const;
  return {
    products: new Map([["p", product]]),
    permissions: new Map(CAPABILITIES.map((id) => [id, { id, title: id, requires: demand(id) }])),
    roles: new Map([
      role("one", ["a", "b"]),
      role("two", ["b", "c"], { requires: demand("d") }),
      role("firm", ["c", "e"], { roleIsRequirement: true }),
    ]),
    settings: new Map([
      [
        "flag",
        {
          ...rest,
          id: "flag",
          title: "Flag",
          type: "boolean",
          default: false,
          requires: demand("c"),
        },
      ],
      [
        "size",
        { ...rest, id: "size", title: "Size", type: "number", default: 1, limits: { p: "size" } },
      ],
      [
        "level",
        {
          ...rest,
          id: "level",
          title: "Level",
          type: "choice",
          default: "none",
          choices: { none: {}, own: demand("d"), all: demand("d", "e") },
        },
      ],
    ]),
  };
}

const tierName = fc.nat(2).map((tier) => `t${String(tier)}`);

function factsOf(kind: FactKind, name: string, values: fc.Arbitrary<JsonValue>, hand = true) {
  return fc
    .record({ value: values, source: fc.constantFrom("rule", "other", ...(hand ? ["hand"] : [])) })
    .map(({ value, source }): Fact => ({
      userId: "u",
      kind,
      name,
      value,
      source:
        source === "hand"
          ? { type: "hand", by: "ann" }
          : { type: "rule", ruleId: source, via: `group:${source}` },
      since: 0,
    }));
}

const always = fc.constant<JsonValue>(true);

export const facts = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(...CAPABILITIES)
        .chain((name) => factsOf("permission", name, always)),
    },
    fc.constantFrom(...CAPABILITIES).map((name): Fact => ({
      userId: "u",
      kind: "permission",
      name,
      value: false,
      source: { type: "hand", by: "ann" },
      since: 0,
    })),
    {
      weight: 3,
      arbitrary: fc
        .constantFrom("one", "two", "firm")
        .chain((name) => factsOf("role", name, always)),
    },
    factsOf("setting", "flag", fc.boolean()),
    factsOf("setting", "size", fc.nat(6)),
    factsOf("setting", "level", fc.constantFrom("none", "own", "all")),
    factsOf("tierFloor", "p", tierName),
    factsOf("tierCeiling", "p", tierName),
    factsOf("tierChoice", "p", tierName),
  ),
  { maxLength: 7 },
);
