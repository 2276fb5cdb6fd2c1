import { expect } from "@jest/globals";
import fc from "fast-check";
import { createActions, type Actions } from "../../../src/actions/index.js";
import type { Catalogue } from "../../../src/domain/catalogue.js";
import type { Cause } from "../../../src/domain/history.js";
import { namedIn } from "../../../src/domain/waiting/serves.js";
import { defaultPolicy } from "../../../src/domain/pools/policy.js";
import type { Store } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";
import type { Report } from "../../../src/verify/verify.js";
import { product } from "../../domain/organisation.js";
import { quiet } from "../support/open.js";
import { createTenant, type Tenant } from "../support/tenant.js";
import { verified } from "../support/verified.js";
import {
  BORROW_MS,
  LEASE_MS,
  NaiveSeats,
  REVIVE_MS,
  type Picture,
  type PoolName,
} from "./naiveSeats.js";

/** One organisation that is played twice: by the engine on a store, and by the model. */

const CATALOGUE: Catalogue = {
  products: new Map([
    [
      "desk",
      product(
        "desk",
        [
          ["standard", "chat"],
          ["professional", "chat reports"],
        ],
        { everyone: true },
      ),
    ],
    ["reports", product("reports", [["viewer", "view"]])],
    ["lines", product("lines", [["line", "call"]])],
    ["maps", product("maps", [["map", "find"]])],
  ]),
  permissions: new Map([
    ["lead", { id: "lead", title: "Lead", requires: { desk: ["reports"] } }],
    ["read", { id: "read", title: "Read", requires: { reports: ["view"] } }],
    ["find", { id: "find", title: "Find", requires: { maps: ["find"] } }],
  ]),
  roles: new Map(),
  settings: new Map(),
};
/** Scarce for five people. */
const CAPACITY = { Standard: 2, Professional: 1, Reports: 2, Lines: 2, East: 1, West: 1 };
const MAPS = ["East", "West"] as const;
const PEOPLE = ["ann", "bob", "cyd", "dov", "eve"];
const CAUSE: Cause = { type: "scim", action: "test", actor: "idp", requestId: null };

const POOLS = Object.keys(CAPACITY) as PoolName[];
const CHANGES = [
  "leads",
  "leads",
  "leads",
  "active",
  "reads",
  "remove",
  "exclude",
  "exclude",
  "glass",
  ...["east", "east", "west", "west"],
] as const;
const LINES = ["dial", "dial", "borrow", "renew", "renew", "renewOld", "hangUp"] as const;
const USES = ["open", "open", "open", ...LINES] as const;
const command = fc.record({
  do: fc.constantFrom(...([...CHANGES, ...USES, "create", "resize", "resize", "time"] as const)),
  who: fc.constantFrom(...PEOPLE),
  leads: fc.boolean(),
  pool: fc.constantFrom(...POOLS),
  capacity: fc.nat(2),
  minutes: fc.integer({ min: 0, max: 6 }),
  maps: fc.subarray([...MAPS]),
});
/** Everybody comes first: with nobody there, nothing can be scarce. */
export const history = fc
  .tuple(
    fc.array(fc.tuple(fc.boolean(), fc.subarray([...MAPS])), { minLength: 5, maxLength: 5 }),
    fc.array(command, { minLength: 5, maxLength: 12 }),
  )
  .map(([first, commands]): Command[] => [
    ...PEOPLE.map((who, index) => {
      const [leads = false, maps = []] = first[index] ?? [];
      return { ...FIRST, who, leads, maps };
    }),
    ...commands,
  ]);
const FIRST = { do: "create", pool: "Lines", capacity: 0, minutes: 0 } as const;
/** What chance would bring about too rarely: an emergency is over while its holder waits, and the next request frees a seat. */
export const EMERGENCY_OVER: Command[] = [
  ...["ann", "bob", "cyd"].map((who) => ({ ...FIRST, who, leads: false, maps: [] })),
  ...(
    [
      ["exclude", "cyd", 0],
      ["glass", "cyd", 1],
      ["create", "dov", 0],
      ["remove", "ann", 3],
    ] as const
  ).map(([what, who, minutes]) => ({
    ...{ ...FIRST, do: what, who, minutes },
    ...{ leads: false, maps: [] },
  })),
];
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

interface Answers {
  readonly expected: unknown;
  readonly answered: unknown;
}

export class Office {
  readonly model = new NaiveSeats(CAPACITY);
  readonly #store: Store;
  readonly #tenant: Tenant;
  readonly #actions: Actions;
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #pools: ReadonlyMap<PoolName, string>;
  /** The lease that each was told of last. */
  readonly #leases = new Map<string, { readonly seatId: string; readonly generation: number }>();

  private constructor(store: Store, tenant: Tenant, pools: ReadonlyMap<PoolName, string>) {
    this.#store = store;
    this.#tenant = tenant;
    this.#pools = pools;
    this.#actions = createActions({ store, catalogue: CATALOGUE, ids: systemIds, logger: quiet });
  }

  static async open(store: Store, createdAt: number): Promise<Office> {
    const tenant = await createTenant(store);
    const { organisationId } = tenant;
    const desk = { product: "desk", kind: "locked" } as const;
    const pools = [
      tenant.pool({ ...desk, name: "Standard", tiers: ["standard"] }),
      tenant.pool({ ...desk, name: "Professional", tiers: ["professional"] }),
      tenant.pool(
        { name: "Reports", product: "reports", tiers: ["viewer"], kind: "shared" },
        { ...defaultPolicy("shared"), onFull: ["evictLru"] },
      ),
      tenant.pool(
        { name: "Lines", product: "lines", tiers: ["line"], kind: "concurrent" },
        {
          ...defaultPolicy("concurrent"),
          leaseSeconds: LEASE_MS / 1000,
          reviveSeconds: REVIVE_MS / 1000,
          maxBorrowSeconds: BORROW_MS / 1000,
          eligibility: "anyone",
          onFull: ["reject"],
        },
      ),
      ...MAPS.map((name) => tenant.pool({ name, product: "maps", kind: "locked", tiers: ["map"] })),
    ].map((pool) => ({ ...pool, capacity: CAPACITY[pool.name as PoolName] }));
    for (const pool of pools) await store.administration.createPool(pool);
    for (const permission of ["lead", "read"]) {
      await store.administration.saveRule({
        id: systemIds.next(),
        organisationId,
        name: permission,
        connectionId: null,
        match: { type: "attribute", attribute: permission, equals: "yes" },
        gives: { permissions: [permission] },
        createdAt,
      });
    }
    for (const pool of MAPS) {
      await store.administration.saveRule({
        ...{ id: systemIds.next(), organisationId, name: pool, connectionId: null, createdAt },
        match: { type: "attribute", attribute: pool, equals: "yes" },
        gives: { permissions: ["find"], pools: [pool] },
      });
    }
    return new Office(store, tenant, new Map(pools.map(({ id, name }) => [name as PoolName, id])));
  }

  /** Does it in both. What is impossible in the model's eyes (there is nobody of that name) is left out. */
  async play(now: number, asked: Command): Promise<Answers> {
    const { who, pool, capacity } = asked;
    const isOver = this.model.tick(now);
    if (isOver && !this.#isDecided(asked)) await this.#actions.reconcile(this.#organisationId);
    const person = this.model.people.get(who);
    if (asked.do === "resize") return this.#resize(now, pool, capacity);
    if (asked.do === "time") return done(await this.#actions.reconcile(this.#organisationId));
    if (asked.do === "create") return person === undefined ? this.#create(now, asked) : NOTHING;
    if (person === undefined) return NOTHING;
    switch (asked.do) {
      case "leads":
        return this.#change(now, who, { leads: !person.leads });
      case "reads":
        return this.#change(now, who, { reads: !person.reads });
      case "east":
        return this.#change(now, who, { east: !person.east });
      case "west":
        return this.#change(now, who, { west: !person.west });
      case "active":
        return this.#change(now, who, { active: !person.active });
      case "exclude":
        return this.#exclude(now, who, !person.excluded);
      case "glass":
        return this.model.hasGlass(who)
          ? this.#mendGlass(now, who)
          : this.#breakGlass(now, who, asked.minutes + 1);
      case "remove":
        return this.#remove(now, who);
      case "open":
        return {
          expected: this.model.read(now, who),
          answered: await this.#acquire(who, "reports"),
        };
      case "dial":
      case "borrow":
        return this.#dial(now, who, asked.do === "borrow");
      case "renew":
      case "renewOld":
        return this.#renew(now, this.#caller(who), asked.do === "renew" ? 0 : 1);
      case "hangUp":
        return this.#hangUp(now, this.#caller(who));
    }
  }

  /** Whether it comes to a decision, which notices by itself that an emergency is over. */
  #isDecided({ do: what, who }: Command): boolean {
    if (what === "create") return !this.model.people.has(who);
    if (what === "resize" || what === "time") return true;
    return CHANGES.some((change) => change === what) && this.model.people.has(who);
  }

  /** What the store says. */
  async picture(now: number): Promise<Picture> {
    const { insights } = this.#store;
    const [seats, waiting, forMaps] = await Promise.all([
      insights.seatsOf(this.#organisationId, [...this.#names.keys()]),
      insights.waiting(this.#organisationId, "desk", 100),
      insights.waiting(this.#organisationId, "maps", 100),
    ]);
    const nameOf = (id: string) => this.#names.get(id) ?? id;
    const inPool = (pool: PoolName) =>
      seats.filter(({ poolId }) => poolId === this.#pools.get(pool));
    const desk = (["Standard", "Professional"] as const).flatMap((pool) =>
      inPool(pool).map(({ userId }) => `${nameOf(userId)} ${pool}`),
    );
    const lines = inPool("Lines").filter(({ expiresAt }) => (expiresAt ?? 0) > now);
    return {
      desk: desk.sort(),
      list: waiting.map(({ userId, tier }) => `${nameOf(userId)} ${capital(tier)}`),
      reports: inPool("Reports")
        .map((one) => `${nameOf(one.userId)} ${one.lastUsedAt}`)
        .sort(),
      lines: lines.map((one) => `${nameOf(one.userId)} ${String(one.expiresAt)}`).sort(),
      maps: MAPS.flatMap((pool) =>
        inPool(pool).map(({ userId }) => `${nameOf(userId)} ${pool}`),
      ).sort(),
      mapList: forMaps.map((entry) => {
        const named = MAPS.filter((pool) => namedIn(entry).includes(this.#pools.get(pool) ?? ""));
        return [nameOf(entry.userId), ...named].join(" ");
      }),
    };
  }

  /** The counters of the pools are what the seats say; and what the verifier says of the ledger. */
  async verdict(): Promise<Report> {
    const seats = await this.#store.insights.seatsOf(this.#organisationId, [...this.#names.keys()]);
    for (const pool of await this.#store.administration.listPools(this.#organisationId)) {
      const held = seats.filter(({ poolId }) => poolId === pool.id).length;
      expect({ name: pool.name, used: pool.used }).toEqual({ name: pool.name, used: held });
    }
    return verified(this.#store, this.#organisationId);
  }

  get #organisationId(): string {
    return this.#tenant.organisationId;
  }

  #id(who: string): string {
    return this.#ids.get(who) ?? "";
  }

  #draft(who: string) {
    const { active, leads, reads, east, west } = this.model.people.get(who) ?? NOBODY;
    const maps = MAPS.filter((pool) => (pool === "East" ? east : west));
    const yes = (value: boolean) => (value ? "yes" : "no");
    const document = {
      ...{ userName: who, active, lead: yes(leads), read: yes(reads) },
      ...Object.fromEntries(maps.map((pool) => [pool, "yes"])),
    };
    return { userName: who, externalId: null, displayName: null, active, document };
  }

  async #create(now: number, { who, leads, maps }: Command): Promise<Answers> {
    const [east, west] = [maps.includes("East"), maps.includes("West")];
    this.model.create(now, who, { leads, reads: true, east, west });
    const { user } = await this.#actions.createUser(this.#tenant.scope, this.#draft(who), CAUSE);
    this.#ids.set(who, user.id);
    this.#names.set(user.id, who);
    return NOTHING;
  }

  async #change(
    now: number,
    who: string,
    change: Parameters<NaiveSeats["change"]>[2],
  ): Promise<Answers> {
    this.model.change(now, who, change);
    const target = { id: this.#id(who) };
    await this.#actions.changeUser(this.#tenant.scope, target, () => this.#draft(who), CAUSE);
    return NOTHING;
  }

  async #exclude(now: number, who: string, excluded: boolean): Promise<Answers> {
    this.model.change(now, who, { excluded });
    const fact = { kind: "exclusion", name: "desk" } as const;
    const [organisationId, id] = [this.#organisationId, this.#id(who)];
    if (!excluded) await this.#actions.takeByHand(organisationId, id, fact, CAUSE);
    else {
      const given = { ...fact, value: true };
      await this.#actions.giveByHand(organisationId, id, given, "admin", CAUSE);
    }
    return NOTHING;
  }

  async #breakGlass(now: number, who: string, minutes: number): Promise<Answers> {
    const until = now + minutes * 60_000;
    const asked = { product: "desk", tier: null, reason: "test", until };
    const given = { asked, by: "admin" };
    const giving = this.#actions.giveBreakGlass(this.#organisationId, this.#id(who), given, CAUSE);
    return {
      answered: (await refusedAs(giving, "Inactive")) !== null,
      expected: this.model.breakGlass(now, who, until),
    };
  }

  async #mendGlass(now: number, who: string): Promise<Answers> {
    this.model.mendGlass(now, who);
    await this.#actions.takeBreakGlass(this.#organisationId, this.#id(who), "desk", CAUSE);
    return NOTHING;
  }

  async #remove(now: number, who: string): Promise<Answers> {
    this.model.remove(now, who);
    await this.#actions.deleteUser(this.#tenant.scope, { id: this.#id(who) }, CAUSE);
    this.#leases.delete(who);
    return NOTHING;
  }

  async #resize(now: number, pool: PoolName, capacity: number): Promise<Answers> {
    this.model.resize(now, pool, capacity);
    const id = this.#pools.get(pool) ?? "";
    await this.#actions.changePool(this.#organisationId, id, { capacity }, CAUSE);
    return NOTHING;
  }

  async #acquire(who: string, productId: string): Promise<boolean> {
    const asked = this.#actions.acquireSeat(this.#organisationId, this.#id(who), productId, CAUSE);
    const outcome = await refusedAs(asked, "Inactive");
    return outcome?.type === "held";
  }

  async #dial(now: number, who: string, isBorrowed: boolean): Promise<Answers> {
    const expected = this.model.dial(now, who, isBorrowed);
    const asked = isBorrowed ? { borrowSeconds: BORROW_MS / 1000 } : {};
    const [organisationId, id] = [this.#organisationId, this.#id(who)];
    const acquired = this.#actions.acquireSeat(organisationId, id, "lines", CAUSE, asked);
    const outcome = await refusedAs(acquired, "Inactive");
    if (outcome?.type !== "held") return { expected, answered: null };
    const { id: seatId, generation } = outcome.seat;
    this.#leases.set(who, { seatId, generation });
    return { expected, answered: generation };
  }

  /** Who dialled last, where this one never did: a renewal that is about nothing shows nothing. */
  #caller(who: string): string {
    return this.#leases.has(who) ? who : ([...this.#leases.keys()].at(-1) ?? who);
  }

  /** @param behind how many generations ago: somebody else has the lease since */
  async #renew(now: number, who: string, behind: number): Promise<Answers> {
    const lease = this.#leases.get(who);
    if (lease === undefined) return NOTHING;
    const generation = lease.generation - behind;
    const asked = this.#actions.renewSeat(this.#organisationId, lease.seatId, generation, CAUSE);
    return {
      answered: (await refusedAs(asked, "LeaseLost", "NotFound")) !== null,
      expected: this.model.renew(now, who, generation),
    };
  }

  async #hangUp(now: number, who: string): Promise<Answers> {
    const lease = this.#leases.get(who);
    if (lease === undefined) return NOTHING;
    const released = this.#actions.releaseSeat(this.#organisationId, lease, CAUSE).then(() => true);
    return {
      answered: (await refusedAs(released, "LeaseLost", "NotFound")) !== null,
      expected: this.model.hangUp(now, who, lease.generation),
    };
  }
}

const NOBODY = { active: false, leads: false, reads: false, east: false, west: false };
const NOTHING: Answers = { expected: null, answered: null };

function done(_: unknown): Answers {
  return NOTHING;
}

/** Null for one of these refusals. */
async function refusedAs<T>(asked: Promise<T>, ...codes: string[]): Promise<T | null> {
  return asked.catch((error: unknown) => {
    if (codes.includes((error as { code?: string }).code ?? "")) return null;
    throw error;
  });
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
