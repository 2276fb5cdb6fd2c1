import type { AddOn, Catalogue, Product, Tier } from "../catalogue.js";
import type { Id, Pool } from "../directory.js";
import type { Day } from "./days.js";
import type { Rounding } from "./rounding.js";

/** What an organisation pays: the vendor's catalogue, and what was agreed with this customer instead. */

export const BASES = ["assigned", "activeDays", "purchased", "peak", "fairUse"] as const;
/**
 * assigned: per seat held, by tier and day. activeDays: the same, but daily for everybody whose tier offers it.
 * purchased: per seat bought, used or not. peak: the dearest moment of the period. fairUse: assigned, but only while
 * somebody has used the product in the last days.
 */
export type Basis = (typeof BASES)[number];

export const MODES = ["monthly", "daily"] as const;
export type Mode = (typeof MODES)[number];

/** Minor units. */
export interface Price {
  readonly pricePerMonth?: number | undefined;
  readonly pricePerDay?: number | undefined;
}

/** A seat above what was bought. Absent: the price of any other seat. */
export interface TierPrice extends Price {
  readonly overagePerMonth?: number | undefined;
}

export interface ProductBilling {
  readonly basis?: Basis | undefined;
  /** fairUse: days for which one day of use counts. */
  readonly fairUseDays?: number | undefined;
  readonly tiers?: Readonly<Record<string, TierPrice>> | undefined;
  readonly addOns?: Readonly<Record<string, Price>> | undefined;
}

/** Whose account is charged within the customer's house: an attribute of the person, or groups by a name pattern. */
export type CostCentre =
  | { readonly type: "attribute"; readonly attribute: string }
  | { readonly type: "group"; readonly pattern: string };

export interface BillingSettings {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
  /** Periods begin at its place in the month; null: on the first. */
  readonly anchor: Day | null;
  readonly rounding: Rounding;
  readonly costCentre: CostCentre | null;
  readonly products: Readonly<Record<string, ProductBilling>>;
  /** By the pool's id: what a seat of it costs a month, whatever its tier. */
  readonly pools: Readonly<Record<Id, { readonly pricePerMonth: number }>>;
}

const DEFAULT_CURRENCY = "USD";

export const DEFAULT_SETTINGS: Omit<BillingSettings, "currency"> = {
  timeZone: "UTC",
  anchor: null,
  rounding: "halfUp",
  costCentre: null,
  products: {},
  pools: {},
};

export const FAIR_USE_DAYS = 28;

/** Bases under which a person can be charged by the day of use. */
const BY_THE_DAY: ReadonlySet<Basis> = new Set(["assigned", "activeDays"]);

/** A seat, for its price. */
export interface PricedSeat {
  readonly product: string;
  readonly tier: string;
  readonly poolId: Id | null;
  /** Above what was bought (moment.ts). */
  readonly isOver: boolean;
}

export interface AddOnPrice {
  readonly addOn: string;
  readonly perMonth: number;
}

/** A tier or an add-on: what was agreed, and what the catalogue says. */
interface Priced {
  readonly own: Price | undefined;
  readonly sold: { readonly pricePerMonth: number } | undefined;
}

/** Prices as they are in force for one organisation. Prices that are missing are collected, not guessed. */
export class PriceBook {
  readonly settings: BillingSettings;
  readonly #catalogue: Catalogue;
  /** "support/standard": has no price in the currency of the organisation. */
  readonly missing = new Set<string>();

  constructor(catalogue: Catalogue, settings: BillingSettings) {
    this.#catalogue = catalogue;
    this.settings = settings;
  }

  /** A price of the catalogue is one of its currency: another customer's currency needs prices of its own. */
  get #catalogueCounts(): boolean {
    return currencyOf(this.#catalogue) === this.settings.currency;
  }

  basisOf(product: string): Basis {
    const sold = this.#catalogue.products.get(product);
    return this.settings.products[product]?.basis ?? sold?.billing ?? "assigned";
  }

  fairUseDays(product: string): number {
    return this.settings.products[product]?.fairUseDays ?? FAIR_USE_DAYS;
  }

  /** Of one seat. A tier that is sold no more costs nothing unless the customer's own prices still name it. */
  seatPerMonth(product: string, tier: string, poolId: Id | null): number {
    const ofPool = poolId === null ? undefined : this.settings.pools[poolId]?.pricePerMonth;
    return ofPool ?? this.#perMonth(`${product}/${tier}`, this.#tier(product, tier));
  }

  /** Of one seat as it stands, whether or not it is above what was bought. */
  perMonth({ product, tier, poolId, isOver }: PricedSeat): number {
    const agreed = this.settings.products[product]?.tiers?.[tier]?.overagePerMonth;
    return (isOver ? agreed : undefined) ?? this.seatPerMonth(product, tier, poolId);
  }

  /** What a seat above what was bought costs more than an ordinary one: where bought seats are paid, all of its price. */
  onTopPerMonth(product: string, tier: string, poolId: Id | null): number {
    const over = this.perMonth({ product, tier, poolId, isOver: true });
    const isPaid = this.basisOf(product) === "purchased";
    return isPaid ? over : over - this.seatPerMonth(product, tier, poolId);
  }

  /** Whether a seat above what was bought costs anything on top, in any tier: if not, nobody need ask which seats are. */
  chargesOverage(pool: Pick<Pool, "id" | "product" | "tiers">): boolean {
    return pool.tiers.some((tier) => this.onTopPerMonth(pool.product, tier, pool.id) !== 0);
  }

  /** Days of use are charged instead of the month; such a seat is never above what was bought. */
  isByTheDay(product: string, tier: string, chosen: Mode | undefined): boolean {
    const basis = this.basisOf(product);
    if (!BY_THE_DAY.has(basis)) return false;
    const mode = chosen ?? (basis === "activeDays" ? "daily" : "monthly");
    return mode === "daily" && this.tierPerDay(product, tier) !== null;
  }

  /** A seat that was bought may be given in any of the pool's tiers: it costs what the dearest does. */
  boughtPerMonth(pool: Pick<Pool, "id" | "product" | "tiers">): number {
    return pool.tiers.reduce(
      (most, tier) => Math.max(most, this.seatPerMonth(pool.product, tier, pool.id)),
      0,
    );
  }

  /** Whether it does so with either of the tiers. To be asked makes no price a missing one: nobody need charge it. */
  costsAlike(
    { id, product }: Pick<Pool, "id" | "product">,
    some: readonly string[],
    others: readonly string[],
  ): boolean {
    if (this.settings.pools[id] !== undefined) return true;
    const [a, b] = [some, others].map((tiers) =>
      // Not a number, which is like nothing, where a price is not known.
      Math.max(0, ...tiers.map((tier) => this.#known(this.#tier(product, tier)) ?? NaN)),
    );
    return a === b;
  }

  /** Null: the tier is not offered by the day (rule 52). */
  tierPerDay(product: string, tier: string): number | null {
    const { own, sold } = this.#tier(product, tier);
    return own?.pricePerDay ?? (this.#catalogueCounts ? (sold?.pricePerDay ?? null) : null);
  }

  addOnPerMonth(product: string, addOn: string): number {
    return this.#perMonth(`${product}/${addOn}`, this.#addOn(product, addOn));
  }

  /** Those that are charged beside a seat of the tier, whatever the product's basis. */
  addOnsBeside(product: string, tier: string, needed: readonly string[]): AddOnPrice[] {
    return needed
      .filter((addOn) => this.#isOffered(product, addOn, tier))
      .map((addOn) => ({ addOn, perMonth: this.addOnPerMonth(product, addOn) }));
  }

  addOnPerDay(product: string, addOn: string): number {
    const { own, sold } = this.#addOn(product, addOn);
    const price = own?.pricePerDay ?? (this.#catalogueCounts ? sold?.pricePerDay : undefined);
    if (price === undefined && sold !== undefined) this.missing.add(`${product}/${addOn} per day`);
    return price ?? 0;
  }

  /** A tier that contains what the add-on offers needs none (rule 43). */
  #isOffered(product: string, addOn: string, tier: string): boolean {
    return this.#addOn(product, addOn).sold?.availableOn.includes(tier) ?? false;
  }

  #tier(product: string, tier: string): { own: TierPrice | undefined; sold: Tier | undefined } {
    const own = this.settings.products[product]?.tiers?.[tier];
    return { own, sold: this.#product(product)?.tiers.find(({ id }) => id === tier) };
  }

  #addOn(product: string, addOn: string): { own: Price | undefined; sold: AddOn | undefined } {
    const own = this.settings.products[product]?.addOns?.[addOn];
    return { own, sold: this.#product(product)?.addOns.find(({ id }) => id === addOn) };
  }

  #product(product: string): Product | undefined {
    return this.#catalogue.products.get(product);
  }

  #perMonth(name: string, priced: Priced): number {
    const price = this.#known(priced);
    if (price === undefined) this.missing.add(name);
    return price ?? 0;
  }

  /** Undefined: it is needed, and there is none. What is sold no more costs nothing. */
  #known({ own, sold }: Priced): number | undefined {
    const price = own?.pricePerMonth ?? (this.#catalogueCounts ? sold?.pricePerMonth : undefined);
    return price ?? (sold === undefined ? 0 : undefined);
  }
}

export function currencyOf({ currency = DEFAULT_CURRENCY }: Catalogue): string {
  return currency;
}
