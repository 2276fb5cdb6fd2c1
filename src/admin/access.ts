import type { z } from "zod";
import { checkProduct, checkTier } from "../actions/checkNames.js";
import type { AccessAnswer } from "../actions/seats.js";
import type { Question } from "../domain/answers/access.js";
import { seatQuestionForm } from "./forms.js";
import { presentEvictable, presentSeat, presentWaiting } from "./present.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";
import { userNamed } from "./who.js";

/** May this person use this now? Asked by the application all the time, so answered from memory (docs/adr/0026). */

export const ACCESS_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/seats/ask": { POST: askForSeat },
};

async function askForSeat(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation } = call;
  const asked = await question(call, call.body(seatQuestionForm));
  return { body: presentAccess(await deps.actions.askSeat(organisation.id, asked)) };
}

/** @throws SeatkeeperError NotFound, InvalidValue */
export async function question(
  { deps, organisation }: OrganisationCall,
  { userId, userName, product, tier, unit }: z.infer<typeof seatQuestionForm>,
): Promise<Question> {
  checkProduct(deps.catalogue, product);
  if (tier !== undefined) checkTier(deps.catalogue, product, tier, "tier");
  const named = userId ?? userName ?? "";
  const known = await deps.store.standings.of(organisation.id, named);
  const user = known?.user ?? (await userNamed(deps, organisation.id, named));
  const about = { userId: user.id, product, ...(tier === undefined ? {} : { tier }) };
  return { ...about, ...(unit === undefined ? {} : { unit }) };
}

export function presentAccess(access: AccessAnswer) {
  const { permitted, tier, addOns, reason, seat, waiting, requirement, capabilities } = access;
  return {
    permitted,
    tier,
    reason,
    requiredTier: requirement?.tier ?? null,
    addOns,
    capabilities,
    seat: seat === null ? null : presentSeat(seat),
    waiting: waiting === null ? null : presentWaiting(waiting, waiting.position),
    ...presentEvictable(access),
  };
}
