import type { Id } from "../directory.js";
import type { MixQuestion } from "./question.js";
import { countsAt, type Use } from "./uses.js";

/**
 * What no mix can be cheaper than. Of the people who are there at one moment at most as many can share as there are
 * floating seats, and as many more as may be refused or interrupted; all others need a seat of their own, and cost at least
 * what the cheapest of this crowd do. Crowds that have nobody in common cost together what they cost each.
 */
export function lowerBound(question: MixQuestion): number {
  const { uses, own, floating, refusalsMax } = question;
  const price = (id: Id): number => own.get(id)?.price ?? 0;
  const moments = apart(crowds(uses)).map((crowd) => crowd.map(price).sort((a, b) => a - b));
  const seatPrice = Math.min(...floating.map((offer) => offer.price));
  const least = (seats: number): number =>
    moments.reduce((sum, prices) => {
      const needed = Math.max(0, prices.length - seats - refusalsMax);
      return sum + prices.slice(0, needed).reduce((a, b) => a + b, 0);
    }, 0);
  if (floating.length === 0) return least(0);
  const most = Math.max(0, ...moments.map(({ length }) => length));
  let bound = least(0);
  for (let seats = 1; seats <= most; seats += 1) {
    bound = Math.min(bound, seats * seatPrice + least(seats));
  }
  return bound;
}

/** Names kept in memory at once; beyond, only some of the moments are looked at, and the bound is still one. */
const NAMES_MAX = 3_000_000;

/** Everybody who is there when a use begins, at many such moments. */
function crowds(uses: readonly Use[]): Id[][] {
  const names = countsAt(uses).reduce((sum, count) => sum + count, 0);
  const stride = Math.ceil(names / NAMES_MAX);
  let present: Use[] = [];
  const found: Id[][] = [];
  uses.forEach((use, index) => {
    present = present.filter(({ to }) => to > use.from);
    present.push(use);
    if (index % stride === 0) found.push(present.map(({ userId }) => userId));
  });
  return found;
}

/** The largest crowds first, each only if nobody of it is in one before. */
function apart(all: readonly (readonly Id[])[]): (readonly Id[])[] {
  const taken = new Set<Id>();
  const order = [...all].sort((a, b) => b.length - a.length);
  return order.filter((crowd) => {
    if (crowd.some((id) => taken.has(id))) return false;
    for (const id of crowd) taken.add(id);
    return true;
  });
}
