import { z } from "zod";
import type { BrakeState, DecidedLoss, HeldLoss } from "../domain/brake/brake.js";
import { time } from "./present.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** Losses of seats that wait for a person (docs/brake.md). */

export const BRAKE_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/brake": { GET: showBrake, PATCH: setBrake },
  "/organisations/:org/brake/:loss/approve": { POST: (call) => decided(call, "approved") },
  "/organisations/:org/brake/:loss/reject": { POST: (call) => decided(call, "rejected") },
};

const number = z.int("A whole number is expected.").min(0, "A number of 0 or more is expected.");

export const brakeForm = z.strictObject({
  seats: number.max(10_000_000, "At most 10000000 is expected.").optional(),
  percent: number.max(100, "At most 100 is expected.").optional(),
  windowMinutes: number
    .min(1, "At least 1 is expected.")
    .max(10_080, "At most 10080, a week, is expected.")
    .optional(),
});

async function showBrake({ deps, organisation }: OrganisationCall): Promise<Reply> {
  return { body: presentBrake(await deps.actions.brakeOf(organisation.id)) };
}

async function setBrake(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, body, cause } = call;
  const limit = body(brakeForm);
  const state = await deps.actions.limitBrake(organisation.id, limit, cause("brake.changed"));
  return { body: presentBrake(state) };
}

async function decided(
  { deps, organisation, param, cause }: OrganisationCall,
  state: "approved" | "rejected",
): Promise<Reply> {
  const decision = { id: param("loss"), state };
  const loss = await deps.actions.decideHeldLoss(
    organisation.id,
    decision,
    cause(`brake.${state}`),
  );
  return { body: presentLoss(loss) };
}

/** `losses`: what is held back, and what was decided lately, the newest first. */
export function presentBrake({ limit, since, total, lost, open, decided: past }: BrakeState) {
  return {
    limit,
    window: since === 0 ? null : { since: time(since), seats: total, lost },
    losses: [...(open === null ? [] : [open]), ...[...past].reverse()].map(presentLoss),
  };
}

export function presentLoss(loss: HeldLoss | DecidedLoss) {
  const { id, at, state, seats, cause } = loss;
  const decision =
    "decidedAt" in loss ? { decidedAt: time(loss.decidedAt), decidedBy: loss.decidedBy } : {};
  return { id, at: time(at), state, reason: "BrakeTripped" as const, seats, cause, ...decision };
}
