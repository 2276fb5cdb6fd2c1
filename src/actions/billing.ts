import { adjustmentsOf } from "../domain/billing/adjustments.js";
import { sharesOf, type CentresOf, type Holder } from "../domain/billing/costCentres.js";
import { dayOf, periodOf, startOfDay, type Period } from "../domain/billing/days.js";
import { asEffective } from "../domain/billing/effective.js";
import { invoiceFor, streamsBy, type Books } from "../domain/billing/invoice.js";
import { AmountTooLarge } from "../domain/billing/rounding.js";
import {
  presentAdjustments,
  presentInvoice,
  type Names,
  type SharedLine,
} from "../domain/billing/presented.js";
import {
  currencyOf,
  DEFAULT_SETTINGS,
  FAIR_USE_DAYS,
  PriceBook,
  type BillingSettings,
  type CostCentre,
} from "../domain/billing/settings.js";
import type { Line } from "../domain/billing/portions.js";
import { slotsOf } from "../domain/billing/slots.js";
import { instantOf, readLedger } from "../domain/billing/tenure.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Id, Organisation, User } from "../domain/directory.js";
import type { Entry } from "../domain/history.js";
import { attributeValues, matchesPattern } from "../domain/mapping.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import { lineReasons } from "./lineReasons.js";

/** Invoices of one organisation: read its books, work them out, say who caused what. Nothing is changed. */

export interface BillingDeps {
  readonly store: Pick<Store, "administration" | "billing" | "insights" | "clock">;
  readonly catalogue: Catalogue;
}

export type Invoiced = ReturnType<typeof presentInvoice> & {
  /** Only where whole billing months were asked for. */
  readonly changes?: ReturnType<typeof presentAdjustments>;
};

export interface InvoiceQuestion {
  /** Null: the billing month that today belongs to, up to its end. */
  readonly window: Period | null;
  readonly withChanges: boolean;
}

const ENTRIES_A_READ = 2_000;
const USERS_A_READ = 500;
const WINDOW_DAYS_MAX = 400;

export async function settingsOf(
  deps: AgreedDeps,
  organisation: Organisation,
): Promise<BillingSettings> {
  const timeZone = organisation.timeZone ?? DEFAULT_SETTINGS.timeZone;
  return { ...(await pricesOf(deps, organisation.id)), timeZone };
}

interface AgreedDeps {
  readonly store: Pick<Store, "billing">;
  readonly catalogue: Catalogue;
}

/** As above, but for the time zone: for who asks what something costs. */
export async function pricesOf(
  { store, catalogue }: AgreedDeps,
  organisationId: Id,
): Promise<BillingSettings> {
  const stored = await store.billing.settings(organisationId);
  return { ...DEFAULT_SETTINGS, currency: currencyOf(catalogue), ...stored?.agreed };
}

/** @throws SeatkeeperError InvalidValue for a window that is none; Conflict where a price is missing */
export async function previewInvoice(
  deps: BillingDeps,
  organisation: Organisation,
  { window: asked, withChanges }: InvoiceQuestion,
): Promise<Invoiced> {
  const settings = await settingsOf(deps, organisation);
  const window = asked ?? thisMonth(settings, deps.store.clock.now());
  checkWindow(window);
  const books = await booksOf(deps, organisation.id, settings, window);
  const invoice = exactly(() => invoiceFor(books, window));
  refuseMissing(settings, invoice.missingPrices);
  const users = await allUsers(deps, organisation.id);
  const names = await namesOf(deps, organisation.id, { books, users, lines: invoice.lines });
  const centres = await centresOf(deps, organisation.id, settings.costCentre, users);
  // The whole ledger once more, which only what was bought needs: other lines say whose they are.
  const isBought = invoice.lines.some(({ kind }) => kind === "bought");
  const holders = isBought ? holdersIn(books) : [];
  const shared = invoice.lines.map((line): SharedLine => ({
    line,
    shares: sharesOf(line, centres, holders),
  }));
  const presented = presentInvoice(invoice, shared, names);
  if (!withChanges) return presented;
  return { ...presented, changes: changesOf(books, window, names) };
}

function holdersIn({ entries, pools, settings }: Books): Holder[] {
  const ledger = readLedger(entries, pools, settings.timeZone);
  const slots = slotsOf(ledger, pools);
  return [...ledger.tenures].map(([key, { userId, product }]) => ({
    ...{ userId, product },
    slots: slots.get(key) ?? [],
  }));
}

function thisMonth({ timeZone, anchor }: BillingSettings, now: number): Period {
  return periodOf(anchor, dayOf(timeZone, now));
}

function checkWindow({ from, to }: Period): void {
  if (from >= to) throw invalid("to", "The end of the window must be after its beginning.");
  if (to - from > WINDOW_DAYS_MAX) {
    throw invalid("to", `At most ${String(WINDOW_DAYS_MAX)} days can be asked for at once.`);
  }
}

function invalid(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field, sentence });
}

function refuseMissing({ currency }: BillingSettings, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new SeatkeeperError("Conflict", {
    sentence: `There is no price in ${currency} for ${missing.join(", ")}. Set it with the billing settings of the organisation.`,
  });
}

function changesOf(books: Books, window: Period, names: Names) {
  const { settings, catalogue } = books;
  const book = new PriceBook(catalogue, settings);
  const periods = streamsBy(books, book, window);
  const [first, last] = [periods[0]?.period, periods.at(-1)?.period];
  if (first?.from !== window.from || last?.to !== window.to) {
    throw invalid("changes", "What each event has changed is known for whole billing months only.");
  }
  const adjustments = periods.flatMap((one) => adjustmentsOf(one, settings.rounding));
  return presentAdjustments(adjustments, settings.currency, names);
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

async function booksOf(
  { store, catalogue }: BillingDeps,
  organisationId: Id,
  settings: BillingSettings,
  window: Period,
): Promise<Books> {
  const { billing, administration } = store;
  const reach = Math.max(
    FAIR_USE_DAYS,
    ...Object.values(settings.products).map(({ fairUseDays = 0 }) => fairUseDays),
  );
  const from = periodOf(settings.anchor, window.from).from - reach;
  return {
    catalogue,
    settings,
    pools: await administration.listPools(organisationId),
    // What happens after the window must not matter to it.
    entries: await ledgerUntil(store, organisationId, startOfDay(settings.timeZone, window.to)),
    modes: await billing.modes(organisationId),
    usedDays: await billing.usedDays(organisationId, from, window.to),
  };
}

/**
 * What was so until then, from the first entry on, or from those that are known; in the order in which it was. What is in memory is the
 * ledger without what waiting lists did.
 */
export async function ledgerUntil(
  { insights }: Pick<Store, "insights">,
  organisationId: Id,
  end: number,
  known: readonly Entry[] = [],
): Promise<Entry[]> {
  const entries = [...known];
  let after = known.reduce((last, { position = 0 }) => Math.max(last, position), 0);
  for (;;) {
    const read = await insights.entries(organisationId, { after, limit: ENTRIES_A_READ });
    entries.push(...read.filter((entry) => isAboutSeats(entry, end)));
    after = read.at(-1)?.position ?? after;
    if (read.length < ENTRIES_A_READ) return asEffective(entries);
  }
}

/**
 * A capacity is known by what it was changed from, so later changes of it are needed, too. And a lease that was over by then was over
 * whenever somebody noticed: what a month costs must not depend on whether the server stood still at its end.
 */
function isAboutSeats(entry: Entry, end: number): boolean {
  const { kind, userId, poolId, seatId } = entry;
  if (userId === null) return poolId !== null;
  return (seatId !== null || kind === "addOns.changed") && instantOf(entry) < end;
}

export async function allUsers({ store }: BillingDeps, organisationId: Id): Promise<User[]> {
  const users: User[] = [];
  for (;;) {
    const after = users.at(-1)?.id;
    const page = { limit: USERS_A_READ, ...(after === undefined ? {} : { after }) };
    const read = await store.insights.users(organisationId, page);
    users.push(...read);
    if (read.length < USERS_A_READ) return users;
  }
}

interface Told {
  readonly books: Books;
  readonly users: readonly User[];
  readonly lines: readonly Line[];
}

async function namesOf(
  deps: BillingDeps,
  organisationId: Id,
  { books, users, lines }: Told,
): Promise<Names> {
  const reasons = await lineReasons(deps, organisationId, { pools: books.pools, users, lines });
  return {
    users: new Map(users.map(({ id, userName }) => [id, userName])),
    pools: new Map(books.pools.map(({ id, name }) => [id, name])),
    ...reasons,
  };
}

/** As the directory is now: it keeps no history of departments and groups. */
async function centresOf(
  { store }: BillingDeps,
  organisationId: Id,
  costCentre: CostCentre | null,
  users: readonly User[],
): Promise<CentresOf> {
  const centres = new Map<Id, string[]>();
  if (costCentre === null) return centres;
  const ids = users.map(({ id }) => id);
  const groups =
    costCentre.type === "group"
      ? await store.billing.groupNames(organisationId, ids)
      : new Map<Id, string[]>();
  for (const { id, document } of users) {
    const names =
      costCentre.type === "attribute"
        ? attributeValues(document, costCentre.attribute)
        : (groups.get(id) ?? []).filter((name) => matchesPattern(costCentre.pattern, name));
    const known = [...new Set(names.filter((name) => name !== ""))].sort();
    if (known.length > 0) centres.set(id, known);
  }
  return centres;
}

function exactly<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof AmountTooLarge)) throw cause;
    throw new SeatkeeperError("InvalidValue", {
      sentence: "The prices and quantities agreed give an amount that is too large to be exact.",
      cause,
    });
  }
}
