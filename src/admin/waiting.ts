import { invalid } from "../actions/invalid.js";
import { evictable, takeOverTimes } from "../actions/takeOverTimes.js";
import { turnOf } from "../domain/ageing.js";
import type { WaitingEntry } from "../domain/directory.js";
import { isForLess } from "../domain/queue.js";
import type { PlaceInLine } from "../ports/insights.js";
import type { AdminDeps } from "./deps.js";
import { presentEvictable, presentWaiting } from "./present.js";
import { page } from "./route.js";

/** Who waits for a product, page by page. */

interface Asked {
  readonly product: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Positions count from the head of the list, on every page. @throws SeatkeeperError InvalidValue for another cursor than `next` */
export async function waitingPage(
  deps: Pick<AdminDeps, "store" | "catalogue">,
  organisationId: string,
  { product, after, limit }: Asked,
) {
  const { insights } = deps.store;
  const place = after === undefined ? undefined : placeOf(after);
  const entries = await insights.waiting(organisationId, product, limit + 1, place);
  const [first] = entries;
  const from =
    place === undefined || first === undefined
      ? 1
      : await insights.waitingPosition(organisationId, first);
  const times = await takeOverTimes(deps, organisationId, entries.slice(0, limit));
  const shown = entries.map((entry, index) => ({
    entry,
    position: from + index,
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
