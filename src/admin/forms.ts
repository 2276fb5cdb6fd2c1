import { z } from "zod";
import type { JsonValue } from "../plugin.js";
import { PRIORITY_MAX } from "../domain/pools/sharing.js";
import { policyForm } from "./policyForm.js";
import { flowFields } from "./samlForms.js";

/** The bodies that the API takes. What names mean is checked behind it, in src/actions. */

const NAME_MAX = 200;
const LIST_MAX = 200;
const METADATA_MAX = 1_048_576;

const name = z
  .string()
  .trim()
  .min(1, "A name is expected.")
  .max(NAME_MAX, `At most ${String(NAME_MAX)} characters are expected.`);
const names = z.array(name).max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`);
const CAPACITY_MAX = 10_000_000;
const capacity = z
  .int("A whole number is expected.")
  .min(0, "A number of 0 or more is expected.")
  .max(CAPACITY_MAX, `At most ${String(CAPACITY_MAX)} is expected.`);

export const organisationForm = z.strictObject({ slug: z.string().max(NAME_MAX), name });

const samlForm = z.strictObject({
  metadata: z.string().max(METADATA_MAX, "The metadata is larger than 1 MB.").optional(),
  metadataUrl: z.string().min(1).max(2_048).nullable().optional(),
  idpEntityId: z.string().min(1).max(1_024).optional(),
  ssoUrl: z.string().min(1).max(2_048).optional(),
  certificates: z
    .array(z.string().max(20_000))
    .min(1, "At least one certificate is expected.")
    .max(10)
    .optional(),
  replaceProvider: z.boolean().optional(),
  justInTime: z.enum(["refuse", "link", "create"]).optional(),
  linkBy: z.enum(["userName", "externalId"]).optional(),
  attributes: z.enum(["bootstrap", "authoritative", "ignore"]).optional(),
  requireVerifiedDomain: z.boolean().optional(),
  requireSignedResponse: z.boolean().optional(),
  nameIdFormats: z.array(z.string().min(1).max(200)).max(10).optional(),
  allowCbc: z.boolean().optional(),
  ...flowFields,
});

const connectionFields = {
  plugin: z.string().min(1).max(40).optional(),
  enabled: z.boolean().optional(),
  applicationUrl: z.string().max(2_048).nullable().optional(),
  assignments: z.boolean().optional(),
  saml: samlForm.nullable().optional(),
};

export const connectionForm = z.strictObject({ name, ...connectionFields });
export const connectionPatchForm = z.strictObject({ name: name.optional(), ...connectionFields });

export const handOverForm = z.strictObject({
  to: z.string().min(1).max(64),
  userNames: z
    .array(name)
    .min(1, "At least one userName is expected; leave it out for everybody.")
    .max(1_000, "At most 1000 are expected.")
    .optional(),
});

/** Says whom it concerns a second time, because it cannot be undone. */
export const erasureForm = z.strictObject({
  userName: z.string().min(1).max(1_000),
  confirm: z.boolean().optional(),
});

const EXPIRY_DAYS_MAX = 3_650;

const expiresInDays = z
  .int("A whole number is expected.")
  .min(1, "At least 1 is expected.")
  .max(EXPIRY_DAYS_MAX, `At most ${String(EXPIRY_DAYS_MAX)} is expected.`)
  .optional();

export const tokenForm = z.strictObject({ label: name, expiresInDays });
export const rotationForm = z.strictObject({
  overlap: z.string().max(8).optional(),
  expiresInDays,
});

const address = z.string().trim().min(1, "A text is expected.").max(2_048, "The text is too long.");

export const trustForm = z.strictObject({
  label: name.default("federation"),
  issuer: address,
  subject: address,
  audience: address,
  jwksUrl: address,
});

export const poolForm = z.strictObject({
  name,
  product: name,
  tiers: names.min(1, "A pool has seats of at least one tier."),
  kind: z.enum(["locked", "shared", "concurrent"]),
  capacity,
  priority: z.int().min(-1000).max(1000).optional(),
  policy: policyForm.optional(),
});

export const poolPatchForm = z.strictObject({
  capacity: capacity.optional(),
  tiers: names.min(1, "A pool has seats of at least one tier.").optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  policy: policyForm.optional(),
});

const matchForm = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("groupId"), groupId: name }),
  z.strictObject({ type: z.literal("groupName"), name }),
  z.strictObject({ type: z.literal("groupPattern"), pattern: name }),
  z.strictObject({ type: z.literal("attribute"), attribute: name, equals: name }),
  z.strictObject({ type: z.literal("everyone") }),
]);

/** Settings and hand-given facts take plain values only. */
const plainValue: z.ZodType<JsonValue> = z.union([z.string().max(1_000), z.number(), z.boolean()]);

const tiers = z
  .array(z.strictObject({ product: name, tier: name }))
  .max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`);

const priorityClass = z
  .int("A whole number is expected.")
  .min(1, "At least 1 is expected.")
  .max(PRIORITY_MAX, `At most ${String(PRIORITY_MAX)} is expected.`);

const givesForm = z
  .strictObject({
    teams: names.exactOptional(),
    roles: names.exactOptional(),
    permissions: names.exactOptional(),
    settings: z.record(name, plainValue).exactOptional(),
    tierFloors: tiers.exactOptional(),
    tierCeilings: tiers.exactOptional(),
    tierChoices: tiers.exactOptional(),
    pools: names.exactOptional(),
    exclusions: names.exactOptional(),
    priorities: z
      .array(z.strictObject({ product: name, class: priorityClass }))
      .max(LIST_MAX, `At most ${String(LIST_MAX)} are expected.`)
      .exactOptional(),
    bundle: z.enum(["atomic", "bestEffort"]).exactOptional(),
  })
  .refine(
    (gives) => Object.keys(gives).length > 0,
    "A rule gives something: teams, roles, permissions, settings, tierFloors, tierCeilings, tierChoices, pools, exclusions or priorities.",
  );

export const ruleForm = z.strictObject({
  name,
  connectionId: z.string().max(64).nullable().optional(),
  match: matchForm,
  gives: givesForm,
});

const factKind = z.enum([
  "team",
  "role",
  "permission",
  "setting",
  "tierFloor",
  "tierCeiling",
  "tierChoice",
  "pool",
  "claim",
  "exclusion",
  "priority",
]);

export const factForm = z.strictObject({ kind: factKind, name, value: plainValue.optional() });
export const factRemovalForm = z.strictObject({
  kind: factKind,
  name,
  confirm: z.boolean().optional(),
});

const seatQuestion = z.strictObject({
  userId: z.string().max(64).optional(),
  userName: z.string().max(1_000).optional(),
  product: name,
  tier: name.optional(),
  unit: z.string().trim().min(1, "A text is expected.").max(128).optional(),
});
const WHO = "Either userId or userName is expected.";

export const seatQuestionForm = seatQuestion.refine(namesOne, WHO);
export const acquisitionForm = seatQuestion
  // How long is allowed is in the pool's policy.
  .extend({ borrowSeconds: z.int("A whole number of seconds is expected.").min(1).optional() })
  .refine(namesOne, WHO);

function namesOne({ userId, userName }: z.infer<typeof seatQuestion>): boolean {
  return (userId === undefined) !== (userName === undefined);
}

export const renewalForm = z.strictObject({
  seatId: z.string().max(64),
  generation: z.int().min(1),
});
export const releaseForm = z.strictObject({
  seatId: z.string().max(64),
  generation: z.int().min(1).optional(),
});
