import type { Access } from "../domain/answers/access.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Id, Timestamp } from "../domain/directory.js";
import { displaces, firstTakeOver } from "../domain/seats/firstTakeOver.js";
import { takeOverWords } from "../domain/answers/fullWords.js";
import type { Cause } from "../domain/history.js";
import type { Store } from "../ports.js";

/** When whoever waits for a shared seat could take one over: looked up for the answer alone, after whatever was decided. */

export interface TakeOverTime {
  /** Not before the answer is made: that moment means that it can be done already. */
  readonly at: Timestamp;
  /** The same for people, in the time zone of the organisation. */
  readonly sentence: string;
}

interface Deps {
  readonly store: Pick<Store, "insights" | "administration">;
  readonly catalogue: Catalogue;
}

interface Asked {
  readonly userId: Id;
  readonly product: string;
}

const CAUSE: Cause = { type: "app", action: "seat.acquired", actor: "system", requestId: null };

/**
 * One for each of those asked about, in their order; null where no time can be said (docs/pools.md), for who holds what is
 * needed, and for who is not there.
 *
 * @throws SeatkeeperError NotFound for an unknown organisation
 */
export async function takeOverTimes(
  { store, catalogue }: Deps,
  organisationId: Id,
  asked: readonly Asked[],
): Promise<(TakeOverTime | null)[]> {
  const pools = asked.length === 0 ? [] : await store.administration.listPools(organisationId);
  const soonest = [...new Set(pools.filter(displaces).map(({ product }) => product))];
  const open = asked.filter(({ product }) => soonest.includes(product));
  if (open.length === 0) return asked.map(() => null);
  const users = [...new Set(open.map(({ userId }) => userId))];
  const snapshot = await store.insights.snapshot(organisationId, { users, soonest });
  let made = 0;
  // Of what is never saved, so it need only differ from all that is there.
  const nextId = (): Id => `then-${String((made += 1))}`;
  const { now, organisation } = snapshot;
  const { timeZone = "UTC" } = organisation;
  return asked.map(({ userId, product }) => {
    const at = firstTakeOver(snapshot, { catalogue, cause: CAUSE, nextId }, userId, product);
    return at === null ? null : { at, sentence: takeOverWords(at, { now, timeZone }) };
  });
}

/** As answers carry it. */
export function evictable(
  time: TakeOverTime | null | undefined,
): Pick<Access, "evictableAt" | "evictableWords"> {
  return time == null ? {} : { evictableAt: time.at, evictableWords: time.sentence };
}
