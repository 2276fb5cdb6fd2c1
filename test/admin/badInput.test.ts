import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

/** What looks like something and is nothing is refused with 400, never read as something else. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.close();
});

const ORG = "/organisations/acme";

describe("a number in an address", () => {
  it.each([
    "/users?limit=",
    "/users?limit=%20",
    "/users?limit=0x10",
    "/users?limit=1e1",
    "/users?limit=5.5",
    "/users?limit=%205",
    "/entries?after=",
    "/ledger?after=",
    "/waiting?product=support&limit=",
    "/advice?product=support&refusals=",
    "/advice?product=support&seats=",
  ])("is not what JavaScript takes for one: %s", async (path) => {
    expect([path, (await world.call("get", ORG + path)).status]).toEqual([path, 400]);
  });

  it("is what people write", async () => {
    expect((await world.call("get", `${ORG}/users?limit=20`)).status).toBe(200);
    expect((await world.call("get", `${ORG}/entries?after=0`)).status).toBe(200);
  });
});

describe("a name", () => {
  it("that objects cannot have is refused and not dropped in silence", async () => {
    const body = '{"products": {"__proto__": {"basis": "peak"}}}';
    const answer = await world.call("put", `${ORG}/billing`).type("json").send(body);
    expect([answer.status, (answer.body as { error: { field: string } }).error.field]).toEqual([
      400,
      "__proto__",
    ]);
  });

  it("of a tier stands once in a pool", async () => {
    const pool = { name: "P", product: "support", kind: "locked", capacity: 1 };
    const answer = await world
      .call("post", `${ORG}/pools`)
      .send({ ...pool, tiers: ["standard", "standard"] });
    expect([answer.status, (answer.body as { error: { field: string } }).error.field]).toEqual([
      400,
      "tiers",
    ]);
  });
});

describe("a sentence about a wrong value", () => {
  const pool = { product: "support", kind: "locked", capacity: 1, tiers: ["standard"] };

  it.each([
    ["pools", { ...pool, name: "P", priority: 5_000 }, "priority: At most 1000 is expected."],
    [
      "rules",
      {
        name: "r",
        match: { type: "groupName", name: "X", pattern: "Y" },
        gives: { roles: ["user"] },
      },
      "match.pattern: There is no such key. Known: type, name.",
    ],
    [
      "pools",
      { ...pool, name: "P", policy: { reservations: [{ grup: "A", group: "A", seats: 1 }] } },
      'policy.reservations[0].grup: There is no such key. Did you mean "group"?',
    ],
  ])("is for people, and points to what is possible there (%s)", async (where, body, says) => {
    const answer = await world.call("post", `${ORG}/${where}`).send(body);

    expect(answer.status).toBe(400);
    expect((answer.body as { error: { message: string } }).error.message).toBe(says);
  });
});

describe("a body without end in itself", () => {
  const deep = "[".repeat(5_000) + "]".repeat(5_000);

  it.each([
    ["post", `${ORG}/tokens`, `{"label":${deep}}`],
    ["post", `${ORG}/plans`, `{"type":${deep}}`],
    ["put", `${ORG}/billing`, `{"products":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`],
    ["post", `${ORG}/rules`, `{"name":"deep","when":${deep}}`],
  ] as const)("is refused and no failure of ours: %s %s", async (method, path, body) => {
    const answer = await world.call(method, path).type("json").send(body);
    const { error } = answer.body as { error: { code: string; message: string } };
    expect([answer.status, error.code]).toEqual([400, "InvalidSyntax"]);
    expect(JSON.stringify(error)).toContain("nested too deeply");
  });
});
