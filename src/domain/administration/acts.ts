import type { JsonObject } from "../../plugin.js";
import type { Id } from "../directory.js";
import type { EntryKind } from "../history.js";
import type { Context, World } from "../world.js";

interface Act {
  readonly kind: EntryKind;
  readonly reason: string;
  readonly details: JsonObject;
  readonly userId?: Id | null;
  readonly poolId?: Id | null;
  readonly product?: string;
}

/** A line of the ledger about what moves no seat. The cause says who did it. */
export function recordAct(world: World, ctx: Context, act: Act): void {
  const { kind, reason, details, userId = null, poolId = null, product = "" } = act;
  const about = { userId, product, poolId, seatId: null, tier: null, delta: 0 } as const;
  world.record({ id: ctx.nextId(), kind, ...about, reason, cause: ctx.cause, details });
}
