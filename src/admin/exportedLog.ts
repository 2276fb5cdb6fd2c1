import { z } from "zod";
import type { Connection } from "../domain/directory.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import { SeatkeeperError } from "../errors.js";
import { checked } from "../validation.js";

/** A log that was exported, perhaps elsewhere, read back: `presentRecord` the other way round. */

const ids = z.array(z.string()).readonly();

const seat = z.strictObject({
  kind: z.enum([
    "seat.granted",
    "seat.released",
    "seat.displaced",
    "seat.tierChanged",
    "seat.stateChanged",
    "addOns.changed",
    "lease.expired",
    "waiting.added",
    "waiting.removed",
    "pool.capacityChanged",
  ]),
  userId: z.string().nullable(),
  product: z.string(),
  tier: z.string().nullable(),
  fromTier: z.string().nullable(),
  delta: z.literal([-1, 0, 1]).exactOptional(),
  poolId: z.string().nullable(),
  reason: z.string(),
});

const effects = z.strictObject({
  people: z.strictObject({
    created: ids,
    changed: ids,
    activated: ids,
    deactivated: ids,
    deleted: ids,
  }),
  members: z.strictObject({ added: z.int(), removed: z.int(), isPartial: z.boolean() }),
  seats: z.array(seat),
  pricePerMonth: z.int(),
});

const exported = z.strictObject({
  id: z.string(),
  at: z.iso.datetime().transform((text) => Date.parse(text)),
  connectionId: z.string(),
  requestId: z.string(),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  resource: z.string(),
  resourceId: z.string().nullable(),
  userId: z.string().nullable(),
  userName: z.string().nullable(),
  query: z.record(z.string(), z.string()),
  ifMatch: z.string().nullable(),
  body: z.json().optional(),
  isBodyTooLarge: z.boolean(),
  trail: z.array(z.string()),
  verdict: z.enum(["ok", "refused"]),
  status: z.int(),
  refusal: z
    .strictObject({ code: z.string(), scimType: z.string().nullable(), sentence: z.string() })
    .nullable(),
  effects: effects.nullable(),
});

/**
 * Empty lines do no harm. The records become those of `connection`.
 * @throws SeatkeeperError MalformedJson, InvalidValue, UnknownOption
 */
export function readExported(
  text: string,
  { id: connectionId, organisationId }: Connection,
): ProvisioningRecord[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => {
      const {
        verdict: _verdict,
        body,
        ...record
      } = checked(exported, parsed(line, number), "InvalidValue");
      return {
        ...record,
        organisationId,
        connectionId,
        ...(body === undefined ? {} : { body }),
      };
    });
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SeatkeeperError("MalformedJson", {
      sentence: `Line ${String(number)} of the exported log is not JSON.`,
      cause,
    });
  }
}
