import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const POOL = {
  name: "Support",
  product: "support",
  tiers: ["standard", "professional"],
  kind: "locked",
  capacity: 1,
};
const PROFESSIONALS = { ...POOL, name: "Professionals", tiers: ["professional"] };
const LEADS = {
  name: "Leads",
  match: { type: "groupName", name: "Leads" },
  gives: { roles: ["team-leader"] },
};

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly field?: string };
}

function errorOf(body: unknown): Failure["error"] {
  return (body as Failure).error;
}

function items(body: unknown): Record<string, unknown>[] {
  return (body as { items: Record<string, unknown>[] }).items;
}

describe("pools", () => {
  const PATH = "/organisations/acme/pools";

  it("I4: say the same of a seat whose lease is over in every figure, before the background has ended it", async () => {
    const policy = { eligibility: "anyone", leaseSeconds: 60 };
    await world.call("post", PATH).send({ ...POOL, kind: "concurrent", policy });
    const { id: userId } = await world.addUser("ann@acme.example");
    await world.call("post", "/organisations/acme/seats/acquire").send({
      ...{ userId, product: "support" },
    });
    const figures = async () => {
      const { body: one } = await world.call("get", `${PATH}/Support`);
      const [listed] = items((await world.call("get", PATH)).body);
      const { used, free, overCapacity } = one as Record<string, unknown>;
      expect(listed).toMatchObject({ used, free, overCapacity });
      return { used, free, bar: (one as { bar: object }).bar };
    };
    expect(await figures()).toMatchObject({ used: 1, free: 0, bar: { active: 1, unused: 0 } });

    world.clock.value += 60_000;
    expect(await figures()).toMatchObject({ used: 0, free: 1, bar: { active: 0, unused: 1 } });
    await world.settle();
    expect(await figures()).toMatchObject({ used: 0, free: 1, bar: { active: 0, unused: 1 } });
  });

  it("keep every field that several people change at the same moment", async () => {
    await world.call("post", PATH).send({ ...POOL, kind: "shared" });
    const wanted = {
      idleDays: 40,
      minHoldSeconds: 7,
      coolDownSeconds: 8,
      protectRunningSession: true,
      onFull: ["evictLru", "wait"],
      reservations: [{ group: "Leads", seats: 1 }],
    };

    const answers = await Promise.all(
      Object.entries(wanted).map(([field, value]) =>
        world.call("patch", `${PATH}/Support`).send({ policy: { [field]: value } }),
      ),
    );

    expect(answers.map(({ status, body }) => [status, errorOf(body)])).toEqual(
      answers.map(() => [200, undefined]),
    );
    expect((await world.call("get", `${PATH}/Support`)).body).toMatchObject({ policy: wanted });
  });

  it("never reserve more than there is, when one change reserves while another one lowers the capacity", async () => {
    await world.call("post", PATH).send({ ...POOL, capacity: 5 });
    const policy = { reservations: [{ group: "Sales", seats: 5 }] };

    const answers = await Promise.all(
      [{ policy }, { capacity: 2 }].map((body) =>
        world.call("patch", `${PATH}/Support`).send(body),
      ),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it("say of each reservation whether there is such a group, by name or id, and warnings say which there is not", async () => {
    const id = await world.addGroup("Sales", []);
    const reservations = ["sales", id, "Salse"].map((group) => ({ group, seats: 1 }));
    const made = await world
      .call("post", PATH)
      .send({ ...POOL, capacity: 5, policy: { reservations } });
    const shown = [
      { group: "sales", groupExists: true },
      { group: id, groupExists: true },
      { group: "Salse", groupExists: false },
    ];

    expect([made.status, made.body.reservations]).toMatchObject([201, shown]);
    const { body } = await world.call("get", `${PATH}/Support`);
    expect(body.reservations).toMatchObject(shown);
    const warnings = async () =>
      items((await world.call("get", "/organisations/acme/warnings")).body).filter(
        ({ warning }) => warning === "reservationWithoutGroup",
      );
    expect(await warnings()).toMatchObject([
      {
        ...{ pool: "Support", group: "Salse", seats: 1 },
        sentence: expect.stringContaining("for the group Salse, and there is no such group"),
      },
    ]);

    await world.addGroup("Salse", []);
    expect(await warnings()).toEqual([]);
  });

  it("have the policy that suits their kind unless told otherwise", async () => {
    const locked = await world.call("post", PATH).send(POOL);
    const shared = await world.call("post", PATH).send({ ...POOL, name: "Shared", kind: "shared" });
    const concurrent = await world.call("post", PATH).send({
      ...POOL,
      name: "Floating",
      kind: "concurrent",
      policy: { leaseSeconds: 60, onFull: ["wait"] },
    });

    expect(locked.status).toBe(201);
    expect(locked.body).toMatchObject({
      capacity: 1,
      used: 0,
      free: 1,
      waiting: 0,
      policy: { acquireOn: "provision", onFull: ["wait"] },
    });
    expect(shared.body).toMatchObject({
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    });
    expect(concurrent.body).toMatchObject({
      policy: { acquireOn: "signIn", onFull: ["wait"], leaseSeconds: 60 },
    });
    expect((await world.call("get", `${PATH}/Floating`)).body).toMatchObject(concurrent.body);
  });

  it("show use, who holds their seats and how many wait; more capacity serves who waits", async () => {
    await world.call("post", PATH).send(POOL);
    const alice = await world.addUser("alice");
    world.clock.value += 1_000;
    const bob = await world.addUser("bob");

    expect((await world.call("get", `${PATH}/Support`)).body).toMatchObject({
      used: 1,
      free: 0,
      waiting: 1,
    });
    expect(items((await world.call("get", `${PATH}/Support/seats`)).body)).toMatchObject([
      { userId: alice.id },
    ]);
    const waiting = await world.call("get", "/organisations/acme/waiting?product=support");
    expect(items(waiting.body)).toMatchObject([
      { userId: bob.id, position: 1, tier: "standard", reason: "PoolFull" },
    ]);

    const raised = await world.call("patch", `${PATH}/Support`).send({ capacity: 3 });
    expect(raised.body).toMatchObject({ capacity: 3, used: 2, free: 1, waiting: 0 });
    const lowered = await world.call("patch", `${PATH}/Support`).send({ capacity: 1 });
    expect(lowered.body).toMatchObject({ capacity: 1, used: 2, free: 0, overCapacity: 1 });
  });

  it("have a waiting list of any length: each page goes on where the one before ended, whoever was served meanwhile", async () => {
    await world.call("post", PATH).send(POOL);
    for (const userName of ["a", "b", "c", "d", "e"]) {
      await world.addUser(userName);
      world.clock.value += 1_000;
    }
    const list = "/organisations/acme/waiting?product=support&limit=2";
    const first = await world.call("get", list);
    expect(items(first.body)).toMatchObject([{ position: 1 }, { position: 2 }]);
    const next = encodeURIComponent((first.body as { next: string }).next);
    await world.call("patch", `${PATH}/Support`).send({ capacity: 3 });

    const second = await world.call("get", `${list}&after=${next}`);
    expect(items(second.body)).toMatchObject([{ position: 1 }, { position: 2 }]);
    expect(second.body).toMatchObject({ next: null });
    for (const wrong of ["x", "2/1/a", "0/1/%27"]) {
      const refused = await world.call("get", `${list}&after=${wrong}`);
      expect([refused.status, refused.body]).toMatchObject([400, { error: { field: "after" } }]);
    }
  });

  it("show how much is in use, for what, and in which teams", async () => {
    await world.call("post", PATH).send(POOL);
    const { body } = await world.call("get", `${PATH}/Support`);

    expect(body).toMatchObject({ bar: { bought: 1, active: 0, unused: 1 }, teams: [] });
  });

  it("are the vendor's to sell: an organisation may change how they work, not how much there is", async () => {
    await world.call("post", PATH).send(POOL);
    const own = world.tokens.acme;

    expect((await world.call("post", PATH, own).send({ ...POOL, name: "More" })).status).toBe(403);
    for (const policy of [{ overage: "unlimited" }, { autoscaleMax: 1_000 }]) {
      const more = { policy: { onFull: ["overage", "autoscale", "wait"], ...policy } };
      expect((await world.call("patch", `${PATH}/Support`, own).send(more)).status).toBe(403);
    }
    expect((await world.call("patch", `${PATH}/Support`, own).send({ capacity: 99 })).status).toBe(
      403,
    );
    expect(
      (await world.call("patch", `${PATH}/Support`, own).send({ tiers: ["developer"] })).status,
    ).toBe(403);
    const changed = await world
      .call("patch", `${PATH}/Support`, own)
      .send({ policy: { onFull: "reject" }, priority: 2 });
    expect(changed.body).toMatchObject({
      capacity: 1,
      priority: 2,
      policy: { onFull: ["reject"], acquireOn: "provision" },
    });
  });

  it.each([
    {
      what: "an unknown product",
      change: { product: "suport" },
      says: 'Did you mean "support"?',
      field: "product",
    },
    {
      what: "an unknown tier",
      change: { tiers: ["profesional"] },
      says: 'There is no tier of support "profesional". Did you mean "professional"?',
      field: "tiers",
    },
    { what: "no tier", change: { tiers: [] }, says: "at least one tier", field: "tiers" },
    { what: "a negative capacity", change: { capacity: -1 }, says: "0 or more", field: "capacity" },
    { what: "half a seat", change: { capacity: 1.5 }, says: "whole number", field: "capacity" },
    {
      what: "an unknown kind",
      change: { kind: "lokced" },
      says: "One of locked, shared, concurrent is expected",
      field: "kind",
    },
    {
      what: "an unknown policy",
      change: { policy: { onFul: "wait" } },
      says: 'Did you mean "onFull"?',
      field: "policy.onFul",
    },
    {
      what: "a locked seat that is taken away",
      change: { policy: { onFull: "evictLeastRecentlyUsed" } },
      says: "Only a shared pool",
      field: "policy.onFull",
    },
    {
      what: "a step of a full pool that does not exist",
      change: { policy: { onFull: ["wiat"] } },
      says: "expected",
      field: "policy.onFull[0]",
    },
    {
      what: "a step that is named twice",
      change: { policy: { onFull: "overage,overage", overage: 1 } },
      says: "named twice",
      field: "policy.onFull",
    },
    {
      what: "a step that is never reached",
      change: { policy: { onFull: ["wait", "overage"], overage: 1 } },
      says: "overage cannot follow it",
      field: "policy.onFull",
    },
    {
      what: "an overage of nothing",
      change: { policy: { onFull: ["overage"] } },
      says: "policy.overage",
      field: "policy.onFull",
    },
    {
      what: "purchases without a limit",
      change: { policy: { onFull: ["autoscale"] } },
      says: "policy.autoscaleMax",
      field: "policy.onFull",
    },
    {
      what: "an overage that cannot be read",
      change: { policy: { onFull: ["overage"], overage: "some" } },
      says: "per cent such as 25% is expected",
      field: "policy.overage",
    },
    {
      what: "a protection from take-overs where there are none",
      change: { policy: { minHoldSeconds: 10 } },
      says: "onFull has evictLru",
      field: "policy.minHoldSeconds",
    },
    {
      what: "a length of leases where there are none",
      change: { policy: { leaseSeconds: 60 } },
      says: "Only a concurrent pool",
      field: "policy.leaseSeconds",
    },
    {
      what: "an overage without its step",
      change: { policy: { overage: 5 } },
      says: "unless onFull has overage",
      field: "policy.overage",
    },
    {
      what: "purchases without their step",
      change: { policy: { autoscaleMax: 5 } },
      says: "unless onFull has autoscale",
      field: "policy.autoscaleMax",
    },
    {
      what: "the end of invitations where there are none",
      change: { policy: { pendingSeconds: 60 } },
      says: "unless acquireOn is invite",
      field: "policy.pendingSeconds",
    },
    {
      what: "what to do with idle seats where none is idle",
      change: { policy: { idleAction: "downgrade" } },
      says: "unless idleDays",
      field: "policy.idleAction",
    },
    {
      what: "a priority out of range",
      change: { priority: 10_000 },
      says: "At most 1000 is expected.",
      field: "priority",
    },
    {
      what: "a lease before anybody works",
      change: { kind: "concurrent", policy: { acquireOn: "provision" } },
      says: "signs in",
      field: "policy.acquireOn",
    },
  ])("refuse $what", async ({ change, says, field }) => {
    const answer = await world.call("post", PATH).send({ ...POOL, ...change });

    expect(answer.status).toBe(400);
    expect(errorOf(answer.body).message).toContain(says);
    expect(errorOf(answer.body).field).toBe(field);
  });

  it("take a policy back as it was read, and keep for later what an earlier change has left without use", async () => {
    const policy = { onFull: "overage,wait", overage: "25%" };
    await world.call("post", PATH).send({ ...POOL, policy });
    const change = async (body: object) => {
      const { status, body: found } = await world.call("patch", `${PATH}/Support`).send(body);
      return { status, policy: (found as { policy: object }).policy };
    };
    const waiting = await change({ policy: { onFull: "wait" } });

    expect(await change({ policy: waiting.policy })).toEqual(waiting);
    expect(waiting).toMatchObject({ status: 200, policy: { overage: { percent: 25 } } });
    expect(await change({ policy: { overage: "30%" } })).toMatchObject({ status: 400 });
    expect(await change({ policy: { overage: "none" } })).toMatchObject({ status: 200 });
  });

  it("refuse a name that is taken, also by a policy that does not fit the kind later", async () => {
    await world.call("post", PATH).send(POOL);

    expect((await world.call("post", PATH).send(POOL)).status).toBe(409);
    const answer = await world
      .call("patch", `${PATH}/Support`)
      .send({ policy: { onFull: "evictLeastRecentlyUsed" } });
    expect(errorOf(answer.body).field).toBe("policy.onFull");
  });
});

describe("one user, and why", () => {
  const sentence = async (userName: string, product = "support") => {
    const answer = await world.call("get", `/organisations/acme/users/${userName}`);
    const { why } = answer.body as { why: { product: string; sentence: string }[] };
    return why.find((one) => one.product === product)?.sentence;
  };

  it("explains a seat by the chain from the group to the capability", async () => {
    await world.call("post", "/organisations/acme/pools").send(POOL);
    await world.call("post", "/organisations/acme/rules").send(LEADS);
    const alice = await world.addUser("alice", { displayName: "Alice Adams" });
    const groupId = await world.addGroup("Leads", [alice]);

    const answer = await world.call("get", `/organisations/acme/users/${alice.id}`);

    expect(answer.body).toMatchObject({
      user: { userName: "alice", active: true },
      groups: [{ id: groupId, displayName: "Leads" }],
      facts: [
        {
          kind: "role",
          name: "team-leader",
          from: 'the rule "Leads" because of the group "Leads"',
        },
      ],
      requirements: [{ product: "support", tier: "professional" }],
      seats: [
        {
          pool: "Support",
          kind: "locked",
          tier: "professional",
          grantedAt: "2026-03-01T12:00:00.000Z",
        },
      ],
      waiting: [],
    });
    expect(await sentence("alice")).toMatch(
      /^Alice Adams has Professional of Acorn Desk Support from the pool "Support" since 2026-03-01\. Professional is needed because the group "Leads" gives the role Team Leader, which includes the permission \w+ tab, which needs "tab\.\w+"\.$/,
    );
    expect(await sentence("alice", "analytics")).toBe(
      "Nothing gives Alice Adams a claim to a seat of Acorn Desk Analytics.",
    );
  });

  it("explains waiting, with the place", async () => {
    await world.call("post", "/organisations/acme/pools").send(POOL);
    await world.addUser("alice");
    world.clock.value += 1_000;
    await world.addUser("bob");

    expect(await sentence("bob")).toBe(
      'bob waits for Standard of Acorn Desk Support since 2026-03-01, at place 1, because all seats are taken. Standard is needed because the default gives the setting "Number of skills" with the value 1, which needs skills up to 1.',
    );
  });

  it("counts the place among those whom a pool that can serve the entry serves, at every door alike", async () => {
    const pools = "/organisations/acme/pools";
    await world.call("post", pools).send({ ...POOL, tiers: ["standard"], capacity: 0 });
    await world.call("post", pools).send({ ...PROFESSIONALS, capacity: 0 });
    await world.call("post", "/organisations/acme/rules").send(LEADS);
    const people: Awaited<ReturnType<World["addUser"]>>[] = [];
    for (const name of ["ann", "ben", "leo", "cay", "mia"]) {
      people.push(await world.addUser(name));
      world.clock.value += 1_000;
    }
    const [, , leo, , mia] = people;
    await world.addGroup("Leads", [leo!, mia!]);
    await world.settle();

    const path = "/organisations/acme/waiting?product=support";
    const places = ({ body }: { body: unknown }) =>
      (body as { items: { userId: string; position: number }[] }).items.map(
        ({ userId, position }) => [userId, position],
      );
    const list = await world.call("get", path);
    const first = await world.call("get", `${path}&limit=3`);
    const { next } = first.body as { next: string };
    const rest = await world.call("get", `${path}&limit=3&after=${encodeURIComponent(next)}`);
    const expected = people.map(({ id }, index) => [id, [1, 2, 1, 3, 2][index]]);

    expect(places(list)).toEqual(expected);
    expect([...places(first), ...places(rest)]).toEqual(expected);
    expect(await sentence("leo")).toContain("waits for Professional of Acorn Desk Support");
    expect(await sentence("leo")).toContain(", at place 1,");
    expect(await sentence("mia")).toContain(", at place 2,");
    const asked = await world
      .call("post", "/organisations/acme/seats/ask")
      .send({ userId: mia!.id, product: "support" });
    expect(asked.body).toMatchObject({ waiting: { position: 2 } });
  });

  it("prices what is held as the bill does, and says why more is held than is needed", async () => {
    const pools = "/organisations/acme/pools";
    await world.call("post", pools).send(PROFESSIONALS);
    await world.call("post", pools).send({ ...POOL, kind: "shared", tiers: ["standard"] });
    const zoe = await world.addUser("zoe");
    const floor = { kind: "tierFloor", name: "support", value: "professional" };
    const facts = "/organisations/acme/users/zoe/facts";
    await world.call("post", facts).send(floor);
    await world.call("delete", facts).send({ kind: "tierFloor", name: "support" });

    const { body } = await world.call("get", `/organisations/acme/users/${zoe.id}`);

    expect(body).toMatchObject({
      seats: [{ tier: "professional" }],
      requirements: [
        {
          tier: "standard",
          cost: {
            ...{ pricePerMonth: 4_500, neededPerMonth: 2_500 },
            sentences: expect.arrayContaining([
              "Professional of Acorn Desk Support, 45.00 per month; Standard would be enough and costs 25.00.",
            ]),
          },
        },
      ],
    });
    expect(await sentence("zoe")).toMatch(
      / Standard is needed because .*\. zoe keeps Professional until a seat of Standard is free at a sign-in\.$/,
    );
  });

  it("names the pool that was given, where that is why more is waited for than is needed", async () => {
    const developers = { name: "Developers", tiers: ["developer"], capacity: 0 };
    await world.call("post", "/organisations/acme/pools").send({ ...POOL, ...developers });
    await world.addUser("lee");
    await world
      .call("post", "/organisations/acme/users/lee/facts")
      .send({ kind: "pool", name: "Developers" });

    const says = await sentence("lee");

    expect(says).toContain("lee waits for Developer of Acorn Desk Support");
    expect(says).toContain(
      ' lee is to have a seat of the pool "Developers", which gives no less than Developer. Standard is needed because',
    );
  });

  it("tells days in the time zone of the organisation", async () => {
    await world.call("put", "/organisations/acme/billing").send({ timeZone: "Pacific/Auckland" });
    await world.call("post", "/organisations/acme/pools").send(POOL);
    await world.addUser("alice");
    world.clock.value += 1_000;
    await world.addUser("bob");

    // Noon of the first of March in UTC is past midnight there.
    expect(await sentence("alice")).toContain("since 2026-03-02.");
    expect(await sentence("bob")).toContain("since 2026-03-02, at place 1,");
  });

  it.each([
    {
      what: "no pool at all",
      pools: [],
      says: "alice has no seat of Acorn Desk Support: no pool of this organisation offers Standard or more.",
    },
    {
      what: "a pool of lower tiers only",
      pools: [{ ...POOL, tiers: ["dashboard"] }],
      says: "no pool of this organisation offers Standard or more.",
    },
    {
      what: "a seat at sign-in",
      pools: [{ ...POOL, kind: "shared" }],
      says: "the seat is given at the next sign-in.",
    },
    {
      what: "a seat by hand only",
      pools: [{ ...POOL, policy: { acquireOn: "manual" } }],
      says: "the seats are only given by hand.",
    },
    {
      what: "a pool that takes no list",
      pools: [{ ...POOL, capacity: 0, policy: { onFull: [] } }],
      says: "all seats are taken, and nobody waits for them.",
    },
    {
      what: "a pool that was given and has no such tier",
      pools: [
        { ...POOL, tiers: ["dashboard"] },
        { ...PROFESSIONALS, capacity: 0, policy: { onFull: [] } },
      ],
      given: "Support",
      says: 'alice has no seat of Acorn Desk Support: alice is to have a seat of the pool "Support", which does not offer Standard or more.',
    },
  ])("explains that there is no seat: $what", async ({ pools, given, says }) => {
    for (const pool of pools) await world.call("post", "/organisations/acme/pools").send(pool);
    const { id } = await world.addUser("alice");
    if (given !== undefined) {
      const fact = { kind: "pool", name: given };
      await world.call("post", `/organisations/acme/users/${id}/facts`).send(fact);
    }
    await world.settle();

    expect(await sentence("alice")).toContain(says);
  });

  it("says of a lower tier that is kept which pool was given, and not that no pool offers what is needed", async () => {
    await world.call("post", "/organisations/acme/pools").send({ ...POOL, tiers: ["standard"] });
    await world.call("post", "/organisations/acme/pools").send(PROFESSIONALS);
    const { id } = await world.addUser("alice");
    for (const fact of [
      { kind: "pool", name: "Support" },
      { kind: "role", name: "team-leader" },
    ]) {
      await world.call("post", `/organisations/acme/users/${id}/facts`).send(fact);
    }
    await world.settle();

    expect(await sentence("alice")).toContain(
      ' alice keeps Standard meanwhile, because alice is to have a seat of the pool "Support", which does not offer Professional or more.',
    );
  });

  it("explains a deactivated account, an exclusion and what was given by hand", async () => {
    await world.call("post", "/organisations/acme/pools").send(POOL);
    await world.addUser("gone", { active: false });
    await world.addUser("alice");
    await world
      .call("post", "/organisations/acme/users/alice/facts")
      .send({ kind: "exclusion", name: "support" });

    expect(await sentence("gone")).toBe(
      "The account of gone is deactivated, so it has no seat of Acorn Desk Support.",
    );
    expect(await sentence("alice")).toBe(
      "alice gets no seat of Acorn Desk Support: Anna (by hand) gives an exclusion from Acorn Desk Support.",
    );
    const taken = await world
      .call("delete", "/organisations/acme/users/alice/facts")
      .send({ kind: "exclusion", name: "support" });
    expect(taken.status).toBe(204);
    await world
      .call("post", "/organisations/acme/users/alice/facts")
      .send({ kind: "tierFloor", name: "support", value: "professional" });
    expect(await sentence("alice")).toContain(
      "Professional is needed because Anna (by hand) gives at least Professional of Acorn Desk Support.",
    );
  });

  it("is 404 for a user who does not exist", async () => {
    expect((await world.call("get", "/organisations/acme/users/nobody")).status).toBe(404);
  });
});

describe("facts by hand", () => {
  const PATH = "/organisations/acme/users/alice/facts";

  beforeEach(async () => {
    await world.addUser("alice");
  });

  it.each([
    { kind: "team", name: "anything" },
    { kind: "role", name: "administrator" },
    { kind: "permission", name: "workspace" },
    { kind: "setting", name: "skills", value: 3 },
    { kind: "setting", name: "statistics", value: true },
    { kind: "tierFloor", name: "support", value: "enterprise" },
    { kind: "claim", name: "analytics" },
    { kind: "exclusion", name: "support" },
  ])("are given with the name of the token, and taken again: $kind $name", async (fact) => {
    const given = await world.call("post", PATH, world.tokens.acme).send(fact);

    expect(given.status).toBe(201);
    expect(given.body).toMatchObject({ ...fact, source: { type: "hand", by: "Anna" } });
    const { kind, name } = fact;
    expect(
      (await world.call("delete", PATH, world.tokens.acme).send({ kind, name, confirm: true }))
        .status,
    ).toBe(204);
    expect((await world.call("delete", PATH, world.tokens.acme).send({ kind, name })).status).toBe(
      404,
    );
  });

  it.each([
    { fact: { kind: "role", name: "adminstrator" }, says: 'Did you mean "administrator"?' },
    {
      fact: { kind: "setting", name: "skills", value: "many" },
      says: "takes a whole number from 0",
    },
    { fact: { kind: "setting", name: "skills" }, says: "takes a whole number from 0" },
    { fact: { kind: "tierFloor", name: "support" }, says: "The tier is expected" },
    {
      fact: { kind: "tierFloor", name: "support", value: "gold" },
      says: 'no tier of support "gold"',
    },
    { fact: { kind: "role", name: "user", value: "x" }, says: "leave the value out" },
    { fact: { kind: "pool", name: "Nothing" }, says: 'There is no pool "Nothing"' },
    { fact: { kind: "rolle", name: "user" }, says: "kind: One of team, role," },
  ])("are refused when they cannot be meant: $fact", async ({ fact, says }) => {
    const answer = await world.call("post", PATH).send(fact);

    expect(answer.status).toBe(400);
    expect(errorOf(answer.body).message).toContain(says);
  });
});

describe("lists", () => {
  it("have pages that end, and show everybody once", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await world.addUser(name);
    const seen: unknown[] = [];
    let next: string | null = "";
    while (next !== null) {
      const answer = await world.call(
        "get",
        `/organisations/acme/users?limit=2${next === "" ? "" : `&after=${next}`}`,
      );
      seen.push(...items(answer.body).map(({ userName }) => userName));
      next = (answer.body as { next: string | null }).next;
    }

    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("rule 54: show all active people of the organisation, with and without a seat, and nobody else's", async () => {
    await world.call("post", "/organisations/acme/pools").send(POOL);
    for (const userName of ["holder", "waiter"]) await world.addUser(userName);
    await world.addUser("leaver", { active: false });
    const names = async (query: string, token?: string) => {
      const { body } = await world.call("get", `/organisations/acme/users${query}`, token);
      return items(body).map(({ userName }) => userName);
    };

    expect(await names("?active=true", world.tokens.acme)).toEqual(["holder", "waiter"]);
    expect(await names("?active=false")).toEqual(["leaver"]);
    expect(await names("")).toEqual(["holder", "waiter", "leaver"]);
    const foreign = await world.call("get", "/organisations/globex/users?active=true");
    expect(items(foreign.body)).toEqual([]);
  });

  it("of groups have the number of members", async () => {
    await world.addGroup("Leads", [await world.addUser("a"), await world.addUser("b")]);

    expect(items((await world.call("get", "/organisations/acme/groups")).body)).toMatchObject([
      { displayName: "Leads", memberCount: 2 },
    ]);
  });

  it("of ledger entries go forward from a position, or show the newest first, or one user", async () => {
    await world.call("post", "/organisations/acme/pools").send({ ...POOL, capacity: 5 });
    const alice = await world.addUser("alice");
    await world.addUser("bob");
    const PATH = "/organisations/acme/entries";

    // The first entry is the pool itself.
    const first = await world.call("get", `${PATH}?after=1&limit=1`);
    const { next } = first.body as { next: string };
    const rest = await world.call("get", `${PATH}?after=${next}`);
    const newest = await world.call("get", `${PATH}?newestFirst=true&limit=1`);
    const ofAlice = await world.call("get", `${PATH}?userId=${alice.id}`);

    expect(items(first.body)).toMatchObject([
      { kind: "seat.granted", userId: alice.id, delta: 1, cause: { type: "scim" } },
    ]);
    expect(items(rest.body)).toHaveLength(1);
    expect(items(newest.body)).toEqual(items(rest.body));
    expect(items(ofAlice.body)).toEqual(items(first.body));
  });

  it.each([
    { path: "users?limit=0", field: "limit" },
    { path: "users?limit=201", field: "limit" },
    { path: "users?limit=x", field: "limit" },
    { path: "users?afer=x", field: "afer" },
    { path: "users?active=yes", field: "active" },
    { path: "entries?after=x", field: "after" },
    { path: "entries?newestFirst=maybe", field: "newestFirst" },
    { path: "waiting", field: "product" },
    { path: "waiting?product=suport", field: "product" },
  ])("refuse a parameter that cannot be understood: $path", async ({ path, field }) => {
    const answer = await world.call("get", `/organisations/acme/${path}`);

    expect([answer.status, errorOf(answer.body).field]).toEqual([400, field]);
  });

  it("of the catalogue and the progress are there", async () => {
    const catalogue = await world.call("get", "/catalogue", world.tokens.acme);
    expect(catalogue.body).toMatchObject({ products: [{ id: "support" }, { id: "analytics" }] });
    await world.addUser("alice");
    await world.call("post", "/organisations/acme/rules").send(LEADS);
    expect((await world.call("get", "/organisations/acme/progress")).body).toEqual({
      ...{ stale: 1, percent: 0, perSecond: null, secondsLeft: null },
    });
    await world.settle();
    expect((await world.call("get", "/organisations/acme/progress")).body).toEqual({
      ...{ stale: 0, percent: 100, perSecond: null, secondsLeft: 0 },
    });
  });
});

describe("seats for the application", () => {
  const seats = (what: string, body: object) =>
    world.call("post", `/organisations/acme/seats/${what}`, world.tokens.acme).send(body);

  it("are asked for without a change", async () => {
    await world.call("post", "/organisations/acme/pools").send(POOL);
    await world.addUser("alice");

    const answer = await seats("ask", { userName: "alice", product: "support" });

    expect(answer.body).toMatchObject({
      permitted: true,
      tier: "standard",
      reason: null,
      requiredTier: "standard",
      waiting: null,
    });
    const higher = await seats("ask", {
      userName: "alice",
      product: "support",
      tier: "enterprise",
    });
    expect(higher.body).toMatchObject({ permitted: false, reason: "tierTooLow", tier: "standard" });
  });

  it("of a concurrent pool are leases: acquired, renewed by the newest holder only, released", async () => {
    await world.call("post", "/organisations/acme/pools").send({ ...POOL, kind: "concurrent" });
    await world.addUser("alice");
    await world.addUser("bob");

    const first = await seats("acquire", { userName: "alice", product: "support" });
    const { seat } = first.body as { seat: { id: string; generation: number; expiresAt: string } };
    expect(first.body).toMatchObject({
      permitted: true,
      seat: { generation: 1, expiresAt: "2026-03-01T12:10:00.000Z" },
    });

    const full = await seats("acquire", { userName: "bob", product: "support" });
    expect([full.status, errorOf(full.body).code]).toEqual([409, "PoolFull"]);

    world.clock.value += 60_000;
    const renewed = await seats("renew", { seatId: seat.id, generation: 1 });
    expect(renewed.body).toMatchObject({ expiresAt: "2026-03-01T12:11:00.000Z" });
    await seats("acquire", { userName: "alice", product: "support" });
    const stale = await seats("renew", { seatId: seat.id, generation: 1 });
    expect([stale.status, errorOf(stale.body).code]).toEqual([409, "LeaseLost"]);

    expect((await seats("release", { seatId: seat.id })).status).toBe(204);
    expect((await seats("release", { seatId: seat.id })).status).toBe(404);
    expect((await seats("acquire", { userName: "bob", product: "support" })).status).toBe(200);
  });

  it("answer with a place in the list where the pool has one", async () => {
    await world
      .call("post", "/organisations/acme/pools")
      .send({ ...POOL, kind: "concurrent", policy: { onFull: "wait" } });
    await world.addUser("alice");
    await world.addUser("bob");
    await seats("acquire", { userName: "alice", product: "support" });

    const answer = await seats("acquire", { userName: "bob", product: "support" });

    expect(answer.body).toMatchObject({
      permitted: false,
      reason: "waiting",
      waiting: { position: 1 },
    });
  });

  it.each([
    { what: "nobody", body: { product: "support" }, status: 400, code: "InvalidValue" },
    {
      what: "two names",
      body: { userId: "x", userName: "y", product: "support" },
      status: 400,
      code: "InvalidValue",
    },
    {
      what: "an unknown product",
      body: { userName: "alice", product: "suport" },
      status: 400,
      code: "InvalidValue",
    },
    {
      what: "an unknown tier",
      body: { userName: "alice", product: "support", tier: "gold" },
      status: 400,
      code: "InvalidValue",
    },
    {
      what: "an unknown user",
      body: { userName: "nobody", product: "support" },
      status: 404,
      code: "NotFound",
    },
    {
      what: "no pool",
      body: { userName: "alice", product: "support" },
      status: 409,
      code: "NotEligible",
    },
    {
      what: "no claim",
      body: { userName: "alice", product: "analytics" },
      status: 409,
      code: "NotEligible",
    },
    {
      what: "a deactivated account",
      body: { userName: "gone", product: "support" },
      status: 403,
      code: "Inactive",
    },
  ])("are refused with the reason: $what", async ({ body, status, code }) => {
    await world.addUser("alice");
    await world.addUser("gone", { active: false });

    const answer = await seats("acquire", body);

    expect([answer.status, errorOf(answer.body).code]).toEqual([status, code]);
  });

  it.each([
    {
      what: "nothing asks for one, though there is a pool that offers it",
      product: "analytics",
      says: "Nothing gives this person a claim to a seat of this product.",
    },
    {
      what: "something does, and no pool gives it",
      product: "support",
      says: "No pool gives a seat of the tier that is needed: none offers it, or its seats are only given by hand.",
    },
  ])("are refused with the sentence that is so: $what", async ({ product, says }) => {
    const free = { name: "Analytics", product: "analytics", tiers: ["viewer", "analyst"] };
    const pool = { ...free, kind: "locked", capacity: 2 };
    expect((await world.call("post", "/organisations/acme/pools").send(pool)).status).toBe(201);
    await world.addUser("alice");

    const { status, body } = await seats("acquire", { userName: "alice", product });

    expect([status, errorOf(body).code, errorOf(body).message]).toEqual([409, "NotEligible", says]);
  });

  it("are refused without a change of other products, where a rule gives products together", async () => {
    for (const pool of [
      { ...POOL, policy: { acquireOn: "signIn" } },
      { name: "Leases", product: "analytics", tiers: ["viewer", "analyst"], kind: "concurrent" },
    ]) {
      const made = await world.call("post", "/organisations/acme/pools").send({
        ...{ capacity: 2, ...pool },
      });
      expect(made.status).toBe(201);
    }
    const rule = {
      name: "together",
      match: { type: "groupName", name: "Nobody" },
      gives: { pools: ["Support", "Leases"], bundle: "atomic" },
    };
    expect((await world.call("post", "/organisations/acme/rules").send(rule)).status).toBe(201);
    const { id } = await world.addUser("alice");
    for (const fact of [
      { kind: "claim", name: "analytics" },
      { kind: "exclusion", name: "support" },
    ]) {
      await world.call("post", `/organisations/acme/users/${id}/facts`).send(fact);
    }

    const { status, body } = await seats("acquire", { userId: id, product: "support" });

    expect([status, errorOf(body).code]).toEqual([409, "Excluded"]);
    expect(items((await world.call("get", "/organisations/acme/seats")).body)).toEqual([]);
  });
});
