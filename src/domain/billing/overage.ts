import type { Id } from "../directory.js";
import type { Day } from "./days.js";
import { tenureKey, valueAt, type Held, type Ledger, type Step, type Tenure } from "./tenure.js";

/**
 * Seats above what was bought, by the day. A pool is above its capacity by a number, not by certain seats: of those
 * that were given as extra seats the youngest are the ones that are too many. When others give back theirs, the extra
 * seats become ordinary ones. Seats that a lowered capacity has left behind are not charged as extra.
 */
export function overageSteps({ tenures, capacities }: Ledger): Map<string, Step<boolean>[]> {
  const result = new Map<string, Step<boolean>[]>();
  const pools = new Set<Id>();
  for (const { held } of tenures.values()) {
    for (const { value } of held) {
      if (value?.isExtra === true && value.poolId !== null) pools.add(value.poolId);
    }
  }
  for (const poolId of [...pools].sort()) {
    follow(poolId, [...tenures.values()], capacities.get(poolId) ?? [], result);
  }
  return result;
}

interface Change {
  readonly tenure: Tenure;
  readonly step: Step<Held | null>;
}

function follow(
  poolId: Id,
  tenures: readonly Tenure[],
  capacity: readonly Step<number>[],
  result: Map<string, Step<boolean>[]>,
): void {
  const byDay = changesByDay(tenures, capacity);
  const holders: Holders = new Map();
  let over: ReadonlyMap<string, Step<Held | null>> = new Map();
  for (const day of [...byDay.keys()].sort((a, b) => a - b)) {
    for (const { tenure, step } of byDay.get(day) ?? []) {
      const key = tenureKey(tenure.userId, tenure.product);
      if (step.value?.poolId === poolId) holders.set(key, step);
      else holders.delete(key);
    }
    const before = over;
    over = tooMany(holders, valueAt(capacity, day)?.value ?? 0);
    putNew(result, day, true, { among: over, not: before });
    putNew(result, day, false, { among: before, not: over });
  }
}

type Holders = Map<string, Step<Held | null>>;

/** Each day on which the capacity or a seat changes, with the seats that do. */
function changesByDay(
  tenures: readonly Tenure[],
  capacity: readonly Step<number>[],
): Map<Day, Change[]> {
  const byDay = new Map<Day, Change[]>(capacity.map(({ day }) => [day, []]));
  for (const tenure of tenures) {
    for (const step of tenure.held) {
      const changes = byDay.get(step.day) ?? [];
      changes.push({ tenure, step });
      byDay.set(step.day, changes);
    }
  }
  return byDay;
}

function putNew(
  result: Map<string, Step<boolean>[]>,
  day: Day,
  value: boolean,
  { among, not }: Readonly<Record<"among" | "not", ReadonlyMap<string, Step<Held | null>>>>,
): void {
  for (const [key, { cause }] of among) {
    if (!not.has(key)) put(result, key, { day, value, cause });
  }
}

function tooMany(
  holders: ReadonlyMap<string, Step<Held | null>>,
  capacity: number,
): Map<string, Step<Held | null>> {
  const count = Math.max(0, holders.size - capacity);
  const extra = [...holders].filter(([, { value }]) => value?.isExtra === true);
  extra.sort(([a, x], [b, y]) => y.cause.at - x.cause.at || (a < b ? 1 : -1));
  return new Map(extra.slice(0, count));
}

/** A person holds one seat of the product at a time, so one list serves all pools. */
function put(result: Map<string, Step<boolean>[]>, key: string, step: Step<boolean>): void {
  const steps = result.get(key) ?? [];
  // From one pool into another that is full, too: what begins that day counts.
  if (!step.value && steps.some(({ day }) => day === step.day)) return;
  result.set(
    key,
    [...steps, step].sort((a, b) => a.day - b.day),
  );
}
