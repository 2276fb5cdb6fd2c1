import { z } from "zod";
import { ROLES, SCOPES } from "../domain/administration/scope.js";
import { tokenForm } from "./forms.js";

/** Bodies about who administers, who is invited and what is bought. */

const NAME_MAX = 200;
const LIST_MAX = 100;

const text = z.string().trim().min(1, "A text is expected.").max(NAME_MAX, "The text is too long.");
const note = z.string().trim().max(1_000, "The text is too long.").nullable().default(null);
const teams = z
  .array(text)
  .max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`)
  .default([]);
const scopes = z.array(z.enum(SCOPES)).max(SCOPES.length, "Each scope is named once.");

const rights = { role: z.enum(ROLES), extraScopes: scopes.default([]), teams };

export const principalForm = z
  .strictObject({ user: z.string().min(1).max(1_000).optional(), name: text.optional(), ...rights })
  .refine(
    ({ user, name }) => (user === undefined) !== (name === undefined),
    "Either user (a person) or name (of a service) is expected.",
  );

export const principalPatchForm = z.strictObject({
  role: rights.role.optional(),
  extraScopes: scopes.optional(),
  teams: z
    .array(text)
    .max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`)
    .optional(),
});

export const apiTokenForm = tokenForm.extend({
  principal: z.string().min(1).max(64).optional(),
  scopes: scopes.min(1, "At least one scope is expected.").optional(),
});

const DAYS_MAX = 90;

export const invitationForm = z.strictObject({
  address: z.string().trim().min(1, "An address is expected.").max(256, "The address is too long."),
  connection: z.string().min(1).max(64).optional(),
  teams,
  pool: text.optional(),
  expiresInDays: z
    .int("A whole number is expected.")
    .min(1, "At least 1 is expected.")
    .max(DAYS_MAX, `At most ${String(DAYS_MAX)} is expected.`)
    .default(14),
});

const secret = z.string().min(1, "The secret is expected.").max(200, "This is no secret.");

export const acceptanceForm = z
  .strictObject({
    secret,
    userId: z.string().min(1).max(64).optional(),
    account: z
      .strictObject({
        userName: z.string().trim().min(1, "A userName is expected.").max(256),
        displayName: z.string().trim().max(1_000).nullable().default(null),
      })
      .optional(),
  })
  .refine(
    ({ userId, account }) => userId === undefined || account === undefined,
    "Either userId or account is expected.",
  );
export const refusalForm = z.strictObject({ secret });

const SEATS_MAX = 10_000_000;
const AMOUNT_MAX = 1_000_000_000_000;

export const purchaseForm = z.strictObject({
  pool: text,
  seats: z
    .int("A whole number is expected.")
    .min(1, "At least 1 is expected.")
    .max(SEATS_MAX, `At most ${String(SEATS_MAX)} is expected.`),
  note,
});

export const quoteForm = z.strictObject({
  amount: z
    .int("An amount is a whole number of minor units (cents).")
    .min(0, "An amount is not negative.")
    .max(AMOUNT_MAX, "The amount is too large."),
  currency: z.string().regex(/^[A-Z]{3}$/, "Three letters are expected, such as EUR."),
  note,
});

/** The version of the quote that was read. */
export const approvalForm = z.strictObject({
  version: z.int("A whole number is expected.").min(1),
});

export const inForceForm = z.strictObject({
  at: z.iso
    .datetime({ offset: true, error: "A time such as 2026-03-01T12:00:00Z is expected." })
    .transform((value) => Date.parse(value))
    .optional(),
});

export const nothingForm = z.strictObject({});
