import type { JsonObject } from "../../plugin.js";
import type { Catalogue } from "../catalogue.js";
import type { Fact, Timestamp } from "../directory.js";
import { attributeValues, type Subject } from "../mapping.js";
import { tierValue } from "./offers.js";

/**
 * What an identity provider assigns outright: a value of a user's `roles` that is a role of the catalogue, and one of
 * `entitlements` that is a tier of a product (offers.ts). A built-in mapping: the fact stands while the value does, and
 * other reasons for the same thing stand by themselves.
 */
export function assignedFacts(catalogue: Catalogue, subject: Subject, now: Timestamp): Fact[] {
  const { userId, document } = subject;
  const roles = valuesOf(document, "roles").filter((value) => catalogue.roles.has(value));
  const tiers = tiersByValue(catalogue);
  return [
    ...roles.map((name) => ({
      userId,
      kind: "role" as const,
      name,
      value: true,
      source: { type: "attribute" as const, via: "attribute:roles" },
      since: now,
    })),
    ...valuesOf(document, "entitlements").flatMap((value) => {
      const offer = tiers.get(value);
      return offer === undefined
        ? []
        : {
            userId,
            kind: "tierFloor" as const,
            name: offer.product,
            value: offer.tier,
            source: { type: "attribute" as const, via: "attribute:entitlements" },
            since: now,
          };
    }),
  ];
}

/** Values that assign nothing, each once: `roles "x"`, `entitlements "y"`. They are kept as data. */
export function notOffered(catalogue: Catalogue, document: JsonObject): string[] {
  const tiers = tiersByValue(catalogue);
  return [
    ...valuesOf(document, "roles")
      .filter((value) => !catalogue.roles.has(value))
      .map((value) => `roles ${JSON.stringify(value)}`),
    ...valuesOf(document, "entitlements")
      .filter((value) => !tiers.has(value))
      .map((value) => `entitlements ${JSON.stringify(value)}`),
  ];
}

/** Exactly as offered: an identity provider assigns what it found in the list. */
function valuesOf(document: JsonObject, attribute: "roles" | "entitlements"): string[] {
  return document[attribute] === undefined
    ? []
    : [...new Set(attributeValues(document, attribute))];
}

interface OfferedTier {
  readonly product: string;
  readonly tier: string;
}

const known = new WeakMap<Catalogue, ReadonlyMap<string, OfferedTier>>();

function tiersByValue(catalogue: Catalogue): ReadonlyMap<string, OfferedTier> {
  const tiers =
    known.get(catalogue) ??
    new Map(
      [...catalogue.products.values()].flatMap((product) =>
        product.tiers.map(({ id }) => [
          tierValue(product.id, id),
          { product: product.id, tier: id },
        ]),
      ),
    );
  known.set(catalogue, tiers);
  return tiers;
}
