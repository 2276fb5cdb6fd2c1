import { z } from "zod";

/** The form of the catalogue file. What its parts say about each other is checked in ../catalogueFile.ts. */

const ID_RULE = "A name is letters, digits, dots and hyphens, and begins with a small letter.";

const id = z.string().regex(/^[a-z][A-Za-z0-9.-]{0,63}$/, ID_RULE);
const title = z.string().min(1, "A text is expected.").max(200, "The text is too long.");
const names = z.array(z.string()).max(500);
/** Integer minor units, so that no sum is ever off by a rounding. */
const price = z
  .int("A price is a whole number of minor units (cents).")
  .min(0, "A price is not negative.");
const demands = z.record(z.string(), names);
const number = z.int("A whole number is expected.").min(0, "A number of 0 or more is expected.");

const tier = z.strictObject({
  title,
  rank: number,
  /** Everything that this other tier of the product offers, too. */
  includes: z.string().optional(),
  capabilities: names.default([]),
  limits: z.record(z.string(), number).default({}),
  pricePerMonth: price,
});

const addOn = z.strictObject({
  title,
  capabilities: names.min(1, "An add-on offers at least one capability."),
  availableOn: names.min(1, "An add-on is available on at least one tier."),
  pricePerMonth: price,
});

/** Every set of add-ons is tried to find the cheapest, which ends well only for a handful. */
const ADD_ONS_MAX = 10;

const product = z.strictObject({
  title,
  everyone: z.boolean().default(false),
  capabilities: z.record(id, title),
  limits: z.record(id, title).default({}),
  freeCapabilities: names.default([]),
  exemptRoles: names.default([]),
  tiers: z
    .record(id, tier)
    .refine((tiers) => Object.keys(tiers).length > 0, "A product has at least one tier."),
  addOns: z
    .record(id, addOn)
    .refine(
      (addOns) => Object.keys(addOns).length <= ADD_ONS_MAX,
      `At most ${String(ADD_ONS_MAX)} add-ons are supported.`,
    )
    .default({}),
});

const setting = z.discriminatedUnion("type", [
  z.strictObject({
    title,
    type: z.literal("boolean"),
    default: z.boolean(),
    requires: demands.default({}),
  }),
  z.strictObject({
    title,
    type: z.literal("number"),
    default: number,
    limits: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    title,
    type: z.literal("choice"),
    default: z.string(),
    choices: z.record(id, demands),
  }),
]);

export const catalogueSchema = z.strictObject({
  products: z
    .record(id, product)
    .refine(
      (products) => Object.keys(products).length > 0,
      "A catalogue has at least one product.",
    ),
  permissions: z.record(id, z.strictObject({ title, requires: demands.default({}) })).default({}),
  roles: z
    .record(
      id,
      z.strictObject({ title, permissions: names.default([]), requires: demands.default({}) }),
    )
    .default({}),
  settings: z.record(id, setting).default({}),
});

export type CatalogueFile = z.output<typeof catalogueSchema>;
export type ProductFile = z.output<typeof product>;
