import { giveGlass, takeGlass, type GlassAsked } from "../domain/emergency/breakGlassByHand.js";
import type { GlassGiven } from "../domain/emergency/breakGlassByHand.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { Runner } from "./run.js";

/** Claims that exclusions do not outweigh (src/domain/emergency/breakGlassByHand.ts). */
export interface BreakGlassActions {
  /** @throws SeatkeeperError NotFound, Inactive, Conflict, InvalidValue for an end that has passed or is too far */
  giveBreakGlass(
    organisationId: Id,
    userId: Id,
    given: { readonly asked: GlassAsked; readonly by: string },
    cause: Cause,
  ): Promise<GlassGiven>;
  /** @throws SeatkeeperError NotFound */
  takeBreakGlass(organisationId: Id, userId: Id, product: string, cause: Cause): Promise<void>;
}

export function createBreakGlassActions(runner: Runner): BreakGlassActions {
  return {
    giveBreakGlass: (organisationId, userId, { asked, by }, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [userId] },
        decide: (world, ctx) => giveGlass(world, ctx, userId, asked, by),
      }),

    takeBreakGlass: async (organisationId, userId, product, cause) => {
      await runner.run(organisationId, {
        cause,
        needs: { users: [userId] },
        decide: (world, ctx) => takeGlass(world, ctx, userId, product),
      });
    },
  };
}
