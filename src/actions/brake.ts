import { recordAct } from "../domain/administration/acts.js";
import {
  NO_BRAKE_YET,
  windowAt,
  type BrakeLimit,
  type BrakeState,
  type DecidedLoss,
} from "../domain/brake/brake.js";
import { changeLimit, decideHeldLoss, type Decision } from "../domain/brake/braking.js";
import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { Store } from "../ports.js";
import type { Runner } from "./run.js";

/** What people do with the brake (src/domain/brake/brake.ts): look, set it, decide. */
export interface BrakeActions {
  /** With the window as of now. */
  brakeOf(organisationId: Id): Promise<BrakeState>;
  /** What is left out stays as it is. Losses that are held back already stay so. */
  limitBrake(
    organisationId: Id,
    limit: { readonly [K in keyof BrakeLimit]?: BrakeLimit[K] | undefined },
    cause: Cause,
  ): Promise<BrakeState>;
  /** @throws SeatkeeperError NotFound, Conflict */
  decideHeldLoss(organisationId: Id, decision: Decision, cause: Cause): Promise<DecidedLoss>;
}

export function createBrakeActions(runner: Runner, store: Pick<Store, "write">): BrakeActions {
  const brakeOf = async (organisationId: Id): Promise<BrakeState> => {
    const { brake, now } = await store.write(organisationId, (tx) => tx.load({}));
    return windowAt(brake ?? NO_BRAKE_YET, now);
  };
  return {
    brakeOf,
    limitBrake: async (organisationId, limit, cause) => {
      await runner.run(organisationId, {
        cause,
        needs: {},
        decide: (world, ctx) => {
          const { seats, percent, windowMinutes } = { ...world.brake.limit, ...given(limit) };
          const reason = cause.action;
          const details = { seats, percent, windowMinutes };
          recordAct(world, ctx, { kind: "setup.changed", reason, details });
          return changeLimit(world, details);
        },
      });
      return brakeOf(organisationId);
    },
    decideHeldLoss: (organisationId, decision, cause) =>
      runner.run(organisationId, {
        cause,
        needs: {},
        decide: (world, ctx) => decideHeldLoss(world, ctx, decision),
      }),
  };
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
