import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Response } from "supertest";
import { createPool } from "../../src/actions/administer.js";
import type { User } from "../../src/domain/directory.js";
import { createWorld, type World } from "./world.js";

interface ProductShown {
  readonly product: string;
  readonly tier: string | null;
  readonly addOns: readonly { readonly id: string }[];
  readonly pricePerMonth: number;
  readonly before: object | null;
  readonly seat: {
    readonly state: string;
    readonly pool: string | null;
    readonly reason: string | null;
  };
  readonly sentences: readonly string[];
}

describe("a preview of unsaved settings", () => {
  let world: World;
  let ann: User;

  beforeAll(async () => {
    world = await createWorld();
    for (const [name, tiers, capacity, acquireOn] of [
      ["Standard", ["standard"], 1, "provision"],
      ["Professional", ["professional"], 1, "provision"],
      ["Enterprise", ["enterprise"], 1, "signIn"],
    ] as const) {
      await createPool(world.deps, world.acme.id, {
        name,
        product: "support",
        tiers,
        kind: "shared",
        capacity,
        policy: { acquireOn },
      });
    }
    ann = await world.addUser("ann@acme.example");
  });

  afterAll(() => world.close());

  const preview = (user: string, body: object, token?: string) =>
    world.call("post", `/organisations/acme/users/${user}/preview`, token).send(body);
  const previewNew = (body: object, token?: string) =>
    world.call("post", "/organisations/acme/preview", token).send(body);
  const setting = (name: string, value: unknown) => ({ kind: "setting", name, value });

  function support(response: Response): ProductShown {
    expect(response.status).toBe(200);
    const { products } = response.body as { products: ProductShown[] };
    const found = products.find(({ product }) => product === "support");
    if (found === undefined) throw new Error("support is not shown");
    return found;
  }

  /** Everything that a decision could have written. */
  async function written(): Promise<string> {
    const { insights } = world.store;
    const { id } = world.acme;
    return JSON.stringify([
      await insights.facts(id, [ann.id]),
      await insights.requirements(id, [ann.id]),
      await insights.seatsOf(id, [ann.id]),
      await insights.waitingOf(id, [ann.id]),
      await insights.entries(id, { limit: 1_000 }),
      await insights.users(id, { limit: 1_000 }),
      await world.store.outbox.backlog(),
    ]);
  }

  it("says that a seat adds nothing to the bill where the seats themselves were bought", async () => {
    const agree = (basis: string) =>
      world.call("put", "/organisations/acme/billing").send({ products: { support: { basis } } });
    const told =
      "Seats of Acorn Desk Support are paid for when they are bought: one of those adds nothing to the bill.";
    const change = { give: [setting("statistics", true)] };
    expect(support(await preview("ann@acme.example", change)).sentences).not.toContain(told);

    expect((await agree("purchased")).status).toBe(200);
    expect(support(await preview("ann@acme.example", change)).sentences[1]).toBe(told);
    const { body } = await world.call("get", `/organisations/acme/users/${ann.id}`);
    expect(body.requirements[0].cost.sentences).toContain(told);
    expect((await agree("assigned")).status).toBe(200);
  });

  it("rule 28: shows the tier, its price and its seat after each change, before anything is saved", async () => {
    const before = await written();

    expect(support(await preview(ann.id, {}))).toMatchObject({
      tier: "standard",
      pricePerMonth: 2_500,
      before: { tier: "standard" },
      seat: { state: "held", pool: "Standard" },
    });
    expect(
      support(await preview(ann.userName, { give: [setting("statistics", true)] })),
    ).toMatchObject({
      tier: "professional",
      pricePerMonth: 4_500,
      before: { tier: "standard" },
      seat: { state: "free", pool: "Professional" },
      because: [{ requires: "statistics", because: ["hand:Anna", "setting:statistics"] }],
      lower: { tier: "standard", saving: 2_000 },
      sentences: [
        "Professional of Acorn Desk Support, 45.00 per month.",
        'Switch off "Keep statistics about this user", and this is Standard, 20.00 less per month.',
      ],
    });
    expect(await written()).toBe(before);
  });

  it("rule 28: does the same in the dialog for somebody who does not exist yet", async () => {
    const before = await written();
    const found = await previewNew({
      userName: "new@acme.example",
      give: [{ kind: "role", name: "team-leader" }, setting("call-recording", true)],
    });

    expect(support(found)).toMatchObject({
      tier: "professional",
      addOns: [{ id: "call-recording", pricePerMonth: 1_000 }],
      pricePerMonth: 5_500,
      before: null,
      seat: { state: "free", pool: "Professional", reason: null },
    });
    expect(found.body).toMatchObject({ user: { id: null }, pricePerMonth: 5_500 });
    expect(await written()).toBe(before);
  });

  it("says when there would only be a place on the waiting list, or a seat at the next sign-in", async () => {
    expect(support(await previewNew({ userName: "new" }))).toMatchObject({
      tier: "standard",
      seat: { state: "waiting", pool: null },
    });
    const admin = { userName: "new", give: [{ kind: "role", name: "administrator" }] };
    expect(support(await previewNew(admin)).seat).toMatchObject({
      state: "freeAtSignIn",
      pool: "Enterprise",
    });
    const developer = { give: [{ kind: "permission", name: "workflow.configure" }] };
    expect(support(await previewNew({ userName: "new", ...developer })).seat).toMatchObject({
      state: "none",
      reason: "NoPool",
    });
  });

  it.each([["wait"], ["reject"]] as const)(
    "promises no place on the list before a sign-in, but a seat if one is free then, where a full pool does: %s",
    async (onFull) => {
      const full = { capacity: 0, policy: { onFull: [onFull] } };
      const path = "/organisations/acme/pools/Enterprise";
      const before = (await world.call("get", path)).body;
      expect((await world.call("patch", path).send(full)).status).toBe(200);
      const asked = { userName: "new", give: [{ kind: "role", name: "administrator" }] };

      expect(support(await previewNew(asked)).seat).toEqual({
        ...{ state: "atSignIn", poolId: null, pool: null, tier: null, reason: null },
      });

      const { capacity, policy } = before as { capacity: number; policy: { onFull: string[] } };
      const back = { capacity, policy: { onFull: policy.onFull } };
      expect((await world.call("patch", path).send(back)).status).toBe(200);
    },
  );

  it("rule 34: shows the lower tier when something is withheld or taken back", async () => {
    const facts = `/organisations/acme/users/${ann.id}/facts`;
    await world.call("post", facts).send({ kind: "role", name: "administrator" });
    const withheld = { kind: "permission", name: "workspace", value: false };

    expect(support(await preview(ann.id, {})).tier).toBe("enterprise");
    expect(support(await preview(ann.id, { give: [withheld] })).tier).toBe("professional");
    // Nobody else has the role, which somebody must.
    const taken = { take: [{ kind: "role", name: "administrator", confirm: true }] };
    expect(support(await preview(ann.id, taken)).tier).toBe("standard");
    expect(support(await preview(ann.id, taken)).seat.state).toBe("held");
    await world.call("delete", facts).send(taken.take[0]);
  });

  it("is what happens when the same is saved", async () => {
    const bob = await world.addUser("bob@acme.example");
    const give = [setting("skills", 3), { kind: "permission", name: "tab.team" }];
    const shown = support(await preview(bob.id, { give }));
    for (const fact of give) {
      await world.call("post", `/organisations/acme/users/${bob.id}/facts`).send(fact);
    }
    const { body } = await world.call("get", `/organisations/acme/users/${bob.id}`);

    expect(shown).toMatchObject({ tier: "professional", seat: { state: "free" } });
    expect(body).toMatchObject({
      requirements: [
        { tier: "professional", cost: { pricePerMonth: 4_500, sentences: shown.sentences } },
      ],
      seats: [{ tier: "professional", pool: "Professional" }],
    });
  });

  it("applies the rules of the groups that a newcomer would be in", async () => {
    const group = await world.addGroup("Leads", []);
    await world.call("post", "/organisations/acme/rules").send({
      name: "leads",
      match: { type: "groupName", name: "Leads" },
      gives: {
        roles: ["team-leader"],
        tierCeilings: [{ product: "support", tier: "professional" }],
      },
    });

    const found = support(await previewNew({ userName: "new", groups: [group] }));
    expect(found).toMatchObject({ tier: "professional" });
    expect(found).toHaveProperty("because[0].words", expect.stringContaining('the group "Leads"'));
    const more = { give: [{ kind: "permission", name: "workspace" }] };
    expect(support(await previewNew({ userName: "new", groups: [group], ...more }))).toMatchObject({
      blocked: "TierConflict",
      seat: { state: "none", reason: "TierConflict" },
    });
  });

  it.each([
    {
      what: "an unknown setting",
      body: { give: [setting("skils", 1)] },
      status: 400,
      code: "InvalidValue",
    },
    {
      what: "a value of the wrong form",
      body: { give: [setting("skills", -1)] },
      status: 400,
      code: "InvalidValue",
    },
    {
      what: "what nobody gave",
      body: { take: [{ kind: "role", name: "user" }] },
      status: 404,
      code: "NotFound",
    },
    { what: "an unknown field", body: { gives: [] }, status: 400, code: "UnknownOption" },
    {
      what: "rule 27: a tier that somebody picks",
      body: { give: [{ kind: "tierChoice", name: "support", value: "developer" }] },
      status: 409,
      code: "TierIsDerived",
    },
  ])("refuses $what", async ({ body, status, code }) => {
    const answer = await preview(ann.id, body);
    expect({ status: answer.status, ...(answer.body as object) }).toMatchObject({
      status,
      error: { code },
    });
  });

  it("knows no user, group or connection of another organisation", async () => {
    expect((await preview(ann.id, {}, world.tokens.globex)).status).toBe(404);
    const foreign = world.call("post", "/organisations/globex/preview");
    expect((await foreign.send({ userName: "x", connection: world.okta.id })).status).toBe(404);
    const groups = [await world.addGroup("Ours", [])];
    const asked = world.call("post", "/organisations/globex/preview");
    expect((await asked.send({ userName: "x", groups })).status).toBe(404);
    expect((await previewNew({ userName: "x", groups: ["no such id"] })).status).toBe(404);
  });

  describe("where other prices were agreed with the organisation", () => {
    const agree = async (settings: object) => {
      const path = "/organisations/acme/billing";
      const reply = await world.call("put", path).send(settings);
      expect(reply.status).toBe(200);
    };
    let cay: User;
    beforeAll(async () => {
      cay = await world.addUser("cay@acme.example");
    });
    afterAll(() => agree({}));

    it("says what this customer pays and would save, in its currency", async () => {
      const tiers = {
        dashboard: { pricePerMonth: 100 },
        standard: { pricePerMonth: 3_000 },
        professional: { pricePerMonth: 4_200 },
      };
      await agree({ currency: "JPY", products: { support: { tiers } } });
      const found = await preview(cay.userName, { give: [setting("statistics", true)] });

      expect(found.body).toMatchObject({
        currency: "JPY",
        pricePerMonth: 4_200,
        products: [
          {
            currency: "JPY",
            pricePerMonth: 4_200,
            lower: { tier: "standard", pricePerMonth: 3_000, saving: 1_200 },
            sentences: [
              "Professional of Acorn Desk Support, 4200 per month.",
              'Switch off "Keep statistics about this user", and this is Standard, 1200 less per month.',
            ],
          },
        ],
      });
      const { body } = await world.call("get", `/organisations/acme/users/${cay.userName}`);
      expect(body).toMatchObject({
        requirements: [{ cost: { currency: "JPY", pricePerMonth: 3_000 } }],
      });
    });

    it("shows the catalogue's prices and its currency where one that is needed is missing", async () => {
      const professional = { pricePerMonth: 4_200 };
      await agree({ currency: "JPY", products: { support: { tiers: { professional } } } });
      const found = await preview(cay.userName, { give: [setting("statistics", true)] });

      expect(found.body).toMatchObject({
        currency: "USD",
        pricePerMonth: 4_500,
        products: [{ currency: "USD", lower: { saving: 2_000 } }],
      });
    });
  });
});
