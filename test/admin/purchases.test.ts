import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

/** Rule 58, D2: more seats are bought by a request, and the pool changes only when it comes into force. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.call("post", "/organisations/acme/pools").send({
    ...{ name: "Support", product: "support", tiers: ["standard"], kind: "locked", capacity: 1 },
  });
});
afterAll(async () => {
  await world.close();
});

const PATH = "/organisations/acme/purchases";
const QUOTE = { amount: 12_050, currency: "EUR" };

interface Shown {
  readonly id: string;
  readonly version: number;
}

async function requested(seats = 2): Promise<Shown> {
  const made = await world.call("post", PATH, world.tokens.acme).send({ pool: "Support", seats });
  expect(made.status).toBe(201);
  return made.body as Shown;
}

function step(id: string, name: string, body: object = {}, token = world.tokens.operator) {
  return world.call("post", `${PATH}/${id}/${name}`, token).send(body);
}

async function capacity(): Promise<number> {
  const { body } = await world.call("get", "/organisations/acme/pools/Support");
  return (body as { capacity: number }).capacity;
}

async function bar(): Promise<Record<string, number>> {
  const { body } = await world.call("get", "/organisations/acme/pools/Support");
  return (body as { bar: Record<string, number> }).bar;
}

function stateOf({ body }: { body: unknown }): string {
  return (body as { state: string }).state;
}

describe("a purchase", () => {
  it("rule 58: goes from requested over quoted and approved into force; only then the pool has more seats", async () => {
    const own = world.tokens.acme;
    await world.addUser("first@acme.example");
    await world.addUser("second@acme.example");
    const { id } = await requested();
    expect([await capacity(), (await bar())["requested"]]).toEqual([1, 2]);
    const quoted = await step(id, "quote", QUOTE);
    expect(quoted.body).toMatchObject({ state: "quoted", quote: { ...QUOTE, note: null } });
    const { version } = quoted.body as Shown;
    expect(stateOf(await step(id, "approve", { version }, own))).toBe("approved");
    expect([await capacity(), (await bar())["requested"]]).toEqual([1, 2]);

    const done = await step(id, "in-force");
    expect(done.body).toMatchObject({
      state: "inForce",
      isOpen: false,
      steps: [
        { state: "requested" },
        { state: "quoted" },
        { state: "approved" },
        { state: "inForce" },
      ],
    });
    expect(await bar()).toMatchObject({ bought: 3, active: 2, unused: 1, requested: 0 });
  });

  it("comes into force on the day that was set, by itself, and whoever waits has the seats", async () => {
    const before = await capacity();
    const { id } = await requested(1);
    const { version } = (await step(id, "quote", QUOTE)).body as Shown;
    await step(id, "approve", { version }, world.tokens.acme);
    const at = new Date(world.clock.value + 86_400_000).toISOString();
    expect((await step(id, "in-force", { at })).body).toMatchObject({
      state: "approved",
      inForceAt: at,
    });
    await world.settle();
    expect(await capacity()).toBe(before);

    world.clock.value += 86_400_000;
    await world.settle();
    expect(await capacity()).toBe(before + 1);
    const { body } = await world.call("get", `${PATH}/${id}`);
    const { steps } = body as { steps: { at: string }[] };
    expect(body).toMatchObject({ state: "inForce", inForceAt: steps.at(-1)?.at });
  });

  it("does not come into force before today: a time that is over is refused, not taken for now", async () => {
    const before = await capacity();
    const { id } = await requested(1);
    const { version } = (await step(id, "quote", QUOTE)).body as Shown;
    await step(id, "approve", { version }, world.tokens.acme);
    for (const time of [world.clock.value, world.clock.value - 86_400_000, 0]) {
      const { status, body } = await step(id, "in-force", { at: new Date(time).toISOString() });
      expect([status, (body as { error: { field: string } }).error.field]).toEqual([400, "at"]);
    }
    expect(await capacity()).toBe(before);
    await step(id, "decline");
  });

  it("is each one's part: the vendor quotes and puts in force, the customer approves and withdraws", async () => {
    const own = world.tokens.acme;
    const { id } = await requested();
    for (const name of ["quote", "in-force", "decline"]) {
      expect([name, (await step(id, name, QUOTE, own)).status]).toEqual([name, 403]);
    }
    const { version } = (await step(id, "quote", QUOTE)).body as Shown;
    expect((await step(id, "approve", { version })).status).toBe(403);
    expect(stateOf(await step(id, "withdraw", {}, own))).toBe("withdrawn");
  });

  it("is approved as it was read: another quote meanwhile is another matter", async () => {
    const { id } = await requested();
    const { version } = (await step(id, "quote", QUOTE)).body as Shown;
    await step(id, "quote", { ...QUOTE, amount: 99_999 });

    expect((await step(id, "approve", { version }, world.tokens.acme)).status).toBe(412);
    const { body } = await world.call("get", `${PATH}/${id}`);
    expect(body).toMatchObject({ state: "quoted", quote: { amount: 99_999 } });
    expect((await step(id, "decline")).status).toBe(200);
  });

  it.each([
    ["approve", { version: 1 }, 409],
    ["in-force", {}, 409],
  ])("has no step out of turn: %s", async (name, body, status) => {
    const { id } = await requested();
    const token = name === "approve" ? world.tokens.acme : world.tokens.operator;
    expect((await step(id, name, body, token)).status).toBe(status);
    await step(id, "decline");
    expect((await step(id, "quote", QUOTE)).status).toBe(409);
  });

  it.each([
    [{ seats: 0 }, "seats"],
    [{ seats: 1.5 }, "seats"],
    [{ seats: 5, pool: "None" }, "pool"],
  ])("is refused that asks for nothing that can be had: %j", async (body, field) => {
    const answer = await world.call("post", PATH).send({ pool: "Support", ...body });
    expect([answer.status, (answer.body as { error: { field: string } }).error.field]).toEqual([
      400,
      field,
    ]);
  });

  it.each([{ amount: 10.5 }, { amount: -1 }, { currency: "XXZ" }, { currency: "eur" }])(
    "has its price in whole minor units of a currency that there is: %j",
    async (wrong) => {
      const { id } = await requested();
      expect((await step(id, "quote", { ...QUOTE, ...wrong })).status).toBe(400);
      await step(id, "decline");
    },
  );

  it("tells the vendor at once, in order, and says in the ledger who did what", async () => {
    const { id } = await requested(7);
    await step(id, "quote", QUOTE);
    const events = await world.store.outbox.claim(world.clock.value + 1, 500, world.clock.value);
    const first = events.filter(({ data }) => data["purchaseId"] === id);
    expect(first).toMatchObject([
      { type: "purchase.requested", data: { seats: 7, state: "requested", pool: "Support" } },
    ]);
    const { body } = await world.call(
      "get",
      "/organisations/acme/entries?newestFirst=true&limit=2",
    );
    expect(body).toMatchObject({
      items: [
        {
          kind: "purchase.changed",
          reason: "quoted",
          details: { amount: 12_050, currency: "EUR" },
        },
        { kind: "purchase.changed", reason: "requested", details: { purchaseId: id, seats: 7 } },
      ],
    });
    await step(id, "decline");
  });

  it("of another organisation does not exist", async () => {
    const { id } = await requested();
    expect((await world.call("get", `${PATH}/${id}`, world.tokens.globex)).status).toBe(404);
    const foreign = `/organisations/globex/purchases/${id}`;
    expect((await world.call("get", foreign)).status).toBe(404);
    expect((await world.call("post", `${foreign}/quote`).send(QUOTE)).status).toBe(404);
    await step(id, "decline");
  });
});
