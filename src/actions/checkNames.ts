import { productsOf } from "../domain/pools/bundles.js";
import type { Catalogue, Setting } from "../domain/catalogue.js";
import type { FactKind, Pool, RuleGives, TierFact } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonValue } from "../plugin.js";
import { unknownName } from "../suggest.js";
import { checkPolicy } from "./checkPolicy.js";
import { isForUnits } from "../domain/pools/leasePolicy.js";
import { PRIORITY_MAX } from "../domain/pools/sharing.js";
import { invalid } from "./invalid.js";

export { invalid } from "./invalid.js";

/**
 * Names that people type in must exist: in the catalogue, or as a pool of the organisation. A rule with a misspelt role
 * would be accepted for ever and give nothing. Teams are the application's own and free.
 */

/** @throws SeatkeeperError InvalidValue with the nearest known name */
export function checkGives(catalogue: Catalogue, pools: readonly Pool[], gives: RuleGives): void {
  const poolNames = pools.map(({ name }) => name);
  gives.roles?.forEach((name) => check("role", name, catalogue.roles.keys(), "gives.roles"));
  gives.permissions?.forEach((name) =>
    check("permission", name, catalogue.permissions.keys(), "gives.permissions"),
  );
  gives.pools?.forEach((name) => check("pool", name, poolNames, "gives.pools"));
  gives.exclusions?.forEach((name) =>
    check("product", name, catalogue.products.keys(), "gives.exclusions"),
  );
  for (const [name, value] of Object.entries(gives.settings ?? {})) {
    checkSetting(catalogue, name, value, `gives.settings.${name}`);
  }
  gives.priorities?.forEach(({ product }) =>
    check("product", product, catalogue.products.keys(), "gives.priorities"),
  );
  checkTiersGiven(catalogue, gives);
  checkBundle(pools, gives);
}

/** I25: a bundle of one is none. A pool may be changed later, so the decision passes over such products, too (bundles.ts). */
function checkBundle(pools: readonly Pool[], gives: RuleGives): void {
  if (gives.bundle !== "atomic") return;
  const products = productsOf(gives, new Map(pools.map(({ name, product }) => [name, product])));
  if (products.length < 2) {
    throw invalid(
      "gives.bundle",
      "A bundle is at least two products, named by tierFloors, tierChoices or pools.",
    );
  }
  const ofPeople = products.filter((product) => !isForUnitsAlone(pools, gives, product));
  if (ofPeople.length >= 2) return;
  throw invalid(
    "gives.bundle",
    "A bundle is at least two products of which people have seats. A session or device (leaseUnit) has its lease when it asks, with or without the other products.",
  );
}

/** The pools that the rule names, where it names some of the product, else all of it. */
function isForUnitsAlone(pools: readonly Pool[], gives: RuleGives, product: string): boolean {
  const ofProduct = pools.filter((pool) => pool.product === product);
  const named = ofProduct.filter(({ name }) => gives.pools?.includes(name));
  const open = named.length > 0 ? named : ofProduct;
  return open.length > 0 && open.every(({ policy }) => isForUnits(policy));
}

function checkTiersGiven(catalogue: Catalogue, gives: RuleGives): void {
  for (const effect of ["tierFloors", "tierCeilings", "tierChoices"] as const) {
    for (const { product, tier } of gives[effect] ?? []) {
      checkTier(catalogue, product, tier, `gives.${effect}`);
      if (effect === "tierChoices") checkChoosable(catalogue, product, `gives.${effect}`);
    }
  }
}

/** The name and the value of one fact given by hand. The value may be left out where it can only be true. */
export function checkedFact(
  catalogue: Catalogue,
  poolNames: readonly string[],
  fact: { readonly kind: FactKind; readonly name: string; readonly value?: JsonValue | undefined },
): { kind: FactKind; name: string; value: JsonValue } {
  const { kind, name } = fact;
  checkFactName(catalogue, poolNames, kind, name);
  const value = checkedValue(catalogue, fact);
  if (value !== undefined) return { kind, name, value };
  // A permission may be withheld, whoever else gives it.
  if (kind === "permission" && fact.value === false) return { kind, name, value: false };
  if (fact.value !== undefined && fact.value !== true) {
    throw invalid(
      "value",
      `A ${kind} is given or not: leave the value out, or take the ${kind} away instead.`,
    );
  }
  return { kind, name, value: true };
}

/** Of the kinds that have one; undefined: the fact is given or not. */
function checkedValue(
  catalogue: Catalogue,
  fact: { readonly kind: FactKind; readonly name: string; readonly value?: JsonValue | undefined },
): JsonValue | undefined {
  const { kind, name, value = null } = fact;
  switch (kind) {
    case "setting":
      checkSetting(catalogue, name, value, "value");
      return value;
    case "priority":
      return checkedClass(value);
    case "tierFloor":
    case "tierCeiling":
    case "tierChoice":
      return checkedTier(catalogue, kind, name, value);
    default:
      return undefined;
  }
}

function checkedClass(value: JsonValue): number {
  const isClass = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= PRIORITY_MAX;
  if (isClass) return Number(value);
  throw invalid(
    "value",
    `The class is expected, a whole number from 1 to ${String(PRIORITY_MAX)}.`,
  );
}

function checkedTier(
  catalogue: Catalogue,
  kind: TierFact,
  product: string,
  tier: JsonValue | undefined,
): string {
  if (typeof tier !== "string") throw invalid("value", "The tier is expected, as a text.");
  checkTier(catalogue, product, tier, "value");
  if (kind === "tierChoice") checkChoosable(catalogue, product, "kind");
  return tier;
}

export function checkFactName(
  catalogue: Catalogue,
  poolNames: readonly string[],
  kind: FactKind,
  name: string,
): void {
  switch (kind) {
    case "team":
      return;
    case "role":
      return check("role", name, catalogue.roles.keys(), "name");
    case "permission":
      return check("permission", name, catalogue.permissions.keys(), "name");
    case "setting":
      return check("setting", name, catalogue.settings.keys(), "name");
    case "pool":
      return check("pool", name, poolNames, "name");
    case "tierFloor":
    case "tierCeiling":
    case "tierChoice":
    case "exclusion":
    case "claim":
    case "priority":
    case "breakGlass":
      return check("product", name, catalogue.products.keys(), "name");
  }
}

/** @throws SeatkeeperError InvalidValue with the nearest known one */
export function checkProduct(catalogue: Catalogue, product: string): void {
  check("product", product, catalogue.products.keys(), "product");
}

/** @throws SeatkeeperError InvalidValue */
export function checkPoolShape(
  catalogue: Catalogue,
  pool: Pick<Pool, "product" | "tiers" | "kind" | "capacity" | "policy">,
): void {
  const { product, tiers } = pool;
  checkProduct(catalogue, product);
  if (tiers.length === 0) throw invalid("tiers", "A pool has seats of at least one tier.");
  tiers.forEach((tier) => checkTier(catalogue, product, tier, "tiers"));
  const [twice] = tiers.filter((tier, index) => tiers.indexOf(tier) !== index);
  if (twice !== undefined) {
    throw invalid("tiers", `Each tier is named once; ${twice} is named twice.`);
  }
  checkPolicy(pool);
}

/** @throws SeatkeeperError InvalidValue with the nearest known product or tier */
export function checkTier(
  catalogue: Catalogue,
  product: string,
  tier: string,
  field: string,
): void {
  check("product", product, catalogue.products.keys(), field);
  const tiers = catalogue.products.get(product)?.tiers ?? [];
  check(
    `tier of ${product}`,
    tier,
    tiers.map(({ id }) => id),
    field,
  );
}

/** Rule 27: where the tier follows from the settings, nobody picks it. @throws SeatkeeperError TierIsDerived */
function checkChoosable(catalogue: Catalogue, id: string, field: string): void {
  const product = catalogue.products.get(id);
  if ((product?.tierMode ?? "derived") !== "derived") return;
  throw new SeatkeeperError("TierIsDerived", {
    field,
    sentence: `The tier of ${product?.title ?? id} follows from what a person is set up to do; it cannot be chosen.`,
  });
}

function checkSetting(catalogue: Catalogue, name: string, value: JsonValue, field: string): void {
  check("setting", name, catalogue.settings.keys(), field);
  const setting = catalogue.settings.get(name);
  const expected = setting === undefined ? null : misfit(setting, value);
  if (expected !== null) throw invalid(field, `The setting ${name} takes ${expected}.`);
}

/** What the setting takes, or null when the value fits. */
function misfit(setting: Setting, value: JsonValue): string | null {
  switch (setting.type) {
    case "boolean":
      return typeof value === "boolean" ? null : "true or false";
    case "number":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        ? null
        : "a whole number from 0";
    case "choice":
      return typeof value === "string" && Object.hasOwn(setting.choices, value)
        ? null
        : `one of ${Object.keys(setting.choices).join(", ")}`;
  }
}

function check(kind: string, name: string, known: Iterable<string>, field: string): void {
  const names = [...known];
  if (!names.includes(name)) throw invalid(field, unknownName(kind, name, names));
}
