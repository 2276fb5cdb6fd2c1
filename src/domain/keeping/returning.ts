import type { Candidate, Occasion } from "../seats/candidates.js";
import { endOf } from "../seats/claimEnd.js";
import type { Seat, WaitingEntry } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { changeKept, inviteTo, letGo } from "./keep.js";
import { grantSeat } from "../seats/ledger.js";
import { leaveList, waitForSeat } from "../waiting/waitingList.js";
import { waitingOf } from "../waiting/queue.js";
import { isLapsed, keepsSuspended } from "./remembered.js";
import type { SeatOutcome } from "../seats/outcome.js";
import { occupies } from "../seats/states.js";
import type { Context, World } from "../world.js";

/** People whose seat was kept: what becomes of it, and how they come back to it. */

export interface Returning {
  readonly wish: Wish;
  readonly kept: Seat;
  readonly entry: WaitingEntry | undefined;
  readonly candidates: readonly Candidate[];
  readonly occasion: Occasion;
}

/** For who may have no seat now, whatever they claim. */
export function withhold(
  world: World,
  ctx: Context,
  kept: Seat,
  refusal: "Inactive" | "Excluded" | "TierConflict",
): void {
  const policy = world.pools.get(kept.poolId)?.policy;
  if (refusal === "Excluded") letGo(world, ctx, kept, "excluded");
  if (refusal !== "Inactive" || kept.kept?.state === "suspended") return;
  if (policy !== undefined && keepsSuspended(policy) && comesBack(kept)) {
    changeKept(world, ctx, kept, "suspend", "deactivated");
  } else letGo(world, ctx, kept, "deactivated");
}

/** An invitation that is closed and a lease that had run out before are nothing to come back to. */
function comesBack(kept: Seat): boolean {
  return kept.kept?.state !== "closed" && !isLapsed(kept);
}

/**
 * Whether `settleKept` will answer without looking for room, when something about the person changes: an invitation that is
 * out, or a place that was taken all the time. Looks only.
 *
 * @param one.isNewClaim whether there is a claim that is newer than what is kept
 */
export function needsNoRoom(one: {
  readonly kept: Seat;
  readonly candidates: readonly Candidate[];
  readonly isNewClaim: boolean;
}): boolean {
  const { kept, candidates, isNewClaim } = one;
  switch (kept.kept?.state) {
    case "pending":
      return true;
    case "closed":
      return !isNewClaim;
    case "parked":
      return (waitsForUse(kept) && !isNewClaim) || hasItsPlace(kept, candidates);
    case "suspended":
      return hasItsPlace(kept, candidates);
    case undefined:
      return false;
  }
}

/** Null: the person takes part like anybody else; what is kept becomes the seat again when one is found. */
export function settleKept(world: World, ctx: Context, one: Returning): SeatOutcome | null {
  // At a sign-in there are candidates for who needs no claim, too.
  const hasClaim = one.wish.requirement?.tier != null || one.candidates.length > 0;
  switch (one.kept.kept?.state) {
    case "pending":
      return hasClaim ? invited(world, ctx, one) : unclaimed(world, ctx, one.kept, "cancelled");
    case "closed":
      return hasClaim && !hasNewClaim(world, one)
        ? { type: "none", reason: "InvitationClosed" }
        : unclaimed(world, ctx, one.kept, "forgotten");
    case "parked":
      return hasClaim ? unparked(world, ctx, one) : stayParked(world, ctx, one);
    case "suspended":
      return hasClaim ? resumed(world, ctx, one) : parkResumed(world, ctx, one);
    case undefined:
      return null;
  }
}

/** Rule 62: the invitation and the seat are one; accepting it changes no count. */
function invited(world: World, ctx: Context, one: Returning): SeatOutcome | null {
  if (one.occasion === "provision") return { type: "none", reason: "Invited" };
  return inItsPlace(world, ctx, one);
}

function unclaimed(world: World, ctx: Context, kept: Seat, reason: string): null {
  letGo(world, ctx, kept, reason);
  return null;
}

function unparked(world: World, ctx: Context, one: Returning): SeatOutcome | null {
  if (isTakenBack(world, one)) return { type: "none", reason: "Reclaimed" };
  return inItsPlace(world, ctx, one);
}

/** What nobody used comes back to who wants to use it, or with a new claim; not because somebody looked at the old one. */
function isTakenBack(world: World, one: Returning): boolean {
  return waitsForUse(one.kept) && one.occasion !== "signIn" && !hasNewClaim(world, one);
}

function waitsForUse({ kept }: Seat): boolean {
  return kept?.reason === "reclaimed" || kept?.reason === "givenUp";
}

function hasNewClaim(world: World, { wish, kept }: Returning): boolean {
  return world.facts.group(wish.user.id).some(({ since }) => since > (kept.kept?.since ?? 0));
}

/** Nobody else could have it meanwhile. */
export function hasItsPlace(kept: Seat, candidates: readonly Candidate[]): boolean {
  return occupies(kept) && candidates.some(({ pool }) => pool.id === kept.poolId);
}

/** A seat that was taken all the time needs no room: rule 64, the same licence. */
function inItsPlace(world: World, ctx: Context, one: Returning): SeatOutcome | null {
  const { wish, kept, entry, candidates } = one;
  const here = candidates.find(({ pool }) => pool.id === kept.poolId);
  if (here === undefined || !occupies(kept)) return null;
  if (entry !== undefined) leaveList(world, ctx, entry, "granted");
  return {
    type: "held",
    seat: grantSeat(world, ctx, { user: wish.user, ...here, reason: "claimed" }),
  };
}

/** The policy of today decides whether a place is still held for somebody without a claim. */
function stayParked(world: World, ctx: Context, { kept, wish }: Returning): SeatOutcome | null {
  const pool = world.pools.get(kept.poolId);
  const ended = isLapsed(kept) ? endOf(wish, pool) : null;
  if (ended !== null) return unclaimed(world, ctx, kept, ended);
  const policy = pool?.policy;
  const isForgotten = policy?.parkedConsumes !== true && kept.expiresAt === null;
  if (isForgotten) return unclaimed(world, ctx, kept, "retentionOver");
  return { type: "none", reason: "NotEligible" };
}

/** Q20: the same seat if it is free, or before everybody else on the list. */
function resumed(world: World, ctx: Context, one: Returning): SeatOutcome | null {
  const { wish, kept, entry, candidates } = one;
  const back = inItsPlace(world, ctx, one);
  if (back !== null || entry !== undefined || occupies(kept)) return back;
  const [first] = candidates;
  if (first?.pool.policy.resume === "headOfList") {
    const wait = { wish, entry, tier: first.tier, atTheDoor: false, since: kept.grantedAt };
    waitForSeat(world, ctx, wait);
  }
  return null;
}

function parkResumed(world: World, ctx: Context, { kept }: Returning): SeatOutcome | null {
  const policy = world.pools.get(kept.poolId)?.policy;
  if (policy === undefined || !(policy.parkedConsumes || policy.parkedSeconds > 0)) {
    return unclaimed(world, ctx, kept, "resumed");
  }
  changeKept(world, ctx, kept, "park", "resumed");
  return { type: "none", reason: "NotEligible" };
}

/** Who was suspended and found no seat is on the list or has none: there is nothing left to keep. */
export function forgetSuspended(world: World, ctx: Context, kept: Seat): void {
  const still = world.kept.get(kept.id);
  if (still?.kept?.state === "suspended") letGo(world, ctx, still, "resumed");
}

/** Whether what is given is an invitation first. */
export function isInvitation({ pool }: Candidate, occasion: Occasion): boolean {
  return pool.policy.acquireOn === "invite" && occasion === "provision";
}

export function invite(
  world: World,
  ctx: Context,
  { user, product }: Wish,
  candidate: Candidate,
): SeatOutcome {
  const entry = waitingOf(world, user.id, product.id);
  if (entry !== undefined) leaveList(world, ctx, entry, "invited");
  inviteTo(world, ctx, { userId: user.id, ...candidate });
  return { type: "none", reason: "Invited" };
}
