import { releaseByApp } from "../byHand.js";
import { reaches, type Authority } from "./delegation.js";
import type { Id, Seat } from "../directory.js";
import { namesOf } from "../events.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

export interface Release {
  readonly seatId: Id;
  /** Of the lease, if it must be the newest. */
  readonly generation?: number;
  /** A principal that is limited to teams gives back seats of their members alone: to it, no others exist. */
  readonly by?: Pick<Authority, "teams">;
}

export function releaseInReach(
  world: World,
  ctx: Context,
  { seatId, generation, by = { teams: null } }: Release,
): Verdict<{ seat: Seat }> {
  const seat = world.seats.get(seatId) ?? world.kept.get(seatId);
  if (seat !== undefined && !reaches(by, namesOf(world.facts.group(seat.userId), "team"))) {
    return refuse("NotFound");
  }
  return releaseByApp(world, ctx, seatId, generation);
}
