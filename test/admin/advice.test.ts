import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { noChanges } from "../../src/domain/snapshot.js";
import { createWorld, type World } from "./world.js";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const EVERY_SESSION = { now: 0, seenSince: 0, limit: 10 };
const ORG = "/organisations/acme";

async function ok(promise: PromiseLike<{ status: number; body: unknown }>): Promise<unknown> {
  const { status, body } = await promise;
  if (status >= 400) throw new Error(JSON.stringify(body));
  return body;
}

/** A lease of somebody from one instant to another; or no seat, if there is none. */
async function work(userName: string, at: string): Promise<string | null> {
  world.clock.value = Date.parse(at);
  const asked = world.call("post", `${ORG}/seats/acquire`).send({ userName, product: "support" });
  const { seat } = (await ok(asked)) as { seat: { id: string } | null };
  return seat?.id ?? null;
}

async function stop(seatId: string | null, at: string): Promise<void> {
  world.clock.value = Date.parse(at);
  await ok(world.call("post", `${ORG}/seats/release`).send({ seatId }));
}

describe("advice", () => {
  it("rests on the leases on record: who would have been refused with fewer seats, and what is cheapest", async () => {
    const policy = { leaseSeconds: 86_400 };
    const pool = { name: "Floating", product: "support", tiers: ["standard"], kind: "concurrent" };
    await ok(world.call("post", `${ORG}/pools`).send({ ...pool, capacity: 5, policy }));
    await ok(
      world.call("put", `${ORG}/billing`).send({ pools: { Floating: { pricePerMonth: 3_000 } } }),
    );
    for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
    for (const day of ["02", "03"]) {
      const ann = await work("ann", `2026-03-${day}T08:00:00Z`);
      const bob = await work("bob", `2026-03-${day}T09:00:00Z`);
      await stop(ann, `2026-03-${day}T10:00:00Z`);
      await stop(bob, `2026-03-${day}T11:00:00Z`);
      const cid = await work("cid", `2026-03-${day}T12:00:00Z`);
      await stop(cid, `2026-03-${day}T13:00:00Z`);
    }
    const query = "product=support&from=2026-03-01&to=2026-04-01&seats=1";
    const advice = await ok(world.call("get", `${ORG}/advice?${query}`));
    expect(advice).toMatchObject({
      ...{
        from: "2026-03-01",
        to: "2026-04-01",
        currency: "USD",
        staff: 3,
        peak: 2,
        allNamed: 7_500,
      },
      basedOn: { sessions: 0, leases: 6, daysWithUse: 6 },
      // One floating seat and one of her own for whoever overlaps.
      mix: { cost: 5_500, isOptimal: true, floating: { kind: "concurrent", seats: 1 } },
      tested: { seats: 1, people: 1, times: 2, who: [{ userName: "bob", times: 2 }] },
    });
    const patient = await ok(world.call("get", `${ORG}/advice?${query}&refusals=2`));
    expect(patient).toMatchObject({
      mix: { cost: 3_000, named: [], refused: { people: 1, times: 2 } },
    });
  });

  it("counts the leases of the time it looks at, and one that is open still until now only", async () => {
    const policy = { leaseSeconds: 86_400 };
    const pool = { name: "Floating", product: "support", tiers: ["standard"], kind: "concurrent" };
    await ok(world.call("post", `${ORG}/pools`).send({ ...pool, capacity: 5, policy }));
    for (const name of ["ann", "bob"]) await world.addUser(name);
    const earlier = await work("ann", "2026-03-02T08:00:00Z");
    await stop(earlier, "2026-03-02T09:00:00Z");
    await work("bob", "2026-04-02T08:00:00Z");
    world.clock.value = Date.parse("2026-04-02T08:06:00Z");
    const query = "product=support&from=2026-04-01&to=2026-05-01";
    const advice = await ok(world.call("get", `${ORG}/advice?${query}`));
    expect(advice).toMatchObject({
      basedOn: { leases: 1 },
      // Six minutes of the hour.
      ...{ staff: 1, estimate: { busyShare: 0.1 } },
    });
  });

  it("counts an open lease up to the ledger's last entry where the clock is far behind that", async () => {
    const pool = { name: "Floating", product: "support", tiers: ["standard"], kind: "concurrent" };
    const policy = { leaseSeconds: 86_400 };
    await ok(world.call("post", `${ORG}/pools`).send({ ...pool, capacity: 5, policy }));
    for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
    await work("ann", "2026-04-02T08:00:00Z");
    const bob = await work("bob", "2026-04-02T08:03:00Z");
    await stop(bob, "2026-04-02T08:06:00Z");
    // Of an hour ago by this clock, and in the ledger of the time of its last entry: nobody knows how long.
    const cid = await work("cid", "2026-04-02T07:00:00Z");
    await stop(cid, "2026-04-02T07:30:00Z");

    const query = "product=support&from=2026-04-01&to=2026-05-01";
    const advice = await ok(world.call("get", `${ORG}/advice?${query}`));

    // Six minutes of Ann's and three of Bob's, in the hour of each of them.
    expect(advice).toMatchObject({
      ...{ staff: 3, peak: 2, basedOn: { leases: 2 } },
      estimate: { busyShare: expect.closeTo(0.075, 6) },
    });
  });

  it("ends a lease when it was over, although somebody noticed after the time that is looked at", async () => {
    const policy = { leaseSeconds: 600 };
    const pool = { name: "Floating", product: "support", tiers: ["standard"], kind: "concurrent" };
    await ok(world.call("post", `${ORG}/pools`).send({ ...pool, capacity: 5, policy }));
    for (const name of ["ann", "bob"]) await world.addUser(name);
    await work("ann", "2026-03-31T12:00:00Z");
    await work("bob", "2026-04-01T08:00:00Z");
    const query = "product=support&from=2026-03-01&to=2026-04-01";
    const advice = await ok(world.call("get", `${ORG}/advice?${query}`));
    // Ten minutes of the hour.
    expect(advice).toMatchObject({ staff: 1, peak: 1, estimate: { busyShare: 1 / 6 } });
  });

  it("takes sessions of people who used the product that day, and no others", async () => {
    const [ann, bob] = [await world.addUser("ann"), await world.addUser("bob")];
    const at = Date.parse("2026-03-02T08:00:00Z");
    const session = (userId: string, idHash: string, endedAt: number | null) => ({
      ...{ id: idHash, idHash, organisationId: world.acme.id, userId, connectionId: world.okta.id },
      ...{ nameId: userId, sessionIndex: null, createdAt: at, lastSeenAt: at + 3_600_000 },
      ...{ expiresAt: at + 36_000_000, endedAt, endReason: null, address: null },
    });
    const day = Date.UTC(2026, 2, 2) / 86_400_000;
    await world.store.write(world.acme.id, (tx) =>
      tx.save({
        ...noChanges(),
        sessionsInserted: [session(ann.id, "s1", null), session(bob.id, "s2", at + 60_000)],
        daysUsed: [{ userId: ann.id, product: "support", day }],
      }),
    );
    world.clock.value = Date.parse("2026-04-10T12:00:00Z");
    const advice = await ok(world.call("get", `${ORG}/advice?product=support&concurrent=100`));
    expect(advice).toMatchObject({
      ...{ from: "2026-01-01", to: "2026-04-01", months: 3, staff: 1, peak: 1 },
      basedOn: { sessions: 1, leases: 0, daysWithUse: 1 },
      mix: { cost: 300, floating: { seats: 1 } },
    });
  });

  it("says the same about the last three months after the sessions have been tidied up", async () => {
    const [ann, bob] = [await world.addUser("ann"), await world.addUser("bob")];
    const days = Array.from({ length: 90 }, (_, day) => Date.UTC(2026, 0, 1 + day, 8));
    // Bob comes in the first two months only.
    const signIns = days.flatMap((at, day) =>
      (day < 61 ? [ann, bob] : [ann]).map((user) => ({
        user,
        at,
        id: `${user.id}-${String(day)}`,
      })),
    );
    await world.store.write(world.acme.id, (tx) =>
      tx.save({
        ...noChanges(),
        sessionsInserted: signIns.map(({ user, at, id }) => ({
          ...{ id, idHash: id, organisationId: world.acme.id, connectionId: world.okta.id },
          ...{ userId: user.id, nameId: user.id, sessionIndex: null, address: null },
          ...{ createdAt: at, lastSeenAt: at + 3_600_000, expiresAt: at + 36_000_000 },
          // Bob never signs out.
          ...{ endedAt: user === bob ? null : at + 7_200_000, endReason: null },
        })),
        daysUsed: signIns.map(({ user, at }) => ({
          ...{ userId: user.id, product: "support", day: Math.floor(at / 86_400_000) },
        })),
      }),
    );
    world.clock.value = Date.parse("2026-04-28T12:00:00Z");
    const ask = () => ok(world.call("get", `${ORG}/advice?product=support&concurrent=100&seats=1`));
    const isAnyKept = async () =>
      (await world.store.sessions.listSessions(world.acme.id, EVERY_SESSION)).length > 0;
    const before = await ask();
    expect(before).toMatchObject({
      ...{ staff: 2, peak: 2, warning: null },
      basedOn: { sessions: 151 },
      mix: { isOptimal: true },
      tested: { seats: 1, people: 1, times: 61 },
    });
    expect(await isAnyKept()).toBe(true);
    for (let hour = 0; hour < 3; hour += 1) {
      await world.store.organisationsWithWork(world.clock.value);
      world.clock.value += 3_600_000;
    }
    expect(await isAnyKept()).toBe(false);
    expect(await ask()).toEqual(before);
  });

  it("gives people whose hours are not on record a seat of their own, and says so", async () => {
    const pool = { name: "Named", product: "support", tiers: ["standard"], kind: "locked" };
    await ok(world.call("post", `${ORG}/pools`).send({ ...pool, capacity: 5 }));
    const names = ["ann", "bob", "cid"];
    world.clock.value = Date.parse("2026-03-01T08:00:00Z");
    for (const name of names) {
      await world.addUser(name);
      const claim = { kind: "claim", name: "support" };
      await ok(world.call("post", `${ORG}/users/${name}/facts`).send(claim));
    }
    for (let day = 2; day < 28; day += 1) {
      for (const name of names) {
        await work(name, `2026-03-${String(day).padStart(2, "0")}T09:00:00Z`);
      }
    }
    world.clock.value = Date.parse("2026-04-10T12:00:00Z");
    const query = "product=support&from=2026-03-01&to=2026-04-01&concurrent=100";
    const advice = await ok(world.call("get", `${ORG}/advice?${query}`));
    const own = names.map((userName) => expect.objectContaining({ userName }));
    expect(advice).toMatchObject({
      ...{ staff: 3, peak: 0, allNamed: 7_500, breakEven: null, frequent: own },
      mix: { named: own, floating: null, cost: 7_500, lowerBound: 0, isOptimal: false },
      withoutHours: { days: 78, people: 3 },
      warning: expect.stringMatching(/^The hours of 78 days of use of 3 people are not on record/),
    });
  });

  it.each([
    ["", "product"],
    ["product=suport", "product"],
    ["product=support&refusals=-1", "refusals"],
    ["product=support&from=2026-03-01", "to"],
    ["product=support&from=2020-03-01&to=2026-03-01", "to"],
  ])("is refused for what cannot be meant: %s", async (query, field) => {
    const { status, body } = await world.call("get", `${ORG}/advice?${query}`);
    expect([status, (body as { error: { field: string } }).error.field]).toEqual([400, field]);
  });

  it("says nothing where nothing is on record", async () => {
    const advice = await ok(world.call("get", `${ORG}/advice?product=support`));
    expect(advice).toMatchObject({ staff: 0, peak: 0, mix: { cost: 0, isOptimal: true } });
  });
});
