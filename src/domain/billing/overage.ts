import type { Pool } from "../directory.js";
import type { Entry } from "../history.js";
import type { Day } from "./days.js";
import { Moment } from "./moment.js";
import { causeOf, tenureKey, type Ledger, type Step } from "./tenure.js";

/** By `tenureKey`: whether the person's seat is above what was bought at the end of each day (moment.ts says which are). */
export function overageSteps(
  { dated }: Ledger,
  pools: readonly Pool[],
): Map<string, Step<boolean>[]> {
  const result = new Map<string, Step<boolean>[]>();
  const moment = new Moment(
    pools,
    dated.map(({ entry }) => entry),
  );
  const today = new Set<string>();
  for (const [index, { entry, day }] of dated.entries()) {
    for (const key of concerned(moment, entry)) today.add(key);
    if (dated[index + 1]?.day === day) continue;
    for (const key of today) settle(result, key, moment, { entry, day });
    today.clear();
  }
  return result;
}

function concerned(moment: Moment, entry: Entry): string[] {
  const { userId, product } = entry;
  const keys = [...moment.follow(entry)].flatMap((id) => {
    const seat = moment.seat(id);
    return seat === undefined ? [] : [tenureKey(seat.userId, seat.product)];
  });
  return userId === null ? keys : [...keys, tenureKey(userId, product)];
}

function settle(
  result: Map<string, Step<boolean>[]>,
  key: string,
  moment: Moment,
  { entry, day }: { readonly entry: Entry; readonly day: Day },
): void {
  const value = moment.ofPerson(key)?.isOver ?? false;
  const steps = result.get(key) ?? [];
  if ((steps.at(-1)?.value ?? false) === value) return;
  steps.push({ day, value, cause: causeOf(entry) });
  result.set(key, steps);
}
