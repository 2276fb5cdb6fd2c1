import { expect, it } from "@jest/globals";
import { placeUnit } from "../../../src/domain/keeping/bound.js";
import type { Pool, Seat, User } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

const HOUR = 3_600_000;

/** X9: places that are taken by nobody who has access. */
export function boundContract({ store, open }: Subject): void {
  const placeIn = ({ id }: Pool): Partial<Seat> => ({
    unit: placeUnit(id),
    expiresAt: AT + HOUR,
    kept: { state: "parked", consumes: true, since: AT, reason: "moved", boundUntil: AT + HOUR },
  });

  async function begin(capacity = 2) {
    const tenant = await createTenant(store());
    const left = tenant.pool({ capacity }, { minReassignSeconds: 3_600 });
    const now = tenant.pool({ capacity }, { minReassignSeconds: 3_600 });
    for (const pool of [left, now]) await store().administration.createPool(pool);
    const ann = tenant.user();
    const seatsOf = async ({ id }: User) =>
      (await tenant.load({ users: [id] })).users.get(id)?.seats ?? [];
    return { tenant, left, now, ann, seatsOf };
  }

  it("X9: keeps a place in the pool that was left beside the seat, with everything that is said of both", async () => {
    const { tenant, left, now, ann, seatsOf } = await begin();
    const seat = tenant.seat(now, ann, { boundSince: AT - 7, movesAt: AT + HOUR });
    const place = tenant.seat(left, ann, placeIn(left));
    await tenant.save({ usersInserted: [ann], seatsInserted: [place, seat] });

    expect(new Map((await seatsOf(ann)).map((one) => [one.id, one]))).toEqual(
      new Map([place, seat].map((one) => [one.id, one])),
    );
    const pools = await store().administration.listPools(tenant.organisationId);
    expect(pools.map(({ used }) => used)).toEqual([1, 1]);
    const holdings = await store().insights.boundPlaces(
      tenant.organisationId,
      [left.id, now.id],
      AT,
    );
    expect(holdings).toEqual(new Map([[left.id, { seats: 1, firstUntil: AT + HOUR }]]));
    const later = await store().insights.boundPlaces(tenant.organisationId, [left.id], AT + HOUR);
    expect(later).toEqual(new Map());
    expect(await store().insights.boundPlaces("elsewhere", [left.id], AT)).toEqual(new Map());
  });

  it("I1: the database counts a place that is kept like any other seat, and refuses one too many", async () => {
    const { tenant, left, ann } = await begin(1);
    const ben = tenant.user();
    await tenant.save({
      usersInserted: [ann, ben],
      seatsInserted: [tenant.seat(left, ann, placeIn(left))],
    });

    await expect(tenant.save({ seatsInserted: [tenant.seat(left, ben)] })).rejects.toThrow();

    const [place] = (await tenant.load({ users: [ann.id] })).users.get(ann.id)?.seats ?? [];
    await tenant.save({ seatsDeleted: [place!], seatsInserted: [tenant.seat(left, ben)] });
  });

  it("finds on its day who may leave a pool, not before, and not again afterwards", async () => {
    let time = AT;
    const { store: at } = await open({ clock: { now: () => time } });
    const tenant = await createTenant(at);
    const pool = tenant.pool({ capacity: 2 }, { minReassignSeconds: 3_600 });
    await at.administration.createPool(pool);
    const [ann, ben] = [tenant.user(), tenant.user()];
    const seat = tenant.seat(pool, ann, { movesAt: AT + HOUR });
    await tenant.save({
      usersInserted: [ann, ben],
      seatsInserted: [seat, tenant.seat(pool, ben)],
    });
    const due = async () => {
      const { expired } = await tenant.load();
      const ids = (expired.get(pool.id) ?? []).map(({ id }) => id);
      const work = await at.organisationsWithWork(time);
      return { ids, hasWork: work.includes(tenant.organisationId) };
    };

    time = AT + HOUR - 1;
    expect(await due()).toEqual({ ids: [], hasWork: false });
    // A use meanwhile writes the row anew.
    await tenant.save({ seatsUpdated: [{ ...seat, lastUsedAt: time }] });
    time = AT + HOUR;
    expect(await due()).toEqual({ ids: [seat.id], hasWork: true });
    const { movesAt: _, ...looked } = seat;
    await tenant.save({ seatsUpdated: [looked] });
    time = AT + 9 * HOUR;
    expect(await due()).toEqual({ ids: [], hasWork: false });
    await at.close();
  });

  it("says until when a place is kept to whoever shows how somebody stands", async () => {
    const { tenant, left, ann } = await begin();
    const kept: Seat["kept"] = {
      state: "suspended",
      consumes: true,
      since: AT,
      reason: "deactivated",
      boundUntil: AT + HOUR,
    };
    await tenant.save({
      usersInserted: [ann],
      seatsInserted: [tenant.seat(left, ann, { expiresAt: AT + HOUR, kept })],
    });

    const holdings = await store().directory.holdingsOfUsers(tenant.scope, [ann.id], AT);

    expect(holdings.get(ann.id)?.kept).toEqual([
      {
        ...{ product: left.product, poolId: left.id, state: "suspended" },
        ...{ reason: "deactivated", boundUntil: AT + HOUR },
      },
    ]);
  });
}
