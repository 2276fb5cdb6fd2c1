import { beforeEach, describe, expect, it } from "@jest/globals";
import { createUser } from "../../../src/domain/people/arrival.js";
import { acquireSeat, renewSeat } from "../../../src/domain/byHand.js";
import { dayFromText } from "../../../src/domain/billing/days.js";
import type { World } from "../../../src/domain/world.js";
import { MemoryOrganisation, product } from "../organisation.js";

const catalogue = {
  products: new Map([["support", product("support", [["standard", "chat"]], { everyone: true })]]),
  permissions: new Map(),
  roles: new Map(),
  settings: new Map(),
};

let org: MemoryOrganisation;

/** What a decision records of days with use, as dates. */
function recorded(decision: (world: World) => unknown): number[] {
  return org.decide((world) => {
    decision(world);
    return world.changes().daysUsed.map(({ day }) => day);
  });
}

function provision(userName: string): void {
  const draft = { userName, externalId: null, displayName: null, active: true };
  org.decide((world, ctx) => createUser(world, ctx, "c1", { ...draft, document: { userName } }));
}

const ctx = () => ({
  catalogue,
  cause: { type: "app", action: "test", actor: "test", requestId: null } as const,
  nextId: org.nextId,
});
const acquire = (name: string) => (world: World) =>
  acquireSeat(world, ctx(), org.idOf(name), "support");

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
  org.now = Date.parse("2026-03-01T22:00:00Z");
});

describe("a day of use (Q9)", () => {
  it("is recorded at the first use of the day and not again, and never for a grant alone", () => {
    org.pool("all", { capacity: 2 });
    const granted = recorded((world) => {
      const draft = { userName: "ann", externalId: null, displayName: null, active: true };
      createUser(world, ctx(), "c1", { ...draft, document: { userName: "ann" } });
    });
    expect(granted).toEqual([]);
    org.minutes(1);
    expect(recorded(acquire("ann"))).toEqual([dayFromText("2026-03-01")]);
    org.minutes(60);
    expect(recorded(acquire("ann"))).toEqual([]);
    org.minutes(60);
    expect(recorded(acquire("ann"))).toEqual([dayFromText("2026-03-02")]);
  });

  it("is recorded for who was given a seat while somebody else signed in, and comes later that day", () => {
    const pool = org.pool("all", { capacity: 1 });
    provision("ann");
    provision("bob");
    org.minutes(1);
    recorded((world) => {
      world.pools.set({ ...pool, capacity: 2, version: 2 });
      acquire("ann")(world);
    });
    expect(org.holders()).toEqual(["ann", "bob"]);
    org.minutes(1);
    expect(recorded(acquire("bob"))).toEqual([dayFromText("2026-03-01")]);
  });

  it("is recorded for each of several people who use one shared seat in one transaction", () => {
    org.pool("shared", {
      kind: "shared",
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    });
    provision("ann");
    provision("bob");
    const days = recorded((world) => {
      acquire("ann")(world);
      acquire("bob")(world);
      acquire("ann")(world);
    });
    expect(days).toEqual([dayFromText("2026-03-01"), dayFromText("2026-03-01")]);
    expect(org.holders()).toEqual(["ann"]);
  });

  it("is recorded when a lease is renewed on the next day, once", () => {
    const policy = { acquireOn: "signIn", leaseSeconds: 86_400 } as const;
    org.pool("floating", { kind: "concurrent", policy });
    provision("ann");
    expect(recorded(acquire("ann"))).toEqual([dayFromText("2026-03-01")]);
    const seat = [...org.seats.values()][0]!;
    const renew = (world: World) => renewSeat(world, ctx(), seat.id, seat.generation);
    org.minutes(30);
    recorded(renew);
    org.minutes(30);
    expect(recorded(renew)).toEqual([]);
    org.minutes(90);
    expect(recorded(renew)).toEqual([dayFromText("2026-03-02")]);
    org.minutes(10);
    expect(recorded(renew)).toEqual([]);
  });
});
