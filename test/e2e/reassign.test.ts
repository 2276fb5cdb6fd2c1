import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken } from "../../src/actions/administer.js";
import type { Bar } from "../../src/domain/pools/bar.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** X9: licences that may change hands only so often, as an administrator and an identity provider see them. */

/** Far above what it takes; a machine that is busy must not fail the test. */
const PATIENCE_MS = 20_000;
const POLL_MS = 25;
const INTERVAL_S = 3;

onEachDatabase("a licence that may change hands only so often", (freshDatabaseUrl) => {
  let server: TestServer;
  let token: string;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let ids: Map<string, string>;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    const everywhere = { organisationId: null, connectionId: null };
    const asked = { kind: "api", ...everywhere, label: "operator" } as const;
    ({ token } = await issueToken(server.app.administer, asked));
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`reassign-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
    ids = new Map();
  });

  async function create(...names: string[]): Promise<void> {
    for (const userName of names) {
      const { body } = await idp.scim("POST", "/Users", { userName, active: true });
      ids.set(userName, body.id as string);
    }
  }

  /** Who may say what was bought. */
  const operator = (method: string, path: string, body?: object) => {
    const { slug } = organisation.organisation;
    return send(`${server.url}/api/v1/organisations/${slug}${path}`, method, token, body);
  };

  const api = async (method: string, path: string, body?: object) =>
    (await organisation.api(method, path, body)).body;

  const setActive = (name: string, value: boolean) =>
    idp.scim("PATCH", `/Users/${ids.get(name) ?? ""}`, {
      Operations: [{ op: "replace", path: "active", value }],
    });

  const isIn = async (userName: string) =>
    (await api("POST", "/seats/ask", { userName, product: "support" })).permitted as boolean;

  async function expectBar(expected: object): Promise<void> {
    const { bar } = await api("GET", "/pools/desk");
    expect(bar).toMatchObject(expected);
    const { bought, overage, excess, active, pending, grace, unassigned, unused } = bar as Bar;
    expect(bought + overage + excess).toBe(active + pending + grace + unassigned + unused);
  }

  async function served(name: string): Promise<number> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await isIn(name)) && Date.now() < end) await sleep(POLL_MS);
    expect(await isIn(name)).toBe(true);
    return Date.now();
  }

  const pool = (seconds: number, more: object = {}) =>
    organisation.pool({
      name: "desk",
      capacity: 1,
      policy: { minReassignSeconds: seconds, ...more },
    });

  it("is kept for the same person, who gets it back with its old date, and is served to who waits when the time has come", async () => {
    await pool(INTERVAL_S);
    await create("ann", "ben");
    const granted = Date.parse((await api("GET", "/users/ann")).seats[0].grantedAt as string);

    await setActive("ann", false);
    expect(await isIn("ben")).toBe(false);
    await expectBar({ bought: 1, active: 0, unassigned: 1, unused: 0 });
    await setActive("ann", true);
    const [back] = (await api("GET", "/users/ann")).seats;
    expect(Date.parse(back.grantedAt as string)).toBe(granted);
    await setActive("ann", false);

    const at = await served("ben");
    expect(at).toBeGreaterThanOrEqual(granted + INTERVAL_S * 1_000);
    expect(await isIn("ann")).toBe(false);
    await expectBar({ bought: 1, active: 1, unassigned: 0, unused: 0 });
    const { items } = await api("GET", `/entries?userId=${ids.get("ann") ?? ""}`);
    expect(items.map(({ reason, delta }: any) => `${reason} ${delta}`).slice(-1)).toEqual([
      "reassignable -1",
    ]);
  });

  it("says to the administrator, to the identity provider and about who waits until when it is kept, and why", async () => {
    await pool(90 * 86_400);
    await create("ann", "ben");
    await organisation.api("POST", "/users/ann/facts", { kind: "exclusion", name: "support" });

    const { items } = await api("GET", "/pools/desk/seats");
    const until = items[0].boundUntil as string;
    expect(items).toMatchObject([{ userId: ids.get("ann"), state: "parked" }]);
    const ann = await api("GET", "/users/ann");
    expect(ann.kept).toMatchObject([{ state: "parked", boundUntil: until }]);
    const day = until.slice(0, 16).replace("T", " ");
    const because = "because such a licence changes hands only every 90 days.";
    expect(ann.why[0].sentence).toContain(
      `The place in the pool "desk" is kept for ann until ${day} UTC, ${because}`,
    );
    const ben = await api("GET", "/users/ben");
    expect(ben.why[0].sentence).toContain(
      `In the pool "desk" 1 seat is kept for who had it, until ${day} UTC, ${because}`,
    );
    const { body: shown } = await idp.scim("GET", `/Users/${ids.get("ann") ?? ""}`);
    expect(shown[SEAT_URN].seats[0].reason).toContain(`until ${day} UTC, ${because}`);
  });

  it("I13: is free at once when the account is deleted, or when the policy does not ask for it any more", async () => {
    await pool(90 * 86_400);
    await create("ann", "ben", "cem");
    await idp.scim("DELETE", `/Users/${ids.get("ann") ?? ""}`);
    expect(await isIn("ben")).toBe(true);

    await setActive("ben", false);
    expect(await isIn("cem")).toBe(false);
    await api("PATCH", "/pools/desk", { policy: { minReassignSeconds: 0 } });
    await served("cem");
  });

  it.each([
    [{ kind: "shared", policy: { minReassignSeconds: 60 } }, "policy.minReassignSeconds"],
    [{ kind: "concurrent", policy: { minReassignSeconds: 60 } }, "policy.minReassignSeconds"],
    [{ kind: "locked", policy: { minReassignSeconds: -1 } }, "policy.minReassignSeconds"],
    [{ kind: "locked", policy: { releaseOn: [] } }, "policy.releaseOn"],
    [{ kind: "locked", policy: { releaseOn: "unassign" } }, "policy.releaseOn"],
    [{ kind: "locked", policy: { releaseOn: "delete,vanish" } }, "policy.releaseOn[1]"],
    [{ kind: "locked", policy: { releaseOn: "delete,evict" } }, "policy.releaseOn"],
  ])("refuses what cannot be: %j", async (asked, field) => {
    const about = { product: "support", tiers: ["standard"], capacity: 1 };

    const { status, body } = await operator("POST", "/pools", {
      ...{ name: "desk", ...about },
      ...asked,
    });

    expect({ status, ...body.error }).toMatchObject({ status: 400, code: "InvalidValue", field });
  });

  it("X1: a pool whose seats only the deletion of the account frees is asked for in one list, and read back as it was sent", async () => {
    await organisation.pool({ name: "desk", capacity: 1, policy: { releaseOn: ["delete"] } });
    const { policy } = await api("GET", "/pools/desk");
    expect(policy).toMatchObject({
      releaseOn: ["delete"],
      parkedConsumes: true,
      suspendedConsumes: true,
    });
    const again = await operator("PATCH", "/pools/desk", { policy });
    expect(again.status).toBe(200);
    expect(again.body.policy).toEqual(policy);
    await create("ann", "ben");

    await setActive("ann", false);
    expect(await isIn("ben")).toBe(false);
    await idp.scim("DELETE", `/Users/${ids.get("ann") ?? ""}`);
    await served("ben");

    const both = { ...policy, parkedConsumes: false };
    const refused = await operator("PATCH", "/pools/desk", { policy: both });
    expect(refused.status).toBe(400);
    expect(refused.body.error.sentence ?? refused.body.error.message).toMatch(
      /policy\.parkedConsumes is false, but policy\.releaseOn leaves out unassign/,
    );
  });
});
