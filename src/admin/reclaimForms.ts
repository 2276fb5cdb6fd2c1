import { z } from "zod";
import { ANSWERS } from "../domain/reclaim/answer.js";
import { IDLE_ACTIONS, ON_UNASSIGN, UNDO_CHOICES, USE_SIGNALS } from "../domain/reclaim/terms.js";

/** What the API takes about seats that are taken back, and about resources (docs/reclaim.md, docs/resources.md). */

const DAYS_MAX = 3_650;
const SEATS_MAX = 10_000_000;
const TEXT = "A text is expected.";

const days = z
  .int("A whole number is expected.")
  .min(0, "A number of 0 or more is expected.")
  .max(DAYS_MAX, `At most ${String(DAYS_MAX)} is expected.`);

/** Part of a pool's policy. */
export const reclaimTerms = {
  idleDays: days.optional(),
  neverUsedDays: days.min(1, "At least 1 is expected.").optional(),
  idleAction: z.enum(IDLE_ACTIONS).optional(),
  remindDays: days.optional(),
  answerDays: days.optional(),
  askAgainDays: days.min(1, "At least 1 is expected.").optional(),
  graceDays: days.optional(),
  undo: z.enum(UNDO_CHOICES).optional(),
  useSignal: z.enum(USE_SIGNALS).optional(),
  onUnassign: z.enum(ON_UNASSIGN).optional(),
  transferTo: z.string().max(1_000, "The text is too long.").optional(),
};

const id = z.string().min(1, TEXT).max(64, "The text is too long.");
const userName = z.string().min(1, TEXT).max(1_000, "The text is too long.");

/** RFC 3339, or the date alone: then its beginning in UTC. */
const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: "A time is expected, such as 2026-03-01 or 2026-03-01T12:00:00Z.",
  })
  .transform((text) => Date.parse(text));

const person = { userId: id.optional(), userName: userName.optional() };

function isOne(...values: readonly (string | undefined)[]): boolean {
  return values.filter((value) => value !== undefined).length === 1;
}

export const heldForm = z
  .strictObject({ ...person, product: z.string().min(1, TEXT).max(128) })
  .refine((form) => isOne(form.userId, form.userName), "Either userId or userName is expected.");

export const answerForm = z
  .strictObject({
    ...person,
    product: z.string().min(1, TEXT).max(128),
    answer: z.enum(ANSWERS),
  })
  .refine((form) => isOne(form.userId, form.userName), "Either userId or userName is expected.");

export const exemptionForm = z
  .strictObject({
    ...person,
    group: z.string().min(1, TEXT).max(64).optional(),
    until: instant.nullable().default(null),
    reason: z.string().trim().min(1, "A reason is expected.").max(200, "The text is too long."),
  })
  .refine(
    (form) => isOne(form.userId, form.userName, form.group),
    "One of userId, userName and group is expected.",
  );

export const contractionForm = z.strictObject({
  capacity: z
    .int("A whole number is expected.")
    .min(0, "A number of 0 or more is expected.")
    .max(SEATS_MAX, `At most ${String(SEATS_MAX)} is expected.`),
  at: instant,
});

export const resourceForm = z
  .strictObject({
    ...person,
    product: z.string().min(1, TEXT).max(128).nullable().default(null),
    indispensable: z.boolean().default(false),
  })
  .refine((form) => isOne(form.userId, form.userName), "Either userId or userName is expected.");
