import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { patchOp } from "../support/patchOp.js";
import { createTestIdp } from "../support/samlIdp.js";
import {
  send,
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { startProxy, type Proxy } from "./proxy.js";

/**
 * The database goes away while the server runs, and comes back. An identity provider that is told "not found" makes
 * duplicates, and one that is told "try again" tries again: so the answer is 503 with Retry-After, at every door.
 */
describeMySql("a database that goes away", () => {
  let proxy: Proxy;
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let ann: string;
  let crew: string;

  beforeAll(async () => {
    proxy = await startProxy(await freshDatabase("outage"));
    server = await startTestServer({ database: { url: proxy.url } });
    organisation = await server.organisation("acorn");
    const { entityId, certificate } = await createTestIdp();
    idp = await organisation.connection("entra", {
      saml: {
        idpEntityId: entityId,
        ssoUrl: "https://idp.example/sso",
        certificates: [certificate],
      },
    });
    await organisation.pool({ name: "support", capacity: 5 });
    ann = await created("/Users", { userName: "ann@acorn.example" });
    crew = await created("/Groups", { displayName: "Crew", members: [{ value: ann }] });
    await delivered();
  });

  afterAll(async () => {
    await proxy.mend().catch(() => undefined);
    await server.close();
    await proxy.close();
  });

  async function created(path: string, body: object): Promise<string> {
    const answer = await idp.scim("POST", path, body);
    expect(answer.status).toBe(201);
    return answer.body.id as string;
  }

  async function delivered(): Promise<void> {
    while ((await server.app.store.outbox.backlog()) > 0) {
      await new Promise((r) => setTimeout(r, 20));
    }
  }

  const removal = (id: string) => patchOp({ op: "remove", path: `members[value eq "${id}"]` });

  /** Every door, reading and writing. */
  function knock(): Promise<Record<string, Answer>> {
    const requests = {
      "SCIM: look a user up": idp.scim(
        "GET",
        `/Users?filter=${encodeURIComponent('userName eq "ann@acorn.example"')}`,
      ),
      "SCIM: read a user": idp.scim("GET", `/Users/${ann}`),
      "SCIM: read an unknown user": idp.scim("GET", "/Users/0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70"),
      "SCIM: create a user": idp.scim("POST", "/Users", { userName: "ben@acorn.example" }),
      "SCIM: deactivate a user": idp.scim(
        "PATCH",
        `/Users/${ann}`,
        patchOp({ op: "Replace", path: "active", value: "False" }),
      ),
      "SCIM: delete a user": idp.scim("DELETE", `/Users/${ann}`),
      "SCIM: remove a member": idp.scim("PATCH", `/Groups/${crew}`, removal(ann)),
      "SCIM: list groups": idp.scim("GET", "/Groups?excludedAttributes=members"),
      "SCIM: schemas": idp.scim("GET", "/Schemas"),
      "API: pools": organisation.api("GET", "/pools"),
      "API: an unknown pool": organisation.api("GET", "/pools/nothing"),
      "API: may she?": organisation.api("POST", "/seats/ask", { userId: ann, product: "support" }),
      "API: give": organisation.api("POST", `/users/${ann}/facts`, {
        kind: "role",
        name: "team-leader",
      }),
      "SAML: begin": send(
        `${server.url}/saml/${idp.connection.id}/login`,
        "GET",
        "",
        undefined,
        {},
      ),
      "SAML: answer": send(
        `${server.url}/saml/${idp.connection.id}/acs`,
        "POST",
        "",
        "SAMLResponse=PHg%2BPC94Pg%3D%3D",
        {
          "content-type": "application/x-www-form-urlencoded",
        },
      ),
      readiness: send(`${server.url}/readyz`, "GET", "", undefined, {}),
    };
    return settled(requests);
  }

  it("answers 503 with Retry-After at every door, never 404, and the process stays alive", async () => {
    const before = await readBooks(server.app, organisation.organisation.id);
    await proxy.cut();
    // Until then a connection's schemas, which need nothing else, are still shown.
    await credentialsForgotten();
    const answers = await knock();
    const alive = await send(`${server.url}/healthz`, "GET", "", undefined, {});
    await proxy.mend();

    expect(mapped(answers, ({ status }) => status)).toEqual(mapped(answers, () => 503));
    expect(mapped(answers, ({ headers }) => headers.get("retry-after"))).toEqual(
      mapped(answers, () => expect.stringMatching(/^[1-9]\d*$/)),
    );
    expect(alive.status).toBe(200);
    await recovered();
    expect(await readBooks(server.app, organisation.organisation.id)).toEqual(before);
  });

  it("goes on without a restart when the database is back", async () => {
    await proxy.cut();
    await knock();
    await proxy.mend();
    await recovered();

    const cora = await idp.scim("POST", "/Users", { userName: "cora@acorn.example" });
    expect(cora.status).toBe(201);
    expect((await idp.scim("GET", `/Users/${ann}`)).body).toMatchObject({ id: ann, active: true });
    expect((await organisation.api("GET", "/pools/support")).body).toMatchObject({ used: 2 });
    await delivered();
    expect(server.events.map(({ userId }) => userId)).toContain(cora.body.id);
  });

  it("keeps what was acknowledged, and nothing by halves, when it goes away again and again under load", async () => {
    const names = Array.from({ length: 90 }, (_, index) => `user${index}@acorn.example`);
    const acknowledged = new Map<string, string>();
    const statuses: number[] = [];
    const left = [...names];
    let trouble = Promise.resolve();
    const provision = async (): Promise<void> => {
      for (let userName = left.shift(); userName !== undefined; userName = left.shift()) {
        const { status, body } = await idp.scim("POST", "/Users", { userName });
        statuses.push(status);
        if (status === 201) acknowledged.set(userName, body.id as string);
        if (statuses.length % 25 === 10) trouble = trouble.then(cutInTheMiddle);
      }
    };
    const load = Promise.all(Array.from({ length: 6 }, provision));
    const cutInTheMiddle = async (): Promise<void> => {
      await Promise.race([proxy.sees("INSERT INTO outbox"), load]);
      await proxy.cut();
      await proxy.mend();
    };
    await load;
    await trouble;
    await recovered();

    expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);
    expect(statuses).toContain(503);
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const userName of names.filter((name) => !acknowledged.has(name))) {
      // 409: it was written although the answer got lost.
      expect([201, 409]).toContain((await idp.scim("POST", "/Users", { userName })).status);
    }
    const books = await readBooks(server.app, organisation.organisation.id);
    expectBalanced(books);
    const stored = new Map(books.users.map(({ id, userName }) => [userName, id]));
    expect(names.filter((name) => !stored.has(name))).toEqual([]);
    expect([...acknowledged].filter(([name, id]) => stored.get(name) !== id)).toEqual([]);
  });

  it("notices dead connections before it begins, so that nobody has to ask twice", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `forgotten${index}@acorn.example`);
    for (const userName of names) {
      proxy.forget();
      const { status, body } = await idp.scim("POST", "/Users", { userName });
      expect({ status, body }).toMatchObject({ status: 201, body: { userName } });
    }
  });

  async function credentialsForgotten(): Promise<void> {
    await new Promise((r) => setTimeout(r, 600));
  }

  /** A broken connection of the pool may show itself only when it is used. */
  async function recovered(): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { status } = await send(`${server.url}/readyz`, "GET", "", undefined, {});
      if (status === 200) return;
      if (Date.now() > deadline) throw new Error("the server did not recover");
      await new Promise((r) => setTimeout(r, 20));
    }
  }
});

async function settled(requests: Record<string, Promise<Answer>>): Promise<Record<string, Answer>> {
  const answers = await Promise.all(
    Object.entries(requests).map(async ([name, answer]) => [name, await answer] as const),
  );
  return Object.fromEntries(answers);
}

function mapped<T>(
  answers: Record<string, Answer>,
  pick: (answer: Answer) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, pick(answer)]));
}
