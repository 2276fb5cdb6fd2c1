import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken, type PoolInput } from "../../src/actions/administer.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { onEachDatabase } from "./databases.js";

/**
 * I10, I26: a seat that comes free for whatever reason goes to who waits, by itself. How soon is measured in
 * bench/waiting.mjs; here it is asserted that it happens, and for which reason, with nobody asking for the seat.
 */

/** Far above what it takes; a machine that is busy must not fail the test. */
const PATIENCE_MS = 20_000;
const POLL_MS = 25;

interface Situation {
  /** As the operator, over the admin API of the organisation. */
  readonly operator: (method: string, path: string, body: object) => Promise<unknown>;
  readonly organisation: TestOrganisation;
  readonly idp: TestConnection;
  readonly ids: Map<string, string>;
}

interface Case {
  readonly cause: string;
  readonly pool: Partial<PoolInput>;
  /** Signs in for a seat; nobody: it is given on provisioning. */
  readonly atTheDoor?: boolean;
  readonly before?: (at: Situation) => Promise<unknown>;
  readonly act: (at: Situation) => Promise<unknown>;
}

const LEASES = {
  kind: "concurrent",
  policy: { onFull: ["wait"], leaseSeconds: 3_600 },
} as const;

async function holderSeat(organisation: TestOrganisation) {
  const asked = { userName: "ann", product: "support" };
  const { body } = await organisation.api("POST", "/seats/ask", asked);
  return body.seat as { id: string; generation: number };
}

function operatorToken({ app }: TestServer) {
  const everywhere = { organisationId: null, connectionId: null };
  return issueToken(app.administer, { kind: "api", ...everywhere, label: "operator" });
}

const userOf = ({ ids }: Situation, name: string): string => `/Users/${ids.get(name) ?? ""}`;
const set = (path: string, value: unknown) => ({ Operations: [{ op: "replace", path, value }] });

const CASES: readonly Case[] = [
  {
    cause: "a lease is given back",
    pool: LEASES,
    atTheDoor: true,
    act: async ({ organisation }) => {
      const { id } = await holderSeat(organisation);
      await organisation.api("POST", "/seats/release", { seatId: id });
    },
  },
  {
    cause: "a lease runs out, and nobody asks for anything",
    pool: { ...LEASES, policy: { ...LEASES.policy, leaseSeconds: 1 } },
    atTheDoor: true,
    act: () => Promise.resolve(),
  },
  {
    cause: "a lease that lingered runs out",
    pool: { ...LEASES, policy: { ...LEASES.policy, lingerSeconds: 1 } },
    atTheDoor: true,
    act: async ({ organisation }) => {
      const { id } = await holderSeat(organisation);
      await organisation.api("POST", "/seats/release", { seatId: id });
    },
  },
  {
    cause: "the capacity is raised",
    pool: {},
    act: ({ operator }) => operator("PATCH", "/pools/desk", { capacity: 2 }),
  },
  {
    cause: "the policy allows seats above the capacity",
    pool: {},
    act: ({ operator }) =>
      operator("PATCH", "/pools/desk", {
        policy: { onFull: ["overage", "wait"], overage: 1 },
      }),
  },
  {
    cause: "a reservation is given up",
    pool: { capacity: 2, policy: { reservations: [{ group: "Sales", seats: 1 }] } },
    act: ({ organisation }) =>
      organisation.api("PATCH", "/pools/desk", { policy: { reservations: [] } }),
  },
  {
    cause: "who waits joins the group for which it is reserved",
    pool: { capacity: 2, policy: { reservations: [{ group: "Sales", seats: 1 }] } },
    act: ({ idp, ids }) =>
      idp.scim("POST", "/Groups", { displayName: "Sales", members: [{ value: ids.get("ben") }] }),
  },
  {
    cause: "another pool is bought",
    pool: {},
    act: ({ organisation }) => organisation.pool({ name: "more", capacity: 1 }),
  },
  {
    cause: "the holder is deactivated",
    pool: {},
    act: (at) => at.idp.scim("PATCH", userOf(at, "ann"), set("active", false)),
  },
  {
    cause: "the holder is deleted",
    pool: {},
    act: (at) => at.idp.scim("DELETE", userOf(at, "ann")),
  },
  {
    cause: "a rule excludes the holder",
    pool: {},
    before: ({ idp, ids }) =>
      idp.scim("POST", "/Groups", { displayName: "Left", members: [{ value: ids.get("ann") }] }),
    act: ({ organisation }) =>
      organisation.rule({
        match: { type: "groupName", name: "Left" },
        gives: { exclusions: ["support"] },
      }),
  },
  {
    cause: "the holder's seat is taken back by hand",
    pool: {},
    act: ({ organisation }) =>
      organisation.api("POST", "/users/ann/facts", { kind: "exclusion", name: "support" }),
  },
];

onEachDatabase("the waiting list drains by itself", (freshDatabaseUrl) => {
  let server: TestServer;
  let url: string;
  let token: string;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    url = await freshDatabaseUrl();
    server = await startTestServer({ database: { url } });
    ({ token } = await operatorToken(server));
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`waiting-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
  });

  async function create(...names: string[]): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    for (const userName of names) {
      const { body } = await idp.scim("POST", "/Users", { userName, active: true });
      ids.set(userName, body.id as string);
    }
    return ids;
  }

  const ask = async (userName: string, how: "ask" | "acquire" = "ask") =>
    (await organisation.api("POST", `/seats/${how}`, { userName, product: "support" })).body;

  async function comes(userName: string): Promise<any> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await ask(userName);
      if (answer.permitted === true || Date.now() > end) return answer;
      await sleep(POLL_MS);
    }
  }

  it.each(CASES)("when $cause", async ({ pool, atTheDoor = false, before, act }) => {
    await organisation.pool({ ...pool, name: "desk" });
    const ids = await create("ann", "ben");
    if (atTheDoor) for (const name of ["ann", "ben"]) await ask(name, "acquire");
    const { slug } = organisation.organisation;
    const operator: Situation["operator"] = (method, path, body) =>
      send(`${server.url}/api/v1/organisations/${slug}${path}`, method, token, body);
    const situation = { operator, organisation, idp, ids };
    await before?.(situation);
    expect(await ask("ben")).toMatchObject({ permitted: false, waiting: { position: 1 } });

    await act(situation);

    expect(await comes("ben")).toMatchObject({ permitted: true, waiting: null });
    const { body } = await organisation.api("GET", `/entries?userId=${ids.get("ben") ?? ""}`);
    const kinds = body.items.map(({ kind, reason }: any) => `${kind} ${reason}`);
    expect(kinds).toContain("waiting.removed granted");
  });

  it("I10: says to everybody who asks at which place somebody waits, with which priority, and why", async () => {
    await organisation.rule({
      match: { type: "groupName", name: "Vip" },
      gives: { priorities: [{ product: "support", class: 3 }] },
    });
    const reservations = [{ group: "Sales", seats: 1 }];
    await organisation.pool({ name: "desk", capacity: 2, policy: { reservations } });
    const ids = await create("ann", "ben", "cem");
    await idp.scim("POST", "/Groups", { displayName: "Vip", members: [{ value: ids.get("cem") }] });

    const { body: list } = await organisation.api("GET", "/waiting?product=support");
    const reason = "ReservationHeld";
    const first = { userId: ids.get("cem"), position: 1, priority: 3, reason };
    const second = { userId: ids.get("ben"), position: 2, priority: 0, reason };
    expect(list.items).toMatchObject([first, second]);
    const { body: cem } = await organisation.api("GET", "/users/cem");
    expect(cem.waiting).toMatchObject([first]);
    const why = "with priority 3, because the seats that are free are reserved for others.";
    expect(cem.why[0].sentence).toContain(`at place 1, ${why}`);
    const { body: shown } = await idp.scim("GET", `/Users/${ids.get("cem") ?? ""}`);
    expect(shown[SEAT_URN].seats[0]).toMatchObject({
      state: "waiting",
      reason: expect.stringContaining(why),
    });
    const { body: pool } = await organisation.api("GET", "/pools/desk");
    expect(pool.reservations).toEqual([
      { group: "Sales", seats: 1, filled: 0, held: 1, groupExists: false },
    ]);
  });

  it.each([
    [{ reservations: [{ group: "Sales", seats: 2 }] }, "policy.reservations"],
    [{ reservations: "Sales=1,sales=1" }, "policy.reservations"],
    [{ reservations: "Sales" }, /^policy\.reservations/],
    [{ heartbeatSeconds: 10 }, "policy.heartbeatSeconds"],
    [{ leaseUnit: "device" }, "policy.leaseUnit"],
    [{ ageingSeconds: -1 }, "policy.ageingSeconds"],
  ])("refuses a policy that cannot be: %j", async (policy, field) => {
    await organisation.pool({ name: "desk", capacity: 1 });

    const { status, body } = await organisation.api("PATCH", "/pools/desk", { policy });

    expect({ status, code: body.error.code }).toEqual({ status: 400, code: "InvalidValue" });
    expect(body.error.field).toMatch(field);
  });

  it("Q16: gives each device a lease of its own, and asks for which one a request is", async () => {
    const policy = { leaseUnit: "device", lingerSeconds: 60 } as const;
    await organisation.pool({ name: "desk", kind: "concurrent", capacity: 2, policy });
    await create("ann");
    const acquire = (unit?: string) =>
      organisation.api("POST", "/seats/acquire", { userName: "ann", product: "support", unit });

    const { body: desk } = await acquire("desk");
    const { body: phone } = await acquire("phone");
    expect([desk.seat.unit, phone.seat.unit]).toEqual(["desk", "phone"]);
    expect((await acquire("tablet")).body.error).toMatchObject({ code: "PoolFull" });
    expect((await acquire()).body.error).toMatchObject({ code: "InvalidValue", field: "unit" });
    const { id: seatId, generation } = phone.seat;
    await organisation.api("POST", "/seats/release", { seatId, generation });
    const about = { userName: "ann", product: "support" };
    const asked = async (unit: string) =>
      (await organisation.api("POST", "/seats/ask", { ...about, unit })).body.permitted;
    expect([await asked("desk"), await asked("phone")]).toEqual([true, false]);
    expect((await acquire("phone")).body.seat).toMatchObject({ id: seatId });
    expect(await ask("ann")).toMatchObject({ permitted: true });
  });

  it("when another process gives the seat back", async () => {
    if (!url.startsWith("mysql")) return; // A SQLite file belongs to one process.
    await organisation.pool({ ...LEASES, name: "desk" });
    await create("ann", "ben");
    for (const name of ["ann", "ben"]) await ask(name, "acquire");
    const other = await startTestServer({ database: { url } });
    const { token } = await operatorToken(other);
    const { slug } = organisation.organisation;

    const { id } = await holderSeat(organisation);
    const path = `${other.url}/api/v1/organisations/${slug}/seats/release`;
    await send(path, "POST", token, { seatId: id });

    expect(await comes("ben")).toMatchObject({ permitted: true });
    await other.close();
  });
});
