import { invalid } from "../actions/invalid.js";
import { evictable, takeOverTimes } from "../actions/takeOverTimes.js";
import { turnOf } from "../domain/waiting/ageing.js";
import type { Pool, WaitingEntry } from "../domain/directory.js";
import { isForLess } from "../domain/waiting/queue.js";
import { namedIn, naming, servesEntry } from "../domain/waiting/serves.js";
import type { PlaceInLine } from "../ports/insights.js";
import type { AdminDeps } from "./deps.js";
import { presentEvictable, presentWaiting } from "./present.js";
import { page } from "./route.js";

/** Who waits for a product, page by page. */

type WaitingDeps = Pick<AdminDeps, "store" | "catalogue">;

interface Asked {
  readonly product: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/**
 * Positions count from the head of the list, on every page: each among those whom the same pools could serve. @throws SeatkeeperError InvalidValue for
 * another cursor than `next`
 */
export async function waitingPage(
  deps: WaitingDeps,
  organisationId: string,
  { product, after, limit }: Asked,
) {
  const { insights } = deps.store;
  const place = after === undefined ? undefined : placeOf(after);
  const entries = await insights.waiting(organisationId, product, limit + 1, place);
  const positions = await positionsOf(deps, organisationId, entries, place === undefined);
  const times = await takeOverTimes(deps, organisationId, entries.slice(0, limit));
  const shown = entries.map((entry, index) => ({
    entry,
    position: positions[index] ?? 1,
    time: times[index],
  }));
  return page(
    shown,
    limit,
    ({ entry }) => cursorOf(entry),
    ({ entry, position, time }) => ({
      ...presentWaiting(entry, position),
      ...presentEvictable(evictable(time)),
    }),
  );
}

/** What was before the page is counted once for each kind of entry on it, not for each entry. */
async function positionsOf(
  { store: { insights, administration } }: WaitingDeps,
  organisationId: string,
  entries: readonly WaitingEntry[],
  isHead: boolean,
): Promise<number[]> {
  const [first] = entries;
  if (first === undefined) return [];
  const pools = await administration.listPools(organisationId);
  const { alsoPools: _, ...placed } = first;
  const kinds = new Map(entries.map((entry) => [kindOf(entry), entry]));
  const firsts = new Map<string, number>();
  for (const [kind, { tier, atTheDoor, ...of }] of kinds) {
    const wanted = { ...placed, ...naming(namedIn(of)), tier, atTheDoor };
    firsts.set(kind, isHead ? 1 : await insights.waitingPosition(organisationId, wanted));
  }
  const rivals = rivalsAmong(kinds, pools);
  const passed = new Map<string, number>();
  return entries.map((entry) => {
    const kind = kindOf(entry);
    const ahead = (rivals.get(kind) ?? []).reduce((sum, one) => sum + (passed.get(one) ?? 0), 0);
    passed.set(kind, (passed.get(kind) ?? 0) + 1);
    return (firsts.get(kind) ?? 1) + ahead;
  });
}

/** By kind: the kinds that a pool serves which serves this one, too. */
function rivalsAmong(
  kinds: ReadonlyMap<string, WaitingEntry>,
  pools: readonly Pool[],
): Map<string, string[]> {
  const all = [...kinds];
  return new Map(
    all.map(([kind, entry]) => {
      const serving = pools.filter((pool) => servesEntry(pool, entry));
      const isRival = (other: WaitingEntry) => serving.some((pool) => servesEntry(pool, other));
      return [kind, all.flatMap(([one, other]) => (one === kind || isRival(other) ? [one] : []))];
    }),
  );
}

/** Entries of one kind are served by the same pools. */
function kindOf({ tier, atTheDoor, ...of }: WaitingEntry): string {
  return JSON.stringify([tier, namedIn(of), atTheDoor]);
}

/** The place and not only the id: who is served meanwhile is no reason to lose the thread. */
function cursorOf(entry: WaitingEntry): string {
  return [Number(isForLess(entry)), turnOf(entry), entry.id].join("/");
}

function placeOf(after: string): PlaceInLine {
  const [, less, turn, id] = /^([01])\/(-?\d{1,16})\/([\w-]{1,64})$/.exec(after) ?? [];
  if (less === undefined || turn === undefined || id === undefined) {
    throw invalid("after", "The `next` of the page before is expected.");
  }
  return { isForLess: less === "1", turn: Number(turn), id };
}
