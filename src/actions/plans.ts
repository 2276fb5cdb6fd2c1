import type { Catalogue } from "../domain/catalogue.js";
import type { Id, Organisation, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { concernOf, makeChange, type SetUpChange } from "../domain/plans/change.js";
import { causedBy, planApplied } from "../domain/plans/applied.js";
import { deltasBetween, deltasIn } from "../domain/plans/deltas.js";
import { movedInTime } from "../domain/plans/moved.js";
import type { Prices } from "../domain/plans/overSeats.js";
import {
  isSameReport,
  reportBetween,
  reportOf,
  type PlanReport,
  type SyncEffect,
} from "../domain/plans/report.js";
import type { Changes, Needs, Snapshot } from "../domain/snapshot.js";
import type { Verdict } from "../domain/verdict.js";
import { World, type Context } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store, WriteTransaction } from "../ports.js";
import type { Plan, PlannedChange, SyncChange } from "../ports/plans.js";
import { alreadyApplied, orDone, refuseMisfits, staleWhenRefused } from "./planFits.js";
import { neverStill, pricesFor, withPrices, type IsCurrent } from "./planPrices.js";

/**
 * Plans: a change is tried with the decisions that would really be made, and kept with what it would do; applying it does
 * exactly that, in one transaction, or nothing (I17). What was tried is tried again at that moment, and the two
 * predictions are compared to the last word: no version could say more exactly whether people, seats and money are still
 * told right. What the change would write over has to be what it was put together from, too (docs/adr/0045).
 */
export interface Plans {
  /** @throws SeatkeeperError NotFound, TooMany, and what the change itself is refused for */
  makePlan(organisation: Organisation, change: PlannedChange, by: string): Promise<Plan>;
  /** @throws SeatkeeperError NotFound, Stale, Conflict when it was applied already */
  applyPlan(organisation: Organisation, planId: Id, cause: Cause): Promise<Plan>;
}

export interface PlanParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly ids: Ids;
  readonly committed: (organisationId: Id, changes: Changes) => void;
  readonly planHours: number;
  /** Absent where no SCIM door is in this process. */
  readonly rehearse?: Rehearse | undefined;
}

/** Plays requests on a copy. @throws SeatkeeperError NotFound, TooMany, and what refuses the whole of the requests */
export type Rehearse = (organisationId: Id, change: SyncChange) => Promise<Rehearsal>;

export interface Rehearsal {
  /** Of the organisation when it was copied. */
  readonly revision: number;
  /** The moment of every decision on the copy. */
  readonly at: Timestamp;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly effect: SyncEffect;
  /** The requests as they may be kept: without secrets. Played again, they do the same. */
  readonly kept: SyncChange;
  /** What was written to the copy, in order, each with what had been loaded for it. */
  readonly writes: readonly { readonly loads: readonly Needs[]; readonly changes: Changes }[];
}

/** All of them are in memory at once. */
const PEOPLE_MAX = 10_000;
const HOUR = 3_600_000;
const CAUSE: Cause = { type: "admin", action: "plan", actor: "system", requestId: null };

export function createPlanActions(parts: PlanParts): Plans {
  const { store, ids, planHours } = parts;
  return {
    makePlan: async (organisation, change, by) => {
      const { report, revision, kept } = await predicted(parts, organisation, change);
      const now = store.clock.now();
      const plan: Plan = {
        id: ids.next(),
        organisationId: organisation.id,
        change: kept,
        report,
        baseVersion: revision,
        createdAt: now,
        createdBy: by,
        expiresAt: now + planHours * HOUR,
        appliedAt: null,
        appliedBy: null,
      };
      await store.plans.add(plan);
      return plan;
    },
    applyPlan: async (organisation, planId, cause) => {
      const plan = await store.plans.find(organisation.id, planId);
      if (plan === null) throw new SeatkeeperError("NotFound");
      if (plan.appliedAt !== null) throw alreadyApplied();
      if (plan.expiresAt <= store.clock.now()) {
        throw new SeatkeeperError("Stale", { sentence: "The plan has expired. Make it again." });
      }
      const { change } = plan;
      await (
        change.type === "sync"
          ? applySync(parts, organisation, { plan, change }, cause)
          : applySetUp(parts, organisation, { plan, change }, cause)
      ).catch((error: unknown) => orDone(store, plan, error));
      const applied = await store.plans.find(organisation.id, planId);
      return applied ?? plan;
    },
  };
}

interface Predicted {
  readonly report: PlanReport;
  readonly revision: number;
  readonly kept: PlannedChange;
}

/** In a transaction that saves nothing. */
async function predicted(
  parts: PlanParts,
  organisation: Organisation,
  change: PlannedChange,
): Promise<Predicted> {
  if (change.type === "sync") {
    const prices = await pricesFor(parts, organisation, change);
    const rehearsal = await rehearsed(parts, organisation, change);
    const { revision, kept } = rehearsal;
    return { report: syncReport(parts, rehearsal, prices), revision, kept };
  }
  const ctx: Context = { ...parts, cause: CAUSE, nextId: () => parts.ids.next() };
  return withPrices(parts, organisation, change, (prices, isCurrent) =>
    parts.store.write(organisation.id, (tx) => tried(tx, ctx, change, { prices, isCurrent })),
  );
}

// ---------------------------------------------------------------------------------------------------------------
// Changes of the set-up

interface Priced {
  readonly prices: Prices;
  readonly isCurrent: IsCurrent;
}

/** @returns null where the prices are of another moment */
async function tried(
  tx: WriteTransaction,
  ctx: Context,
  change: SetUpChange,
  { prices, isCurrent }: Priced,
): Promise<(Predicted & { readonly world: World }) | null> {
  const setUp = await tx.load({});
  if (!isCurrent(setUp)) return null;
  const concern = valueOf(concernOf(setUp, change));
  await refuseMisfits(tx, ctx.catalogue, setUp, change);
  const snapshot = await tx.load({ concerned: { ...concern, limit: PEOPLE_MAX } });
  const { concerned, totals, revision = 0 } = snapshot;
  if (concerned?.complete !== true || totals === undefined) {
    throw new SeatkeeperError("TooMany", {
      sentence: `The change can concern more than ${String(PEOPLE_MAX)} people, which is more than a plan can look at.`,
    });
  }
  const world = new World(snapshot);
  // As many seats as these people could give back, and one more, go to who waits.
  world.load(await tx.load({ candidates: concerned.userIds.length + 1 }));
  valueOf(makeChange(world, ctx, change, concerned.userIds));
  // Who is served from a list was not loaded; a plan says who it is.
  const others = strangersIn(world);
  if (others.length > 0) world.load(await tx.load({ users: others }));
  const deltas = deltasIn(world, ctx.catalogue);
  return {
    world,
    revision,
    kept: change,
    report: reportOf(world, snapshot, totals, deltas, prices),
  };
}

function strangersIn(world: World): Id[] {
  const changed = [world.seats, world.kept].flatMap((table) => {
    const { inserted, updated, deleted } = table.difference();
    return [...inserted, ...deleted, ...updated.map(({ after }) => after)];
  });
  const ids = changed.map(({ userId }) => userId);
  return [...new Set(ids)].filter((id) => !world.users.has(id));
}

interface SetUpPlan {
  readonly plan: Plan;
  readonly change: SetUpChange;
}

async function applySetUp(
  parts: PlanParts,
  organisation: Organisation,
  { plan, change }: SetUpPlan,
  cause: Cause,
): Promise<void> {
  const ctx: Context = { ...parts, cause, nextId: () => parts.ids.next() };
  const apply = (priced: Priced) =>
    parts.store.write(organisation.id, async (tx) => {
      const now = await tried(tx, ctx, change, priced).catch(staleWhenRefused);
      if (now === null) return null;
      if (!isSameReport(now.report, plan.report)) throw new SeatkeeperError("Stale");
      const done = { id: plan.id, at: now.world.now, by: cause.actor };
      const net: Changes = { ...now.world.changes(), plansApplied: [done] };
      await tx.save(net);
      return net;
    });
  const changes = await withPrices(parts, organisation, change, (prices, isCurrent) =>
    apply({ prices, isCurrent }),
  );
  parts.committed(organisation.id, changes);
}

// ---------------------------------------------------------------------------------------------------------------
// Requests of an identity provider

async function rehearsed(
  { rehearse }: PlanParts,
  { id }: Organisation,
  change: SyncChange,
): Promise<Rehearsal> {
  if (rehearse === undefined) throw new SeatkeeperError("NotImplemented");
  return rehearse(id, change);
}

function syncReport({ catalogue }: PlanParts, rehearsal: Rehearsal, prices: Prices): PlanReport {
  const { before, after, effect, writes } = rehearsal;
  const written = writes.flatMap(({ changes }) => changes.entries);
  const people = deltasBetween(catalogue, before, after, written);
  const report = reportBetween(stockOf(before), stockOf(after), { people, written }, prices);
  return { ...report, sync: effect };
}

function stockOf({ pools, totals }: Snapshot) {
  return { pools: [...pools.values()], totals: totals ?? { seats: [], waiting: [] } };
}

interface SyncPlan {
  readonly plan: Plan;
  readonly change: SyncChange;
}

/** Somebody else may write between the copy and the transaction: then it is copied again. */
const ATTEMPTS = 3;

/**
 * What the requests wrote to a copy of this very moment is written to the organisation, all of it in one transaction that
 * finds the organisation as it was copied, and as of its own moment: playing the requests may take long (docs/adr/0048). After a
 * clock that was put back meanwhile they are played again.
 */
async function applySync(
  parts: PlanParts,
  organisation: Organisation,
  { plan, change }: SyncPlan,
  cause: Cause,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const rehearsal = await rehearsed(parts, organisation, change);
    const prices = await pricesFor(parts, organisation, change);
    const report = syncReport(parts, rehearsal, prices);
    if (!isSameReport(report, plan.report)) throw new SeatkeeperError("Stale");
    const isDone = await parts.store.write(organisation.id, async (tx) => {
      const { revision, now } = await tx.load({});
      if (revision !== rehearsal.revision || now < rehearsal.at) return false;
      const moments = { decided: rehearsal.at, done: now };
      const ids = { organisationId: organisation.id, planId: plan.id };
      const { connectionId } = change;
      const nextId = () => parts.ids.next();
      await tx.save(planApplied({ ...ids, connectionId, at: now, cause, nextId }));
      for (const { loads, changes } of rehearsal.writes) {
        for (const needs of loads) await tx.load(needs);
        await tx.save(movedInTime(causedBy(changes, cause), moments));
      }
      return true;
    });
    if (!isDone) continue;
    for (const { changes } of rehearsal.writes) parts.committed(organisation.id, changes);
    return;
  }
  throw neverStill();
}

function valueOf<T>(verdict: Verdict<T>): T {
  if ("ok" in verdict) return verdict.ok;
  const { refused, ...said } = verdict;
  throw new SeatkeeperError(refused, said);
}
