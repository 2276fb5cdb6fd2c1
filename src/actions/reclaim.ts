import type { Id, Seat } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import {
  answerReclaim,
  neededForUndo,
  undoReclaim,
  type Answer,
} from "../domain/reclaim/answer.js";
import {
  forgetResource,
  registerResource,
  switchResource,
  type ResourceDraft,
} from "../domain/reclaim/register.js";
import { resourceKey, type Resource } from "../domain/reclaim/rows.js";
import type { Runner } from "./run.js";

/** What people and the application say about seats that are taken back, and about what hangs on seats. */
export interface ReclaimActions {
  /** The seat as it is then; null when it was given up. @throws SeatkeeperError NotFound, Conflict, PoolFull */
  answerReclaim(
    organisationId: Id,
    held: { readonly userId: Id; readonly product: string },
    answer: Answer,
    cause: Cause,
  ): Promise<{ seat: Seat | null }>;
  /** @throws SeatkeeperError NotFound, Inactive, Conflict, PoolFull */
  undoReclaim(
    organisationId: Id,
    held: { readonly userId: Id; readonly product: string },
    cause: Cause,
  ): Promise<{ seat: Seat | null }>;
  /** @throws SeatkeeperError NotFound, Conflict */
  registerResource(
    organisationId: Id,
    draft: ResourceDraft,
    cause: Cause,
  ): Promise<{ resource: Resource; isNew: boolean }>;
  /** @throws SeatkeeperError NotFound, Conflict */
  switchResource(
    organisationId: Id,
    named: Pick<Resource, "kind" | "id">,
    isOn: boolean,
    cause: Cause,
  ): Promise<{ resource: Resource }>;
  /** The application says that there is no such thing any more. @throws SeatkeeperError NotFound */
  forgetResource(
    organisationId: Id,
    named: Pick<Resource, "kind" | "id">,
    cause: Cause,
  ): Promise<{ resource: Resource }>;
}

export function createReclaimActions(runner: Runner): ReclaimActions {
  return {
    answerReclaim: (organisationId, held, answer, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [held.userId] },
        more: (world) => neededForUndo(world, held),
        decide: (world, ctx) => answerReclaim(world, ctx, held, answer),
      }),

    undoReclaim: (organisationId, held, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [held.userId] },
        more: (world) => neededForUndo(world, held),
        decide: (world, ctx) => undoReclaim(world, ctx, held),
      }),

    registerResource: (organisationId, draft, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [draft.userId], resources: [draft] },
        decide: (world) => registerResource(world, draft),
      }),

    switchResource: (organisationId, named, isOn, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { resources: [named] },
        // Whether the owner has a seat.
        more: (world) => {
          const owner = world.resources.get(resourceKey(named))?.userId;
          return owner === undefined ? null : { users: [owner] };
        },
        decide: (world) => switchResource(world, named, isOn),
      }),

    forgetResource: (organisationId, named, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { resources: [named] },
        decide: (world) => forgetResource(world, named),
      }),
  };
}
