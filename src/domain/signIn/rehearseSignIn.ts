import { signIn, type SignIn } from "./signIn.js";
import type { SeatForecast, SignInForecast } from "./signInReport.js";
import type { Snapshot } from "../snapshot.js";
import type { SeatOutcome } from "../seats/seats.js";
import { World, type Context } from "../world.js";

/**
 * What this sign-in would do: the same decision as ever, on a copy that is thrown away. The request that it answers is
 * the practice's own, so whether there is one is not asked here.
 */
export function rehearseSignIn(
  snapshot: Snapshot,
  ctx: Context,
  attempt: Omit<SignIn, "requestId" | "fresh">,
): SignInForecast {
  const { connection, nameId } = attempt;
  const isKnown = snapshot.identities.has(`${connection.id} ${nameId}`);
  const open =
    connection.saml === null ? null : { ...connection.saml, idpInitiated: true as const };
  const verdict = signIn(new World(snapshot), ctx, {
    ...attempt,
    connection: { ...connection, saml: open },
    requestId: null,
  });
  if ("refused" in verdict) {
    const reason = verdict.detail ?? verdict.refused;
    return { account: { what: "refused", userId: null, userName: null, reason }, seats: [] };
  }
  const { user, outcomes } = verdict.ok;
  const what = isKnown ? "known" : snapshot.users.has(user.id) ? "linked" : "created";
  return {
    account: {
      what,
      // An account that would be created has no id that anybody will see again.
      userId: what === "created" ? null : user.id,
      userName: user.userName,
      reason: null,
    },
    seats: [...outcomes].map(([product, outcome]) => seatOf(product, outcome)),
  };
}

function seatOf(product: string, outcome: SeatOutcome): SeatForecast {
  if (outcome.type === "held") {
    const { tier, poolId } = outcome.seat;
    return { product, state: "held", tier, poolId, reason: null };
  }
  if (outcome.type === "waiting") {
    const { tier, poolId, reason } = outcome.entry;
    return { product, state: "waiting", tier, poolId, reason };
  }
  return { product, state: "none", tier: null, poolId: null, reason: outcome.reason };
}
