import { recordAct } from "./acts.js";
import { changePool } from "../byHand.js";
import {
  PURCHASE_TRANSITIONS,
  type Purchase,
  type PurchaseAct,
  type PurchaseState,
  type PurchaseStep,
} from "./purchase.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/**
 * More seats are bought by a request (rule 58, D2): asked for by the customer, quoted by the vendor, approved by the
 * customer, put in force by the vendor. Until then nothing about the pool changes.
 */

export function requestPurchase(
  world: World,
  ctx: Context,
  { poolId, seats, note }: Pick<Purchase, "poolId" | "seats" | "note">,
): Verdict<Purchase> {
  const pool = world.pools.get(poolId);
  if (pool === undefined) return refuse("NotFound");
  const purchase: Purchase = {
    id: ctx.nextId(),
    organisationId: pool.organisationId,
    poolId,
    product: pool.product,
    seats,
    note,
    state: "requested",
    quote: null,
    dueAt: null,
    steps: [{ state: "requested", at: world.now, by: ctx.cause.actor }],
    version: 1,
    createdAt: world.now,
  };
  save(world, ctx, purchase, null);
  return { ok: purchase };
}

export function advancePurchase(world: World, ctx: Context, act: PurchaseAct): Verdict<Purchase> {
  const before = world.papers.purchases.get(act.id);
  if (before === undefined) return refuse("NotFound");
  if (act.version !== undefined && act.version !== before.version) return refuse("VersionMismatch");
  const state = PURCHASE_TRANSITIONS[before.state][act.step];
  if (state === undefined) return noStep(before, act.step);
  const after: Purchase = {
    ...before,
    state,
    quote: act.quote ?? before.quote,
    dueAt: act.dueAt ?? before.dueAt,
    steps: [...before.steps, { state, at: world.now, by: ctx.cause.actor }],
    version: before.version + 1,
  };
  if (state === "inForce") {
    const raised = raise(world, ctx, after);
    if (raised !== null) return raised;
  }
  save(world, ctx, after, before);
  return { ok: after };
}

/** The seats go to who waits, in the same step. */
function raise(world: World, ctx: Context, { poolId, seats }: Purchase): Refusal | null {
  const pool = world.pools.get(poolId);
  if (pool === undefined) return refuse("NotFound");
  const capacity = pool.capacity + seats;
  if (capacity > CAPACITY_MAX) {
    return refuse("Conflict", {
      sentence: `A pool has at most ${String(CAPACITY_MAX)} seats.`,
    });
  }
  const changed = changePool(world, ctx, poolId, { capacity });
  return "refused" in changed ? changed : null;
}
/** As for a pool that is created or changed by hand. */
const CAPACITY_MAX = 10_000_000;

/** What was approved for a day that has come. */
export function putDueInForce(world: World, ctx: Context): void {
  const due = world.papers.purchases
    .group("")
    .filter(({ state, dueAt }) => state === "approved" && dueAt !== null && dueAt <= world.now);
  for (const purchase of due) {
    const done = advancePurchase(world, ctx, { id: purchase.id, step: "putInForce" });
    // It cannot be: left for the vendor to look at, not tried again every half second.
    if ("refused" in done) world.papers.purchases.set({ ...purchase, dueAt: null });
  }
}

function noStep({ state }: Purchase, step: PurchaseStep): Refusal {
  return refuse("Conflict", {
    sentence: `A purchase that is ${WORDS[state]} cannot be ${STEP_WORDS[step]}.`,
  });
}

const WORDS: Record<PurchaseState, string> = {
  requested: "requested",
  quoted: "quoted",
  approved: "approved",
  inForce: "in force",
  declined: "declined",
  withdrawn: "withdrawn",
};
const STEP_WORDS: Record<PurchaseStep, string> = {
  quote: "quoted",
  approve: "approved",
  schedule: "scheduled",
  putInForce: "put in force",
  decline: "declined",
  withdraw: "withdrawn",
};

function save(world: World, ctx: Context, after: Purchase, before: Purchase | null): void {
  world.papers.purchases.set(after);
  const { id, poolId, product, seats, state, quote, dueAt, note } = after;
  const price = { amount: quote?.amount ?? null, currency: quote?.currency ?? null };
  recordAct(world, ctx, {
    kind: "purchase.changed",
    reason: state,
    poolId,
    product,
    details: { purchaseId: id, seats, from: before?.state ?? null, ...price, dueAt },
  });
  world.announce({
    id: ctx.nextId(),
    userId: null,
    type: before === null ? "purchase.requested" : "purchase.changed",
    data: {
      purchaseId: id,
      poolId,
      pool: world.pools.get(poolId)?.name ?? null,
      product,
      seats,
      state,
      ...price,
      dueAt,
      note,
      by: ctx.cause.actor,
    },
  });
}
