import { dayFromText, dayText, isTimeZone } from "../domain/billing/days.js";
import { minorDigits } from "../domain/billing/rounding.js";
import { PriceBook, type BillingSettings, type Mode } from "../domain/billing/settings.js";
import type { Id, Organisation } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import { unknownName } from "../suggest.js";
import { settingsOf, type BillingDeps } from "./billing.js";
import { checkTier, invalid } from "./checkNames.js";
import { setupChange } from "./setupChange.js";

/** What was agreed with one customer, and who of its people is charged by the day. */

export interface SettingsDeps extends BillingDeps {
  readonly store: Pick<Store, "administration" | "billing" | "insights" | "clock">;
  readonly ids: Ids;
}

/** The form of the API: days as texts, pools by id or name. What is left out is what the catalogue says. */
export interface SettingsInput extends Omit<BillingSettings, "anchor" | "currency"> {
  readonly currency?: string | undefined;
  readonly anchor: string | null;
  /** Of the settings that were read; absent: whatever they are. */
  readonly version?: number | undefined;
}

/** @throws SeatkeeperError InvalidValue; VersionMismatch when somebody else was faster */
export async function saveBillingSettings(
  deps: SettingsDeps,
  organisation: Organisation,
  input: SettingsInput,
  cause: Cause,
): Promise<void> {
  const { billing, clock } = deps.store;
  const present = await settingsOf(deps, organisation);
  const { timeZone, version, ...given } = input;
  if (!isTimeZone(timeZone)) {
    throw invalid("timeZone", "The name of a time zone is expected, such as Europe/Vienna.");
  }
  const currency = input.currency ?? present.currency;
  checkCurrency(currency);
  checkProducts(deps, input);
  const stored = await billing.settings(organisation.id);
  if (version !== undefined && version !== (stored?.version ?? 0)) {
    throw new SeatkeeperError("VersionMismatch");
  }
  const agreed = {
    ...given,
    currency,
    anchor: anchorOf(input.anchor),
    pools: await poolsById(deps, organisation.id, input.pools),
  };
  const head = {
    version: (stored?.version ?? 0) + 1,
    updatedAt: clock.now(),
    updatedBy: cause.actor,
  };
  const change = setupChange(deps, cause, { version: head.version });
  await billing.saveSettings(organisation.id, { agreed, ...head }, timeZone, change);
}

export async function presentSettings(deps: SettingsDeps, organisation: Organisation) {
  const settings = await settingsOf(deps, organisation);
  const stored = await deps.store.billing.settings(organisation.id);
  return {
    ...settings,
    anchor: settings.anchor === null ? null : dayText(settings.anchor),
    version: stored?.version ?? 0,
    updatedAt: stored === null ? null : new Date(stored.updatedAt).toISOString(),
    updatedBy: stored?.updatedBy ?? null,
  };
}

function checkCurrency(currency: string): void {
  const known =
    /^[A-Z]{3}$/.test(currency) && Intl.supportedValuesOf("currency").includes(currency);
  if (!known) throw invalid("currency", "A currency code of ISO 4217 is expected, such as EUR.");
  minorDigits(currency);
}

function anchorOf(text: string | null): number | null {
  if (text === null) return null;
  const day = dayFromText(text);
  if (day === null) throw invalid("anchor", "A date is expected, such as 2026-01-31.");
  return day;
}

function checkProducts({ catalogue }: SettingsDeps, { products }: SettingsInput): void {
  for (const [id, { tiers = {}, addOns = {} }] of Object.entries(products)) {
    const product = catalogue.products.get(id);
    if (product === undefined) {
      throw invalid("products", unknownName("product", id, [...catalogue.products.keys()]));
    }
    for (const tier of Object.keys(tiers)) checkTier(catalogue, id, tier, `products.${id}.tiers`);
    const known = product.addOns.map((addOn) => addOn.id);
    for (const addOn of Object.keys(addOns)) {
      if (known.includes(addOn)) continue;
      throw invalid(`products.${id}.addOns`, unknownName("add-on", addOn, known));
    }
  }
}

async function poolsById(
  { store }: SettingsDeps,
  organisationId: Id,
  wanted: SettingsInput["pools"],
): Promise<BillingSettings["pools"]> {
  const pools = await store.administration.listPools(organisationId);
  const found = Object.entries(wanted).map(([idOrName, price]) => {
    const pool = pools.find(({ id, name }) => id === idOrName || name === idOrName);
    if (pool !== undefined) return [pool.id, price] as const;
    const names = pools.map(({ name }) => name);
    throw invalid("pools", unknownName("pool", idOrName, names));
  });
  return Object.fromEntries(found);
}

// ---------------------------------------------------------------------------------------------------------------
// Monthly or daily, per person

export interface ModeInput {
  readonly product: string;
  readonly mode: Mode;
}

/**
 * Counts from the next day of the organisation on. A tier that is not offered by the day refuses (rule 52); a person
 * who falls to such a tier later is charged by the month until the tier changes again.
 * @throws SeatkeeperError InvalidValue; Conflict for a tier that has no price per day
 */
export async function changeMode(
  deps: SettingsDeps,
  organisation: Organisation,
  userId: Id,
  { product, mode }: ModeInput,
  cause: Cause,
): Promise<void> {
  const { store, catalogue, ids } = deps;
  const sold = catalogue.products.get(product);
  if (sold === undefined) {
    throw invalid("product", unknownName("product", product, [...catalogue.products.keys()]));
  }
  const tier = await tierOf(deps, organisation.id, userId, product);
  const book = new PriceBook(catalogue, await settingsOf(deps, organisation));
  const offered = sold.tiers.filter(({ id }) => book.tierPerDay(product, id) !== null);
  const isOffered = offered.some(({ id }) => tier === null || id === tier);
  if (mode === "daily" && !isOffered) {
    const names = offered.map(({ title }) => title).join(", ");
    throw new SeatkeeperError("Conflict", {
      sentence:
        names === ""
          ? `${sold.title} is not offered by the day.`
          : `This person's tier is not offered by the day; ${names} can be charged so.`,
    });
  }
  const { actor } = cause;
  const change = { id: ids.next(), userId, product, mode, at: store.clock.now(), actor };
  const told = setupChange({ store }, cause, { userId, product, mode });
  await store.billing.addMode(organisation.id, change, told);
}

/** What is held, or else what is needed. */
async function tierOf(
  { store }: SettingsDeps,
  organisationId: Id,
  userId: Id,
  product: string,
): Promise<string | null> {
  const seats = await store.insights.seatsOf(organisationId, [userId]);
  const held = seats.find((seat) => seat.product === product);
  if (held !== undefined) return held.tier;
  const needed = await store.insights.requirements(organisationId, [userId]);
  return needed.find((one) => one.product === product)?.tier ?? null;
}
