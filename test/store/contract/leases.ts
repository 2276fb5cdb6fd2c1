import { expect, it } from "@jest/globals";
import type { Seat } from "../../../src/domain/directory.js";
import { renewLeases, type LeaseRef } from "../../../src/domain/leases/renewals.js";
import type { Store } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

const SECOND = 1_000;
const LEASE = 60 * SECOND;

export function leaseContract({ store, open }: Subject): void {
  const refOf = ({ id, generation }: Seat): LeaseRef => ({ seatId: id, generation });

  async function renew(of: Store, organisationId: string, refs: readonly LeaseRef[]) {
    const ids = refs.map(({ seatId }) => seatId);
    const { renewed } = await of.leases.renew(organisationId, ids, (held) =>
      renewLeases(held, refs),
    );
    return renewed;
  }

  /** Leases of five people, by what is the matter with each. */
  async function leases(of: Store) {
    const tenant = await createTenant(of);
    const pool = tenant.pool({ kind: "concurrent" }, { leaseSeconds: 60 });
    const other = tenant.pool({ kind: "concurrent" }, { leaseSeconds: 90 });
    const locked = tenant.pool();
    for (const one of [pool, other, locked]) await of.administration.createPool(one);
    const users = Array.from({ length: 7 }, () => tenant.user());
    const until = { expiresAt: AT + LEASE };
    const live = tenant.seat(pool, users[0]!, { ...until, generation: 3 });
    const elsewhere = tenant.seat(other, users[1]!, until);
    const over = tenant.seat(pool, users[2]!, { expiresAt: AT });
    const grace = tenant.seat(pool, users[3]!, {
      ...until,
      grace: { since: AT, reason: "contracted" },
    });
    const kept = tenant.seat(pool, users[4]!, {
      ...until,
      kept: { state: "parked", consumes: true, since: AT, reason: "lingers" },
    });
    const own = tenant.seat(locked, users[5]!);
    const old = tenant.seat(pool, users[6]!, { ...until, generation: 2 });
    const all = [live, elsewhere, over, grace, kept, own, old];
    await tenant.save({ usersInserted: users, seatsInserted: all });
    return { tenant, pool, live, elsewhere, grace, old, all };
  }

  it("I20: a renewal extends the leases that live and are asked for by their newest generation, and changes nothing else", async () => {
    const { store: at } = await open({ clock: { now: () => AT + SECOND } });
    const { tenant, live, elsewhere, old, all } = await leases(at);
    const stored = async () => {
      const ids = all.map(({ userId }) => userId);
      const { users } = await tenant.load({ users: ids });
      return all.map(({ id, userId }) => users.get(userId)?.seats.find((one) => one.id === id));
    };
    const before = await stored();

    const refs = [...all.map(refOf), { seatId: old.id, generation: 1 }, refOf(live)];
    const renewed = await renew(at, tenant.organisationId, refs);

    const goOn = [
      { ...live, lastUsedAt: AT + SECOND, expiresAt: AT + SECOND + LEASE },
      { ...elsewhere, lastUsedAt: AT + SECOND, expiresAt: AT + SECOND + 90 * SECOND },
      { ...old, lastUsedAt: AT + SECOND, expiresAt: AT + SECOND + LEASE },
    ];
    expect(renewed).toEqual(goOn);
    const after = new Map(goOn.map((seat) => [seat.id, seat]));
    expect(await stored()).toEqual(before.map((seat) => after.get(seat?.id ?? "") ?? seat));
    expect(await renew(at, tenant.organisationId, [{ ...refOf(old), generation: 1 }])).toEqual([]);
    await at.close();
  });

  it("ends at its last instant: a lease that ends now is not renewed", async () => {
    let now = AT + LEASE - 1;
    const { store: at } = await open({ clock: { now: () => now } });
    const { tenant, live, old } = await leases(at);
    expect(await renew(at, tenant.organisationId, [refOf(live)])).toHaveLength(1);
    now += 1;
    expect(await renew(at, tenant.organisationId, [refOf(old)])).toEqual([]);
    await at.close();
  });

  it("a lease is found to have ended at its last instant and not before, however often or rarely it was renewed", async () => {
    let now = AT;
    const { store: at } = await open({ clock: { now: () => now } });
    const tenant = await createTenant(at);
    const pool = tenant.pool({ kind: "concurrent" }, { leaseSeconds: LEASE / SECOND });
    await at.administration.createPool(pool);
    const every = [1, 29, 30, 31, 45, 59].map((seconds) => ({ seconds, user: tenant.user() }));
    const seats = every.map(({ user }) => tenant.seat(pool, user, { expiresAt: AT + LEASE }));
    await tenant.save({ usersInserted: every.map(({ user }) => user), seatsInserted: seats });
    const ends = new Map(seats.map(({ id }) => [id, AT + LEASE]));
    const ended = async () => {
      const { expired } = await tenant.load({ upkeep: 1 });
      return (expired.get(pool.id) ?? []).map(({ id }) => id);
    };
    const hasWork = async () =>
      (await at.organisationsWithWork(now)).includes(tenant.organisationId);

    for (let second = 1; second <= 125; second += 1) {
      now = AT + second * SECOND;
      const due = seats.filter((_, index) => second % (every[index]?.seconds ?? 1) === 0);
      const renewed = await renew(at, tenant.organisationId, due.map(refOf));
      expect(renewed.map(({ id }) => id)).toEqual(due.map(({ id }) => id));
      for (const { id } of renewed) ends.set(id, now + LEASE);
    }
    const instants = [...new Set(ends.values())].sort((a, b) => a - b);
    for (const instant of instants) {
      const before = [...ends].filter(([, end]) => end < instant).map(([id]) => id);
      now = instant - 1;
      expect((await ended()).sort()).toEqual(before.sort());
      now = instant;
      expect(await hasWork()).toBe(true);
      const over = [...ends].filter(([, end]) => end <= instant).map(([id]) => id);
      expect((await ended()).sort()).toEqual(over.sort());
    }
    now = (instants[0] ?? 0) - 1;
    expect(await hasWork()).toBe(false);
    await at.close();
  });

  it("a renewal writes the day of use once, and the next day again", async () => {
    let now = AT + SECOND;
    const { store: at } = await open({ clock: { now: () => now } });
    const { tenant, live } = await leases(at);
    const days = async () => {
      const used = await at.billing.usedDays(tenant.organisationId, 0, 100_000);
      return used.map(({ day, userId }) => [day, userId]);
    };
    for (let times = 0; times < 2; times += 1) {
      expect(await renew(at, tenant.organisationId, [refOf(live)])).toHaveLength(1);
      now += SECOND;
    }
    const today = Math.floor(AT / 86_400_000);
    expect(await days()).toEqual([[today, live.userId]]);
    const [{ expiresAt }] = (await renew(at, tenant.organisationId, [refOf(live)])) as [Seat];
    const midnight = (today + 1) * 86_400_000;
    await tenant.save({
      seatsUpdated: [{ ...live, lastUsedAt: now, expiresAt: midnight + LEASE }],
    });
    expect(expiresAt).toBe(now + LEASE);
    now = midnight + SECOND;
    expect(await renew(at, tenant.organisationId, [refOf(live)])).toHaveLength(1);
    expect(await days()).toEqual([
      [today, live.userId],
      [today + 1, live.userId],
    ]);
    await at.close();
  });

  it("another organisation's lease does not exist, and what could not be an id is none", async () => {
    const { tenant, live } = await leases(store());
    const foreign = await createTenant(store());
    const held: number[] = [];
    const count = (ids: string[]) =>
      store().leases.renew(foreign.organisationId, ids, ({ seats }) => {
        held.push(seats.size);
        return { renewed: [], daysUsed: [] };
      });
    await count([live.id]);
    await count(["x", "\u{1F600}", "a".repeat(300)]);
    expect(held).toEqual([0, 0]);
    await expect(renew(store(), systemIds.next(), [refOf(live)])).rejects.toMatchObject({
      code: "NotFound",
    });
    const after = await tenant.load({ seats: [live.id] });
    expect(after.seats.get(live.id)).toEqual(live);
  });

  it("access decisions know the new end at once", async () => {
    const { store: at } = await open({ clock: { now: () => AT + SECOND } });
    const { tenant, live } = await leases(at);
    const ends = async () =>
      (await at.standings.of(tenant.organisationId, live.userId))?.seats.map(
        ({ expiresAt }) => expiresAt,
      );
    expect(await ends()).toEqual([AT + LEASE]);
    await renew(at, tenant.organisationId, [refOf(live)]);
    expect(await ends()).toEqual([AT + SECOND + LEASE]);
    await at.close();
  });
}
