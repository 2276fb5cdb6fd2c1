import type { Entry } from "../../src/domain/history.js";
import { nextHead, NOTHING_YET, type ChainHead } from "../../src/store/chain.js";
import { entryValues } from "../../src/store/rows/history.js";
import type { JsonObject } from "../../src/plugin.js";
import type { Line } from "../../src/verify/verify.js";

/** Ledgers out of nothing: chained by the engine's own writer, to be checked by the verifier, which shares none of it. */

export type Happening = Partial<Omit<Entry, "position">>;

type Delta = Entry["delta"];

const CAUSE = { type: "scim", action: "test", actor: "idp", requestId: null } as const;
const AT = Date.UTC(2026, 0, 5);

export function chained(happenings: readonly Happening[], before: ChainHead = NOTHING_YET): Line[] {
  let head = before;
  return happenings.map((happening) => {
    const number = head.sequence + 1;
    const entry: Entry = {
      id: `entry-${String(number)}`,
      organisationId: "org",
      at: AT + number * 1000,
      kind: "waiting.added",
      userId: null,
      product: "support",
      poolId: null,
      seatId: null,
      tier: null,
      delta: 0,
      reason: "test",
      cause: CAUSE,
      details: {},
      ...happening,
    };
    head = nextHead(head, entryValues(entry));
    const { cause, details, ...plain } = entry;
    return { ...plain, ...head, cause: JSON.stringify(cause), details: JSON.stringify(details) };
  });
}

export const pool = (poolId: string, capacity: number, tiers = ["standard", "professional"]) =>
  ({ kind: "pool.created", poolId, details: { capacity, tiers } }) as const;

export const capacity = (poolId: string, from: number, to: number, reason = "raised") =>
  ({ kind: "pool.capacityChanged", poolId, reason, details: { from, to } }) as const;

/** A pool that has a policy. */
export const pooled = (poolId: string, seats: number, policy: JsonObject): Happening => ({
  ...pool(poolId, seats),
  details: { ...pool(poolId, seats).details, policy },
});

export const repolicy = (poolId: string, policy: JsonObject): Happening => ({
  ...{ kind: "pool.changed", poolId, details: { to: { policy } } },
});

interface Seat {
  readonly poolId: string;
  readonly seatId: string;
  readonly userId: string;
  readonly tier: string;
}

export const seat = (name: string, more: Partial<Seat> = {}): Seat => ({
  poolId: "p",
  seatId: `seat-${name}`,
  userId: name,
  tier: "standard",
  ...more,
});

export const grant = (of: Seat): Happening => ({ ...of, kind: "seat.granted", delta: 1 });
export const release = (of: Seat): Happening => ({ ...of, kind: "seat.released", delta: -1 });
/** A seat that was kept is given again. */
export const resume = (of: Seat, delta: Delta, from: string): Happening => ({
  ...{ ...of, kind: "seat.granted", delta, details: { from } },
});

/** A seat is taken back, but not forgotten. */
export const keep = (of: Seat, delta: Delta, to: string, more: Happening = {}): Happening => ({
  ...{ ...of, kind: "seat.released", delta, details: { to }, ...more },
});

export const restate = (of: Seat, delta: Delta, from: string, to: string): Happening => ({
  ...{ ...of, kind: "seat.stateChanged", delta, details: { from, to } },
});

export const retier = (of: Seat, tier: string): Happening => ({
  ...of,
  tier,
  kind: "seat.tierChanged",
  details: { fromTier: of.tier },
});

/** A ledger in which all is in order. `random` gives numbers from 0 to 1. */
export function busyLedger(length: number, random: () => number): Line[] {
  const pools = ["p", "q", "r"].map((id) => ({
    ...{ id, capacity: 5, held: [] as Seat[], kept: [] as Seat[] },
  }));
  const happenings: Happening[] = pools.map(({ id, capacity: seats }) =>
    pooled(id, seats, { parkedConsumes: true }),
  );
  for (let serial = 1; happenings.length < length; serial += 1) {
    const chosen = pools[Math.floor(random() * pools.length)]!;
    const held = chosen.held.at(Math.floor(random() * chosen.held.length));
    const what = random();
    if (what < 0.04) {
      const to = 3 + Math.floor(random() * 6);
      if (to !== chosen.capacity) happenings.push(capacity(chosen.id, chosen.capacity, to));
      chosen.capacity = to;
    } else if (what < 0.14 && held !== undefined) {
      const tier = held.tier === "standard" ? "professional" : "standard";
      happenings.push(retier(held, tier));
      chosen.held = chosen.held.map((one) => (one === held ? { ...held, tier } : one));
    } else if (what < 0.2 && held !== undefined) {
      happenings.push(keep(held, 0, "parked"));
      chosen.held = chosen.held.filter((one) => one !== held);
      chosen.kept.push(held);
    } else if (what < 0.26 && chosen.kept.length > 0) {
      const back = chosen.kept.shift()!;
      const isBack = random() < 0.5;
      happenings.push(isBack ? resume(back, 0, "parked") : restate(back, -1, "parked", "none"));
      if (isBack) chosen.held.push(back);
    } else if (what < 0.45 && held !== undefined) {
      happenings.push(release(held));
      chosen.held = chosen.held.filter((one) => one !== held);
    } else if (chosen.held.length + chosen.kept.length < chosen.capacity) {
      const given = seat(`person-${String(serial)}-ü`, { poolId: chosen.id });
      happenings.push(grant({ ...given, seatId: `seat-${String(serial)}` }));
      chosen.held.push({ ...given, seatId: `seat-${String(serial)}` });
    } else happenings.push({ userId: `person-${String(serial)}` });
  }
  return chained(happenings);
}
