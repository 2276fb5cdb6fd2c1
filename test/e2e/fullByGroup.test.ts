import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Pools that do something else for the members of a group, and the time of the first take-over, through HTTP. */

onEachDatabase("lists by group, and when a seat can be taken over", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`by-group-${String((organisations += 1))}`);
    idp = await organisation.connection("okta");
  });

  const create = async (userName: string, active = true): Promise<string> => {
    const { status, body } = await idp.scim("POST", "/Users", { userName, active });
    expect(status).toBe(201);
    return String(body.id);
  };
  const activate = (id: string) =>
    idp.scim("PATCH", `/Users/${id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", value: { active: true } }],
    });
  const group = async (displayName: string, ...ids: string[]) => {
    const members = ids.map((value) => ({ value }));
    expect((await idp.scim("POST", "/Groups", { displayName, members })).status).toBe(201);
  };
  const ask = async (userName: string, what = "ask") =>
    organisation.api("POST", `/seats/${what}`, { userName, product: "support" });
  const policyOf = async () => {
    const { body } = await organisation.api("GET", "/pools/desk");
    return body.policy as Record<string, unknown>;
  };

  it("B3: gives leads a seat above what was bought, refuses interns over SCIM by name, and lets everybody else wait", async () => {
    const leads = { group: "Leads", onFull: ["overage", "wait"] } as const;
    const overage = { type: "absolute", seats: 1 } as const;
    await organisation.pool({
      name: "desk",
      capacity: 1,
      policy: { overage, onFullByGroup: [leads] },
    });
    const onFullByGroup = "Leads=overage+wait,interns=reject";
    const changed = await organisation.api("PATCH", "/pools/desk", { policy: { onFullByGroup } });
    expect(changed.status).toBe(200);
    expect((await policyOf())["onFullByGroup"]).toEqual([
      { group: "Leads", onFull: ["overage", "wait"] },
      { group: "interns", onFull: ["reject"] },
    ]);
    await create("ann");
    const [lea, ivy] = [await create("lea", false), await create("ivy", false)];
    await group("Leads", lea);
    await group("Interns", ivy);
    await create("ben");

    expect((await activate(lea)).status).toBe(200);
    const refused = await activate(ivy);

    expect(refused.status).toBe(403);
    expect(refused.body.detail).toMatch(/is set to refuse new people of the group "interns"\.$/);
    expect((await ask("lea")).body.permitted).toBe(true);
    expect((await ask("ben")).body).toMatchObject({ permitted: false, reason: "waiting" });
    const { body: who } = await organisation.api("GET", "/users/ben");
    expect(who.why[0].sentence).not.toContain("members of the group");
  });

  it("reads every form of the lists back as it takes them, and says what is wrong with others", async () => {
    await organisation.pool({ name: "desk", capacity: 1 });
    const set = (onFullByGroup: unknown, more: object = {}) =>
      organisation.api("PATCH", "/pools/desk", { policy: { onFullByGroup, ...more } });
    const odd = [{ group: 'Sales, "north" = all', onFull: [] }];
    for (const form of [odd, JSON.stringify(odd)]) {
      expect((await set(form)).status).toBe(200);
      expect((await policyOf())["onFullByGroup"]).toEqual(odd);
    }
    expect((await set("none")).status).toBe(200);
    expect((await policyOf())["onFullByGroup"]).toEqual([]);

    const wrong: [unknown, RegExp, object?][] = [
      ["Sales=wait,SALES=reject", /sales is named twice/],
      ["Sales=evictLru", /The list of Sales: Only a shared pool/],
      ["Sales=reject+wait", /The list of Sales: After reject nothing else/],
      ["Sales=overage", /The list of Sales: The step overage needs policy.overage/],
      ["Sales=queue", /onFullByGroup/],
      ["Sales", /onFullByGroup/],
      ["=wait", /onFullByGroup/],
      ["[oops", /onFullByGroup/],
      ["Sales=wait", /The last list is the same as onFull/],
      ["Sales=reject", /onFull has evictLru, for everybody or for a group/, { minHoldSeconds: 3 }],
    ];
    for (const [form, says, more] of wrong) {
      const { status, body } = await set(form, more);
      expect([form, status]).toEqual([form, 400]);
      expect(JSON.stringify(body)).toMatch(says);
    }
    expect((await policyOf())["onFullByGroup"]).toEqual([]);
  });

  it("B3: tells who waits for a shared seat the moment from which one can be taken over, wherever that person is shown", async () => {
    await organisation.pool({
      name: "desk",
      kind: "shared",
      capacity: 1,
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"], minHoldSeconds: 3_600 },
    });
    await create("ann");
    await create("ben");
    const { body: held } = await ask("ann", "acquire");
    const at = new Date(Date.parse(held.seat.grantedAt as string) + 3_600_000).toISOString();
    const says = /^The first seat can be taken over from .*\d\d:\d\d UTC on if nobody/;

    const acquired = await ask("ben", "acquire");
    expect(acquired.body).toMatchObject({ permitted: false, reason: "waiting", evictableAt: at });
    expect(acquired.body.evictableWords).toMatch(says);
    expect((await ask("ben")).body).toMatchObject({ evictableAt: at });
    const { body: list } = await organisation.api("GET", "/waiting?product=support");
    expect(list.items).toMatchObject([{ reason: "PoolFull", evictableAt: at }]);
    const { body: who } = await organisation.api("GET", "/users/ben");
    expect(who.waiting).toMatchObject([{ evictableAt: at }]);
    expect(who.why[0].sentence).toContain(acquired.body.evictableWords);
    expect((await ask("ann")).body).not.toHaveProperty("evictableAt");

    await organisation.api("PATCH", "/pools/desk", { policy: { minHoldSeconds: 0 } });
    const now = await ask("ben");
    expect(now.body.evictableWords).toBe("A seat can be taken over now, by signing in.");
    expect(Math.abs(Date.parse(now.body.evictableAt) - Date.now())).toBeLessThan(60_000);
    expect((await ask("ben", "acquire")).body.permitted).toBe(true);
  });

  it("tells it also to who has no place on a list, in the refusal", async () => {
    await organisation.pool({
      name: "desk",
      kind: "shared",
      capacity: 1,
      policy: { acquireOn: "signIn", onFull: ["evictLru"], minIdleSeconds: 7_200 },
    });
    await create("ann");
    await create("ben");
    await ask("ann", "acquire");

    const refused = await ask("ben", "acquire");

    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toMatch(
      /All seats are taken\. The first seat can be taken over from/,
    );
  });
});
