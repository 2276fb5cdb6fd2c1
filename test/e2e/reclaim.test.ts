import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Losing seats with what hangs on them, through HTTP, on the real databases. */

onEachDatabase("reclaim", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`reclaim-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
  });

  const create = async (userName: string): Promise<string> =>
    (await idp.scim("POST", "/Users", { userName, active: true })).body.id;
  const active = (value: boolean) => ({ Operations: [{ op: "replace", path: "active", value }] });
  const told = (type: string) =>
    server.events.filter((event) => event.type === type && ids.has(event.userId ?? ""));
  let ids = new Set<string>();
  const until = async (check: () => boolean | Promise<boolean>) => {
    for (let n = 0; n < 400 && !(await check()); n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  it("I23 and rule 80: an identity provider may deactivate whom others rely on, and it is said everywhere", async () => {
    const ann = await create("ann@acorn.example");
    ids = new Set([ann]);
    await organisation.api("PUT", "/resources/integration/salesforce", {
      ...{ userName: "ann@acorn.example", indispensable: true },
    });
    expect((await organisation.api("GET", "/warnings")).body.items).not.toContainEqual(
      expect.objectContaining({ warning: "ownerGone" }),
    );
    const answer = await idp.scim("PATCH", `/Users/${ann}`, active(false));
    expect([answer.status, answer.body.active]).toEqual([200, false]);
    await until(() => told("person.indispensable").length > 0);
    expect(told("person.indispensable")).toMatchObject([
      { data: { action: "deactivated", reliedOn: [{ kind: "integration", id: "salesforce" }] } },
    ]);
    const log = `/connections/${idp.connection.id}/log`;
    let effects: { warnings?: unknown } | null = null;
    await until(async () => {
      const { body } = await organisation.api("GET", log);
      const record = body.items.find((one: { method: string }) => one.method === "PATCH");
      effects = record?.effects ?? null;
      return effects !== null;
    });
    expect(effects).toMatchObject({ warnings: [{ userId: ann }] });
    expect((await organisation.api("GET", "/warnings")).body.items).toContainEqual(
      expect.objectContaining({ warning: "ownerGone" }),
    );
  });

  it("rules 84 and 86: a page goes off with the seat and is ready with the next one", async () => {
    await organisation.pool({ name: "desk", capacity: 1 });
    const ann = await create("ann@acorn.example");
    ids = new Set([ann]);
    const page = "/resources/page/interviews";
    const owner = { userId: ann, product: "support" };
    expect((await organisation.api("PUT", page, owner)).body.state).toBe("enabled");
    await idp.scim("PATCH", `/Users/${ann}`, active(false));
    expect((await organisation.api("GET", page)).body.state).toBe("disabled");
    await idp.scim("PATCH", `/Users/${ann}`, active(true));
    expect((await organisation.api("GET", page)).body.state).toBe("ready");
    expect((await organisation.api("POST", `${page}/enable`)).body.state).toBe("enabled");
    await idp.scim("DELETE", `/Users/${ann}`);
    expect((await organisation.api("GET", page)).body).toMatchObject({ userId: ann });
    await until(() => told("resources.lost").length === 2);
    expect(told("resources.lost").map(({ data }) => data["reason"])).toEqual([
      "deactivated",
      "deleted",
    ]);
  });

  it("Q19: a reduction whose day has come takes the seats of those who used them least, by itself", async () => {
    const policy = { undo: "ifFree" } as const;
    await organisation.pool({ name: "desk", capacity: 3, policy });
    const people = [];
    for (const name of ["ann", "bob", "cid"]) people.push(await create(`${name}@acorn.example`));
    const asked = { userId: people[2], product: "support" };
    await organisation.api("POST", "/seats/acquire", asked);
    const { store } = server.app;
    const pool = (await store.administration.findPool(organisation.organisation.id, "desk"))!;
    await store.reclaims.addContraction(
      {
        ...{ id: server.app.ids.next(), organisationId: pool.organisationId, poolId: pool.id },
        ...{ capacity: 1, at: store.clock.now(), state: "planned" },
        ...{ createdBy: "test", createdAt: store.clock.now() },
      },
      pool.version,
    );
    await until(async () => (await organisation.api("GET", "/pools/desk")).body.bar.active === 1);
    const { body } = await organisation.api("GET", "/pools/desk");
    expect(body).toMatchObject({ capacity: 1, used: 1, bar: { active: 1, excess: 0 } });
    const seats = (await organisation.api("GET", "/pools/desk/seats")).body.items;
    expect(seats.filter((seat: { state: string }) => seat.state === "active")).toMatchObject([
      { userId: people[2] },
    ]);
    const undo = { userId: people[0], product: "support" };
    expect((await organisation.api("POST", "/reclaims/undo", undo)).body.error.code).toBe(
      "PoolFull",
    );
    await idp.scim("DELETE", `/Users/${people[2]}`);
  });
});
