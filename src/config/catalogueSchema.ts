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
  /** Everything that these other tiers of the product offer, too. */
  includes: z
    .union([z.string().transform((one) => [one]), names])
    .optional()
    .transform((tiers) => tiers ?? []),
  capabilities: names.default([]),
  limits: z.record(z.string(), number).default({}),
  pricePerMonth: price,
  /** For a day of use; where it is given, users can be charged by the day. */
  pricePerDay: price.optional(),
});

const addOn = z.strictObject({
  title,
  capabilities: names.min(1, "An add-on offers at least one capability."),
  availableOn: names.min(1, "An add-on is available on at least one tier."),
  pricePerMonth: price,
  requires: names.default([]),
  excludes: names.default([]),
  pricePerDay: price.optional(),
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
  order: z.enum(["rank", "includes"]).default("rank"),
  objective: z.enum(["rank", "price", "priceThenRank"]).default("rank"),
  tierMode: z.enum(["derived", "chosen", "derivedWithFloor"]).default("derived"),
  billing: z.enum(["assigned", "activeDays", "purchased", "peak", "fairUse"]).optional(),
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

const ATTRIBUTE_RULE =
  "The name of an attribute is letters, digits, hyphens and underscores, and begins with a small letter.";

const attributeName = z.string().regex(/^[a-z][A-Za-z0-9_-]{0,63}$/, ATTRIBUTE_RULE);
const SIMPLE_TYPES = [
  "string",
  "boolean",
  "integer",
  "decimal",
  "dateTime",
  "reference",
  "binary",
] as const;

/** All words of RFC 7643 §7 are read here, so that those that mean nothing here can be refused with the reason. */
const attributeParts = {
  description: title.optional(),
  multiValued: z.boolean().default(false),
  required: z.boolean().default(false),
  caseExact: z.boolean().optional(),
  canonicalValues: z.array(z.string().min(1)).max(200).default([]),
  mutability: z.enum(["readWrite", "immutable", "readOnly", "writeOnly"]).default("readWrite"),
  returned: z.enum(["default", "always", "request", "never"]).default("default"),
  uniqueness: z.enum(["none", "server", "global"]).default("none"),
};

const subAttribute = z.strictObject({
  ...attributeParts,
  type: z.enum(SIMPLE_TYPES).default("string"),
});

const extensionAttribute = z.strictObject({
  ...attributeParts,
  type: z.enum([...SIMPLE_TYPES, "complex"]).default("string"),
  subAttributes: z.record(attributeName, subAttribute).default({}),
});

const extension = z.strictObject({
  id: z
    .string()
    .max(200, "The URN is too long.")
    .regex(
      /^urn:[A-Za-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9._-]+)+$/,
      "A URN is expected, such as urn:acorn:scim:schemas:extension:desk:2.0:User.",
    ),
  name: title,
  description: title.optional(),
  resource: z.enum(["User", "Group"]).default("User"),
  attributes: z
    .record(attributeName, extensionAttribute)
    .refine(
      (attributes) => Object.keys(attributes).length > 0,
      "An extension has at least one attribute.",
    ),
});

export const catalogueSchema = z.strictObject({
  /** Of all prices (ISO 4217). */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "A currency code of three capital letters is expected, such as EUR.")
    .optional(),
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
      z.strictObject({
        title,
        permissions: names.default([]),
        requires: demands.default({}),
        roleIsRequirement: z.boolean().default(false),
        indispensable: z.boolean().default(false),
      }),
    )
    .default({}),
  settings: z.record(id, setting).default({}),
  extensions: z.array(extension).max(20, "At most 20 extensions are supported.").default([]),
  requiredBeforeSettings: names.default([]),
});

export type CatalogueFile = z.output<typeof catalogueSchema>;
export type ExtensionFile = z.output<typeof extension>;
export type SubAttributeFile = z.output<typeof subAttribute>;
export type ExtensionAttributeFile = z.output<typeof extensionAttribute>;
export type ProductFile = z.output<typeof product>;
