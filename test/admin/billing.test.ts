import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "./world.js";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const ORG = "/organisations/acme";

interface Invoice {
  readonly total: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly changes?: readonly Record<string, unknown>[];
}

async function ok(promise: PromiseLike<{ status: number; body: unknown }>): Promise<unknown> {
  const { status, body } = await promise;
  if (status >= 400) throw new Error(JSON.stringify(body));
  return body;
}

function pool(name: string, more: object = {}): Promise<unknown> {
  const tiers = ["dashboard", "standard", "professional", "enterprise"];
  return ok(
    world
      .call("post", `${ORG}/pools`)
      .send({ name, product: "support", tiers, kind: "locked", capacity: 20, ...more }),
  );
}

async function give(userName: string, fact: object): Promise<void> {
  await ok(world.call("post", `${ORG}/users/${userName}/facts`).send(fact));
}

const leader = { kind: "role", name: "team-leader" };
const recording = { kind: "setting", name: "call-recording", value: true };
const workspace = { kind: "permission", name: "workspace" };

function agree(settings: object): Promise<unknown> {
  return ok(world.call("put", `${ORG}/billing`).send(settings));
}

function charge(userName: string, mode: string) {
  return world
    .call("put", `${ORG}/users/${userName}/billing-mode`)
    .send({ product: "support", mode });
}

function because(witness: string): unknown {
  return expect.objectContaining({ witness: [witness] });
}

/** The person is there at this moment. */
async function use(at: string, ...userNames: string[]): Promise<void> {
  world.clock.value = Date.parse(at);
  for (const userName of userNames) {
    const body = { userName, product: "support" };
    await ok(world.call("post", `${ORG}/seats/acquire`).send(body));
  }
}

async function invoice(query: string): Promise<Invoice> {
  return (await ok(world.call("get", `${ORG}/invoices/preview?${query}`))) as Invoice;
}

const MARCH = "from=2026-03-01&to=2026-04-01";

function told({ lines }: Invoice, userName: string) {
  return lines
    .filter((line) => line["userName"] === userName)
    .map(({ kind, tier, addOn, unit, days, amount }) =>
      [kind, tier, addOn, unit, days, amount]
        .filter((part) => part !== null)
        .map(String)
        .join(" "),
    );
}

describe("the rules of the reference systems", () => {
  it("rule 42: call recording never raises the tier; on Standard and Professional it is an add-on, charged at once", async () => {
    await pool("Support");
    await world.addUser("ann");
    await give("ann", recording);
    expect(told(await invoice(MARCH), "ann")).toEqual([
      "addOn standard call-recording month 31 1000",
      "seat standard month 31 2500",
    ]);
  });

  it.each([
    ["assigned", ["addOn standard call-recording 1000", "seat standard 2500"]],
    ["activeDays", ["addOn standard call-recording 1000", "seat standard 2500"]],
    ["purchased", ["addOn standard call-recording 1000", "bought 2500"]],
    ["peak", ["peak standard 2500", "peak standard call-recording 1000"]],
  ])("rule 42: an add-on is charged under %s as the preview says", async (basis, lines) => {
    await pool("Support", { tiers: ["standard"], capacity: 1 });
    await world.addUser("ann");
    await give("ann", recording);
    await agree({ products: { support: { basis } } });
    const march = await invoice(MARCH);
    const texts = march.lines.map(({ kind, tier, addOn, amount }) =>
      [kind, tier, addOn, amount]
        .filter((part) => part !== null)
        .map(String)
        .join(" "),
    );
    expect(texts).toEqual(lines);
    const preview = world.call("post", `${ORG}/users/ann/preview`).send({ give: [recording] });
    expect(await ok(preview)).toMatchObject({ pricePerMonth: march.total });
  });

  it("rule 43: the add-on costs nothing from the day on which the tier includes it", async () => {
    await pool("Support");
    await world.addUser("ann");
    await give("ann", recording);
    world.clock.value = Date.parse("2026-03-11T12:00:00Z");
    await give("ann", workspace);
    expect(told(await invoice(MARCH), "ann")).toEqual([
      "addOn standard call-recording month 10 323",
      "seat standard month 10 806",
      "seat enterprise month 21 5081",
    ]);
  });

  it("rule 50, Q9: Professional and Enterprise users can be put on monthly or daily billing, each by himself", async () => {
    await pool("Support");
    await world.addUser("ann");
    await world.addUser("bea");
    await give("ann", leader);
    await give("bea", leader);
    await ok(charge("ann", "daily"));
    await use("2026-03-05T10:00:00Z", "ann", "bea");
    await use("2026-03-09T10:00:00Z", "ann");
    world.clock.value = Date.parse("2026-03-20T10:00:00Z");
    await ok(charge("ann", "monthly"));
    const march = await invoice(MARCH);
    expect(told(march, "ann")).toEqual([
      "seat professional month 1 145",
      "seat professional day 2 600",
      "seat professional month 11 1597",
    ]);
    expect(told(march, "bea")).toEqual(["seat professional month 31 4500"]);
  });

  it("rule 51, Q9: a day is charged once however often somebody comes, in the customer's own time, and never above the month", async () => {
    await agree({ timeZone: "Australia/Melbourne" });
    await pool("Support");
    await world.addUser("ann");
    await give("ann", leader);
    await ok(charge("ann", "daily"));
    // Three times on 6 March in Melbourne, on two days in Greenwich; then on the 7th.
    await use("2026-03-05T14:00:00Z", "ann");
    await use("2026-03-05T23:30:00Z", "ann");
    await use("2026-03-06T12:59:00Z", "ann");
    await use("2026-03-06T13:00:00Z", "ann");
    const first = "from=2026-03-02&to=2026-04-01";
    expect(told(await invoice(first), "ann")).toEqual(["seat professional day 2 600"]);
    for (let day = 8; day <= 30; day += 1) {
      await use(`2026-03-${String(day).padStart(2, "0")}T05:00:00Z`, "ann");
    }
    // 145 of the first day, which was by the month, and 25 days that cost no more than the rest of the month.
    expect(told(await invoice(first), "ann")).toEqual(["seat professional day 25 4355"]);
    expect((await invoice(MARCH)).total).toBe(4500);
  });

  it("rule 52: Standard and Dashboard are not offered by the day", async () => {
    await pool("Support");
    await world.addUser("bob");
    const refused = await charge("bob", "daily");
    expect([refused.status, refused.body]).toEqual([
      409,
      {
        error: expect.objectContaining({
          code: "Conflict",
          message:
            "This person's tier is not offered by the day; Professional, Enterprise can be charged so.",
        }) as object,
      },
    ]);
    // Who falls to such a tier later pays by the month.
    await give("bob", leader);
    await ok(charge("bob", "daily"));
    world.clock.value = Date.parse("2026-03-11T12:00:00Z");
    await ok(world.call("delete", `${ORG}/users/bob/facts`).send(leader));
    expect(told(await invoice("from=2026-03-11&to=2026-04-01"), "bob")).toEqual([
      "seat standard month 21 1694",
    ]);
  });

  it("rule 101: ten people always in parallel pay 5,000 for named seats and 17,500 for concurrent ones, 12,500 more", async () => {
    const tiers = ["standard"];
    await pool("Named", { capacity: 10, tiers });
    await pool("Concurrent", { capacity: 10, tiers, kind: "concurrent" });
    await agree({
      currency: "RUB",
      products: { support: { basis: "purchased" } },
      pools: { Named: { pricePerMonth: 500_00 }, Concurrent: { pricePerMonth: 1_750_00 } },
    });
    const { lines } = await invoice(MARCH);
    const amounts = new Map(lines.map(({ pool: name, amount }) => [name, amount]));
    expect(amounts).toEqual(
      new Map([
        ["Named", 5_000_00],
        ["Concurrent", 17_500_00],
      ]),
    );
    expect(Number(amounts.get("Concurrent")) - Number(amounts.get("Named"))).toBe(12_500_00);
  });
});

describe("the peak", () => {
  it("knows a seat that was kept, and taken all the time, for what it came back as", async () => {
    const parked = { tiers: ["viewer", "analyst"], policy: { parkedConsumes: true } };
    await pool("Numbers", { product: "analytics", capacity: 1, ...parked });
    await agree({ products: { analytics: { basis: "peak" } } });
    const claim = { kind: "claim", name: "analytics" };
    await world.addUser("ann");
    await give("ann", claim);
    expect(await invoice(MARCH)).toMatchObject({ total: 900 });
    world.clock.value = Date.parse("2026-03-05T00:00:00Z");
    await ok(world.call("delete", `${ORG}/users/ann/facts`).send(claim));
    await give("ann", { kind: "permission", name: "reports.build" });
    await give("ann", claim);
    expect(await invoice(MARCH)).toMatchObject({ total: 3_900 });
  });

  it("has the price of seats above what was bought", async () => {
    const above = { onFull: "overage,wait", overage: 5 };
    await pool("Support", { tiers: ["standard"], capacity: 1, policy: above });
    await world.addUser("ann");
    await world.addUser("bob");
    const tiers = { standard: { overagePerMonth: 9_000 } };
    await agree({ products: { support: { basis: "peak", tiers } } });
    const { total, lines } = await invoice(MARCH);
    expect([total, lines.map(({ userName, amount }) => [userName, amount])]).toEqual([
      11_500,
      [
        ["ann", 2_500],
        ["bob", 9_000],
      ],
    ]);
  });

  it("does not count a lease that was over before the month began, whenever somebody noticed", async () => {
    const lease = { kind: "concurrent", policy: { leaseSeconds: 3_600 } };
    await pool("Floating", { tiers: ["standard"], capacity: 2, ...lease });
    await agree({ products: { support: { basis: "peak" } } });
    await world.addUser("ann");
    await world.addUser("bob");
    await use("2026-03-31T20:00:00Z", "ann");
    await use("2026-04-01T10:00:00Z", "bob");
    expect(await invoice("from=2026-04-01&to=2026-05-01")).toMatchObject({
      total: 2_500,
      lines: [{ userName: "bob" }],
    });
  });
});

describe("a plan's money", () => {
  interface Planned {
    readonly id: string;
    readonly money: { readonly differencePerMonth: number; readonly lines: readonly unknown[] };
  }

  async function plan(change: object): Promise<Planned> {
    const body = { type: "pool", pool: "Support", change };
    return (await ok(world.call("post", `${ORG}/plans`).send(body))) as Planned;
  }

  async function apply({ id }: Planned): Promise<void> {
    await ok(world.call("post", `${ORG}/plans/${id}/apply`));
  }

  const tiers = { standard: { overagePerMonth: 9_000 } };
  const APRIL = "from=2026-04-01&to=2026-05-01";

  it("has no overage for seats that a lowered capacity leaves behind, as the invoice has none", async () => {
    await pool("Support", { tiers: ["standard"], capacity: 3 });
    await agree({ products: { support: { tiers } } });
    for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
    const before = await invoice(APRIL);
    const lowered = await plan({ capacity: 1 });
    expect(lowered.money).toMatchObject({ differencePerMonth: 0 });
    await apply(lowered);
    expect([before.total, (await invoice(APRIL)).total]).toEqual([7_500, 7_500]);
  });

  it("of other tiers, under purchased, is what the invoice of the next month changes by, each price in a line", async () => {
    await pool("Support", { tiers: ["standard"], capacity: 10 });
    await agree({ products: { support: { basis: "purchased" } } });
    const lines = [
      { kind: "bought", seats: { before: 10, after: 0 }, pricePerMonth: 2_500 },
      { kind: "bought", seats: { before: 0, after: 10 }, pricePerMonth: 7_500 },
    ];
    for (const [sold, difference] of [
      [["standard", "enterprise"], 50_000],
      [["dashboard", "standard", "enterprise"], 0],
      [["standard"], -50_000],
    ] as const) {
      const before = (await invoice(APRIL)).total;
      const planned = await plan({ tiers: sold });
      expect(planned.money).toMatchObject({ differencePerMonth: difference });
      if (difference > 0) expect(planned.money.lines).toMatchObject(lines);
      else expect(planned.money.lines).toHaveLength(difference === 0 ? 1 : 2);
      await apply(planned);
      expect((await invoice(APRIL)).total - before).toBe(difference);
    }
  });

  it.each([
    ["assigned", 9_500],
    ["purchased", 11_500],
    ["peak", 9_500],
    ["fairUse", 9_500],
  ])(
    "of a tier that comes to a pool has under %s what extra seats of that tier cost, too",
    async (basis, difference) => {
      const above = { onFull: "overage,wait", overage: 5 };
      await pool("Support", { tiers: ["standard"], capacity: 1, policy: above });
      const dear = { professional: { overagePerMonth: 12_000 } };
      await agree({ products: { support: { basis, fairUseDays: 90, tiers: dear } } });
      for (const name of ["ann", "bob"]) await world.addUser(name);
      await give("bob", leader);
      await use("2026-03-01T10:00:00Z", "ann", "bob");
      const before = (await invoice(APRIL)).total;
      const added = await plan({ tiers: ["standard", "professional"] });
      await apply(added);
      expect((await invoice(APRIL)).total - before).toBe(difference);
      expect(added.money.differencePerMonth).toBe(difference);
    },
  );

  it.each(["assigned", "purchased", "peak", "fairUse", "activeDays"])(
    "under %s is what the invoice of the next month changes by, with extra seats of two tiers",
    async (basis) => {
      const above = { onFull: "overage,wait", overage: 5 };
      await pool("Support", { tiers: ["standard", "professional"], capacity: 1, policy: above });
      const dearer = { ...tiers, professional: { overagePerMonth: 12_000 } };
      const fairUseDays = 90;
      await agree({ products: { support: { basis, fairUseDays, tiers: dearer } } });
      for (const name of ["ann", "bob", "cid"]) await world.addUser(name);
      await give("bob", leader);
      await use("2026-03-01T10:00:00Z", "ann", "bob", "cid");
      const before = (await invoice(APRIL)).total;
      const raised = await plan({ capacity: 2 });
      await apply(raised);
      const difference = (await invoice(APRIL)).total - before;
      expect(raised.money.differencePerMonth).toBe(difference);
      const lowered = await plan({ capacity: 0 });
      await apply(lowered);
      expect(lowered.money.differencePerMonth).toBe(
        (await invoice(APRIL)).total - before - difference,
      );
    },
  );
});

describe("an invoice", () => {
  it("names for every line who or what caused it, and tells what each event has changed", async () => {
    await pool("Support");
    const ann = await world.addUser("ann");
    world.clock.value = Date.parse("2026-03-11T12:00:00Z");
    await give("ann", leader);
    const { lines, changes } = await invoice(`${MARCH}&changes=true`);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{
          userId: ann.id,
          userName: "ann",
          tier: "standard",
          from: "2026-03-01",
          to: "2026-03-11",
        },
        ...{ days: 10, quantity: 1, unitPrice: 2500, amount: 806, pool: "Support" },
        cause: expect.objectContaining({
          door: "scim",
          actor: "test",
          reason: "claimed",
        }) as object,
      }),
      expect.objectContaining({
        ...{ tier: "professional", days: 21, amount: 3049 },
        cause: expect.objectContaining({
          ...{ at: "2026-03-11T12:00:00.000Z", door: "admin", action: "fact.given" },
          witness: [expect.stringContaining("role:team-leader")],
        }) as object,
      }),
    ]);
    expect(changes).toEqual([
      expect.objectContaining({ day: "2026-03-01", amount: 2500 }),
      expect.objectContaining({ day: "2026-03-11", amount: 1355, userName: "ann" }),
    ]);
  });

  it("names the group behind a line, for an add-on its own reason, and for the lowest tier what gives the claim", async () => {
    await pool("Support");
    await ok(
      world.call("post", `${ORG}/pools`).send({
        ...{ name: "Reports", product: "analytics", tiers: ["viewer"] },
        ...{ kind: "locked", capacity: 1 },
      }),
    );
    const tierFloors = [{ product: "analytics", tier: "viewer" }];
    const rule = { name: "calls", match: { type: "groupName", name: "Ärger & Calls" } };
    const gives = { settings: { "call-recording": true }, tierFloors };
    await ok(world.call("post", `${ORG}/rules`).send({ ...rule, gives }));
    await world.addGroup("Ärger & Calls", [await world.addUser("ann")]);
    const { lines } = await invoice(MARCH);

    expect(lines.map(({ kind, tier, cause }) => [kind, tier, cause])).toEqual([
      ["seat", "viewer", because("group:Ärger & Calls > tierFloor:analytics=viewer")],
      [
        "addOn",
        "standard",
        because("group:Ärger & Calls > setting:call-recording > call-recording"),
      ],
      ["seat", "standard", because("default > setting:skills=1 > skills=1")],
    ]);
  });

  it("charges no gap where a seat is given back and taken again on one day, and credits what is given back", async () => {
    await pool("Support");
    const scope = { organisationId: world.acme.id, connectionId: world.okta.id };
    const ann = await world.addUser("ann");
    const cause = { type: "scim", action: "test", actor: "idp", requestId: "r1" } as const;
    const set = (active: boolean) =>
      world.actions.changeUser(
        scope,
        { id: ann.id },
        () => ({ userName: "ann", externalId: null, displayName: null, active, document: {} }),
        cause,
      );
    world.clock.value = Date.parse("2026-03-11T09:00:00Z");
    await set(false);
    world.clock.value = Date.parse("2026-03-11T17:00:00Z");
    await set(true);
    expect(told(await invoice(MARCH), "ann")).toEqual(["seat standard month 31 2500"]);
    world.clock.value = Date.parse("2026-03-21T09:00:00Z");
    await set(false);
    const { total, changes } = await invoice(`${MARCH}&changes=true`);
    expect(total).toBe(1613);
    expect(changes).toEqual([
      expect.objectContaining({ amount: 2500 }),
      expect.objectContaining({
        amount: -887,
        cause: expect.objectContaining({ reason: "deactivated", actor: "idp" }) as object,
      }),
    ]);
  });

  it("comes as CSV that no spreadsheet takes for formulas, split over cost centres without losing a cent", async () => {
    await pool("=Pool");
    await world.addGroup("Cost A", [
      await world.addUser('=HYPERLINK("http://evil")'),
      await world.addUser("bob"),
    ]);
    const bob = (await world.store.insights.userByName(world.acme.id, "bob"))!;
    await world.addGroup("Cost B", [bob]);
    await agree({ costCentre: { type: "group", pattern: "Cost *" } });
    const { status, text, headers } = await world.call(
      "get",
      `${ORG}/invoices/preview?from=2026-03-01&to=2026-03-12&format=csv`,
    );
    expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
    expect(headers["content-disposition"]).toBe(
      'attachment; filename="acme-2026-03-01-2026-03-12.csv"',
    );
    const rows = text.trimEnd().split("\r\n");
    expect(rows).toHaveLength(4);
    expect(text).toContain(`,"'=HYPERLINK(""http://evil"")",`);
    expect(text).toContain(`"'=Pool"`);
    // 887 cents for 11 of 31 days; bob's two centres share theirs.
    const amounts = rows
      .slice(1)
      .map((row) => /,(Cost [AB]),held,.*?,25\.00,(\d+\.\d\d),USD/.exec(row)?.slice(1));
    expect(amounts.map(String).sort()).toEqual(["Cost A,4.44", "Cost A,8.87", "Cost B,4.43"]);
    const { lines } = await invoice("from=2026-03-01&to=2026-03-12");
    expect(lines.map(({ amount }) => amount)).toEqual([887, 887]);
  });

  it("I21: has a lease that was over at midnight as over, however much later somebody noticed", async () => {
    const lease = { kind: "concurrent", policy: { leaseSeconds: 600 } };
    await pool("Floating", { tiers: ["standard"], capacity: 2, ...lease });
    for (const name of ["ann", "bob"]) await world.addUser(name);
    await use("2026-03-31T20:00:00Z", "ann");
    // It is noticed as somebody asks, a day later.
    await use("2026-04-01T10:00:00Z", "bob");
    const ofAnn = async (from: string, to: string) =>
      told(await invoice(`from=2026-${from}&to=2026-${to}`), "ann");
    expect(await ofAnn("03-01", "04-01")).toEqual([]);
    expect(await ofAnn("04-01", "04-05")).toEqual([]);
    expect(await ofAnn("03-01", "04-05")).toEqual([]);
  });

  it("of a month that is over stays what it was when a pool is for a dearer tier later", async () => {
    await pool("Support", { tiers: ["standard"], capacity: 10 });
    await agree({ products: { support: { basis: "purchased" } } });
    world.clock.value = Date.parse("2026-04-21T10:00:00Z");
    const tiers = ["standard", "enterprise"];
    await ok(world.call("patch", `${ORG}/pools/Support`).send({ tiers }));
    expect(await invoice(MARCH)).toMatchObject({
      total: 25_000,
      lines: [{ cause: { action: "pool.created" } }],
    });
    expect(await invoice("from=2026-04-01&to=2026-05-01&changes=true")).toMatchObject({
      total: 41_667,
      lines: [
        { days: 20, unitPrice: 2_500, amount: 16_667, cause: { action: "pool.created" } },
        { days: 10, unitPrice: 7_500, amount: 25_000, cause: { action: "pool.changed" } },
      ],
      changes: [
        { day: "2026-04-01", amount: 25_000 },
        { day: "2026-04-21", amount: 16_667, cause: { action: "pool.changed" } },
      ],
    });
  });

  it("says what of the seats bought is used by nobody", async () => {
    await pool("Support", { capacity: 4, tiers: ["standard"] });
    await world.addUser("ann");
    await agree({ products: { support: { basis: "purchased" } } });
    const { total, lines } = await invoice(MARCH);
    expect(total).toBe(10_000);
    expect(lines[0]?.["costCentres"]).toEqual([
      { costCentre: null, use: "held", amount: 2_500 },
      { costCentre: null, use: "unused", amount: 7_500 },
    ]);
  });

  it("counts what the pool counts: seats charged today are the seats that are held", async () => {
    await pool("Support", { capacity: 3 });
    for (const name of ["a", "b", "c", "d", "e"]) await world.addUser(name);
    const { lines } = await invoice("from=2026-03-01&to=2026-03-02");
    const pools = (await ok(world.call("get", `${ORG}/pools`))) as { items: { used: number }[] };
    expect(lines.filter(({ kind }) => kind === "seat")).toHaveLength(pools.items[0]!.used);
  });

  it("is refused where a price in the customer's currency is missing, rather than charged in another", async () => {
    await pool("Support");
    await world.addUser("ann");
    await agree({ currency: "JPY" });
    const refused = await world.call("get", `${ORG}/invoices/preview?${MARCH}`);
    expect([
      refused.status,
      (refused.body as { error: { message: string } }).error.message,
    ]).toEqual([
      409,
      "There is no price in JPY for support/standard. Set it with the billing settings of the organisation.",
    ]);
    await agree({
      currency: "JPY",
      products: { support: { tiers: { standard: { pricePerMonth: 300 } } } },
    });
    expect((await invoice(MARCH)).total).toBe(300);
  });

  it.each([
    ["from=2026-03-01", "to"],
    ["from=2026-03-01&to=2026-03-01", "to"],
    ["from=2026-02-30&to=2026-03-01", "from"],
    ["from=2024-03-01&to=2026-03-01", "to"],
    ["from=2026-03-01&to=2026-03-09&changes=true", "changes"],
    ["currency=EUR", "currency"],
    ["format=csv&changes=true", "changes"],
  ])("is refused for a window that is none: %s", async (query, field) => {
    const { status, body } = await world.call("get", `${ORG}/invoices/preview?${query}`);
    expect([status, (body as { error: { field: string } }).error.field]).toEqual([400, field]);
  });
});

describe("billing settings", () => {
  it("belong to the operator, replace one another whole, and notice who was faster", async () => {
    const customer = await world.call("put", `${ORG}/billing`, world.tokens.acme).send({});
    expect(customer.status).toBe(403);
    await agree({ currency: "EUR", timeZone: "Europe/Vienna", anchor: "2026-01-31", version: 0 });
    const shown = await ok(world.call("get", `${ORG}/billing`, world.tokens.acme));
    expect(shown).toMatchObject({
      ...{ currency: "EUR", timeZone: "Europe/Vienna", anchor: "2026-01-31", rounding: "halfUp" },
      version: 1,
    });
    const late = await world.call("put", `${ORG}/billing`).send({ version: 0 });
    expect(late.status).toBe(412);
    await agree({ version: 1 });
    expect(await ok(world.call("get", `${ORG}/billing`))).toMatchObject({
      currency: "EUR",
      anchor: null,
      version: 2,
    });
  });

  it("are taken back as they were read", async () => {
    const anchor = "2026-01-31";
    await agree({ anchor });
    await agree((await ok(world.call("get", `${ORG}/billing`))) as object);
    expect(await ok(world.call("get", `${ORG}/billing`))).toMatchObject({ anchor, version: 2 });
  });

  it.each([
    [{ timeZone: "Mars/Olympus" }, "timeZone"],
    [{ timeZone: "+02:00" }, "timeZone"],
    [{ currency: "XXZ" }, "currency"],
    [{ anchor: "2026-02-30" }, "anchor"],
    [{ products: { suport: {} } }, "products"],
    [
      { products: { support: { tiers: { gold: { pricePerMonth: 1 } } } } },
      "products.support.tiers",
    ],
    [
      { products: { support: { addOns: { gold: { pricePerMonth: 1 } } } } },
      "products.support.addOns",
    ],
    [
      { products: { support: { tiers: { standard: { pricePerMonth: -1 } } } } },
      "products.support.tiers.standard.pricePerMonth",
    ],
    [{ pools: { Nowhere: { pricePerMonth: 1 } } }, "pools"],
    [{ discount: 5 }, "discount"],
  ])("refuse what cannot be meant: %j", async (settings, field) => {
    const { status, body } = await world.call("put", `${ORG}/billing`).send(settings);
    expect([status, (body as { error: { field: string } }).error.field]).toEqual([400, field]);
  });
});
