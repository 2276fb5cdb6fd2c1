import { z } from "zod";
import { LEASE_UNITS } from "../domain/pools/leasePolicy.js";
import {
  ACQUIRE_ON,
  ON_FULL,
  type OnFullOfGroup,
  type Overage,
  POLICY_VERSION,
} from "../domain/pools/policy.js";
import { RELEASE_ON } from "../domain/pools/releaseOn.js";
import { reclaimTerms } from "./reclaimForms.js";

/** The policy of a pool as people write it: in a body of the API, on the command line, in a preset. */

const SEATS_MAX = 10_000_000;

const seconds = z
  .int("A whole number is expected.")
  .min(0, "A number of 0 or more is expected.")
  .max(31_536_000, "At most a year is expected.");
const seats = z
  .int("A whole number is expected.")
  .min(0, "A number of 0 or more is expected.")
  .max(SEATS_MAX, `At most ${String(SEATS_MAX)} is expected.`);

const RESERVATIONS_MAX = 20;
const group = z
  .string()
  .trim()
  .min(1, "The name of a group is expected.")
  .max(200, "At most 200 characters are expected.");

/** A list, or its words with commas between them. */
const onFull = z.preprocess(
  (value) => (typeof value === "string" ? stepsOf(value) : value),
  z.array(z.enum(ON_FULL)).max(ON_FULL.length, "Each step is named once."),
);

function stepsOf(text: string): string[] {
  // The word of the first version, and what it did.
  if (text === "evictLeastRecentlyUsed") return ["evictLru", "wait"];
  return wordsOf(text).filter((word) => word !== "nothing");
}

function wordsOf(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

const OWN_LISTS_MAX = 20;

/**
 * `Sales=autoscale+wait,Interns=reject`, `none`, or the list that is stored, as it is or as JSON in a text: in the short form
 * a name ends at its last `=`, and no comma is part of it.
 */
const onFullByGroup = z.preprocess(
  (value) => (typeof value === "string" ? ownListsOf(value) : value),
  z
    .array(z.strictObject({ group, onFull }))
    .max(OWN_LISTS_MAX, `At most ${String(OWN_LISTS_MAX)} are expected.`),
);

function ownListsOf(text: string): unknown {
  if (text === "none") return [];
  if (text.trimStart().startsWith("[")) return jsonOrText(text);
  return text.split(",").map((one) => {
    const at = one.lastIndexOf("=");
    return {
      group: one.slice(0, Math.max(at, 0)),
      // Without a sign it is no list of a group, and what stands there no step.
      onFull: at < 0 ? one : one.slice(at + 1).replaceAll("+", ","),
    };
  });
}

/** As `--policy onFullByGroup=...` takes it. */
export function ownListsText(lists: readonly OnFullOfGroup[]): string {
  if (lists.length === 0) return "none";
  const isPlain = lists.every(({ group }) => !group.includes(",") && !group.startsWith("["));
  if (!isPlain) return JSON.stringify(lists);
  const steps = (list: readonly string[]): string => list.join("+") || "nothing";
  return lists.map(({ group, onFull }) => `${group}=${steps(onFull)}`).join(",");
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `none`, `unlimited`, a number of seats, per cent as `25%`, or the object that is stored. */
const overage = z.preprocess(
  overageOf,
  z.discriminatedUnion(
    "type",
    [
      z.strictObject({ type: z.literal("none") }),
      z.strictObject({
        type: z.literal("factor"),
        percent: z
          .int("A whole number is expected.")
          .min(1, "At least 1 is expected.")
          .max(1_000, "At most 1000 is expected."),
      }),
      z.strictObject({ type: z.literal("absolute"), seats }),
      z.strictObject({ type: z.literal("unlimited") }),
    ],
    "none, unlimited, a number of seats, or per cent such as 25% is expected.",
  ),
);

function overageOf(value: unknown): unknown {
  if (value === "none" || value === "unlimited") return { type: value };
  if (typeof value === "number") return { type: "absolute", seats: value };
  if (typeof value !== "string") return value;
  const [, number, sign] = /^(\d{1,8})(%?)$/.exec(value) ?? [];
  if (number === undefined) return value;
  return sign === "%"
    ? { type: "factor", percent: Number(number) }
    : { type: "absolute", seats: Number(number) };
}

/** As `--policy overage=...` takes it. */
export function overageText(given: Overage): string {
  switch (given.type) {
    case "factor":
      return `${String(given.percent)}%`;
    case "absolute":
      return String(given.seats);
    default:
      return given.type;
  }
}

/** `Support=5,Field=2`, `none`, or the list that is stored. */
const reservations = z.preprocess(
  (value) => (typeof value === "string" ? reservationsOf(value) : value),
  z
    .array(z.strictObject({ group, seats: seats.min(1, "At least 1 is expected.") }))
    .max(RESERVATIONS_MAX, `At most ${String(RESERVATIONS_MAX)} are expected.`),
);

function reservationsOf(text: string): unknown {
  if (text === "none") return [];
  return text.split(",").map((one) => {
    const at = one.lastIndexOf("=");
    return { group: one.slice(0, Math.max(at, 0)), seats: Number(one.slice(at + 1)) };
  });
}

/** A list, or its words with commas between them. */
const releaseOn = z.preprocess(
  (value) => (typeof value === "string" ? wordsOf(value) : value),
  z.array(z.enum(RELEASE_ON)).max(RELEASE_ON.length, "Each word is named once."),
);

export const policyForm = z.strictObject({
  /** As it was read; there is no other to choose. */
  version: z.literal(POLICY_VERSION).optional(),
  acquireOn: z.enum(ACQUIRE_ON).optional(),
  onFull: onFull.optional(),
  onFullByGroup: onFullByGroup.optional(),
  overage: overage.optional(),
  autoscaleMax: seats.optional(),
  eligibility: z.enum(["claimed", "anyone"]).optional(),
  minHoldSeconds: seconds.optional(),
  minIdleSeconds: seconds.optional(),
  evictionOrder: z.enum(["lastUsed", "lastSignIn"]).optional(),
  maxEvictionsPerDay: z.int().min(0).max(1_000).optional(),
  coolDownSeconds: seconds.optional(),
  protectRunningSession: z.boolean().optional(),
  leaseSeconds: seconds.min(10, "At least 10 is expected.").optional(),
  pendingReserves: z.boolean().optional(),
  pendingSeconds: seconds.optional(),
  parkedConsumes: z.boolean().optional(),
  parkedSeconds: seconds.optional(),
  suspendedConsumes: z.boolean().optional(),
  minReassignSeconds: seconds.optional(),
  resume: z.enum(["tail", "sameIfFree", "headOfList"]).optional(),
  reservations: reservations.optional(),
  ageingSeconds: seconds.optional(),
  leaseUnit: z.enum(LEASE_UNITS).optional(),
  heartbeatSeconds: seconds.optional(),
  driftSeconds: seconds.optional(),
  lingerSeconds: seconds.optional(),
  reviveSeconds: seconds.optional(),
  maxBorrowSeconds: seconds.optional(),
  ...reclaimTerms,
  releaseOn: releaseOn.optional(),
});

/** A file of config/presets. */
export const presetForm = z.strictObject({
  pools: z.record(
    z.string(),
    z.strictObject({ kind: z.enum(["locked", "shared", "concurrent"]), policy: policyForm }),
  ),
});
export type PresetPool = z.infer<typeof presetForm>["pools"][string];
