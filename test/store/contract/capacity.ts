import { expect, it } from "@jest/globals";
import type { Pool, Seat } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import type { Raw } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

const SEAT =
  "INSERT INTO seats (organisationId, id, poolId, product, userId, tier, grantedAt, lastUsedAt, generation) VALUES (?, ?, ?, ?, ?, 'basic', 1, 1, 1)";

export function capacityContract({ store, opened }: Subject): void {
  async function filled(capacity: number, holders: number) {
    const tenant = await createTenant(store());
    const pool = tenant.pool({ capacity });
    await store().administration.createPool(pool);
    const users = Array.from({ length: holders + 2 }, () => tenant.user());
    const seats = users.slice(0, holders).map((user) => tenant.seat(pool, user));
    await tenant.save({ usersInserted: users, seatsInserted: seats });
    return { tenant, pool, users, seats };
  }

  it("counts the seats held itself", async () => {
    const { tenant, pool, seats } = await filled(5, 3);
    expect(await usedOf(tenant, pool)).toBe(3);
    await tenant.save({ seatsDeleted: [seats[0]!] });
    expect(await usedOf(tenant, pool)).toBe(2);
    expect((await tenant.load()).pools.get(pool.id)).toEqual({ ...pool, used: 2 });
  });

  it("refuses a seat beyond the capacity and keeps nothing of the save", async () => {
    const { tenant, pool, users } = await filled(2, 2);
    await expect(
      tenant.save({ seatsInserted: [tenant.seat(pool, users[2]!)], entries: [tenant.entry()] }),
    ).rejects.toMatchObject({ code: "PoolFull" });
    expect(await usedOf(tenant, pool)).toBe(2);
    const entries = await store().insights.entries(tenant.organisationId, { limit: 9 });
    expect(entries.map(({ kind }) => kind)).toEqual(["pool.created"]);
  });

  it("moves a seat to another pool and to another person in one save, even between full pools", async () => {
    const { tenant, pool, users, seats } = await filled(1, 1);
    const target = tenant.pool({ capacity: 1 });
    await store().administration.createPool(target);
    const moved = { ...seats[0]!, poolId: target.id };
    await tenant.save({
      seatsDeleted: [seats[0]!],
      seatsInserted: [moved, tenant.seat(pool, users[1]!)],
    });
    expect(await usedOf(tenant, pool)).toBe(1);
    expect(await usedOf(tenant, target)).toBe(1);
    expect(await store().insights.seatsOf(tenant.organisationId, [users[0]!.id])).toEqual([moved]);
    expect(await store().insights.seatsIn(tenant.organisationId, target.id, { limit: 5 })).toEqual([
      moved,
    ]);
  });

  it("changes a seat in its place", async () => {
    const { tenant, seats } = await filled(3, 2);
    const changed = seats.map((seat, index) => ({
      ...seat,
      tier: "pro",
      lastUsedAt: AT + index,
      lastSignInAt: AT + 5,
      expiresAt: index === 0 ? null : AT + 9,
      generation: 2,
    }));
    await tenant.save({ seatsUpdated: changed });
    const loaded = await tenant.load({ seats: [...seats.map(({ id }) => id), "nothing"] });
    expect([...loaded.seats.values()].sort(byId)).toEqual(changed.sort(byId));
    expect([...loaded.users.keys()].sort()).toEqual(changed.map(({ userId }) => userId).sort());
    await tenant.save({ seatsDeleted: [changed[0]!] });
    for (const lost of [{ seatsUpdated: [changed[0]!] }, { seatsDeleted: [changed[0]!] }]) {
      await expect(tenant.save(lost)).rejects.toMatchObject({ code: "VersionMismatch" });
    }
  });

  it("gives nobody two seats of a product", async () => {
    const { tenant, pool, users } = await filled(5, 1);
    await expect(
      tenant.save({ seatsInserted: [tenant.seat(pool, users[0]!)] }),
    ).rejects.toMatchObject({ code: "Uniqueness" });
  });

  it("lets the capacity fall below what is held, and gives nothing until there is room again", async () => {
    const { tenant, pool, users, seats } = await filled(4, 4);
    await resize(tenant, pool, 2, 1);
    expect(await usedOf(tenant, pool)).toBe(4);
    const grant = { seatsInserted: [tenant.seat(pool, users[4]!)] };
    for (const seat of seats.slice(0, 2)) {
      await expect(tenant.save(grant)).rejects.toMatchObject({ code: "PoolFull" });
      await tenant.save({ seatsDeleted: [seat] });
    }
    await expect(tenant.save(grant)).rejects.toMatchObject({ code: "PoolFull" });
    await tenant.save({ seatsDeleted: [seats[2]!] });
    await tenant.save(grant);
    expect(await usedOf(tenant, pool)).toBe(2);
    await resize(tenant, pool, 3, 2);
    await tenant.save({ seatsInserted: [tenant.seat(pool, users[5]!)] });
    await expect(resize(tenant, pool, 9, 2)).rejects.toMatchObject({ code: "VersionMismatch" });
  });

  it("raises the capacity in time for the seats of the same save", async () => {
    const { tenant, pool, users } = await filled(1, 1);
    const row = { ...pool, capacity: 2, version: 2 };
    await tenant.save({
      poolsUpdated: [{ row, expectedVersion: 1 }],
      seatsInserted: [tenant.seat(pool, users[1]!)],
    });
    expect(await usedOf(tenant, pool)).toBe(2);
  });

  it("lets as many seats be held above the capacity as the policy says, and not one more", async () => {
    const { tenant, pool, users, seats } = await filled(3, 3);
    const policy = { ...pool.policy, onFull: ["overage"], overage: { type: "absolute", seats: 1 } };
    const row = { ...pool, policy, version: 2 } as Pool;
    await tenant.save({ poolsUpdated: [{ row, expectedVersion: 1 }] });
    expect((await tenant.load()).pools.get(pool.id)?.policy).toEqual(policy);
    await tenant.save({ seatsInserted: [tenant.seat(pool, users[3]!)] });
    const grant = { seatsInserted: [tenant.seat(pool, users[4]!)] };
    await expect(tenant.save(grant)).rejects.toMatchObject({ code: "PoolFull" });
    await tenant.save({ seatsDeleted: [seats[0]!], ...grant });
    expect(await usedOf(tenant, pool)).toBe(4);

    await tenant.save({ poolsUpdated: [{ row: { ...pool, version: 3 }, expectedVersion: 2 }] });
    expect(await usedOf(tenant, pool)).toBe(4);
    await tenant.save({ seatsDeleted: [seats[1]!] });
    await expect(
      tenant.save({ seatsInserted: [tenant.seat(pool, users[0]!)] }),
    ).rejects.toMatchObject({ code: "PoolFull" });
  });

  it("B3: holds a pool to the largest number that any of its lists by group allows", async () => {
    const { tenant, pool, users } = await filled(1, 1);
    const policy = {
      ...pool.policy,
      onFull: ["wait"],
      onFullByGroup: [
        { group: "Leads", onFull: ["overage"] },
        { group: "Sales", onFull: ["autoscale"] },
      ],
      overage: { type: "absolute", seats: 1 },
      autoscaleMax: 2,
    };
    const row = { ...pool, policy, version: 2 } as Pool;
    await tenant.save({ poolsUpdated: [{ row, expectedVersion: 1 }] });
    expect((await tenant.load()).pools.get(pool.id)?.policy).toEqual(policy);

    await tenant.save({ seatsInserted: [tenant.seat(pool, users[1]!)] });
    await expect(
      tenant.save({ seatsInserted: [tenant.seat(pool, users[2]!)] }),
    ).rejects.toMatchObject({ code: "PoolFull" });
    const grown = { row: { ...row, capacity: 2, version: 3 }, expectedVersion: 2 };
    await tenant.save({ poolsUpdated: [{ ...grown, isAutomatic: true }] });
    await tenant.save({ seatsInserted: [tenant.seat(pool, users[2]!)] });
    expect(await usedOf(tenant, pool)).toBe(3);
  });

  it("lets a pool grow by itself up to its limit, in time for the seat that needs it", async () => {
    const { tenant, pool, users } = await filled(1, 1);
    const policy = { ...pool.policy, onFull: ["autoscale"], autoscaleMax: 2 };
    const row = { ...pool, policy, version: 2 } as Pool;
    await tenant.save({ poolsUpdated: [{ row, expectedVersion: 1 }] });
    const grown = { ...row, capacity: 2, version: 3 };
    await tenant.save({
      poolsUpdated: [{ row: grown, expectedVersion: 2, isAutomatic: true }],
      seatsInserted: [tenant.seat(pool, users[1]!)],
    });
    expect(await usedOf(tenant, pool)).toBe(2);
    // A decision that forgot to look is stopped here.
    const further = { ...grown, capacity: 3, version: 4 };
    await expect(
      tenant.save({ poolsUpdated: [{ row: further, expectedVersion: 3, isAutomatic: true }] }),
    ).rejects.toMatchObject({ code: "VersionMismatch" });
    await tenant.save({ poolsUpdated: [{ row: further, expectedVersion: 3 }] });
  });

  it("counts a seat that gives no access where it takes one, and in place when it changes", async () => {
    const { tenant, pool, users, seats } = await filled(2, 2);
    const [seat] = seats;
    const kept = (consumes: boolean): Seat => ({
      ...seat!,
      kept: { state: "parked", consumes, since: AT, reason: "claimLost" },
    });
    await tenant.save({ seatsUpdated: [kept(true)] });
    expect(await usedOf(tenant, pool)).toBe(2);
    const { insights } = store();
    expect(await insights.seatsOf(tenant.organisationId, [seat!.userId])).toEqual([]);
    expect(await insights.keptSeatsOf(tenant.organisationId, [seat!.userId])).toEqual([kept(true)]);

    await tenant.save({ seatsUpdated: [kept(false)] });
    expect(await usedOf(tenant, pool)).toBe(1);
    await tenant.save({ seatsInserted: [tenant.seat(pool, users[2]!)] });
    // It cannot come back to a place that somebody else has.
    await expect(tenant.save({ seatsUpdated: [seat!] })).rejects.toMatchObject({
      code: "PoolFull",
    });
    await expect(
      tenant.save({ seatsDeleted: [kept(false)], seatsInserted: [seat!] }),
    ).rejects.toMatchObject({ code: "PoolFull" });
    await tenant.save({ seatsDeleted: [kept(false)] });
    expect(await usedOf(tenant, pool)).toBe(2);
  });

  it("keeps what is remembered of a seat: grace, protection, and who took it before", async () => {
    const { tenant, seats } = await filled(1, 1);
    const seat: Seat = {
      ...seats[0]!,
      expiresAt: AT + 9,
      grace: { since: AT, reason: "inactive" },
      protectedUntil: AT + 7,
      evicted: { count: 2, since: AT, last: AT + 1 },
    };
    await tenant.save({ seatsUpdated: [seat] });
    const { seats: loaded } = await tenant.load({ seats: [seat.id] });
    expect([...loaded.values()]).toEqual([seat]);
    await tenant.save({ seatsUpdated: seats });
    expect([...(await tenant.load({ seats: [seat.id] })).seats.values()]).toEqual(seats);
  });

  it("lets no seat give access without taking one, even by SQL", async () => {
    if (opened().raw === null) return;
    const raw = await opened().raw!();
    const { seats } = await filled(1, 1);
    await expect(
      raw.run("UPDATE seats SET consumes = 0 WHERE id = ?", [seats[0]!.id]),
    ).rejects.toThrow(/constraint/i);
    await raw.close();
  });

  it("refuses to oversell even by SQL that goes around the server", async () => {
    if (opened().raw === null) return;
    const raw = await opened().raw!();
    const { tenant, pool, users, seats } = await filled(2, 2);
    const other = tenant.pool({ capacity: 1 });
    await store().administration.createPool(other);
    const insert = (poolId: string, userId: string) =>
      raw.run(SEAT, [tenant.organisationId, `raw-${userId}`, poolId, "desk", userId]);

    await expect(insert(pool.id, users[2]!.id)).rejects.toThrow("seatkeeper: pool full");
    await insert(other.id, users[2]!.id);
    await expect(
      raw.run("UPDATE seats SET poolId = ? WHERE id = ?", [pool.id, `raw-${users[2]!.id}`]),
    ).rejects.toThrow("seatkeeper: pool full");
    await expect(
      raw.run("UPDATE seats SET poolId = ? WHERE id = ?", [other.id, seats[0]!.id]),
    ).rejects.toThrow("seatkeeper: pool full");
    for (const values of ["used = used + 1", "used = -1", "used = 1000"]) {
      await expect(raw.run(`UPDATE pools SET ${values} WHERE id = ?`, [pool.id])).rejects.toThrow(
        /constraint/i,
      );
    }
    await expect(insert("no such pool", users[3]!.id)).rejects.toThrow();
    await expect(raw.run("DELETE FROM pools WHERE id = ?", [pool.id])).rejects.toThrow();
    await raw.run("UPDATE pools SET capacity = 1 WHERE id = ?", [pool.id]);
    await raw.run("DELETE FROM seats WHERE id = ?", [seats[0]!.id]);
    await expect(insert(pool.id, users[0]!.id)).rejects.toThrow("seatkeeper: pool full");
    await raw.run("UPDATE seats SET poolId = poolId, tier = 'x' WHERE id = ?", [seats[1]!.id]);
    await consistent(raw);
    await raw.close();
  });

  it("refuses to oversell when many go around every check of ours at the same time", async () => {
    if (opened().raw === null) return;
    const raws = await Promise.all(Array.from({ length: 4 }, () => opened().raw!()));
    const tenant = await createTenant(store());
    const pool = tenant.pool({ capacity: 5 });
    await store().administration.createPool(pool);
    const users = Array.from({ length: 40 }, () => tenant.user());
    await tenant.save({ usersInserted: users });
    const insert = async (index: number): Promise<boolean> => {
      const { id } = users[index]!;
      for (;;) {
        try {
          const values = [tenant.organisationId, `raw-${id}`, pool.id, "desk", id];
          await raws[index % raws.length]!.run(SEAT, values);
          return true;
        } catch (error) {
          const text = String(error);
          if (text.includes("pool full")) return false;
          // Only that another was faster is a reason to try again.
          if (!/deadlock|lock wait|busy|locked/i.test(text)) throw error;
        }
      }
    };
    const given = await Promise.all(users.map((_, index) => insert(index)));
    expect(given.filter(Boolean)).toHaveLength(5);
    expect(await usedOf(tenant, pool)).toBe(5);
    await consistent(raws[0]!);
    for (const raw of raws) await raw.close();
  });
}

async function usedOf(tenant: Tenant, pool: Pool): Promise<number | undefined> {
  const stored = await tenant.store.administration.findPool(tenant.organisationId, pool.id);
  return stored?.used;
}

function resize(tenant: Tenant, pool: Pool, capacity: number, version: number): Promise<void> {
  const row = { ...pool, capacity, version: version + 1 };
  return tenant.save({ poolsUpdated: [{ row, expectedVersion: version }] });
}

/** The count that the triggers keep is the number of seats. */
export async function consistent(raw: Raw): Promise<void> {
  const wrong = await raw.all(
    "SELECT p.id, p.used, p.capacity FROM pools p WHERE p.used <> (SELECT COUNT(*) FROM seats s WHERE s.organisationId = p.organisationId AND s.poolId = p.id AND s.consumes = 1)",
  );
  expect(wrong).toEqual([]);
}

function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1;
}
