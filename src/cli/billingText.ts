import type { presentSettings } from "../actions/billingSettings.js";
import type { ProductBilling, TierPrice } from "../domain/billing/settings.js";
import { decimalText } from "../domain/billing/rounding.js";
import { sheet, table } from "./io.js";

/** What was agreed with an organisation, for people: an amount as it is written, a price a line. */

type Settings = Awaited<ReturnType<typeof presentSettings>>;

export function settingsText(
  { products, pools, costCentre, ...plain }: Settings,
  poolNames: ReadonlyMap<string, string>,
): string {
  const money = (amount: number | undefined): string | null =>
    amount === undefined ? null : decimalText(amount, plain.currency);
  const prices = Object.entries(products).flatMap(([product, agreed]) =>
    priceLines(product, agreed, money),
  );
  const ofPools = Object.entries(pools).map(([id, { pricePerMonth }]) => ({
    pool: poolNames.get(id) ?? id,
    perMonth: money(pricePerMonth),
  }));
  const parts = [
    sheet({ ...plain, costCentre: costCentreText(costCentre) }),
    table(basisLines(products), ["product", "basis", "fairUseDays"]),
    table(prices, ["product", "what", "perMonth", "perDay", "overagePerMonth"]),
    table(ofPools, ["pool", "perMonth"]),
  ];
  const nothingAgreed = "Prices are those of the catalogue.";
  const tables = parts.filter((part) => part !== "(none)");
  return [...tables, ...(prices.length + ofPools.length === 0 ? [nothingAgreed] : [])].join("\n\n");
}

function basisLines(products: Settings["products"]) {
  return Object.entries(products)
    .filter(([, { basis, fairUseDays }]) => basis !== undefined || fairUseDays !== undefined)
    .map(([product, { basis, fairUseDays }]) => ({ product, basis, fairUseDays }));
}

function priceLines(
  product: string,
  { tiers = {}, addOns = {} }: ProductBilling,
  money: (amount: number | undefined) => string | null,
) {
  const line = (what: string, price: TierPrice) => ({
    ...{ product, what },
    perMonth: money(price.pricePerMonth),
    perDay: money(price.pricePerDay),
    overagePerMonth: money(price.overagePerMonth),
  });
  return [
    ...Object.entries(tiers).map(([tier, price]) => line(tier, price)),
    ...Object.entries(addOns).map(([addOn, price]) => line(`add-on ${addOn}`, price)),
  ];
}

function costCentreText(costCentre: Settings["costCentre"]): string | null {
  if (costCentre === null) return null;
  return costCentre.type === "attribute"
    ? `attribute ${costCentre.attribute}`
    : `groups "${costCentre.pattern}"`;
}
