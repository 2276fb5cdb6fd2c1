import type { JsonObject } from "../../plugin.js";
import { glassFact, refusalOfGlass, type GlassAsked } from "../emergency/breakGlassByHand.js";
import { handFacts, placeByHand, type HandFact } from "../byHand.js";
import type { Occasion } from "../seats/candidates.js";
import type { Product } from "../catalogue.js";
import type { Fact, Id, Requirement, Seat, User } from "../directory.js";
import { covers } from "../entitlement.js";
import { explain, type Explanation } from "../entitlement/explain.js";
import { refusalOfChoice, refusalOfSettings } from "../handRefusals.js";
import { factKey } from "../mapping.js";
import { evaluate } from "../evaluate.js";
import { seatOf, waitingOf } from "../waiting/queue.js";
import { refusedByGuard, reliedOnFor } from "../reclaim/guard.js";
import type { SeatOutcome } from "../seats/seats.js";
import type { GroupMembership, Snapshot } from "../snapshot.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import { World, type Context } from "../world.js";

/**
 * What would be if something were given by hand or taken back, or if a person were there (rules 28 and 34): the same
 * decision as ever, on a copy that is thrown away.
 */

export interface Change {
  readonly give: readonly HandFact[];
  readonly take: readonly Taken[];
  readonly breakGlass?: GlassAsked;
  /** Who gives, as it would be written down. */
  readonly by: string;
}

interface Taken extends Pick<Fact, "kind" | "name"> {
  /** Said to be meant, although others rely on the person. */
  readonly confirm?: boolean | undefined;
}

/** Somebody who does not exist yet. */
export interface Newcomer {
  readonly userName: string;
  readonly displayName: string | null;
  readonly connectionId: Id | null;
  readonly document: JsonObject;
  /** Ids of groups; they must be in the snapshot. */
  readonly groups: readonly Id[];
}

export interface Previewed extends Explanation {
  /** What is needed today; null: nothing, or a newcomer. */
  readonly before: Pick<Requirement, "tier" | "addOns" | "blocked"> | null;
  readonly seat: SeatForecast;
}

export interface SeatForecast {
  readonly state:
    /** Held already, and enough. */
    | "held"
    /** Not held: would be given at once, or at the next sign-in. */
    | "free"
    | "freeAtSignIn"
    /** Not held, and all are taken: would be given at the next sign-in if one is free then. There is no list before a sign-in. */
    | "atSignIn"
    /** Not held: there would be a place on the waiting list. */
    | "waiting"
    | "none";
  /** The pool and the tier of the seat; while a better one is waited for, of the one that is kept. */
  readonly poolId: Id | null;
  readonly tier: string | null;
  /** Why there is none. */
  readonly reason: Extract<SeatOutcome, { type: "none" }>["reason"] | null;
}

export interface Preview {
  readonly user: User;
  readonly groups: readonly GroupMembership[];
  /** One for each product that the person would need. */
  readonly products: readonly Previewed[];
}

/** The snapshot with somebody in it who is not saved. @returns NotFound for an unknown group */
export function withNewcomer(
  snapshot: Snapshot,
  id: Id,
  { userName, displayName, connectionId, document, groups }: Newcomer,
): Verdict<Snapshot> {
  const memberships = groups.flatMap((groupId) => {
    const group = snapshot.groups.get(groupId);
    return group === undefined ? [] : [{ groupId, groupName: group.displayName }];
  });
  if (memberships.length < groups.length) {
    return refuse("NotFound", { sentence: "There is no such group.", field: "groups" });
  }
  const { now, organisation } = snapshot;
  const user: User = {
    id,
    organisationId: organisation.id,
    connectionId,
    externalId: null,
    userName,
    displayName,
    active: true,
    deactivatedAt: null,
    document,
    version: 1,
    createdAt: now,
    updatedAt: now,
    lastSignInAt: null,
  };
  const state = { user, groups: memberships, facts: [], requirements: [], seats: [], waiting: [] };
  return { ok: { ...snapshot, users: new Map([...snapshot.users, [id, state]]) } };
}

export function preview(
  snapshot: Snapshot,
  ctx: Context,
  userId: Id,
  change: Change,
): Verdict<Preview> {
  const before = new Map(
    snapshot.users.get(userId)?.requirements.map((needed) => [needed.product, needed]),
  );
  const decided = decide(snapshot, ctx, { userId, change, occasion: "provision" });
  if ("refused" in decided) return decided;
  const { world, user, outcomes } = decided.ok;
  const facts = world.facts.group(userId);
  const pools = new Map(world.allPools().map(({ name, product }) => [name, product]));
  const held = new Map(snapshot.users.get(userId)?.seats.map(({ id, tier }) => [id, tier]));
  let atSignIn: Decided | null = null;

  const products = [...ctx.catalogue.products.values()].flatMap((product): Previewed[] => {
    const explanation = explain(ctx.catalogue, product, facts, pools);
    if (explanation === null) return [];
    const needed = before.get(product.id) ?? null;
    let seat = forecast(outcomes.get(product.id), {
      world,
      userId,
      product,
      needed: explanation.tier,
      held,
    });
    if (seat.state === "none" && seat.reason === "NoPool") {
      atSignIn ??= verdictAtSignIn(snapshot, ctx, { userId, change, occasion: "signIn" });
      seat = atSignInOr(seat, atSignIn?.outcomes.get(product.id));
    }
    return [{ ...explanation, before: needed === null ? null : partsOf(needed), seat }];
  });
  return { ok: { user, groups: world.members.ofUser(userId), products } };
}

function partsOf({ tier, addOns, blocked }: Requirement): Previewed["before"] {
  return { tier, addOns, blocked };
}

interface Question {
  readonly userId: Id;
  readonly change: Change;
  readonly occasion: Occasion;
}

interface Decided {
  readonly world: World;
  readonly user: User;
  readonly outcomes: ReadonlyMap<string, SeatOutcome>;
}

function decide(
  snapshot: Snapshot,
  ctx: Context,
  { userId, change, occasion }: Question,
): Verdict<Decided> {
  const world = new World(snapshot);
  const user = world.users.get(userId);
  if (user === undefined) return refuse("NotFound");
  const refusal = place(world, ctx, user, change) ?? settingsRefusal(ctx, user, change);
  if (refusal !== null) return refusal;
  const outcomes = evaluate(world, ctx, [userId], occasion).get(userId) ?? new Map();
  // After the evaluation, which brings what the groups of a newcomer give.
  for (const { kind, name } of change.give) {
    const tooLow =
      kind === "tierChoice"
        ? refusalOfChoice(ctx.catalogue, name, world.facts.group(userId))
        : null;
    if (tooLow !== null) return tooLow;
  }
  return { ok: { world, user, outcomes } };
}

function place(
  world: World,
  ctx: Context,
  user: User,
  { give, take, breakGlass, by }: Change,
): Refusal | null {
  if (breakGlass !== undefined) {
    const refusal = refusalOfGlass(user, breakGlass, world.now);
    if (refusal !== null) return refusal;
    placeByHand(world, glassFact(user.id, breakGlass, by, world.now));
  }
  for (const taken of take) {
    const refusal = takeAway(world, ctx, user.id, taken);
    if (refusal !== null) return refusal;
  }
  for (const fact of give) {
    placeByHand(world, {
      ...fact,
      userId: user.id,
      source: { type: "hand", by },
      since: world.now,
    });
  }
  return null;
}

function takeAway(world: World, ctx: Context, userId: Id, taken: Taken): Refusal | null {
  const facts = handFacts(world, userId, taken);
  if (facts.length === 0) {
    return refuse("NotFound", {
      sentence: `Nothing of the name "${taken.name}" was given by hand.`,
    });
  }
  const relied = taken.confirm === true ? [] : reliedOnFor(world, ctx, userId, taken);
  const stopped = refusedByGuard(relied);
  if (stopped === null) for (const fact of facts) world.facts.delete(factKey(fact));
  return stopped;
}

function settingsRefusal({ catalogue }: Context, user: User, { give }: Change): Refusal | null {
  return give.some(({ kind }) => kind === "setting")
    ? refusalOfSettings(catalogue, user.document)
    : null;
}

function verdictAtSignIn(snapshot: Snapshot, ctx: Context, question: Question): Decided | null {
  const decided = decide(snapshot, ctx, question);
  return "ok" in decided ? decided.ok : null;
}

function atSignInOr(otherwise: SeatForecast, outcome: SeatOutcome | undefined): SeatForecast {
  if (outcome?.type === "held") {
    const { poolId, tier } = outcome.seat;
    return { state: "freeAtSignIn", poolId, tier, reason: null };
  }
  const isFull =
    outcome?.type === "waiting" || (outcome?.type === "none" && outcome.reason === "PoolFull");
  return isFull ? { ...otherwise, state: "atSignIn", reason: null } : otherwise;
}

const NOTHING = { poolId: null, tier: null, reason: null };

interface Then {
  readonly world: World;
  readonly userId: Id;
  readonly product: Product;
  readonly needed: string | null;
  /** The tiers of the seats that are held today, by id. */
  readonly held: ReadonlyMap<Id, string>;
}

function forecast(outcome: SeatOutcome | undefined, then: Then): SeatForecast {
  const { world, userId, product } = then;
  const seat = seatOf(world, userId, product.id);
  const kept = seat === undefined ? NOTHING : { ...NOTHING, poolId: seat.poolId, tier: seat.tier };
  if (outcome === undefined) return { ...kept, state: "none", reason: "NotEligible" };
  if (outcome.type === "none") return { ...kept, state: "none", reason: outcome.reason };
  if (outcome.type === "waiting" || seat === undefined) return { ...kept, state: "waiting" };
  return { ...kept, ...holding(seat, then) };
}

/** Of who would hold a seat: whether it is enough, and whether it is the one that is held today. */
function holding(
  seat: Seat,
  { world, userId, product, needed, held }: Then,
): Pick<SeatForecast, "state" | "reason"> {
  if (needed === null || covers(product, seat.tier, needed)) {
    return { state: held.get(seat.id) === seat.tier ? "held" : "free", reason: null };
  }
  return waitingOf(world, userId, product.id) === undefined
    ? { state: "none", reason: "PoolFull" }
    : { state: "waiting", reason: null };
}
