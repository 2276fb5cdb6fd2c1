import { asEffective } from "../../../src/domain/billing/effective.js";
import type { Books, UsedDay } from "../../../src/domain/billing/invoice.js";
import {
  BASES,
  type BillingSettings,
  type ProductBilling,
} from "../../../src/domain/billing/settings.js";
import type { ModeChange } from "../../../src/domain/billing/tenure.js";
import type { Catalogue } from "../../../src/domain/catalogue.js";
import type { Pool } from "../../../src/domain/directory.js";
import type { Cause, Entry } from "../../../src/domain/history.js";
import { defaultPolicy, type Overage, type PoolPolicy } from "../../../src/domain/pools/policy.js";

/** Random books of a small organisation, from a seed. Prices are awkward on purpose. */

export const PRICES = {
  cheap: { month: 997, day: null },
  middle: { month: 2_503, day: 173 },
  dear: { month: 7_001, day: 401 },
} as const;
export const ADD_ON = { month: 1_003, day: 59 };
/** Where a scenario agrees on them: dearer than the tier, cheaper, and none. */
export const OVERAGES: Readonly<Record<string, number>> = { cheap: 1_511, middle: 2_003 };

export interface Scenario extends Books {
  readonly basis: (typeof BASES)[number];
  readonly fairUseDays: number;
  readonly hasOverages: boolean;
  readonly users: readonly string[];
  readonly pool: Pool;
  /** In the order of positions: ends of leases where somebody noticed them. */
  readonly written: readonly Entry[];
}

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 0, 1);
const ZONES = [
  ...["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"],
  ...["Pacific/Apia", "Asia/Kathmandu", "America/Havana", "Pacific/Kiritimati", "Pacific/Chatham"],
];

const CATALOGUE: Catalogue = {
  products: new Map([
    [
      "support",
      {
        id: "support",
        title: "Support",
        tiers: Object.entries(PRICES).map(([id, { month, day }], index) => ({
          ...{ id, title: id, rank: index, capabilities: [], limits: {} },
          pricePerMonth: month,
          pricePerDay: day ?? undefined,
        })),
        addOns: [
          {
            ...{ id: "recording", title: "Recording", capabilities: ["x"] },
            ...{ availableOn: ["cheap", "middle"], pricePerMonth: ADD_ON.month },
            pricePerDay: ADD_ON.day,
          },
        ],
        ...{ everyone: false, freeCapabilities: [], exemptRoles: [] },
      },
    ],
  ]),
  permissions: new Map(),
  roles: new Map(),
  settings: new Map(),
};

/** Numbers from a seed (mulberry32): a scenario is repeated by its seed. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const CAUSE: Cause = { type: "scim", action: "test", actor: "idp", requestId: null };

export function scenarioFrom(seed: number): Scenario {
  const next = numbersFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
  const basis = pick(BASES);
  const fairUseDays = 1 + next(20);
  const users = ["ann", "bob", "cid", "dan"].slice(0, 1 + next(4));
  const hasOverages = next(2) === 0;
  const overages = Object.entries(OVERAGES).map(([id, price]) => [id, { overagePerMonth: price }]);
  const tiers = Object.fromEntries(hasOverages ? overages : []) as ProductBilling["tiers"];
  const settings: BillingSettings = {
    currency: "USD",
    timeZone: pick(ZONES),
    anchor: next(2) === 0 ? null : FIRST / DAY + next(31),
    rounding: pick(["halfUp", "halfEven"] as const),
    costCentre: null,
    products: { support: { basis, fairUseDays, tiers } },
    pools: {},
  };
  const at = (): number => FIRST + next(100 * 24 * 60) * 60_000;
  const pool = poolOf(next, pick);
  const random = { next, pick, at, users };
  const written = entriesFrom(random, pool);
  return {
    ...{
      basis,
      fairUseDays,
      hasOverages,
      users,
      pool,
      settings,
      catalogue: CATALOGUE,
      pools: [pool],
    },
    entries: asEffective(written),
    written,
    modes: modesFrom(random),
    usedDays: Array.from({ length: next(30) }, (): UsedDay => {
      return { userId: pick(users), product: "support", day: FIRST / DAY + next(100) };
    }),
  };
}

interface Random {
  readonly next: (below: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly at: () => number;
  readonly users: readonly string[];
}

/** What a pool may be for. Two of them are as dear as one another. */
const SOLD = [
  ...[["cheap"], ["middle"], ["cheap", "middle"], ["cheap", "middle", "dear"]],
  ...[["dear"], ["middle", "cheap"]],
] as const;

function poolOf(next: Random["next"], pick: Random["pick"]): Pool {
  return {
    ...{ id: "pool", organisationId: "org", name: "All", product: "support" },
    ...{ tiers: SOLD[next(SOLD.length)] ?? [], kind: "locked", capacity: next(5), used: 0 },
    ...{ priority: 0, version: 1, createdAt: FIRST - 40 * DAY },
    policy: policyOf(pick),
  };
}

const ALLOWED: readonly Overage[] = [
  { type: "none" },
  { type: "absolute", seats: 1 },
  { type: "absolute", seats: 2 },
  { type: "factor", percent: 50 },
  { type: "unlimited" },
];

/** A right to extra seats that no list uses is none; the list of one group is enough. */
function policyOf(pick: Random["pick"]): PoolPolicy {
  const onFull = pick([["overage", "wait"], ["overage", "wait"], ["wait"]] as const);
  const onFullByGroup = pick([[], [], [{ group: "Managers", onFull: ["overage"] as const }]]);
  return { ...defaultPolicy("locked"), onFull, onFullByGroup, overage: pick(ALLOWED) };
}

function entriesFrom({ next, pick, at, users }: Random, pool: Pool): Entry[] {
  const times = Array.from({ length: next(24) }, at).sort((a, b) => a - b);
  // What one transaction does happens at one instant.
  times.forEach((_, index) => {
    if (index > 0 && next(3) === 0) times[index] = times[index - 1] ?? 0;
  });
  // Of leases for a device one person may have several.
  const seatsEach = 1 + 2 * next(2);
  const held = new Map<string, { readonly userId: string; readonly tier: string }>();
  const since = new Map<string, number>();
  let { capacity, policy, tiers } = pool;
  const about = { organisationId: "org", product: "support", poolId: "pool", cause: CAUSE };
  const begun = begunFrom(next, pool).map((entry) => ({ ...about, ...entry }));
  const entries = times.map((time, index): Entry => {
    const base = { ...about, id: `e${String(index)}`, at: time };
    if (next(6) === 0) {
      const from = capacity;
      capacity = next(5);
      const details = { from, to: capacity };
      return { ...base, ...capacityWords, details };
    }
    if (next(5) === 0) {
      const details = pick([
        () => {
          const from = policy;
          policy = policyOf(pick);
          return { from: { policy: words(from) }, to: { policy: words(policy) } };
        },
        () => {
          const from = tiers;
          tiers = pick(SOLD);
          return { from: { tiers: [...from] }, to: { tiers: [...tiers] } };
        },
        () => ({ from: { name: "All" }, to: { name: "Some" } }),
      ])();
      return { ...base, ...capacityWords, kind: "pool.changed", reason: "changed", details };
    }
    const userId = pick(users);
    if (next(4) === 0) {
      const details = { addOns: next(2) === 0 ? [] : ["recording"] };
      return { ...base, ...addOnWords, userId, tier: null, details };
    }
    const own = [...held].filter(([, seat]) => seat.userId === userId);
    const wanted = pick(["cheap", "middle", "dear"] as const);
    if (own.length === 0 || (own.length < seatsEach && next(2) === 0)) {
      const seatId = `seat-${String(index)}`;
      held.set(seatId, { userId, tier: wanted });
      since.set(seatId, time);
      return { ...base, ...grantWords, userId, seatId, tier: wanted, delta: 1, details: {} };
    }
    const [seatId, { tier }] = pick(own);
    const seat = { ...base, userId, seatId, details: {} };
    if (next(2) === 0) {
      held.set(seatId, { userId, tier: wanted });
      since.set(seatId, time);
      // A seat that was kept, and taken all the time, comes back for another tier.
      if (next(3) === 0) return { ...seat, ...grantWords, tier: wanted, delta: 0 };
      return { ...seat, kind: "seat.tierChanged", tier: wanted, delta: 0, reason: "changed" };
    }
    held.delete(seatId);
    // A lease was over some time ago, perhaps months.
    if (next(3) === 0) {
      const earlier = since.get(seatId) ?? time;
      const expiredAt = time - next(1 + (time - earlier) / 60_000) * 60_000;
      const details = { expiredAt };
      return { ...seat, kind: "lease.expired", tier, delta: -1, reason: "expired", details };
    }
    return { ...seat, kind: "seat.released", tier, delta: -1, reason: "claimLost" };
  });
  // What the last change came to is what the pool has now.
  Object.assign(pool, { capacity, policy, tiers });
  return [...begun, ...entries];
}

/** A pool that is older than the ledger, or than its chain, has its beginning not or not whole in the books. */
function begunFrom(next: Random["next"], { capacity, tiers, policy, createdAt }: Pool) {
  const all = { capacity, tiers: [...tiers], policy: words(policy) };
  const details = [null, { capacity }, { capacity, tiers: [...tiers] }, all][next(4)] ?? null;
  const about = { ...capacityWords, kind: "pool.created", reason: "created" } as const;
  return details === null ? [] : [{ ...about, id: "made", at: createdAt, details }];
}

/** As the ledger has them. */
function words({ onFull, onFullByGroup, overage }: PoolPolicy): Entry["details"] {
  return {
    onFull: [...onFull],
    onFullByGroup: onFullByGroup.map((own) => ({ ...own, onFull: [...own.onFull] })),
    overage: { ...overage },
  };
}

const grantWords = { kind: "seat.granted", reason: "claimed" } as const;
const capacityWords = {
  kind: "pool.capacityChanged",
  userId: null,
  seatId: null,
  tier: null,
  delta: 0,
  reason: "raised",
} as const;
const addOnWords = {
  kind: "addOns.changed",
  poolId: null,
  seatId: null,
  delta: 0,
  reason: "changed",
} as const;

function modesFrom({ next, pick, at, users }: Random): ModeChange[] {
  return Array.from({ length: next(3) }, (_, index): ModeChange => {
    const mode = pick(["monthly", "daily"] as const);
    return {
      ...{ id: `m${String(index)}`, userId: pick(users), product: "support", mode, at: at() },
      actor: "operator",
    };
  }).sort((a, b) => a.at - b.at);
}
