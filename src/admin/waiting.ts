import { invalid } from "../actions/invalid.js";
import { turnOf } from "../domain/ageing.js";
import type { WaitingEntry } from "../domain/directory.js";
import { isForLess } from "../domain/queue.js";
import type { PlaceInLine } from "../ports/insights.js";
import type { AdminDeps } from "./deps.js";
import { presentWaiting } from "./present.js";
import { page } from "./route.js";

/** Who waits for a product, page by page. */

interface Asked {
  readonly product: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Positions count from the head of the list, on every page. @throws SeatkeeperError InvalidValue for another cursor than `next` */
export async function waitingPage(
  { store }: Pick<AdminDeps, "store">,
  organisationId: string,
  { product, after, limit }: Asked,
) {
  const place = after === undefined ? undefined : placeOf(after);
  const entries = await store.insights.waiting(organisationId, product, limit + 1, place);
  const [first] = entries;
  const from =
    place === undefined || first === undefined
      ? 1
      : await store.insights.waitingPosition(organisationId, first);
  const shown = entries.map((entry, index) => ({ entry, position: from + index }));
  return page(
    shown,
    limit,
    ({ entry }) => cursorOf(entry),
    ({ entry, position }) => presentWaiting(entry, position),
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
