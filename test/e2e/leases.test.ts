import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import type { PoolInput } from "../../src/actions/administer.js";
import { verified } from "../store/support/verified.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Leases that come back after they ran out, and leases that are borrowed: over HTTP, by the real clock, on the real databases. */

const LEASE_MS = 1_000;

interface Lease {
  readonly seatId: string;
  readonly generation: number;
}

onEachDatabase("leases", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let poolId: string;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`leases-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
  });

  const desk = async (capacity: number, policy: PoolInput["policy"]): Promise<void> => {
    const input = { name: "desk", product: "analytics", tiers: ["viewer"], capacity, policy };
    ({ id: poolId } = await organisation.pool({
      ...input,
      kind: "concurrent",
      policy: { eligibility: "anyone", leaseSeconds: LEASE_MS / 1_000, ...policy },
    }));
  };
  const create = async (...names: string[]): Promise<string[]> => {
    const answers = await Promise.all(
      names.map((name) => idp.scim("POST", "/Users", { userName: `${name}@acorn.example` })),
    );
    return answers.map(({ body }) => body.id);
  };
  const about = (name: string) => ({ userName: `${name}@acorn.example`, product: "analytics" });
  const acquire = (name: string, more: object = {}): Promise<Answer> =>
    organisation.api("POST", "/seats/acquire", { ...about(name), ...more });
  const leaseOf = async (name: string, more: object = {}): Promise<Lease> => {
    const { status, body } = await acquire(name, more);
    expect([status, body.permitted]).toEqual([200, true]);
    return { seatId: body.seat.id, generation: body.seat.generation };
  };
  const renew = (lease: Lease): Promise<Answer> => organisation.api("POST", "/seats/renew", lease);
  const isLost = ({ status, body }: Answer): void => {
    expect([
      { status: 409, code: "LeaseLost" },
      { status: 404, code: "NotFound" },
    ]).toContainEqual({ status, code: body.error?.code });
  };
  const used = async (): Promise<number> =>
    (await organisation.api("GET", `/pools/${poolId}`)).body.used;
  const fault = async () => (await verified(server.app.store, organisation.organisation.id)).fault;
  /** Until the lease has ended, and nobody is left who does not know it. */
  const runOut = () => sleep(LEASE_MS + 100);

  it("a lease that ran out comes back by a late renewal with the generation that it had", async () => {
    await desk(1, { reviveSeconds: 60 });
    await create("ann");
    const lease = await leaseOf("ann");
    await runOut();
    expect((await organisation.api("POST", "/seats/ask", about("ann"))).body).toMatchObject({
      ...{ permitted: false, reason: "noSeat" },
    });

    const { status, body } = await renew(lease);
    expect([status, body]).toMatchObject([
      200,
      { id: lease.seatId, generation: lease.generation, state: "active", borrowedUntil: null },
    ]);
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
    expect((await organisation.api("POST", "/seats/ask", about("ann"))).body.permitted).toBe(true);
    // As after an answer that was lost on the way.
    expect((await renew(lease)).status).toBe(200);
    const { body: entries } = await organisation.api("GET", "/entries?limit=100");
    expect(
      entries.items.map(({ kind, reason }: Record<string, string>) => `${kind} ${reason}`),
    ).toEqual(expect.arrayContaining(["lease.expired expired", "seat.granted revived"]));
    expect([await used(), await fault()]).toEqual([1, null]);
  });

  it("I1, I20: late renewals and others' requests for the same seats: as many have one as there are, and nobody has two answers", async () => {
    const holders = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const others = holders.map((name) => `new-${name}`);
    await desk(holders.length, { reviveSeconds: 60 });
    await create(...holders, ...others);
    const leases = await Promise.all(holders.map((name) => leaseOf(name)));
    await runOut();

    const [late, given] = await Promise.all([
      Promise.all(leases.map(renew)),
      Promise.all(
        others.map(async (name, index) => {
          await sleep(2 * index);
          return acquire(name);
        }),
      ),
    ]);
    const revived = late.filter(({ status }) => status === 200);
    const granted = given.filter(({ status }) => status === 200);
    expect(revived.length + granted.length).toBe(holders.length);
    late.filter(({ status }) => status !== 200).forEach(isLost);
    for (const { status, body } of given) {
      if (status !== 200) expect([status, body.error.code]).toEqual([409, "PoolFull"]);
    }
    expect([await used(), await fault()]).toEqual([holders.length, null]);
  });

  it("is lost after a handover, with another generation, after acquiring anew, when deprovisioned, and after the window", async () => {
    await desk(4, { reviveSeconds: 2 });
    const [, , cem] = await create("ann", "ben", "cem", "dan", "eva", "fay", "gus");
    const [ann, ben, third, dan] = await Promise.all(
      ["ann", "ben", "cem", "dan"].map((name) => leaseOf(name)),
    );
    await runOut();
    await idp.scim("PATCH", `/Users/${cem}`, {
      Operations: [{ op: "replace", path: "active", value: false }],
    });
    isLost(await renew(third!));
    await idp.scim("PATCH", `/Users/${cem}`, {
      Operations: [{ op: "replace", path: "active", value: true }],
    });
    isLost(await renew(third!));
    isLost(await renew({ ...dan!, generation: dan!.generation + 1 }));
    const anew = await leaseOf("ann");
    expect(anew).toEqual({ seatId: ann!.seatId, generation: ann!.generation + 1 });
    isLost(await renew(ann!));
    expect((await renew(anew)).status).toBe(200);
    for (const name of ["eva", "fay", "gus"]) await leaseOf(name);
    isLost(await renew(ben!));
    await sleep(2_100);
    isLost(await renew(dan!));
    expect(await fault()).toBeNull();
  });

  it("a lease is borrowed for at most as long as the pool lends, and lives until then without renewal", async () => {
    await desk(1, { maxBorrowSeconds: 120, lingerSeconds: 60 });
    const [ann] = await create("ann", "ben");
    const tooLong = await acquire("ann", { borrowSeconds: 121 });
    expect([tooLong.status, tooLong.body]).toMatchObject([
      400,
      {
        error: {
          ...{ code: "InvalidValue", field: "borrowSeconds" },
          message: expect.stringContaining("120"),
        },
      },
    ]);
    expect(await used()).toBe(0);

    const { body } = await acquire("ann", { borrowSeconds: 120 });
    const { borrowedUntil, id: seatId, generation } = body.seat;
    expect(Date.parse(borrowedUntil) - Date.now()).toBeGreaterThan(100_000);
    await runOut();
    expect((await acquire("ben")).body.error.code).toBe("PoolFull");
    const renewed = await renew({ seatId, generation });
    expect(renewed.body).toMatchObject({ expiresAt: borrowedUntil, borrowedUntil });
    const listed = await organisation.api("GET", `/pools/${poolId}/seats`);
    expect(listed.body.items).toMatchObject([{ id: seatId, borrowedUntil }]);
    const who = await organisation.api("GET", `/users/${ann}`);
    expect(who.body.seats).toMatchObject([{ borrowedUntil }]);
    const minute = String(borrowedUntil).slice(0, 16).replace("T", " ");
    expect(who.body.why).toContainEqual(
      expect.objectContaining({ sentence: expect.stringContaining(`borrowed until ${minute}`) }),
    );

    // Given back early it is somebody else's at once, where any other lease would linger.
    const back = await organisation.api("POST", "/seats/release", { seatId, generation });
    expect(back.status).toBe(204);
    await leaseOf("ben");
    isLost(await renew({ seatId, generation }));
    expect(await fault()).toBeNull();
  });

  it("I13: deprovisioning ends a borrowed lease at once", async () => {
    await desk(1, { maxBorrowSeconds: 3_600 });
    const [ann] = await create("ann", "ben");
    const lease = await leaseOf("ann", { borrowSeconds: 3_600 });
    expect((await acquire("ben")).body.error.code).toBe("PoolFull");
    await idp.scim("PATCH", `/Users/${ann}`, {
      Operations: [{ op: "replace", path: "active", value: false }],
    });
    await leaseOf("ben");
    isLost(await renew(lease));
  });

  it.each([
    [{ borrowSeconds: 0 }, "borrowSeconds"],
    [{ borrowSeconds: -5 }, "borrowSeconds"],
    [{ borrowSeconds: 1.5 }, "borrowSeconds"],
    [{ borrowSeconds: "60" }, "borrowSeconds"],
    [{ borrowFor: 60 }, "borrowFor"],
  ])("what is no time to borrow for is refused by name: %j", async (more, named) => {
    await desk(1, { maxBorrowSeconds: 120 });
    await create("ann");
    const { status, body } = await acquire("ann", more);
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(named)]);
    const asked = await organisation.api("POST", "/seats/ask", { ...about("ann"), ...more });
    expect(asked.status).toBe(400);
    expect(await used()).toBe(0);
  });

  it.each<[PoolInput["kind"], object, string]>([
    ["locked", { reviveSeconds: 60 }, "policy.reviveSeconds"],
    ["shared", { maxBorrowSeconds: 3_600 }, "policy.maxBorrowSeconds"],
    ["concurrent", { reviveSeconds: 60, parkedConsumes: true }, "policy.reviveSeconds"],
    ["concurrent", { maxBorrowSeconds: 600 }, "policy.maxBorrowSeconds"],
    ["concurrent", { reviveSeconds: -1 }, "policy.reviveSeconds"],
    ["concurrent", { maxBorrowSeconds: "a day" }, "policy.maxBorrowSeconds"],
  ])(
    "a policy of a %s pool that contradicts itself is refused: %j",
    async (kind, policy, field) => {
      const { id } = await organisation.pool({ name: "desk", kind });
      const { status, body } = await organisation.api("PATCH", `/pools/${id}`, { policy });
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(field)]);
    },
  );

  it("both fields are read back as they were set", async () => {
    const policy = { reviveSeconds: 120, maxBorrowSeconds: 86_400 };
    const { id } = await organisation.pool({ name: "desk", kind: "concurrent" });
    const path = `/pools/${id}`;
    const made = await organisation.api("PATCH", path, { policy });
    expect([made.status, made.body.policy]).toMatchObject([200, policy]);
    const changed = await organisation.api("PATCH", path, { policy: { reviveSeconds: 0 } });
    expect(changed.body.policy).toMatchObject({ ...policy, reviveSeconds: 0 });
  });
});
