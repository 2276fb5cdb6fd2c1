import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Verifier } from "../../src/verify/verify.js";
import { createWorld, type World } from "./world.js";

/** Invitations over the API: secrets, tenants, time. What they do to seats is in test/domain/invitations.test.ts. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.call("post", "/organisations/acme/pools").send({
    ...{ name: "Licences", product: "support", tiers: ["standard"], kind: "locked", capacity: 9 },
    policy: { acquireOn: "invite", onFull: ["reject"] },
  });
});
afterAll(async () => {
  await world.close();
});

const PATH = "/organisations/acme/invitations";

interface Sent {
  readonly id: string;
  readonly secret: string;
}

async function sent(address: string, more: object = {}): Promise<Sent> {
  const body = { address, teams: ["sales"], pool: "Licences", ...more };
  const made = await world.call("post", PATH).send(body);
  expect(made.status).toBe(201);
  return made.body as Sent;
}

function accept(secret: string, body: object = {}) {
  return world.call("post", `${PATH}/accept`).send({ secret, ...body });
}

async function pending(): Promise<number> {
  const { body } = await world.call("get", "/organisations/acme/pools/Licences");
  return (body as { bar: { pending: number } }).bar.pending;
}

describe("invitations", () => {
  it("are sent, listed without secrets, and accepted by the account that the application names", async () => {
    const { id, secret } = await sent("kim@else.example");
    expect(secret).toMatch(/^sk_invite_/);
    const listed = await world.call("get", PATH);
    expect(listed.body).toMatchObject({ items: [{ id, state: "pending", user: null }] });
    expect(JSON.stringify(listed.body)).not.toContain(secret.slice(-20));

    const account = { userName: "kim", displayName: "Kim" };
    const done = await accept(secret, { account });
    expect(done.body).toMatchObject({ state: "accepted", user: account });
    const who = await world.call("get", "/organisations/acme/users/kim");
    expect(who.body).toMatchObject({ seats: [{ product: "support" }], facts: [{}, {}] });
    expect((await accept(secret, { account: { userName: "kim2" } })).status).toBe(409);
  });

  it("open with their whole secret only, in their own organisation only, and never as a token", async () => {
    const { secret } = await sent("sam@else.example");
    const account = { userName: "sam" };
    const wrong = secret.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const { token } = { token: world.tokens.acme };
    for (const other of [wrong, token, "", "x"]) {
      const answer = await accept(other, { account });
      expect([other.length, [400, 404]]).toEqual([
        other.length,
        expect.arrayContaining([answer.status]),
      ]);
    }
    const foreign = await world
      .call("post", "/organisations/globex/invitations/accept")
      .send({ secret, account });
    expect(foreign.status).toBe(404);
    expect((await world.call("get", "/whoami", secret)).status).toBe(401);
    expect((await accept(secret, { account })).status).toBe(200);
  });

  it("are declined by the invited, and end by themselves; the seat is free and nobody is left", async () => {
    const before = await pending();
    const first = await sent("lee@else.example");
    await sent("max@else.example", { expiresInDays: 1 });
    expect(await pending()).toBe(before + 2);
    const declined = await world.call("post", `${PATH}/decline`).send({ secret: first.secret });
    expect(declined.status).toBe(204);
    expect(await pending()).toBe(before + 1);

    world.clock.value += 86_400_000;
    await world.settle();
    expect(await pending()).toBe(before);
    const users = await world.store.insights.users(world.acme.id, { limit: 100 });
    expect(users.filter(({ userName }) => userName.includes("invitation"))).toEqual([]);
    const listed = (await world.call("get", PATH)).body as { items: { state: string }[] };
    expect(listed.items.slice(0, 2).map(({ state }) => state)).toEqual(["expired", "declined"]);
  });

  it("are accepted once even when two ask at the same moment", async () => {
    const { secret } = await sent("pat@else.example");
    const answers = await Promise.all([
      accept(secret, { account: { userName: "pat" } }),
      accept(secret, { account: { userName: "pat2" } }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("take no name that somebody has: the account is named by its id, or it is a new one", async () => {
    const { secret } = await sent("new@else.example");
    await world.addUser("taken@acme.example");
    const taken = await accept(secret, { account: { userName: "Taken@acme.example" } });
    expect(taken.body).toMatchObject({
      error: { field: "account.userName", message: expect.stringContaining("by its userId") },
    });
    expect(taken.status).toBe(409);
    expect((await accept(secret)).status).toBe(409);
    expect((await accept(secret, { account: { userName: "fresh" } })).status).toBe(200);
  });

  it("are taken over by SCIM of the connection that they name", async () => {
    const { id } = await sent("joe@acme.example", { connection: world.okta.id });
    const joe = await world.addUser("joe@acme.example");
    const { body } = await world.call("get", `/organisations/acme/users/${joe.id}`);
    expect(body).toMatchObject({ user: { externalId: null } });
    const listed = (await world.call("get", PATH)).body as {
      items: { id: string; state: string }[];
    };
    expect(listed.items.find((one) => one.id === id)).toMatchObject({
      state: "accepted",
      user: { id: joe.id },
    });
  });

  it("leave no address behind when the person is erased", async () => {
    const { secret } = await sent("gone@else.example");
    const done = await accept(secret, { account: { userName: "gone@else.example" } });
    const { id } = (done.body as { user: { id: string } }).user;
    const path = `/organisations/acme/users/${id}`;
    await world.call("delete", path).send({ userName: "gone@else.example" });

    const other = await sent("second.gone@else.example");
    const known = await world.addUser("known@acme.example");
    await accept(other.secret, { userId: known.id });
    const known2 = `/organisations/acme/users/${known.id}`;
    await world.call("delete", known2).send({ userName: "known@acme.example" });

    expect(JSON.stringify((await world.call("get", PATH)).body)).not.toContain("gone@else");
  });

  it("leave books that an independent verifier follows to the seats and counters that are stored", async () => {
    const { ledger } = world.store;
    const present = await ledger.standing(world.acme.id);
    const verifier = new Verifier({ present });
    const lines = await ledger.lines(world.acme.id, { after: 0, limit: 10_000 });
    for (const line of lines) verifier.add(line);

    expect(verifier.report()).toMatchObject({ fault: null, entries: present.sequence });
    const closed = lines.filter(({ kind }) => kind === "invitation.closed");
    expect(closed.length).toBeGreaterThan(5);
  });
});
