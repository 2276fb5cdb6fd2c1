import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { createActions } from "../../../src/actions/index.js";
import { loadCatalogue } from "../../../src/catalogueFile.js";
import { defaultPolicy, type PoolPolicy } from "../../../src/domain/pools/policy.js";
import type { Cause, Entry } from "../../../src/domain/history.js";
import { noChanges } from "../../../src/domain/snapshot.js";
import type { Store } from "../../../src/ports.js";
import type { LedgerLine } from "../../../src/ports/ledger.js";
import { systemIds } from "../../../src/store/index.js";
import { quiet, type Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";
import { verified } from "../support/verified.js";

const cause: Cause = { type: "scim", action: "test", actor: "idp", requestId: null };
const catalogue = loadCatalogue("config/catalogue.yaml");
const TIERS = ["standard", "professional"];

export function ledgerContract({ store, opened, open }: Subject): void {
  it("is a chain without a gap, which an independent verifier follows, from whichever node it is written", async () => {
    const { another } = opened();
    const nodes = [store(), ...(another === null ? [] : [await another()])];
    const tenant = await createTenant(store());
    await store().administration.createPool(tenant.pool({ capacity: 3 }));
    const saves = Array.from({ length: 12 }, (_, index) =>
      nodes[index % nodes.length]!.write(tenant.organisationId, async (tx) => {
        await tx.load({});
        await tx.save({ ...noChanges(), entries: twoEntries(tenant, index) });
      }),
    );
    await Promise.all(saves);
    const lines = await store().ledger.lines(tenant.organisationId, { after: 0, limit: 100 });
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    expect(lines).toHaveLength(25);
    const report = await verified(store(), tenant.organisationId, 10);
    expect(report).toMatchObject({ entries: 25, fault: null });
    const head = await store().ledger.head(tenant.organisationId);
    expect(report.head).toEqual({ sequence: head?.sequence, hash: head?.hash });
    if (nodes[1] !== undefined) await nodes[1].close();
  });

  it("refuses a change, a deletion and an entry that does not come next, by SQL that goes around the server", async () => {
    if (opened().raw === null) return;
    const raw = await opened().raw!();
    const tenant = await createTenant(store());
    await tenant.save({ entries: [tenant.entry(), tenant.entry()] });
    const where = `WHERE organisationId = '${tenant.organisationId}'`;
    const columns =
      "id, organisationId, at, kind, userId, product, poolId, seatId, tier, delta, reason, cause, details";
    const refused = [
      `UPDATE entries SET reason = 'other' ${where}`,
      `UPDATE entries SET hash = hash ${where}`,
      `DELETE FROM entries ${where} AND sequence = 2`,
      `INSERT INTO entries (${columns}) SELECT ${columns} FROM entries ${where}`,
      `INSERT INTO entries (${columns}, sequence, hash) SELECT ${columns}, 2, hash FROM entries ${where} AND sequence = 1`,
      `REPLACE INTO entries (${columns}, sequence, hash) SELECT ${columns}, 2, hash FROM entries ${where} AND sequence = 1`,
      `REPLACE INTO entries (position, ${columns}, sequence, hash) SELECT position, ${columns}, 3, hash FROM entries ${where} AND sequence = 1`,
    ];
    const before = await store().ledger.lines(tenant.organisationId, { after: 0, limit: 9 });
    for (const text of refused) {
      await expect(raw.run(text)).rejects.toThrow(
        /seatkeeper: |Duplicate entry|doesn't have a default value/,
      );
    }
    expect(await store().ledger.lines(tenant.organisationId, { after: 0, limit: 9 })).toEqual(
      before,
    );
    await raw.close();
  });

  it("starts each organisation's chain at 1, and shows nobody another's", async () => {
    const [one, other] = [await createTenant(store()), await createTenant(store())];
    await one.save({ entries: [one.entry()] });
    await other.save({ entries: [other.entry(), other.entry()] });
    const lines = await store().ledger.lines(other.organisationId, { after: 0, limit: 9 });
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(new Set(lines.map(({ organisationId }) => organisationId)).size).toBe(1);
    expect((await store().ledger.head(one.organisationId))?.sequence).toBe(1);
    expect(await store().ledger.head(systemIds.next())).toBeNull();
  });

  it("answers for any time what a look at that time would have shown, and stays whole, also when people are erased (I16)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 25 }), async (moves) => {
        let now = AT;
        const own = await open({ clock: { now: () => now } });
        try {
          const tenant = await playground(own.store);
          const looks = [];
          for (const one of moves) {
            now += 2 + one.minutes * 60_000;
            await play(own.store, tenant, one);
            const { seats } = await own.store.ledger.standing(tenant.organisationId);
            // Who holds a seat is who has access; what is kept of others is in the ledger.
            const held = seats.filter(({ state }) => state === "active").sort(byId);
            looks.push({ at: now + (looks.length % 2), seats: held.map(plainSeat) });
          }
          for (const { at, seats } of looks) {
            const then = await own.store.ledger.seatsAt(tenant.organisationId, { at, limit: 100 });
            expect(then.seats.map(plainSeat)).toEqual(seats);
          }
          await expectStoredTimes(own.store, tenant, now);
          expect(await verified(own.store, tenant.organisationId, 10)).toMatchObject({
            fault: null,
          });
        } finally {
          await own.store.close();
        }
      }),
      { numRuns: Math.ceil(Number(process.env["SEATKEEPER_HISTORIES"] ?? 300) / 100) },
    );
  }, 600_000);

  it("says for any time what was true, as a naive replay by the instants at which things took effect, noticed or not yet", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 25 }), async (moves) => {
        let now = AT;
        const own = await open({ clock: { now: () => now } });
        try {
          const tenant = await playground(own.store);
          const { organisationId } = tenant;
          const held = async (at: number, limit: number) => {
            const query = { at, as: "effective", limit } as const;
            return (await own.store.ledger.seatsAt(organisationId, query)).seats;
          };
          for (const name of ["a", "b", "c", "d", "e", "f"]) {
            await play(own.store, tenant, { do: "create", who: name, minutes: 0 });
          }
          const early = [];
          for (const one of moves) {
            now += 2 + one.minutes * 60_000;
            // Before anybody notices what has ended meanwhile.
            early.push({ at: now - 1, seats: (await held(now - 1, 100)).map(plainSeat) });
            // Often enough somebody comes for a lease.
            await play(own.store, tenant, one.minutes > 4 ? { ...one, do: "enter" } : one);
          }
          now += 3_600_000;
          await play(own.store, tenant, { do: "time", who: "a", minutes: 0 });
          const lines = await own.store.ledger.lines(organisationId, { after: 0, limit: 10_000 });
          for (const { at, seats } of early) expect(seats).toEqual(naivelyHeld(lines, at));
          const moments = lines.flatMap(({ at }) => [at, at + 30_000, at + 299_999, at + 300_000]);
          for (const at of moments.filter((_, index) => index % 3 === 0)) {
            const all = await held(at, 100);
            expect(all.map(plainSeat)).toEqual(naivelyHeld(lines, at));
            expect(await held(at, 1)).toEqual(all.slice(0, 1));
          }
        } finally {
          await own.store.close();
        }
      }),
      { numRuns: Math.ceil(Number(process.env["SEATKEEPER_HISTORIES"] ?? 300) / 100) },
    );
  }, 600_000);

  it("answers for one person, in pages, and for a time before everything", async () => {
    let now = AT;
    const own = await open({ clock: { now: () => now } });
    const tenant = await playground(own.store);
    const { ledger } = own.store;
    const { organisationId } = tenant;
    for (const name of ["a", "b", "c"]) {
      now += 1_000;
      await play(own.store, tenant, { do: "create", who: name, minutes: 0 });
    }
    const all = await ledger.seatsAt(organisationId, { at: now, limit: 10 });
    expect(all.seats).toHaveLength(3);
    expect(all.seats[0]).toMatchObject({ reason: "claimed", cause, grantedAt: AT + 1_000 });
    expect(all.head?.at).toBe(now);
    const [first, second] = all.seats;
    const page = { at: now, limit: 1, after: first!.id };
    expect((await ledger.seatsAt(organisationId, page)).seats).toEqual([second]);
    const person = { at: now, limit: 9, userId: second!.userId };
    expect((await ledger.seatsAt(organisationId, person)).seats).toEqual([second]);
    expect((await ledger.seatsAt(organisationId, { ...person, at: AT })).seats).toEqual([]);
    expect((await ledger.seatsAt(organisationId, { ...person, userId: "nö" })).seats).toEqual([]);
    const before = await ledger.seatsAt(organisationId, { at: AT - 1, limit: 9 });
    expect(before).toEqual({ head: null, seats: [] });
    await own.store.close();
  });
}

const who = fc.constantFrom<string>("a", "b", "c", "d", "e", "f");
const move = fc.record({
  do: fc.constantFrom(
    ...(["create", "create", "toggle", "title", "title", "enter", "enter"] as const),
    ...(["delete", "erase", "capacity", "tiers", "time", "policy", "policy"] as const),
  ),
  who,
  minutes: fc.nat(12),
});
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

const POLICIES: readonly Partial<PoolPolicy>[] = [
  { parkedConsumes: true, suspendedConsumes: true },
  { acquireOn: "invite", pendingSeconds: 600, parkedSeconds: 600 },
  { acquireOn: "invite", pendingReserves: false, resume: "sameIfFree" },
  { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 }, parkedConsumes: true },
  { onFull: ["autoscale", "wait"], autoscaleMax: 4, resume: "headOfList" },
];

async function playground(store: Store): Promise<Tenant> {
  const tenant = await createTenant(store);
  const product = { product: "support", tiers: TIERS };
  const pools = [
    tenant.pool({ ...product, name: "Main", capacity: 3 }),
    tenant.pool({ ...product, name: "Pro", tiers: ["professional"], capacity: 1, priority: 0 }),
    tenant.pool(
      { ...product, name: "Shared", kind: "shared", capacity: 1, priority: 2 },
      { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    ),
    tenant.pool(
      { product: "analytics", tiers: ["viewer"], name: "Lease", kind: "concurrent", capacity: 1 },
      { acquireOn: "signIn", onFull: [], leaseSeconds: 300, eligibility: "anyone" },
    ),
  ];
  for (const pool of pools) await store.administration.createPool(pool);
  await store.administration.saveRule({
    id: systemIds.next(),
    organisationId: tenant.organisationId,
    name: "leads",
    connectionId: null,
    match: { type: "attribute", attribute: "title", equals: "Lead" },
    gives: { roles: ["team-leader"] },
    createdAt: AT,
  });
  return tenant;
}

/** A refusal is one more thing that may happen. */
async function play(store: Store, tenant: Tenant, { do: what, who: name, minutes }: Move) {
  const actions = createActions({ store, catalogue, ids: systemIds, logger: quiet });
  const { scope, organisationId } = tenant;
  const draft = (title: string, active = true) => ({
    userName: name,
    externalId: null,
    displayName: null,
    active,
    document: { userName: name, active, title },
  });
  const user = await store.insights.userByName(organisationId, name);
  const id = user?.id ?? "";
  const works: Readonly<Record<Move["do"], () => Promise<unknown>>> = {
    create: () => actions.createUser(scope, draft(minutes % 2 === 0 ? "Lead" : "Agent"), cause),
    toggle: () =>
      actions.changeUser(scope, { id }, (before) => ({ ...before, active: !before.active }), cause),
    title: () =>
      actions.changeUser(scope, { id }, () => draft(minutes % 2 === 0 ? "Lead" : "Agent"), cause),
    enter: () =>
      actions.acquireSeat(organisationId, id, minutes > 4 ? "analytics" : "support", cause),
    delete: () => actions.deleteUser(scope, { id }, cause),
    erase: () => actions.erasePerson(organisationId, { idOrUserName: name, userName: name }, cause),
    capacity: () => change({ capacity: minutes % 5 }),
    tiers: () => change({ tiers: minutes % 2 === 0 ? TIERS : ["professional"] }),
    time: () => actions.reconcile(organisationId),
    policy: async () => {
      const [main] = await store.administration.listPools(organisationId);
      const policy = { ...defaultPolicy("locked"), ...POLICIES[minutes % POLICIES.length] };
      await actions.changePool(organisationId, main!.id, { policy }, cause);
      await actions.reconcile(organisationId);
    },
  };
  const change = async (patch: object) => {
    const pools = await store.administration.listPools(organisationId);
    const pool = pools[minutes % pools.length]!;
    if (pool.product === "support") await actions.changePool(organisationId, pool.id, patch, cause);
  };
  await works[what]().catch((error: unknown) => {
    expect(error).toMatchObject({ name: "SeatkeeperError" });
    expect(error).not.toMatchObject({ code: "Internal" });
  });
}

/** When the seats that are held now were given. */
async function expectStoredTimes(store: Store, tenant: Tenant, at: number): Promise<void> {
  const { seats } = await store.ledger.seatsAt(tenant.organisationId, { at, limit: 100 });
  const holders = [...new Set(seats.map(({ userId }) => userId))];
  const stored = await store.insights.seatsOf(tenant.organisationId, holders);
  expect(seats.map(({ id, grantedAt }) => [id, grantedAt])).toEqual(
    stored.sort(byId).map(({ id, grantedAt }) => [id, grantedAt]),
  );
}

function twoEntries(tenant: Tenant, index: number): Entry[] {
  return [
    tenant.entry({ details: { index, text: "ü😀" }, delta: 0, kind: "waiting.added" }),
    tenant.entry({ delta: 0, kind: "waiting.removed" }),
  ];
}

/** Each holding from the instant at which it began to the one at which it was over. */
function naivelyHeld(lines: readonly LedgerLine[], at: number) {
  const holdings: { from: number; to: number; seat: ReturnType<typeof plainSeat> }[] = [];
  const open = new Map<string, (typeof holdings)[number]>();
  for (const { seatId, kind, details, at: written, ...line } of lines) {
    if (seatId === null) continue;
    const { expiredAt } = JSON.parse(details) as { expiredAt?: number };
    const instant = kind === "lease.expired" ? (expiredAt ?? written) : written;
    const before = open.get(seatId);
    if (before !== undefined) before.to = instant;
    open.delete(seatId);
    if (kind !== "seat.granted" && kind !== "seat.tierChanged") continue;
    const { userId, product, poolId, tier } = line;
    const seat = { id: seatId, product, userId: userId!, poolId: poolId!, tier: tier! };
    const holding = { from: instant, to: Infinity, seat: plainSeat(seat) };
    open.set(seatId, holding);
    holdings.push(holding);
  }
  const there = holdings.filter(({ from, to }) => from <= at && at < to);
  return there.map(({ seat }) => seat).sort(byId);
}

const plainSeat = ({
  id,
  userId,
  product,
  poolId,
  tier,
}: {
  id: string;
  userId: string;
  product: string;
  poolId: string;
  tier: string;
}) => ({ id, userId, product, poolId, tier });

function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1;
}
