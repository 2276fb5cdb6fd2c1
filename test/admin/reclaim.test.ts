import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

const ORG = "/organisations/acme";
const DAY = 86_400_000;
const PRODUCT = "support";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

async function pool(policy: object = {}, capacity = 2): Promise<void> {
  const input = { name: "Desk", product: PRODUCT, tiers: ["standard"], kind: "locked", capacity };
  const answer = await world.call("post", `${ORG}/pools`).send({ ...input, policy });
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
}

const RECLAIMS = {
  ...{ idleDays: 30, neverUsedDays: 30, idleAction: "reclaim", remindDays: 0, answerDays: 10 },
  ...{ graceDays: 5, undo: "guaranteed" },
};

async function days(count: number): Promise<void> {
  world.clock.value += count * DAY;
  for (let round = 0; round < 4; round += 1) await world.settle();
}

const get = async (path: string) => (await world.call("get", `${ORG}${path}`)).body;
const post = (path: string, body: object) => world.call("post", `${ORG}${path}`).send(body);

describe("reclaims", () => {
  it("are refused as a policy while nobody has chosen what an undo is", async () => {
    const input = { name: "Desk", product: PRODUCT, tiers: ["standard"], kind: "locked" };
    const policy = { idleDays: 30, idleAction: "reclaim" };
    const { status, body } = await post("/pools", { ...input, capacity: 1, policy });
    expect([status, body.error.field]).toEqual([400, "policy.undo"]);
    expect(body.error.message).toContain("cannot be free at once");
  });

  it("show who was asked and until when, take the answer, count down, and give the seat back", async () => {
    await pool(RECLAIMS);
    const ann = await world.addUser("ann");
    await world.addUser("bob");
    await days(31);
    const asked = await get("/reclaims");
    expect(asked.items).toHaveLength(2);
    expect(asked.items[0]).toMatchObject({
      userId: ann.id,
      reclaim: { state: "asked", until: "2026-04-11T12:00:00.000Z", action: "reclaim" },
    });

    const kept = await post("/reclaims/answer", {
      ...{ userName: "bob", product: PRODUCT, answer: "keep" },
    });
    expect([kept.status, kept.body.seat.reclaim.state]).toEqual([200, null]);
    await days(10);
    const going = await get("/reclaims");
    expect(going.items).toMatchObject([
      { userId: ann.id, state: "grace", reclaim: { until: "2026-04-16T12:00:00.000Z" } },
    ]);
    const { why } = await get("/users/ann");
    expect(why[0].sentence).toContain("taken back on 2026-04-16, because nobody used it");

    const undone = await post("/reclaims/undo", { userId: ann.id, product: PRODUCT });
    expect([undone.status, undone.body.seat.state]).toEqual([200, "active"]);
    await days(20);
    expect((await get("/pools/Desk")).bar).toMatchObject({ active: 2, grace: 0 });
    const again = await post("/reclaims/undo", { userId: ann.id, product: PRODUCT });
    expect([again.status, again.body.error.code]).toEqual([409, "Conflict"]);
  });

  it("show nobody as asked who has used the seat since, also before the next look finds that out", async () => {
    await pool({ ...RECLAIMS, remindDays: 2 });
    const ann = await world.addUser("ann");
    const bob = await world.addUser("bob");
    await days(31);
    await days(3);
    expect((await get("/reclaims")).items).toMatchObject([
      { userId: ann.id, reclaim: { state: "asked", remindedAt: "2026-04-04T12:00:00.000Z" } },
      { userId: bob.id },
    ]);

    await post("/seats/acquire", { userName: "ann", product: PRODUCT });

    expect((await get("/reclaims")).items).toMatchObject([{ userId: bob.id }]);
    expect((await get("/reclaims?limit=1")).items).toMatchObject([{ userId: bob.id }]);
  });

  it("say after the window why there is no seat, and give it up when asked to", async () => {
    await pool(RECLAIMS);
    await world.addUser("ann");
    await world.addUser("bob");
    await days(31);
    await post("/reclaims/answer", { userName: "bob", product: PRODUCT, answer: "giveUp" });
    await days(11);
    await days(6);
    const sentences = await Promise.all(
      ["ann", "bob"].map(async (name) => (await get(`/users/${name}`)).why[0].sentence),
    );
    expect(sentences[0]).toContain("was taken back for want of use; the next use gives one again");
    expect(sentences[1]).toContain("was given up");
    const used = await post("/seats/acquire", { userName: "ann", product: PRODUCT });
    expect(used.body.permitted).toBe(true);
  });

  it("leave those alone who are exempt, and list and end exemptions", async () => {
    await pool(RECLAIMS);
    const ann = await world.addUser("ann");
    const bob = await world.addUser("bob");
    const group = await world.addGroup("Seasonal", [bob]);
    const made = await post("/reclaims/exemptions", {
      ...{ userName: "ann", until: "2026-06-01", reason: "parental leave" },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ userId: ann.id, until: "2026-06-01T00:00:00.000Z" });
    expect((await post("/reclaims/exemptions", { group, reason: "season" })).status).toBe(201);
    await days(40);
    expect((await get("/reclaims")).items).toEqual([]);
    const { items } = await get("/reclaims/exemptions");
    expect(items).toHaveLength(2);
    const path = `${ORG}/reclaims/exemptions/${items[1].id}`;
    expect((await world.call("delete", path, world.tokens.globex)).status).toBe(404);
    expect((await world.call("delete", path)).status).toBe(204);
    expect((await world.call("delete", path)).status).toBe(404);
  });

  it.each([
    ["/reclaims/answer", { userName: "ann", product: PRODUCT, answer: "maybe" }, 400],
    ["/reclaims/answer", { userName: "nobody", product: PRODUCT, answer: "keep" }, 404],
    ["/reclaims/answer", { userName: "ann", product: "supprt", answer: "keep" }, 400],
    ["/reclaims/answer", { product: PRODUCT, answer: "keep" }, 400],
    ["/reclaims/undo", { userName: "ann", userId: "x", product: PRODUCT }, 400],
    ["/reclaims/exemptions", { reason: "x" }, 400],
    ["/reclaims/exemptions", { group: "nobody", reason: "x" }, 400],
    ["/reclaims/exemptions", { userName: "ann", until: "soon", reason: "x" }, 400],
    ["/reclaims/exemptions", { userName: "ann", until: "2020-01-01", reason: "x" }, 400],
    ["/pools/Desk/contractions", { capacity: 2, at: "2027-01-01" }, 400],
    ["/pools/Desk/contractions", { capacity: 1, at: "2020-01-01" }, 400],
    ["/pools/Desk/contractions", { capacity: -1, at: "2027-01-01" }, 400],
    ["/pools/None/contractions", { capacity: 1, at: "2027-01-01" }, 404],
  ])("refuse %s %j with %d", async (path, body, status) => {
    await pool(RECLAIMS);
    await world.addUser("ann");
    expect((await post(path, body)).status).toBe(status);
  });
});

describe("contractions", () => {
  const at = "2026-03-11T12:00:00Z";

  it("are an operator's, show who would have to go, and happen on their day", async () => {
    await pool({ undo: "guaranteed", graceDays: 3 });
    const ann = await world.addUser("ann");
    await world.addUser("bob");
    await post("/seats/acquire", { userName: "bob", product: PRODUCT });
    const path = "/pools/Desk/contractions";
    const own = await world
      .call("post", `${ORG}${path}`, world.tokens.acme)
      .send({ capacity: 1, at });
    expect(own.status).toBe(403);
    const made = await post(path, { capacity: 1, at });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ capacity: 1, state: "planned", plan: { excess: 1 } });
    expect(made.body.plan.first).toMatchObject([{ userId: ann.id, pinned: false }]);

    await days(10);
    const { items, going } = await get(path);
    expect(items).toMatchObject([{ state: "done", plan: null }]);
    expect(going).toMatchObject([{ userId: ann.id, reclaim: { reason: "contracted" } }]);
    expect((await get("/pools/Desk")).bar).toMatchObject({
      ...{ bought: 1, active: 1, grace: 1, excess: 1, overage: 0 },
    });
    await days(3);
    expect((await get("/pools/Desk")).bar).toMatchObject({ bought: 1, active: 1, excess: 0 });
  });

  it("need the choice of an undo first, and can be called off", async () => {
    await pool();
    const path = "/pools/Desk/contractions";
    const refused = await post(path, { capacity: 1, at });
    expect([refused.status, refused.body.error.field]).toEqual([409, "policy.undo"]);
    const policy = { undo: "ifFree" };
    await world.call("patch", `${ORG}/pools/Desk`).send({ policy });
    const { id } = (await post(path, { capacity: 1, at })).body;
    expect((await world.call("delete", `${ORG}${path}/${id}`)).status).toBe(204);
    await days(20);
    expect((await get("/pools/Desk")).capacity).toBe(2);
  });

  it("D2: take as many as each of them says, also where one comes when the windows of the one before end", async () => {
    await pool({ undo: "guaranteed", graceDays: 7 }, 4);
    for (const name of ["ann", "bob", "cid", "dan"]) await world.addUser(name);
    const path = "/pools/Desk/contractions";
    await post(path, { capacity: 3, at: "2026-03-10T12:00:00Z" });
    await post(path, { capacity: 2, at: "2026-03-17T12:00:00Z" });
    await days(9);
    expect((await get("/pools/Desk")).bar).toMatchObject({ active: 3, grace: 1, excess: 1 });
    await days(7);
    expect((await get("/pools/Desk")).bar).toMatchObject({ active: 2, grace: 1, excess: 1 });
    await days(7);
    expect((await get("/pools/Desk")).bar).toMatchObject({ active: 2, grace: 0, excess: 0 });
  });

  it("I18: give one of two the seat back when one place has come back", async () => {
    await pool({ undo: "guaranteed", graceDays: 3 }, 3);
    for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
    await post("/pools/Desk/contractions", { capacity: 1, at });
    await days(10);
    const undo = async (userName: string) =>
      (await post("/reclaims/undo", { userName, product: PRODUCT })).status;
    expect(await undo("bob")).toBe(409);
    await post("/reclaims/answer", { userName: "cid", product: PRODUCT, answer: "giveUp" });
    expect([await undo("bob"), await undo("ann")]).toEqual([200, 409]);
    await days(3);
    expect((await get("/pools/Desk")).bar).toMatchObject({ active: 1, grace: 0, excess: 0 });
  });

  it("rule 71: take the right to buy seats by itself back to the same number, and say so before to who plans none at all", async () => {
    await pool({ undo: "ifFree", onFull: "autoscale,wait", autoscaleMax: 5 });
    for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
    const path = "/pools/Desk/contractions";
    const refused = await post(path, { capacity: 0, at });
    expect([refused.status, refused.body.error.field]).toEqual([400, "capacity"]);
    await post(path, { capacity: 1, at });
    await days(20);
    const { capacity, used, policy } = await get("/pools/Desk");
    expect([capacity, used, policy.autoscaleMax]).toEqual([1, 1, 1]);
    const change = { policy: { ageingSeconds: 60 } };
    expect((await world.call("patch", `${ORG}/pools/Desk`).send(change)).status).toBe(200);
  });

  it("are told in the time zone of the organisation, to who looks at the pool, who buys and who is refused", async () => {
    await pool({ undo: "ifFree" }, 10);
    await world.call("put", `${ORG}/billing`).send({ timeZone: "Pacific/Auckland" });
    await post("/pools/Desk/contractions", { capacity: 3, at: "2026-03-15T12:00:00Z" });
    const then = "2026-03-16 01:00 (Pacific/Auckland)";

    const asked = { pool: "Desk", seats: 5 };
    const bought = await world.call("post", `${ORG}/purchases`, world.tokens.acme).send(asked);
    for (const { contractions } of [bought.body, await get("/pools/Desk")]) {
      expect(contractions[0].sentence).toContain(`From ${then} on the pool has at most 3 seats`);
    }
    const change = { policy: { reservations: "Sales=5" } };
    const refused = await world.call("patch", `${ORG}/pools/Desk`).send(change);
    expect(refused.body.error.message).toContain(`From ${then} on there are only 3 seats`);
  });

  it("I11: and reservations are held against each other, whichever comes first", async () => {
    await pool({ undo: "ifFree" }, 10);
    const path = "/pools/Desk/contractions";
    const reserve = async (reservations: string) =>
      world.call("patch", `${ORG}/pools/Desk`).send({ policy: { reservations } });
    const { id } = (await post(path, { capacity: 3, at })).body;
    const refused = await reserve("Sales=5");
    expect([refused.status, refused.body.error]).toMatchObject([
      400,
      { field: "policy.reservations", message: expect.stringContaining("only 3 seats") },
    ]);
    expect((await reserve("Sales=3")).status).toBe(200);
    await world.call("delete", `${ORG}${path}/${id}`);
    expect((await reserve("Sales=5")).status).toBe(200);
    expect((await post(path, { capacity: 3, at })).status).toBe(400);
    expect((await post(path, { capacity: 5, at })).status).toBe(201);
    await days(20);
    const change = { policy: { ageingSeconds: 60 } };
    expect((await world.call("patch", `${ORG}/pools/Desk`).send(change)).status).toBe(200);
  });

  it("I11: of a reduction and a reservation at the same moment that do not go together, one is refused", async () => {
    await pool({ undo: "ifFree" }, 10);
    for (let round = 0; round < 5; round += 1) {
      const [made, changed] = await Promise.all([
        post("/pools/Desk/contractions", { capacity: 3, at }),
        world.call("patch", `${ORG}/pools/Desk`).send({ policy: { reservations: "Sales=5" } }),
      ]);
      expect([made.status, changed.status].filter((status) => status === 400)).toHaveLength(1);
      if (made.status === 201) {
        await world.call("delete", `${ORG}/pools/Desk/contractions/${String(made.body.id)}`);
      } else {
        await world.call("patch", `${ORG}/pools/Desk`).send({ policy: { reservations: "none" } });
      }
    }
  });

  it("rule 58: stay what they are when more is bought before, and everybody who looks or buys is told so", async () => {
    await pool({ undo: "ifFree" }, 10);
    const path = "/pools/Desk/contractions";
    const { id, plan } = (await post(path, { capacity: 8, at })).body;
    expect(plan.from).toBe(10);
    const asked = { pool: "Desk", seats: 5 };
    const bought = (await world.call("post", `${ORG}/purchases`, world.tokens.acme).send(asked))
      .body;
    const step = `/purchases/${String(bought.id)}`;
    await post(`${step}/quote`, { amount: 100, currency: "USD" });
    await world.call("post", `${ORG}${step}/approve`, world.tokens.acme).send({ version: 2 });
    const inForce = (await post(`${step}/in-force`, {})).body;
    const told = [{ id, capacity: 8, sentence: expect.stringContaining("at most 8 seats") }];
    for (const shown of [bought, inForce, await get(step), await get("/pools/Desk")]) {
      expect(shown.contractions).toMatchObject(told);
    }
    const raised = await world.call("patch", `${ORG}/pools/Desk`).send({ capacity: 16 });
    expect(raised.body.contractions).toMatchObject(told);
    expect((await get(path)).items).toMatchObject([{ capacity: 8, plan: { from: 16 } }]);
    await days(20);
    expect(await get("/pools/Desk")).toMatchObject({ capacity: 8, contractions: [] });
  });

  it("D2: what is left above a lowered capacity is not charged as an overage", async () => {
    await pool({ undo: "guaranteed", graceDays: 30 });
    for (const name of ["ann", "bob"]) await world.addUser(name);
    await post("/pools/Desk/contractions", { capacity: 1, at });
    await days(11);
    expect((await get("/pools/Desk")).bar.excess).toBe(1);
    const agreed = {
      products: { support: { basis: "purchased" } },
      pools: { Desk: { pricePerMonth: 3_100 } },
    };
    await world.call("put", `${ORG}/billing`).send(agreed);
    const { lines } = await get("/invoices/preview?from=2026-03-01&to=2026-04-01");
    expect(lines.map((line: { kind: string }) => line.kind)).toEqual(["bought", "bought"]);
    expect(lines.map((line: { quantity: number }) => line.quantity)).toEqual([2, 1]);
  });
});

describe("a time or a name that means nothing", () => {
  it.each([
    ["/reclaims/exemptions", { userName: "ann", reason: "x", until: "2026-13-45" }, "until"],
    ["/pools/Desk/contractions", { capacity: 1, at: "soon" }, "at"],
  ])("is refused with an example of what is expected: %s %j", async (path, body, field) => {
    await pool(RECLAIMS);
    await world.addUser("ann");
    const { error } = (await post(path, body)).body;
    expect(error).toMatchObject({
      field,
      message: expect.stringContaining("2026-03-01T12:00:00Z"),
    });
  });

  it("is refused by its own field: a product nobody sells", async () => {
    await world.addUser("ann");
    for (const path of ["/seats/ask", "/seats/acquire", "/reclaims/undo"]) {
      const { error } = (await post(path, { userName: "ann", product: "supprt" })).body;
      expect([path, error.field]).toEqual([path, "product"]);
    }
  });

  it.each(["create", "change", "plan"])(
    "is refused as the heir of what hangs on a seat, instead of switching all of it off when that day comes: %s",
    async (way) => {
      const ann = await world.addUser("ann");
      const gone = await world.addUser("gone");
      await world.call("delete", `${ORG}/users/gone`).send({ userName: "gone" });
      const shape = { name: "Heirs", product: PRODUCT, tiers: ["standard"], kind: "locked" };
      const ask = async (transferTo: string) => {
        const policy = { onUnassign: "transfer", transferTo };
        if (way === "create") return post("/pools", { ...shape, capacity: 1, policy });
        const change = { policy };
        return way === "change"
          ? world.call("patch", `${ORG}/pools/Heirs`).send(change)
          : post("/plans", { type: "pool", pool: "Heirs", change });
      };
      if (way !== "create") await post("/pools", { ...shape, capacity: 1 });
      for (const nobody of ["nobody", "ann@elsewhere.example", gone.id, "x".repeat(900)]) {
        const { status, body } = await ask(nobody);
        expect([status, body.error?.field]).toEqual([400, "policy.transferTo"]);
      }
      // Plans are not made in this world.
      if (way === "plan") return;
      // By name, and kept as the id.
      expect((await ask("ANN")).status).toBeLessThan(300);
      expect((await get("/pools/Heirs")).policy.transferTo).toBe(ann.id);
    },
  );
});

describe("resources", () => {
  const put = (path: string, body: object) => world.call("put", `${ORG}${path}`).send(body);
  const page = "/resources/page/interviews";

  it("are registered, disabled with their owner's seat, ready with the next, and enabled by hand", async () => {
    await pool();
    await world.addUser("ann");
    const made = await put(page, { userName: "ann", product: PRODUCT });
    expect([made.status, made.body.state]).toEqual([201, "enabled"]);
    expect((await put(page, { userName: "ann", product: PRODUCT })).status).toBe(200);
    await post("/users/ann/facts", { kind: "exclusion", name: PRODUCT });
    expect((await get(page)).state).toBe("disabled");
    expect((await post(`${page}/enable`, {})).status).toBe(409);
    await world.call("delete", `${ORG}/users/ann/facts`).send({ kind: "exclusion", name: PRODUCT });
    expect((await get(page)).state).toBe("ready");
    expect((await post(`${page}/enable`, {})).body.state).toBe("enabled");
    expect((await post(`${page}/disable`, {})).body.state).toBe("ready");
    const { items } = await get("/resources?owner=ann");
    expect(items).toMatchObject([{ kind: "page", id: "interviews" }]);
    expect((await world.call("delete", `${ORG}${page}`)).status).toBe(204);
    expect((await world.call("get", `${ORG}${page}`)).status).toBe(404);
  });

  it("come in pages, and take ids with slashes and spaces", async () => {
    await world.addUser("ann");
    for (const id of ["a%2Fb", "c%20d", "é"]) {
      expect((await put(`/resources/page/${id}`, { userName: "ann" })).status).toBe(201);
    }
    const first = await get("/resources?limit=2");
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual(["a/b", "c d"]);
    const next = await get(`/resources?limit=2&after=${encodeURIComponent(first.next)}`);
    expect(next).toMatchObject({ items: [{ id: "é" }], next: null });
  });

  it.each([
    ["/resources/-/x", { userName: "ann" }, 400],
    ["/resources/page/x", { userName: "nobody" }, 404],
    ["/resources/page/x", { userName: "ann", product: "none" }, 400],
    ["/resources/page/x", {}, 400],
    [`/resources/page/${"x".repeat(257)}`, { userName: "ann" }, 400],
  ])("refuse %s %j with %d", async (path, body, status) => {
    await world.addUser("ann");
    expect((await put(path, body)).status).toBe(status);
  });

  it("I24: are another organisation's 404", async () => {
    await world.addUser("ann");
    await put("/resources/page/x", { userName: "ann" });
    const path = "/organisations/acme/resources/page/x";
    expect((await world.call("get", path, world.tokens.globex)).status).toBe(404);
    const there = "/organisations/globex/resources/page/x";
    expect((await world.call("get", there)).status).toBe(404);
    expect((await world.call("put", there).send({ userName: "ann" })).status).toBe(404);
  });

  it("I23: the owner of what others rely on cannot be erased by mistake", async () => {
    await world.addUser("ann");
    const relied = { userName: "ann", indispensable: true };
    await put("/resources/integration/salesforce", relied);
    const erase = (body: object) => world.call("delete", `${ORG}/users/ann`).send(body);
    const stopped = await erase({ userName: "ann" });
    expect([stopped.status, stopped.body.error.code]).toEqual([409, "Indispensable"]);
    expect(stopped.body.error.message).toContain("the integration salesforce");
    expect((await erase({ userName: "ann", confirm: true })).status).toBe(200);
    const warnings = await get("/warnings");
    expect(warnings.items.map(({ warning }: { warning: string }) => warning)).toEqual([
      "ownerGone",
      "roleWithoutHolder",
    ]);
    expect((await get("/resources/integration/salesforce")).state).toBe("enabled");
  });

  it("I23: the last administrator keeps the role unless it is confirmed, and a preview says so", async () => {
    await world.addUser("ann");
    const role = { kind: "role", name: "administrator" };
    await post("/users/ann/facts", role);
    const take = (body: object) => world.call("delete", `${ORG}/users/ann/facts`).send(body);
    const preview = (body: object) =>
      world.call("post", `${ORG}/users/ann/preview`).send({ take: [body] });
    const [refused, foreseen] = [await take(role), await preview(role)];
    expect(refused.body.error.code).toBe("Indispensable");
    expect([foreseen.status, foreseen.body.error.message]).toEqual([
      409,
      refused.body.error.message,
    ]);
    expect((await preview({ ...role, confirm: true })).status).toBe(200);
    await world.addUser("bob");
    await post("/users/bob/facts", role);
    expect((await preview(role)).status).toBe(200);
    await world.call("delete", `${ORG}/users/bob/facts`).send({ ...role, confirm: true });
    expect((await take({ ...role, confirm: true })).status).toBe(204);
  });
});

describe("bundles", () => {
  it("I25: are rules about at least two products", async () => {
    await pool();
    const rule = (gives: object) =>
      post("/rules", { name: "both", match: { type: "everyone" }, gives });
    const one = await rule({ pools: ["Desk"], bundle: "atomic" });
    expect([one.status, one.body.error.field]).toEqual([400, "gives.bundle"]);
    const analytics = { product: "analytics", tier: "viewer" };
    const two = await rule({ pools: ["Desk"], tierFloors: [analytics], bundle: "atomic" });
    expect([two.status, two.body.gives?.bundle]).toEqual([201, "atomic"]);
  });

  it("I25: are about products of which people have seats, not about leases of sessions and devices alone", async () => {
    await pool();
    const lending = { product: "analytics", kind: "concurrent", capacity: 1 };
    for (const [name, more] of [
      ["Devices", { tiers: ["viewer"], policy: { leaseUnit: "device", onFull: [] } }],
      ["People", { tiers: ["viewer"] }],
    ] as const) {
      expect((await post("/pools", { ...lending, name, ...more })).status).toBe(201);
    }
    const rule = (name: string, gives: object) =>
      post("/rules", { name, match: { type: "everyone" }, gives: { ...gives, bundle: "atomic" } });
    const refused = await rule("devices", { pools: ["Desk", "Devices"] });
    expect([refused.status, refused.body.error.field, refused.body.error.message]).toEqual([
      400,
      "gives.bundle",
      expect.stringContaining("of which people have seats"),
    ]);
    expect((await rule("people", { pools: ["Desk", "People"] })).status).toBe(201);
    const analytics = { product: "analytics", tier: "viewer" };
    expect((await rule("any", { pools: ["Desk"], tierFloors: [analytics] })).status).toBe(201);
  });
});

describe("people without a seat", () => {
  it("rules 75 and 87: may do what is free, and with a seat what the tier offers, too", async () => {
    await world.addUser("ann");
    const ask = async () => (await post("/seats/ask", { userName: "ann", product: PRODUCT })).body;
    expect(await ask()).toMatchObject({ permitted: false, capabilities: ["billing.pay"] });
    await pool();
    await days(0);
    expect(await ask()).toMatchObject({
      permitted: true,
      capabilities: ["billing.pay", "tab.communication"],
    });
  });

  it("rule 76: any number of them, at no cost", async () => {
    await pool({}, 1);
    for (let n = 0; n < 5; n += 1) await world.addUser(`u${String(n)}`);
    const { lines } = await get("/invoices/preview?from=2026-03-01&to=2026-04-01");
    expect(lines).toHaveLength(1);
  });
});
