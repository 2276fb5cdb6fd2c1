import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Line, Verifier } from "../../src/verify/verify.js";
import { createWorld, type World } from "./world.js";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(() => world.close());

const POOL = { name: "Main", product: "support", tiers: ["standard"], kind: "locked", capacity: 5 };
const ORG = "/organisations/acme";
const get = async (path: string, token = world.tokens.acme) =>
  (await world.call("get", `${ORG}/${path}`, token)).body;

describe("the ledger over the API", () => {
  it("can be verified from its pages, up to the head that is shown, by whoever has them", async () => {
    await world.call("post", `${ORG}/pools`).send(POOL);
    const alice = await world.addUser("alice");
    await world.addUser("böb");
    await world
      .call("patch", `${ORG}/pools/Main`)
      .send({ capacity: 1, tiers: ["standard", "professional"] });
    await world.call("delete", `${ORG}/users/${alice.id}`).send({ userName: "alice" });
    const lines: Line[] = [];
    for (let next: string | null = "0"; next !== null;) {
      const page: any = await get(`ledger?after=${next}&limit=2`);
      lines.push(...page.items);
      next = page.next;
    }
    const head = await get("ledger/head");
    const verifier = new Verifier({ expected: head });
    lines.forEach((line) => verifier.add(line));
    expect(verifier.report()).toMatchObject({ entries: lines.length, seatsHeld: 1, fault: null });
    expect(head).toEqual({
      sequence: lines.length,
      hash: lines.at(-1)!.hash,
      at: "2026-03-01T12:00:00.000Z",
      expect: `${String(lines.length)}:${lines.at(-1)!.hash}`,
    });
    expect(lines.map(({ kind }) => kind)).toEqual([
      ...["pool.created", "seat.granted", "seat.granted", "pool.capacityChanged", "pool.changed"],
      ...["seat.released", "person.erased"],
    ]);
    expect(lines.map(({ cause }) => (JSON.parse(cause) as { action: string }).action)).toEqual([
      ...["pool.created", "test", "test", "pool.changed", "pool.changed"],
      ...["user.erased", "user.erased"],
    ]);
    // Erased people are in it by their id alone.
    expect(JSON.stringify(lines)).not.toContain("alice");
  });

  it("says how a pool was before and after each change", async () => {
    await world.call("post", `${ORG}/pools`).send(POOL);
    await world.call("patch", `${ORG}/pools/Main`).send({
      capacity: 3,
      priority: 7,
      policy: { onFull: "reject" },
    });
    const { items } = await get("entries");
    expect(items[0]).toMatchObject({
      position: 1,
      kind: "pool.created",
      details: { name: "Main", kind: "locked", tiers: ["standard"], capacity: 5, priority: 0 },
    });
    expect(items[1]).toMatchObject({ reason: "lowered", details: { from: 5, to: 3 } });
    expect(items[2].details).toEqual({
      from: { priority: 0, policy: items[0].details.policy },
      to: { priority: 7, policy: { ...items[0].details.policy, onFull: ["reject"] } },
    });
  });

  it("says who held which seat and why at any time, of everybody or of one, also after an erasure", async () => {
    await world.call("post", `${ORG}/pools`).send(POOL);
    const alice = await world.addUser("alice");
    world.clock.value += 60_000;
    const bob = await world.addUser("bob");
    world.clock.value += 60_000;
    await world.call("delete", `${ORG}/users/${alice.id}`).send({ userName: "alice" });
    const holders = async (query: string) =>
      (await get(`seats${query}`)).items.map(({ userId }: { userId: string }) => userId);

    expect(await holders("")).toEqual([bob.id]);
    expect(await holders("?at=2026-03-01T12:00:59Z")).toEqual([alice.id]);
    expect(await holders("?at=2026-03-01T13:01:30%2B01:00")).toEqual([alice.id, bob.id]);
    expect(await holders(`?at=2026-03-01T12:01:30Z&userId=${bob.id}`)).toEqual([bob.id]);
    expect(await holders("?at=2026-03-01T11:59:59Z")).toEqual([]);
    // Who was deleted is still known by id; whom nobody ever knew is not here.
    expect(await holders(`?userId=${alice.id}`)).toEqual([]);
    for (const nobody of ["nobody", "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70", "a b"]) {
      const path = `${ORG}/seats?userId=${encodeURIComponent(nobody)}`;
      const answer = await world.call("get", path);
      expect([answer.status, answer.body.error.code]).toEqual([404, "NotFound"]);
    }
    const first = await get("seats?at=2026-03-01T12:01:00Z&limit=1");
    expect(first).toMatchObject({
      at: "2026-03-01T12:01:00.000Z",
      ledger: { sequence: 3, at: "2026-03-01T12:01:00.000Z" },
      items: [
        {
          userId: alice.id,
          product: "support",
          tier: "standard",
          grantedAt: "2026-03-01T12:00:00.000Z",
          reason: "claimed",
          cause: { type: "scim", action: "test" },
          entry: 2,
        },
      ],
      next: expect.any(String),
    });
    expect(await holders(`?at=2026-03-01T12:01:00Z&after=${first.next}`)).toEqual([bob.id]);
  });

  it("says who held what in truth, where a lease was over before anybody noticed (as=effective)", async () => {
    const policy = { leaseSeconds: 60, maxBorrowSeconds: 1_800 };
    const pool = { ...POOL, name: "Floating", kind: "concurrent", capacity: 2, policy };
    await world.call("post", `${ORG}/pools`).send(pool);
    const [ann, bob] = [await world.addUser("ann"), await world.addUser("bob")];
    const acquire = (userName: string, more = {}) =>
      world
        .call("post", `${ORG}/seats/acquire`)
        .send({ userName, product: "support", ...more })
        .expect(200);
    await acquire("ann");
    await acquire("bob", { borrowSeconds: 1_200 });
    const holders = async (query: string) =>
      (await get(`seats${query}`)).items.map(({ userId }: { userId: string }) => userId);
    const [both, truth] = [[ann.id, bob.id].sort(), "&as=effective"];
    // Nobody has looked for an hour; the ledger has no word of the end.
    world.clock.value += 3_600_000;
    const told = async () => ({
      believed: (await holders("?at=2026-03-01T12:10:00Z")).sort(),
      true: await holders(`?at=2026-03-01T12:10:00Z${truth}`),
      before: (await holders(`?at=2026-03-01T12:00:59Z${truth}`)).sort(),
      end: await holders(`?at=2026-03-01T12:01:00Z${truth}`),
      later: await holders(`?at=2026-03-01T12:20:00Z${truth}`),
    });
    const expected = { believed: both, true: [bob.id], before: both, end: [bob.id], later: [] };
    expect(await told()).toEqual(expected);
    await world.settle();
    expect((await get("entries")).items.at(-1)).toMatchObject({ kind: "lease.expired" });
    expect(await told()).toEqual(expected);
    expect((await get("seats?at=2026-03-01T12:10:00Z")).as).toBe("believed");
    expect((await get(`seats?at=2026-03-01T12:10:00Z${truth}&userId=${ann.id}`)).items).toEqual([]);
    const first = await get(`seats?at=2026-03-01T12:00:30Z${truth}&limit=1`);
    const rest = await get(`seats?at=2026-03-01T12:00:30Z${truth}&after=${first.next}`);
    expect([...first.items, ...rest.items]).toHaveLength(2);
  });

  it("counts a lease that is borrowed as held", async () => {
    const policy = { leaseSeconds: 60, maxBorrowSeconds: 1_800 };
    const pool = { ...POOL, name: "Floating", kind: "concurrent", capacity: 2, policy };
    await world.call("post", `${ORG}/pools`).send(pool);
    const { id } = await world.addUser("ann");
    const asked = { userName: "ann", product: "support", borrowSeconds: 1_200 };
    await world.call("post", `${ORG}/seats/acquire`).send(asked).expect(200);
    expect((await get("entries")).items.at(-1)).toMatchObject({ kind: "lease.borrowed" });
    expect((await get("seats")).items).toMatchObject([{ userId: id, reason: "claimed" }]);
  });

  it("is empty before anything has happened, and another organisation's does not exist", async () => {
    expect(await get("ledger/head")).toEqual({ sequence: 0, hash: null, at: null, expect: null });
    expect(await get("ledger")).toEqual({ items: [], next: null });
    for (const path of ["ledger", "ledger/head", "seats"]) {
      const answer = await world.call("get", `${ORG}/${path}`, world.tokens.globex);
      expect(answer.status).toBe(404);
    }
  });

  it.each([
    "ledger?after=x",
    "ledger?limit=0",
    "seats?at=yesterday",
    "seats?at=2026-03-01T12:00:00",
    "seats?att=x",
    "seats?as=true",
  ])("refuses what cannot be understood: %s", async (path) => {
    expect((await world.call("get", `${ORG}/${path}`)).status).toBe(400);
  });
});
