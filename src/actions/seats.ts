import { recordAct } from "../domain/administration/acts.js";
import {
  decideAccess,
  seatInQuestion,
  type Access,
  type Question,
} from "../domain/answers/access.js";
import {
  acquireSeat,
  changePool,
  giveByHand,
  renewSeat,
  takeByHand,
  type HandFact,
  type PoolPatch,
} from "../domain/byHand.js";
import type { LeaseAsked } from "../domain/leases/borrowing.js";
import { capabilitiesOf } from "../domain/answers/capabilities.js";
import type { Catalogue, Product } from "../domain/catalogue.js";
import type { Fact, Id, Pool, Seat, User, WaitingEntry } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import type { SeatOutcome } from "../domain/seats/seats.js";
import { releaseInReach, type Release } from "../domain/administration/reach.js";
import { guardedRoles, holdersToAsk } from "../domain/reclaim/guard.js";
import type { Context, World } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import type { Confirmed } from "./people.js";
import type { Renewing } from "./renewals.js";
import type { Action, Runner } from "./run.js";
import { evictable, takeOverTimes, type TakeOverTime } from "./takeOverTimes.js";

export interface SeatActions {
  /** Reads only. `capabilities`: what may be done now, with a seat or without one. @throws SeatkeeperError NotFound */
  askSeat(organisationId: Id, question: Question): Promise<AccessAnswer>;
  /** When these people could take over seats (docs/pools.md); in their order, null where no time can be said. Reads only. */
  takeOverTimes(
    organisationId: Id,
    asked: readonly { readonly userId: Id; readonly product: string }[],
  ): Promise<(TakeOverTime | null)[]>;
  /** @throws SeatkeeperError NotFound, Inactive, InvalidValue where a `unit` is missing, or for more than can be borrowed */
  acquireSeat(
    organisationId: Id,
    userId: Id,
    product: string,
    cause: Cause,
    asked?: LeaseAsked,
  ): Promise<SeatOutcome>;
  /** @throws SeatkeeperError NotFound, LeaseLost */
  renewSeat(organisationId: Id, seatId: Id, generation: number, cause: Cause): Promise<Seat>;
  /** @throws SeatkeeperError NotFound, Conflict, LeaseLost for a generation that is not the newest */
  releaseSeat(organisationId: Id, release: Release, cause: Cause): Promise<void>;
  /**
   * @param madeFor the version of the pool with which the patch was put together and checked
   * @throws SeatkeeperError NotFound; Conflict when it is another by now
   */
  changePool(
    organisationId: Id,
    poolId: Id,
    patch: PoolPatch,
    cause: Cause,
    madeFor?: number,
  ): Promise<{ pool: Pool; overCapacity: number }>;
  giveByHand(
    organisationId: Id,
    userId: Id,
    fact: HandFact,
    by: string,
    cause: Cause,
  ): Promise<Fact>;
  takeByHand(
    organisationId: Id,
    userId: Id,
    fact: Pick<Fact, "kind" | "name"> & Confirmed,
    cause: Cause,
  ): Promise<{ removed: number }>;
}

export interface AccessAnswer extends Access {
  readonly capabilities: readonly string[];
}

/** One load can serve this many waiting people; a larger rise of the capacity goes on in the background. */
const DRAIN_MAX = 500;

export function createSeatActions(
  { runner, renewing }: { readonly runner: Runner; readonly renewing: Renewing },
  store: Store,
  catalogue: Catalogue,
): SeatActions {
  return {
    askSeat: (organisationId, question) => ask(store, catalogue, organisationId, question),

    takeOverTimes: (organisationId, asked) =>
      takeOverTimes({ store, catalogue }, organisationId, asked),

    acquireSeat: (organisationId, userId, product, cause, asked) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [userId] },
        decide: (world, ctx) => acquireSeat(world, ctx, userId, product, asked),
      }),

    renewSeat: (organisationId, seatId, generation, cause) =>
      renewing.renew(organisationId, { seatId, generation }, () =>
        runner.run(organisationId, renewal(seatId, generation, cause)),
      ),

    releaseSeat: async (organisationId, release, cause) => {
      await runner.run(organisationId, {
        cause,
        needs: { seats: [release.seatId] },
        decide: (world, ctx) => releaseInReach(world, ctx, release),
      });
    },

    changePool: async (organisationId, poolId, patch, cause, madeFor) => {
      const result = await runner.run(organisationId, {
        cause,
        needs: { candidates: DRAIN_MAX },
        decide: (world, ctx) => changePool(world, ctx, poolId, patch, madeFor),
      });
      // Other tiers or another policy may concern everybody; more seats than one load could fill, too.
      if (Object.keys(patch).some((key) => key !== "priority")) {
        await store.administration.markAllStale(organisationId);
      }
      return result;
    },

    giveByHand: (organisationId, userId, fact, by, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [userId] },
        decide: (world, ctx) => {
          const verdict = giveByHand(world, ctx, userId, fact, by);
          if ("ok" in verdict) recordByHand(world, ctx, userId, fact);
          return verdict;
        },
      }),

    takeByHand: (organisationId, userId, fact, cause) =>
      runner.run(organisationId, {
        cause,
        needs: { users: [userId] },
        more: (world) => ({ holders: holdersToAsk(world, guardedRoles(catalogue), userId) }),
        decide: (world, ctx) => {
          const verdict = takeByHand(world, ctx, userId, fact, fact.confirm);
          if ("ok" in verdict) recordByHand(world, ctx, userId, fact);
          return verdict;
        },
      }),
  };
}

function renewal(seatId: Id, generation: number, cause: Cause): Action<Seat> {
  return {
    cause,
    needs: { seats: [seatId] },
    decide: (world, ctx) => renewSeat(world, ctx, seatId, generation),
  };
}

async function ask(
  store: Store,
  catalogue: Catalogue,
  organisationId: Id,
  question: Question,
): Promise<AccessAnswer> {
  const { userId, product: productId } = question;
  const product = catalogue.products.get(productId);
  const standing = await store.standings.of(organisationId, userId);
  if (product === undefined || standing === null) throw new SeatkeeperError("NotFound");
  const { user, seats, waiting: entries, requirements, roles } = standing;
  const waiting = await placeIn(
    store,
    entries.find((one) => one.product === productId),
  );
  const now = store.clock.now();
  const access = decideAccess(product, question, {
    now,
    active: user.active,
    seat: seatInQuestion(seats, question, now),
    waiting,
    requirement: requirements.find((needed) => needed.product === productId) ?? null,
  });
  const capabilities = capabilitiesOf(catalogue, product, {
    active: user.active,
    tier: access.tier,
    addOns: access.addOns,
    roles,
  });
  return {
    ...access,
    capabilities,
    ...(await takeOverTime({ store, catalogue }, user, access, product)),
  };
}

/** Only of who has no seat, or waits for a better one: for all others nothing is looked up. */
async function takeOverTime(
  deps: { readonly store: Store; readonly catalogue: Catalogue },
  { id: userId, organisationId, active }: User,
  { seat, waiting }: Access,
  product: Product,
) {
  if (!active || (seat !== null && waiting === null)) return {};
  const [time] = await takeOverTimes(deps, organisationId, [{ userId, product: product.id }]);
  return evictable(time);
}

/** Who else waits changes the place: that is counted each time. */
async function placeIn({ insights }: Store, entry: WaitingEntry | undefined) {
  if (entry === undefined) return null;
  return { ...entry, position: await insights.waitingPosition(entry.organisationId, entry) };
}

/** Who gave or took what; what follows for seats has entries of its own. */
function recordByHand(
  world: World,
  ctx: Context,
  userId: Id,
  { kind, name }: Pick<Fact, "kind" | "name">,
): void {
  const details = { kind, name };
  recordAct(world, ctx, { kind: "setup.changed", userId, reason: ctx.cause.action, details });
}
