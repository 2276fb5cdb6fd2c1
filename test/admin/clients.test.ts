import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

const DAY = 86_400_000;
let world: World;
let connection: string;

beforeAll(async () => {
  world = await createWorld();
  connection = `/organisations/acme/connections/${world.okta.id}`;
});

afterAll(() => world.close());

const TRUST = {
  issuer: "https://login.microsoftonline.com/tenant",
  subject: "principal",
  audience: "application",
  jwksUrl: "https://login.windows.net/tenant/discovery/v2.0/keys",
};

describe("a token's rotation", () => {
  it("gives a new token and lets the old one end after the overlap; the list says which ends soon", async () => {
    const old = (await world.call("post", `${connection}/tokens`).send({ label: "Okta" })).body;
    const answer = await world
      .call("post", `${connection}/tokens/${old.publicId}/rotate`)
      .send({ overlap: "7d" });

    expect(answer.status).toBe(201);
    expect(answer.body.token).toMatch(/^sk_scim_/);
    expect(answer.body).toMatchObject({ label: "Okta", state: "active", expiresAt: null });
    expect(answer.body.replaced).toMatchObject({
      publicId: old.publicId,
      state: "expiring",
      expiresAt: new Date(world.clock.value + 7 * DAY).toISOString(),
    });
    const { items } = (await world.call("get", `${connection}/tokens`)).body;
    const states = items.map((each: any) => [each.publicId, each.state]);
    expect(states).toContainEqual([old.publicId, "expiring"]);
    expect(states).toContainEqual([answer.body.publicId, "active"]);
  });

  it("is refused for what has ended, for another's, and with a mistake in the time", async () => {
    const token = (await world.call("post", `${connection}/tokens`).send({ label: "x" })).body;
    const rotate = (path: string, body: object, by?: string) =>
      world.call("post", `${path}/${token.publicId}/rotate`, by).send(body);

    expect((await rotate(`${connection}/tokens`, { overlap: "soon" })).body.error).toMatchObject({
      code: "InvalidValue",
      field: "overlap",
    });
    expect((await rotate(`${connection}/tokens`, { overlap: "91d" })).status).toBe(400);
    expect((await rotate("/organisations/acme/tokens", {})).status).toBe(404);
    expect((await rotate(`${connection}/tokens`, {}, world.tokens.globex)).status).toBe(404);
    await world.call("delete", `${connection}/tokens/${token.publicId}`);
    expect((await rotate(`${connection}/tokens`, {})).status).toBe(404);
  });
});

describe("OAuth clients", () => {
  it("show a secret once, have several during a rotation, and are nobody else's", async () => {
    const made = await world.call("post", `${connection}/clients`).send({ label: "Entra" });
    expect(made.status).toBe(201);
    expect(made.body.secret).toMatch(/^sk_client_/);
    const client = `${connection}/clients/${made.body.id}`;
    const next = await world.call("post", `${client}/secrets`).send({ overlap: "12h" });
    expect(next.status).toBe(201);

    const list = await world.call("get", `${connection}/clients`);
    const found = list.body.items.find(({ id }: any) => id === made.body.id);
    expect(found.secrets.map(({ state }: any) => state)).toEqual(["expiring", "active"]);
    expect(list.text).not.toContain(made.body.secret.slice(-20));
    expect(list.text).not.toContain("hash");
    for (const [method, path] of [
      ["get", `${connection}/clients`],
      ["post", `${connection}/clients`],
      ["post", `${client}/secrets`],
      ["delete", client],
      ["put", `${connection}/trust`],
    ] as const) {
      const body = path.endsWith("trust") ? TRUST : path.endsWith("clients") ? { label: "x" } : {};
      const foreign = await world.call(method, path, world.tokens.globex).send(body);
      expect(foreign.status).toBe(404);
    }
    const elsewhere = path404(client);
    expect((await world.call("delete", elsewhere)).status).toBe(404);
    expect((await world.call("delete", `${client}/secrets/${next.body.publicId}`)).status).toBe(
      204,
    );
    expect((await world.call("delete", client)).status).toBe(204);
    expect((await world.call("post", `${client}/secrets`).send({})).status).toBe(404);
  });

  const path404 = (client: string) =>
    client.replace(world.okta.id, "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70");

  it("may have an issuer in place of a secret", async () => {
    const { status, body } = await world.call("put", `${connection}/trust`).send(TRUST);

    expect(status).toBe(200);
    expect(body).toMatchObject({ trust: TRUST, secrets: [], revokedAt: null });
    const rotate = world.call("post", `${connection}/clients/${body.id}/secrets`).send({});
    expect((await rotate).body.error.code).toBe("Conflict");
  });

  it.each([
    { jwksUrl: "http://idp.example/keys" },
    { jwksUrl: "https://user:pass@idp.example/keys" },
    { jwksUrl: "ldap://x" },
    { jwksUrl: "https://10.0.0.1/keys" },
    { jwksUrl: "https://0x7f.1/keys" },
    { jwksUrl: "https://169.254.169.254/keys" },
    { jwksUrl: "https://[::ffff:192.168.0.1]/keys" },
    { jwksUrl: "https://[fd00::1]/keys" },
    { jwksUrl: "http://127.0.0.1/keys" },
    { jwksUrl: "http://localhost/keys" },
    { jwksUrl: "https://localhost/keys" },
    { jwksUrl: "https://seats.localhost/keys" },
    { issuer: "" },
    { audience: undefined },
  ])("refuses a trust with %j, naming what is wrong", async (change) => {
    const answer = await world.call("put", `${connection}/trust`).send({ ...TRUST, ...change });

    expect(answer.status).toBe(400);
    expect(answer.body.error.field).toBe(Object.keys(change)[0]);
  });
});
