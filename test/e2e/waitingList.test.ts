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
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
      const answer = await ask(userName);
      if (answer.permitted === true || Date.now() > end) return answer;
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
