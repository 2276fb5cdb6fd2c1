import { tellEnd, tellGiven } from "./breakGlass.js";
import { handFacts, placeByHand } from "../byHand.js";
import type { Fact, Id, Timestamp, User } from "../directory.js";
import { glassValue, type GlassTerms } from "../entitlement/breakGlass.js";
import { isAwaited } from "../invitations/invitation.js";
import { factKey } from "../mapping.js";
import { evaluate } from "../evaluate.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";
import { DAY_MS } from "../durations.js";

/** A claim by hand that no exclusion outweighs, for a while (docs/adr/0044): given, renewed, taken back. */

/** Long enough for a week-end and the holiday behind it; what lasts longer is a change of the rules. */
export const GLASS_DAYS_MAX = 7;

export interface GlassAsked extends GlassTerms {
  readonly product: string;
}

export interface GlassGiven {
  readonly fact: Fact;
  /** Nothing was changed: it was given before, to the last word. */
  readonly change: "given" | "renewed" | "none";
}

/** @param by who gives it, in words */
export function giveGlass(
  world: World,
  ctx: Context,
  userId: Id,
  asked: GlassAsked,
  by: string,
): Verdict<GlassGiven> {
  const user = world.users.get(userId);
  if (user === undefined) return refuse("NotFound");
  const refusal = refusalOfGlass(user, asked, world.now);
  if (refusal !== null) return refusal;
  const given = glassFact(userId, asked, by, world.now);
  const before = standing(world, userId, asked.product);
  const same = before.find((fact) => factKey(fact) === factKey(given));
  if (same !== undefined) return { ok: { fact: same, change: "none" } };
  placeByHand(world, given);
  const change = before.length > 0 ? "renewed" : "given";
  tellGiven(world, ctx, given, change);
  evaluate(world, ctx, [userId]);
  return { ok: { fact: given, change } };
}

export function glassFact(
  userId: Id,
  { product, ...terms }: GlassAsked,
  by: string,
  now: Timestamp,
): Fact {
  return {
    ...{ userId, kind: "breakGlass", name: product, value: glassValue(terms) },
    source: { type: "hand", by },
    since: now,
  };
}

/** What nobody would see until somebody stands before a closed door is said at once. */
export function refusalOfGlass(
  user: User,
  { until }: Pick<GlassTerms, "until">,
  now: Timestamp,
): Refusal | null {
  if (!user.active) {
    return refuse("Inactive", {
      sentence: "The account is deactivated, and a break-glass claim does not outweigh that.",
    });
  }
  if (isAwaited(user)) {
    return refuse("Conflict", {
      sentence: "Nobody has come to this account yet: its invitation is open.",
    });
  }
  if (until <= now) {
    return refuse("InvalidValue", { field: "until", sentence: "until must be in the future." });
  }
  if (until > now + GLASS_DAYS_MAX * DAY_MS) {
    return refuse("InvalidValue", {
      field: "until",
      sentence: `until may be at most ${String(GLASS_DAYS_MAX)} days from now: a break-glass claim is for an emergency. Renew it, or change the exclusion.`,
    });
  }
  return null;
}

/** The exclusions are in force again in the same step. */
export function takeGlass(
  world: World,
  ctx: Context,
  userId: Id,
  product: string,
): Verdict<{ fact: Fact }> {
  if (!world.users.has(userId)) return refuse("NotFound");
  const [fact] = standing(world, userId, product);
  if (fact === undefined) {
    return refuse("NotFound", {
      sentence: `There is no break-glass claim of this person to ${product}.`,
    });
  }
  world.facts.delete(factKey(fact));
  tellEnd(world, ctx, fact, "takenBack");
  evaluate(world, ctx, [userId]);
  return { ok: { fact } };
}

function standing(world: World, userId: Id, product: string): Fact[] {
  return handFacts(world, userId, { kind: "breakGlass", name: product });
}
