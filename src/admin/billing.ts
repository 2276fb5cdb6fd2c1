import { z } from "zod";
import { previewInvoice, type InvoiceQuestion } from "../actions/billing.js";
import { changeMode, presentSettings, saveBillingSettings } from "../actions/billingSettings.js";
import { dayFromText } from "../domain/billing/days.js";
import { invoiceCsv } from "../domain/billing/presented.js";
import { BASES, MODES } from "../domain/billing/settings.js";
import { SeatkeeperError } from "../errors.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";
import { userNamed } from "./who.js";

/** Money: what was agreed, and what is owed (docs/billing.md). */

export const BILLING_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/billing": { GET: showSettings, PUT: replaceSettings },
  "/organisations/:org/users/:user/billing-mode": { PUT: putMode },
  "/organisations/:org/invoices/preview": { GET: preview },
};

const PRICE_MAX = 1_000_000_000_000;
const price = z
  .int("A price is a whole number of minor units (cents).")
  .min(0, "A price is not negative.")
  .max(PRICE_MAX, "The price is too large.");
const prices = { pricePerMonth: price.optional(), pricePerDay: price.optional() };
const text = z.string().min(1, "A text is expected.").max(200, "The text is too long.");

const productForm = z.strictObject({
  basis: z.enum(BASES).optional(),
  fairUseDays: z.int().min(1, "At least 1 is expected.").max(366, "At most 366.").optional(),
  tiers: z
    .record(text, z.strictObject({ ...prices, overagePerMonth: price.optional() }))
    .optional(),
  addOns: z.record(text, z.strictObject(prices)).optional(),
});

/** The whole of it: what is left out is no longer agreed. */
const settingsForm = z.strictObject({
  currency: z.string().max(3, "Three letters are expected.").optional(),
  timeZone: text.default("UTC"),
  anchor: z.string().max(10, "A date is expected.").nullable().default(null),
  rounding: z.enum(["halfUp", "halfEven"]).default("halfUp"),
  costCentre: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("attribute"), attribute: text }),
      z.strictObject({ type: z.literal("group"), pattern: text }),
    ])
    .nullable()
    .default(null),
  products: z.record(text, productForm).default({}),
  pools: z.record(text, z.strictObject({ pricePerMonth: price })).default({}),
  version: z.int().min(0).optional(),
  /** Of the answer that was read: may be sent back, and says nothing. */
  updatedAt: z.unknown().optional(),
  updatedBy: z.unknown().optional(),
});

export const billingForm = settingsForm.transform(
  ({ updatedAt: _at, updatedBy: _by, ...settings }) => settings,
);

export const modeForm = z.strictObject({ product: text, mode: z.enum(MODES) });

const day = z.string().transform((value, context) => {
  const found = dayFromText(value);
  if (found !== null) return found;
  context.addIssue({ code: "custom", message: "A date is expected, such as 2026-03-01." });
  return z.NEVER;
});

export const invoiceQuery = z.strictObject({
  from: day.optional(),
  to: day.optional(),
  changes: z.enum(["true", "false"]).default("false"),
  format: z.enum(["json", "csv"]).default("json"),
});

/** @throws SeatkeeperError InvalidValue when only one end of the window is named */
export function questionOf({
  from,
  to,
  changes,
}: Pick<z.infer<typeof invoiceQuery>, "from" | "to" | "changes">): InvoiceQuestion {
  const withChanges = changes === "true";
  if (from === undefined && to === undefined) return { window: null, withChanges };
  if (from !== undefined && to !== undefined) return { window: { from, to }, withChanges };
  throw new SeatkeeperError("InvalidValue", {
    field: from === undefined ? "from" : "to",
    sentence: "Give both ends of the window, or neither for the present billing month.",
  });
}

/** For the API and the command alike. @throws SeatkeeperError InvalidValue */
export function refuseChangesAsCsv(isAsked: boolean): void {
  if (!isAsked) return;
  throw new SeatkeeperError("InvalidValue", {
    field: "changes",
    sentence: "CSV has the lines of the invoice; what each event has changed is told as JSON only.",
  });
}

async function showSettings({ deps, organisation }: OrganisationCall): Promise<Reply> {
  return { body: await presentSettings(deps, organisation) };
}

async function replaceSettings(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const input = body(billingForm);
  await saveBillingSettings(deps, organisation, input, cause("billing.changed"));
  const { timeZone } = input;
  return { body: await presentSettings(deps, { ...organisation, timeZone }) };
}

async function putMode(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, body, cause } = call;
  const user = await userNamed(deps, organisation.id, param("user"));
  const input = body(modeForm);
  await changeMode(deps, organisation, user.id, input, cause("billing.modeChanged"));
  return { body: { userId: user.id, ...input } };
}

async function preview({ deps, organisation, query }: OrganisationCall): Promise<Reply> {
  const asked = query(invoiceQuery);
  refuseChangesAsCsv(asked.format === "csv" && asked.changes === "true");
  const invoice = await previewInvoice(deps, organisation, questionOf(asked));
  if (asked.format === "json") return { body: invoice };
  const file = `${organisation.slug}-${invoice.from}-${invoice.to}.csv`;
  return { file: { type: "text/csv; charset=utf-8", name: file, text: invoiceCsv(invoice) } };
}
