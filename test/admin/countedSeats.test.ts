import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Group } from "../../src/domain/directory.js";
import { createWorld, type World } from "./world.js";

/** I4: what the bar counts is what a plan foretells and what the invoice charges. */

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const ORG = "/organisations/acme";
const APRIL = "from=2026-04-01&to=2026-05-01";

async function ok<T>(promise: PromiseLike<{ status: number; body: unknown }>): Promise<T> {
  const { status, body } = await promise;
  if (status >= 400) throw new Error(JSON.stringify(body));
  return body as T;
}

interface Line {
  readonly kind: string;
  readonly userName: string | null;
  readonly costCentres: readonly { readonly use: string; readonly amount: number }[];
}

function april(): Promise<{ total: number; lines: readonly Line[] }> {
  return ok(world.call("get", `${ORG}/invoices/preview?${APRIL}`));
}

function agree(settings: object): Promise<unknown> {
  return ok(world.call("put", `${ORG}/billing`).send(settings));
}

function addPool(more: object): Promise<unknown> {
  const pool = { name: "Main", product: "support", tiers: ["standard"], kind: "locked" };
  return ok(world.call("post", `${ORG}/pools`).send({ ...pool, ...more }));
}

async function bar(): Promise<Record<string, number>> {
  const pool = await ok<{ bar: Record<string, number> }>(world.call("get", `${ORG}/pools/Main`));
  return pool.bar;
}

/** @returns what a month costs more by it, as the plan said before and the invoice after */
async function change(patch: object): Promise<{ planned: number; charged: number }> {
  const before = (await april()).total;
  const plan = await ok<{ id: string; money: { differencePerMonth: number } }>(
    world.call("post", `${ORG}/plans`).send({ type: "pool", pool: "Main", change: patch }),
  );
  await ok(world.call("post", `${ORG}/plans/${plan.id}/apply`));
  return {
    planned: plan.money.differencePerMonth,
    charged: (await april()).total - before,
  };
}

const CAUSE = { type: "scim", action: "test", actor: "idp", requestId: null } as const;

function scope() {
  return { organisationId: world.acme.id, connectionId: world.okta.id };
}

async function leave(userName: string): Promise<void> {
  const { id } = (await world.store.insights.userByName(world.acme.id, userName))!;
  const gone = { userName, externalId: null, displayName: null, active: false, document: {} };
  await world.actions.changeUser(scope(), { id }, () => gone, CAUSE);
}

describe("seats above a capacity (I4)", () => {
  const OVERAGE = 9_300;
  const SEAT = 3_100;
  const allowing = (overage: number | "none") => ({
    policy: { onFull: overage === "none" ? ["wait"] : ["overage", "wait"], overage },
  });
  const extra = async () => {
    const { lines } = await april();
    return lines.filter(({ kind }) => kind === "overage").length;
  };

  it.each([
    ["assigned", OVERAGE - SEAT, 0],
    ["purchased", OVERAGE, SEAT],
  ])(
    "are as many under %s for bar, plan and invoice, whatever is bought and allowed afterwards",
    async (basis, more, seat) => {
      await addPool({ capacity: 3, ...allowing(2) });
      const tiers = { standard: { pricePerMonth: SEAT, overagePerMonth: OVERAGE } };
      await agree({ products: { support: { basis, tiers } } });
      for (const name of ["ann", "bob", "cid", "dan"]) await world.addUser(name);
      expect([await bar(), await extra()]).toMatchObject([{ overage: 1, excess: 0 }, 1]);
      await leave("ann");
      const steps = [
        // dan has what was bought now, and is left over with others when less is.
        { patch: { capacity: 1 }, costs: 2 * more - 2 * seat, overage: 2, excess: 0 },
        { patch: allowing(1), costs: -more, overage: 1, excess: 1 },
        { patch: allowing("none"), costs: -more, overage: 0, excess: 2 },
        { patch: { capacity: 0 }, costs: 0 - seat, overage: 0, excess: 3 },
        { patch: allowing(3), costs: 3 * more, overage: 3, excess: 0 },
        { patch: { capacity: 3 }, costs: 3 * seat - 3 * more, overage: 0, excess: 0 },
      ];
      for (const { patch, costs, overage, excess } of steps) {
        expect(await change(patch)).toEqual({ planned: costs, charged: costs });
        expect([await bar(), await extra()]).toMatchObject([{ overage, excess }, overage]);
      }
    },
  );
});

describe("leases for a device (I4)", () => {
  async function acquire(userName: string, unit: string): Promise<void> {
    const body = { userName, product: "support", unit };
    await ok(world.call("post", `${ORG}/seats/acquire`).send(body));
  }

  it("are charged as the bar counts them, and a plan foretells them so", async () => {
    const policy = { leaseUnit: "device", leaseSeconds: 31_536_000 };
    await addPool({ kind: "concurrent", capacity: 9, policy });
    for (const name of ["ann", "bob"]) await world.addUser(name);
    for (const device of ["desk", "lap", "phone"]) await acquire("ann", device);
    await acquire("bob", "desk");
    const { active } = await bar();
    const { total, lines } = await april();
    expect([active, total]).toEqual([4, 10_000]);
    expect(lines.map(({ kind, userName }) => `${kind} ${String(userName)}`).sort()).toEqual([
      ...["seat ann", "seat ann", "seat ann", "seat bob"],
    ]);
    await agree({ products: { support: { basis: "peak" } } });
    expect((await april()).total).toBe(10_000);
  });

  it("are each in use where what was bought is divided", async () => {
    const policy = { leaseUnit: "device", leaseSeconds: 31_536_000 };
    await addPool({ kind: "concurrent", capacity: 4, policy });
    await world.addUser("ann");
    for (const device of ["desk", "lap", "phone"]) await acquire("ann", device);
    await agree({ products: { support: { basis: "purchased" } } });
    const { lines } = await april();
    expect(lines.map(({ costCentres }) => costCentres)).toEqual([
      [
        { costCentre: null, use: "held", amount: 7_500 },
        { costCentre: null, use: "unused", amount: 2_500 },
      ],
    ]);
  });
});

describe("a swap in one request (B4)", () => {
  it("raises no peak: nobody has ever held what stands between two lines of one transaction", async () => {
    await addPool({ tiers: ["standard", "professional"], capacity: 9 });
    await agree({ products: { support: { basis: "peak" } } });
    const [ann, bob] = [await world.addUser("ann"), await world.addUser("bob")];
    const [cid, dan] = [await world.addUser("cid"), await world.addUser("dan")];
    const rule = { name: "leaders", match: { type: "groupName", name: "Leaders" } };
    const gives = { roles: ["team-leader"] };
    await ok(world.call("post", `${ORG}/rules`).send({ ...rule, gives }));
    const leaders = await world.addGroup("Leaders", [cid, dan]);
    await world.settle();
    const before = await april();
    expect(before.total).toBe(2 * 2_500 + 2 * 4_500);
    world.clock.value = Date.parse("2026-04-05T12:00:00Z");
    const change = {
      apply: ({ displayName }: Group) => ({ displayName, externalId: null, document: {} }),
      members: { clear: true, add: [ann.id, bob.id], remove: [] },
    };
    await world.actions.changeGroup(scope(), { id: leaders }, change, CAUSE);
    const seats = await ok<{ items: { tier: string; userId: string }[] }>(
      world.call("get", `${ORG}/pools/Main/seats`),
    );
    const leading = seats.items.filter(({ tier }) => tier === "professional");
    expect(leading.map(({ userId }) => userId).sort()).toEqual([ann.id, bob.id].sort());
    expect((await april()).total).toBe(before.total);
  });
});
