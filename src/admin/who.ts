import { pricesOf } from "../actions/billing.js";
import { findUser } from "../actions/findUser.js";
import { evictable, takeOverTimes } from "../actions/takeOverTimes.js";
import type { BillingSettings } from "../domain/billing/settings.js";
import type { BoundPlaces } from "../domain/keeping/boundWords.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Fact, Id, Pool, Requirement, Seat, User, WaitingEntry } from "../domain/directory.js";
import { explain } from "../domain/entitlement/explain.js";
import { keptViews, liveSeats, standingsOf } from "../domain/answers/standing.js";
import { type Standing, whySentence } from "../domain/answers/why.js";
import { reasonWords, sourceWords, tierTitle, type Vocabulary } from "../domain/answers/words.js";
import { poolsNamedBy } from "../domain/seats/wish.js";
import { servesEntry } from "../domain/waiting/serves.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import { presentCost } from "./tiers.js";
import {
  presentEvictable,
  presentFact,
  presentSeat,
  presentUser,
  presentWaiting,
} from "./present.js";

/** "Why does this person have this tier, or no seat?" For the API and the command alike. */

export type Who = Awaited<ReturnType<typeof who>>;

export interface WhoDeps {
  readonly store: Pick<Store, "insights" | "administration" | "clock">;
  readonly catalogue: Catalogue;
}

interface PricedDeps extends WhoDeps {
  readonly store: Pick<Store, "insights" | "administration" | "clock" | "billing">;
}

/** @throws SeatkeeperError NotFound */
export async function who(deps: PricedDeps, organisationId: Id, idOrUserName: string) {
  const user = await userNamed(deps, organisationId, idOrUserName);
  const { groups, facts, requirements, seats, entries, keptSeats, pools, prices, words } =
    await knownOf(deps, user);
  const now = deps.store.clock.now();
  const waiting = await waitingViews(deps, organisationId, { pools, entries, now });
  const evictableOf = await evictablesOf(deps, user);
  const kept = keptViews(keptSeats);
  const live = liveSeats(seats, now);
  return {
    user: presentUser(user),
    groups,
    facts: facts.map((fact) => ({ ...presentFact(fact), from: sourceWords(fact, words) })),
    requirements: requirements.map((requirement) => ({
      product: requirement.product,
      tier: requirement.tier,
      addOns: requirement.addOns,
      blocked: requirement.blocked,
      because: requirement.witness.map((reason) => ({
        ...reason,
        words: reasonWords(reason, words),
      })),
      breakGlass: requirement.breakGlass ?? null,
      ...costOf(deps.catalogue, requirement, { facts, pools, prices, words, seats: live }),
    })),
    seats: live.map((seat) => presentHeld(seat, pools, deps.catalogue)),
    kept: keptSeats.filter(({ kept }) => kept?.state !== "closed").map(presentSeat),
    waiting: waiting.map(({ entry, position }) => ({
      ...presentWaiting(entry, position),
      ...presentEvictable(evictableOf(entry.product)),
    })),
    why: standingsOf(deps.catalogue, user, {
      requirements,
      seats: live,
      kept,
      waiting,
      pools,
      named: poolsNamedBy(facts),
    }).map((standing) => ({
      product: standing.product.id,
      sentence: sentenceOf(standing, words, evictableOf(standing.product.id)),
    })),
  };
}

/** Everything that is told of somebody, or needed to tell it. */
async function knownOf(deps: PricedDeps, user: User) {
  const { organisationId } = user;
  const { insights, administration } = deps.store;
  const [
    groups,
    facts,
    requirements,
    seats,
    entries,
    keptSeats,
    rules,
    pools,
    prices,
    organisation,
  ] = await Promise.all([
    insights.groupsOf(organisationId, user.id),
    insights.facts(organisationId, [user.id]),
    insights.requirements(organisationId, [user.id]),
    insights.seatsOf(organisationId, [user.id]),
    insights.waitingOf(organisationId, [user.id]),
    insights.keptSeatsOf(organisationId, [user.id]),
    administration.listRules(organisationId),
    administration.listPools(organisationId),
    pricesOf(deps, organisationId),
    administration.findOrganisation(organisationId),
  ]);
  const words: Vocabulary = {
    catalogue: deps.catalogue,
    groupNames: new Map(groups.map(({ id, displayName }) => [id, displayName])),
    ruleNames: new Map(rules.map(({ id, name }) => [id, name])),
    timeZone: organisation?.timeZone ?? "UTC",
  };
  return { groups, facts, requirements, seats, entries, keptSeats, pools, prices, words };
}

/** With the place in the list, and the place kept for somebody else that is free first. */
async function waitingViews(
  { store: { insights } }: WhoDeps,
  organisationId: Id,
  {
    pools,
    entries,
    now,
  }: {
    readonly pools: readonly Pool[];
    readonly entries: readonly WaitingEntry[];
    readonly now: number;
  },
) {
  const bound = await insights.boundPlaces(organisationId, boundPools(pools, entries), now);
  return Promise.all(
    entries.map(async (entry) => ({
      entry,
      position: await insights.waitingPosition(organisationId, entry),
      ...firstBound(bound, pools, entry),
    })),
  );
}

type Evictable = ReturnType<typeof evictable>;

/** By product: from when on the person could take over a seat. */
async function evictablesOf(
  deps: WhoDeps,
  { id: userId, organisationId, active }: User,
): Promise<(product: string) => Evictable> {
  const products = active ? [...deps.catalogue.products.keys()] : [];
  const asked = products.map((product) => ({ userId, product }));
  const times = await takeOverTimes(deps, organisationId, asked);
  return (product) => evictable(times[products.indexOf(product)]);
}

function sentenceOf(standing: Standing, words: Vocabulary, { evictableWords }: Evictable): string {
  const sentence = whySentence(standing, words);
  return evictableWords === undefined ? sentence : `${sentence} ${evictableWords}`;
}

/** Pools that could serve somebody who waits, and whose licences may change hands only so often. */
function boundPools(pools: readonly Pool[], entries: readonly WaitingEntry[]): Id[] {
  return pools
    .filter(({ policy }) => policy.minReassignSeconds > 0)
    .filter((pool) => entries.some((entry) => servesEntry(pool, entry)))
    .map(({ id }) => id);
}

/** The place that is free first. */
function firstBound(
  bound: ReadonlyMap<Id, BoundPlaces>,
  pools: readonly Pool[],
  entry: WaitingEntry,
): { readonly bound?: readonly [Id, BoundPlaces] } {
  const [first] = [...bound]
    .filter(([id]) => pools.some((pool) => pool.id === id && servesEntry(pool, entry)))
    .sort(([, a], [, b]) => a.firstUntil - b.firstUntil);
  return first === undefined ? {} : { bound: first };
}

interface Known {
  readonly facts: readonly Fact[];
  readonly pools: readonly Pool[];
  readonly prices: BillingSettings;
  readonly words: Vocabulary;
  readonly seats: readonly Seat[];
}

/** What is paid for it, what is needed costs, and what would have to change for less. Null while the stored requirement is not up to date. */
function costOf(
  catalogue: Catalogue,
  requirement: Requirement,
  { facts, pools, prices, words, seats }: Known,
) {
  const product = catalogue.products.get(requirement.product);
  const poolProducts = new Map(pools.map((pool) => [pool.name, pool.product]));
  const explanation =
    product === undefined ? null : explain(catalogue, product, facts, poolProducts);
  if (explanation === null || explanation.tier !== requirement.tier) return { cost: null };
  const seat = seats.find((held) => held.product === requirement.product);
  return { cost: presentCost(catalogue, prices, { explanation, seat }, words) };
}

/** @throws SeatkeeperError NotFound */
export async function userNamed(
  { store }: WhoDeps,
  organisationId: Id,
  idOrUserName: string,
): Promise<User> {
  const user = await findUser(store, organisationId, idOrUserName);
  if (user === null) {
    throw new SeatkeeperError("NotFound", {
      sentence: "There is no such user in this organisation.",
    });
  }
  return user;
}

function presentHeld(seat: Seat, pools: readonly Pool[], catalogue: Catalogue) {
  const pool = pools.find(({ id }) => id === seat.poolId);
  return {
    ...presentSeat(seat),
    pool: pool?.name ?? null,
    kind: pool?.kind ?? null,
    tierTitle: tierTitle(catalogue.products.get(seat.product), seat.tier),
  };
}

/** How many of the waiting people this pool could serve. */
export function waitingFor(pool: Pool, entries: readonly WaitingEntry[]): number {
  return entries.filter((entry) => servesEntry(pool, entry)).length;
}
