import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Catalogue } from "../../src/domain/catalogue.js";
import {
  acquireSeat,
  changePool,
  giveByHand,
  releaseByApp,
  renewSeat,
  takeByHand,
} from "../../src/domain/byHand.js";
import type { Pool } from "../../src/domain/directory.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { changeUser, type UserDraft } from "../../src/domain/people/provisioning.js";
import { deleteUser } from "../../src/domain/people/removal.js";
import { evaluate } from "../../src/domain/evaluate.js";
import type { SeatOutcome } from "../../src/domain/seats/seats.js";
import { MemoryOrganisation, product } from "./organisation.js";

const tiers = [
  ["standard", "chat"],
  ["professional", "chat reports"],
  ["enterprise", "chat reports admin"],
] as const;

function catalogueOf(everyone: boolean): Catalogue {
  return {
    products: new Map([["support", product("support", tiers, { everyone })]]),
    permissions: new Map(
      ["chat", "reports", "admin"].map((id) => [
        id,
        { id, title: id, requires: { support: [id] } },
      ]),
    ),
    roles: new Map(),
    settings: new Map(),
  };
}

let org: MemoryOrganisation;

function draft(userName: string, more: Partial<UserDraft> = {}): UserDraft {
  return {
    userName,
    externalId: null,
    displayName: userName,
    active: true,
    document: { userName },
    ...more,
  };
}

function create(userName: string, more: Partial<UserDraft> = {}) {
  const verdict = org.decide((world, ctx) => createUser(world, ctx, "c1", draft(userName, more)));
  if ("refused" in verdict) throw new Error(verdict.refused);
  return verdict.ok;
}

function change(userName: string, more: Partial<UserDraft>) {
  const target = { id: org.idOf(userName), connectionId: "c1" };
  return org.decide((world, ctx) =>
    changeUser(world, ctx, target, (user) => ({ ...user, ...more })),
  );
}

/** Through the application's door, which is the sign-in's. */
function enter(userName: string, productId = "support"): SeatOutcome {
  const verdict = org.decide(
    (world, ctx) => acquireSeat(world, ctx, org.idOf(userName), productId),
    { type: "app" },
  );
  if ("refused" in verdict) throw new Error(verdict.refused);
  return verdict.ok;
}

function give(userName: string, permission: string): void {
  org.decide((world, ctx) =>
    giveByHand(
      world,
      ctx,
      org.idOf(userName),
      { kind: "permission", name: permission, value: true },
      "ann",
    ),
  );
}

function take(userName: string, permission: string): void {
  org.decide((world, ctx) =>
    takeByHand(world, ctx, org.idOf(userName), { kind: "permission", name: permission }),
  );
}

describe("shared seats are taken over at sign-in", () => {
  let pool: Pool;
  beforeEach(() => {
    org = new MemoryOrganisation(catalogueOf(false));
    pool = org.pool("shared", {
      kind: "shared",
      policy: {
        acquireOn: "signIn",
        onFull: ["evictLru", "wait"],
        eligibility: "anyone",
        evictionOrder: "lastSignIn",
      },
    });
  });

  it("rule 14: Jason, then Ciara, then Pat, and so on for ever", () => {
    for (const name of ["jason", "ciara", "pat"]) create(name);
    const held: string[][] = [];

    for (const name of ["jason", "ciara", "pat", "jason", "ciara"]) {
      enter(name);
      held.push(org.holders(pool.id));
      org.minutes(24 * 60);
    }

    expect(held).toEqual([["jason"], ["ciara"], ["pat"], ["jason"], ["ciara"]]);
    const moves = org.entries.map(
      ({ kind, userId }) => `${kind} ${org.users.get(userId ?? "")?.userName ?? ""}`,
    );
    expect(moves.slice(0, 5)).toEqual([
      "seat.granted jason",
      "seat.displaced jason",
      "seat.granted ciara",
      "seat.displaced ciara",
      "seat.granted pat",
    ]);
  });

  it("rule 11: nobody gets a shared seat by being provisioned", () => {
    create("jason");

    expect(org.holders()).toEqual([]);
  });

  it("rule 12: while one is free nobody loses anything", () => {
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 2 }));
    create("jason");
    create("ciara");

    enter("jason");
    enter("ciara");

    expect(org.holders()).toEqual(["ciara", "jason"]);
  });

  it("rule 25, Q1: of several holders the one who signed in longest ago loses", () => {
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 2 }));
    for (const name of ["jason", "ciara", "pat"]) create(name);
    enter("jason");
    org.minutes(1);
    enter("ciara");
    org.minutes(1);
    enter("jason");
    org.minutes(1);

    enter("pat");

    expect(org.holders()).toEqual(["jason", "pat"]);
  });

  it("I8: who is protected by minHold does not lose the seat; the newcomer waits, and gets the next one", () => {
    const policy = { ...pool.policy, minHoldSeconds: 3600 };
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { policy }));
    create("jason");
    create("ciara");
    enter("jason");

    const outcome = enter("ciara");

    expect(outcome.type).toBe("waiting");
    expect(org.holders()).toEqual(["jason"]);
    change("jason", { active: false });
    expect(org.holders()).toEqual(["ciara"]);
    expect(org.listed()).toEqual([]);
  });

  it("rules 4, 7 and 8: a locked seat is taken by nobody's sign-in, and its holder uses no shared one", () => {
    const locked = org.pool("locked", {
      kind: "locked",
      capacity: 1,
      policy: { acquireOn: "manual" },
    });
    create("lisa");
    create("jason");
    create("ciara");
    org.decide((world, ctx) =>
      giveByHand(
        world,
        ctx,
        org.idOf("lisa"),
        { kind: "pool", name: "locked", value: true },
        "ann",
      ),
    );

    for (const name of ["lisa", "jason", "ciara", "lisa"]) enter(name);

    expect(org.holders(locked.id)).toEqual(["lisa"]);
    expect(org.holders(pool.id)).toEqual(["ciara"]);
  });

  it("rule 9: an administrator moves a locked seat from one user to another by hand", () => {
    const locked = org.pool("locked", {
      kind: "locked",
      capacity: 1,
      policy: { acquireOn: "manual" },
    });
    create("lisa");
    create("omar");
    const fact = { kind: "pool", name: "locked", value: true } as const;
    org.decide((world, ctx) => giveByHand(world, ctx, org.idOf("lisa"), fact, "ann"));
    expect(org.holders(locked.id)).toEqual(["lisa"]);

    org.decide((world, ctx) => takeByHand(world, ctx, org.idOf("lisa"), fact));
    org.decide((world, ctx) => giveByHand(world, ctx, org.idOf("omar"), fact, "ann"));

    expect(org.holders(locked.id)).toEqual(["omar"]);
  });

  it("rules 16 to 18: after a revocation nobody is next; whoever comes first gets it", () => {
    for (const name of ["jason", "ciara", "pat"]) create(name);
    enter("jason");
    const [seat] = [...org.seats.values()];

    org.decide((world, ctx) => releaseByApp(world, ctx, seat?.id ?? ""));

    expect(org.holders()).toEqual([]);
    enter("pat");
    expect(org.holders()).toEqual(["pat"]);
    enter("jason");
    expect(org.holders()).toEqual(["jason"]);
  });
});

describe("locked seats, given out on provisioning", () => {
  let pool: Pool;
  beforeEach(() => {
    org = new MemoryOrganisation(catalogueOf(true));
    pool = org.pool("locked", { capacity: 2 });
  });

  it("rule 74, I10: when all are taken people wait, in the order in which they came, and get in by themselves", () => {
    for (const name of ["a", "b", "c", "d"]) {
      create(name);
      org.minutes(1);
    }
    expect(org.holders()).toEqual(["a", "b"]);
    expect(org.listed()).toEqual(["c", "d"]);

    change("a", { active: false });

    expect(org.holders()).toEqual(["b", "c"]);
    expect(org.listed()).toEqual(["d"]);
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 3 }));
    expect(org.holders()).toEqual(["b", "c", "d"]);
  });

  it("I13: deactivation frees the seat in the same step and keeps the account; coming back joins the queue", () => {
    create("a");
    create("b");
    create("c");

    change("b", { active: false });
    change("b", { active: true });

    expect(org.holders()).toEqual(["a", "c"]);
    expect(org.listed()).toEqual(["b"]);
    expect(org.users.get(org.idOf("b"))?.active).toBe(true);
  });

  it("deleting somebody gives the seat and the place in the queue back", () => {
    for (const name of ["a", "b", "c", "d"]) create(name);
    const target = (name: string) => ({ id: org.idOf(name), connectionId: "c1" });

    org.decide((world, ctx) => deleteUser(world, ctx, target("c")));
    org.decide((world, ctx) => deleteUser(world, ctx, target("a")));

    expect(org.holders()).toEqual(["b", "d"]);
    expect(org.listed()).toEqual([]);
  });

  it("case 57: somebody who is created inactive takes no seat", () => {
    create("a", { active: false });

    expect(org.holders()).toEqual([]);
  });

  it("I1: lowering the capacity takes nobody's seat, and nobody gets one until enough have come back", () => {
    create("a");
    create("b");
    create("c");
    const verdict = org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 1 }));
    expect(verdict).toMatchObject({ ok: { overCapacity: 1 } });

    change("a", { active: false });
    expect(org.holders()).toEqual(["b"]);
    change("b", { active: false });

    expect(org.holders()).toEqual(["c"]);
  });

  it("onFull reject: nobody waits, and nothing is promised", () => {
    const policy = { ...pool.policy, onFull: [] };
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { policy, capacity: 1 }));
    create("a");

    expect(create("b").outcomes.get("support")).toEqual({ type: "none", reason: "PoolFull" });
    expect(org.listed()).toEqual([]);
  });

  it("rule 94: seasonal recycling; one licence serves different people in turn, and the first comes back", () => {
    org.decide((world, ctx) =>
      changePool(world, ctx, pool.id, {
        capacity: 1,
        policy: { ...pool.policy, acquireOn: "manual" },
      }),
    );
    create("recruiter");
    create("trainer");
    const fact = { kind: "pool", name: "locked", value: true } as const;
    const assign = (name: string) =>
      org.decide((world, ctx) => giveByHand(world, ctx, org.idOf(name), fact, "ann"));
    const unassign = (name: string) =>
      org.decide((world, ctx) => takeByHand(world, ctx, org.idOf(name), fact));
    const held: string[][] = [];

    assign("recruiter");
    held.push(org.holders());
    unassign("recruiter");
    held.push(org.holders());
    assign("trainer");
    held.push(org.holders());
    unassign("trainer");
    assign("recruiter");
    held.push(org.holders());

    expect(held).toEqual([["recruiter"], [], ["trainer"], ["recruiter"]]);
    // Rule 82: what the application keeps for the profile hangs on the account, which was never touched.
    expect(org.users.get(org.idOf("recruiter"))?.version).toBe(1);
  });
});

describe("concurrent seats are leases", () => {
  let pool: Pool;
  beforeEach(() => {
    org = new MemoryOrganisation(catalogueOf(true));
    pool = org.pool("parallel", {
      kind: "concurrent",
      capacity: 5,
      policy: { acquireOn: "signIn", onFull: ["wait"], leaseSeconds: 600 },
    });
  });

  it("rule 104: the 6th operator on 5 licences is not served until one leaves", () => {
    const names = ["o1", "o2", "o3", "o4", "o5", "o6"];
    for (const name of names) create(name);
    for (const name of names.slice(0, 5)) enter(name);

    expect(enter("o6").type).toBe("waiting");
    expect(org.holders()).toEqual(["o1", "o2", "o3", "o4", "o5"]);
    const seat = [...org.seats.values()].find(({ userId }) => userId === org.idOf("o3"));
    org.decide((world, ctx) => releaseByApp(world, ctx, seat?.id ?? ""));

    expect(org.holders()).toEqual(["o1", "o2", "o4", "o5", "o6"]);
  });

  it("who waits at the door keeps the place when an identity provider changes something of the account meanwhile", () => {
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 1 }));
    for (const name of ["o1", "o2", "o3"]) {
      create(name);
      enter(name);
    }
    const listed = [...org.waiting.values()];
    org.minutes(1);

    change("o2", { displayName: "Olga" });
    org.decide((world, ctx) => evaluate(world, ctx, [...org.users.keys()]));

    expect([...org.waiting.values()]).toEqual(listed);
    const [seat] = org.seats.values();
    org.decide((world, ctx) => releaseByApp(world, ctx, seat?.id ?? ""));
    expect([org.holders(), org.listed()]).toEqual([["o2"], ["o3"]]);
  });

  it("who waits at the door beside a full pool that keeps no list keeps the place, too", () => {
    org.pool("locked", { policy: { onFull: [] } });
    create("holder");
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 0 }));
    create("late");
    expect(enter("late").type).toBe("waiting");

    change("late", { displayName: "Lara" });

    expect(org.listed()).toEqual(["late"]);
  });

  it("who waited at the door keeps a place in the queue for a seat for good", () => {
    const locked = org.pool("locked");
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 1 }));
    for (const name of ["holder", "o1", "o2"]) {
      create(name);
      enter(name);
    }
    expect([org.holders(locked.id), org.holders(pool.id)]).toEqual([["holder"], ["o1"]]);
    const seat = [...org.seats.values()].find(({ poolId }) => poolId === pool.id);

    org.decide((world, ctx) => releaseByApp(world, ctx, seat?.id ?? ""));
    expect(org.holders(pool.id)).toEqual(["o2"]);
    change("o1", { active: false });
    expect(org.listed()).toEqual(["o2"]);

    change("holder", { active: false });
    expect([org.holders(locked.id), org.holders(pool.id), org.listed()]).toEqual([["o2"], [], []]);
  });

  it("who waits at the door leaves the list when the pool's list is closed", () => {
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 0 }));
    create("o1");
    enter("o1");
    org.decide((world, ctx) =>
      changePool(world, ctx, pool.id, { policy: { ...pool.policy, onFull: [] } }),
    );

    org.decide((world, ctx) => evaluate(world, ctx, [...org.users.keys()]));

    expect(org.listed()).toEqual([]);
  });

  it("a lease that ran out is free for the next, whether or not anybody cleaned up", () => {
    for (const name of ["o1", "o2"]) create(name);
    org.decide((world, ctx) => changePool(world, ctx, pool.id, { capacity: 1 }));
    enter("o1");
    org.minutes(10);

    expect(enter("o2").type).toBe("held");
    expect(org.holders()).toEqual(["o2"]);
    expect(org.entries.map(({ kind }) => kind)).toContain("lease.expired");
  });

  it("a renewal extends the lease; after the end it is lost", () => {
    create("o1");
    const outcome = enter("o1");
    if (outcome.type !== "held") throw new Error(outcome.type);
    const { id, generation } = outcome.seat;
    org.minutes(9);
    expect(org.decide((world, ctx) => renewSeat(world, ctx, id, generation))).toMatchObject({
      ok: { id },
    });
    org.minutes(9);
    expect(org.holders()).toEqual(["o1"]);
    org.minutes(2);

    expect(org.decide((world, ctx) => renewSeat(world, ctx, id, generation))).toMatchObject({
      refused: "LeaseLost",
    });
    expect(org.holders()).toEqual([]);
  });

  it("I20: a second sign-in fences the first: only the newest generation renews", () => {
    create("o1");
    const first = enter("o1");
    org.minutes(1);
    const second = enter("o1");
    if (first.type !== "held" || second.type !== "held") throw new Error("no seat");

    expect(second.seat.id).toBe(first.seat.id);
    const renew = (generation: number) =>
      org.decide((world, ctx) => renewSeat(world, ctx, first.seat.id, generation));
    expect(renew(first.seat.generation)).toMatchObject({ refused: "LeaseLost" });
    expect(renew(second.seat.generation)).toMatchObject({
      ok: { generation: second.seat.generation },
    });
  });
});

describe("a change of tier", () => {
  beforeEach(() => {
    org = new MemoryOrganisation(catalogueOf(true));
  });

  it("inside one pool keeps the seat and changes its tier", () => {
    const pool = org.pool("all", { tiers: ["standard", "professional"], capacity: 1 });
    create("a");
    const before = [...org.seats.values()][0];

    give("a", "reports");

    expect([...org.seats.values()]).toEqual([{ ...before, tier: "professional" }]);
    take("a", "reports");
    expect(org.seats.get(before?.id ?? "")?.tier).toBe("standard");
    expect(pool.capacity).toBe(1);
  });

  it("to another pool moves the seat in one step: never two, never none", () => {
    const low = org.pool("low", { tiers: ["standard"] });
    const high = org.pool("high", { tiers: ["professional"] });
    create("a");
    expect(org.holders(low.id)).toEqual(["a"]);

    give("a", "reports");

    expect(org.holders(low.id)).toEqual([]);
    expect(org.holders(high.id)).toEqual(["a"]);
  });

  it("never releases first: when the higher pool is full the old seat is kept, and moves when there is room", () => {
    const low = org.pool("low", { tiers: ["standard"], capacity: 2 });
    const high = org.pool("high", { tiers: ["professional"], capacity: 1 });
    create("a");
    give("a", "reports");
    create("b");

    give("b", "reports");
    expect(org.holders(low.id)).toEqual(["b"]);
    expect(org.listed()).toEqual(["b"]);

    change("a", { active: false });
    expect(org.holders(high.id)).toEqual(["b"]);
    expect(org.holders(low.id)).toEqual([]);
    expect(org.listed()).toEqual([]);
  });

  it("of two people in one change set: who gives back goes first, so that the other gets the seat at once", () => {
    const high = org.pool("high", { tiers: ["professional"], capacity: 1 });
    org.pool("low", { tiers: ["standard"], capacity: 2 });
    create("a");
    create("b");
    give("b", "reports");
    expect(org.holders(high.id)).toEqual(["b"]);

    org.decide((world, ctx) => {
      takeByHand(world, ctx, org.idOf("b"), { kind: "permission", name: "reports" });
      giveByHand(
        world,
        ctx,
        org.idOf("a"),
        { kind: "permission", name: "reports", value: true },
        "ann",
      );
      evaluate(world, ctx, [org.idOf("a"), org.idOf("b")]);
    });

    expect(org.holders(high.id)).toEqual(["a"]);
    expect(org.listed()).toEqual([]);
  });

  it("to a seat for the time of a sign-in keeps a place in the queue for one for good", () => {
    const low = org.pool("low", { tiers: ["standard"], capacity: 1 });
    const high = org.pool("high", { tiers: ["professional"], capacity: 1 });
    const shared = org.pool("shared", {
      kind: "shared",
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    });
    create("a");
    give("a", "reports");
    create("b");
    take("a", "reports");
    expect(org.holders(high.id)).toEqual(["a"]);

    enter("a");
    expect([org.holders(shared.id), org.listed()]).toEqual([["a"], ["a"]]);

    change("b", { active: false });
    expect([org.holders(low.id), org.holders(), org.listed()]).toEqual([["a"], ["a"], []]);
  });

  it("with nobody's pool for the tier leaves the seat as it is, and the shortfall visible", () => {
    org.pool("low", { tiers: ["standard"] });
    create("a");

    give("a", "admin");

    expect([...org.seats.values()].map(({ tier }) => tier)).toEqual(["standard"]);
    expect(org.requirements.get(`${org.idOf("a")} support`)?.tier).toBe("enterprise");
  });
});

describe("the choice of a pool", () => {
  it("gives no higher tier now to who will get exactly the tier needed at sign-in", () => {
    org = new MemoryOrganisation(catalogueOf(true));
    const high = org.pool("high", { tiers: ["enterprise"], capacity: 5 });
    const shared = org.pool("shared", {
      kind: "shared",
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    });

    create("a");
    expect(org.holders(high.id)).toEqual([]);
    expect(org.listed()).toEqual([]);
    enter("a");

    expect(org.holders(shared.id)).toEqual(["a"]);
  });

  it("gives a higher tier where no pool offers the one that is needed", () => {
    org = new MemoryOrganisation(catalogueOf(true));
    const high = org.pool("high", { tiers: ["enterprise"] });

    create("a");

    expect(org.holders(high.id)).toEqual(["a"]);
  });
});

describe("claims", () => {
  it("I12: taking one of two reasons away changes nothing; the last one frees the seat", () => {
    org = new MemoryOrganisation(catalogueOf(false));
    org.pool("locked", { tiers: ["standard", "professional"] });
    create("a");
    give("a", "chat");
    give("a", "reports");
    const before = org.entries.length;

    take("a", "reports");
    expect(org.holders()).toEqual(["a"]);
    take("a", "chat");

    expect(org.holders()).toEqual([]);
    expect(org.entries.slice(before).map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      "seat.tierChanged requirementChanged",
      "seat.released claimLost",
    ]);
  });

  it("a person without any claim holds no seat and costs nothing (rules 21, 76)", () => {
    org = new MemoryOrganisation(catalogueOf(false));
    org.pool("locked");

    expect(create("a").outcomes.size).toBe(0);
    expect(org.holders()).toEqual([]);
    expect(org.entries).toEqual([]);
  });

  it("an exclusion takes the seat back, and without it the seat returns", () => {
    org = new MemoryOrganisation(catalogueOf(true));
    org.pool("locked");
    create("a");
    const exclusion = { kind: "exclusion", name: "support", value: true } as const;

    org.decide((world, ctx) => giveByHand(world, ctx, org.idOf("a"), exclusion, "ann"));
    expect(org.holders()).toEqual([]);
    org.decide((world, ctx) => takeByHand(world, ctx, org.idOf("a"), exclusion));

    expect(org.holders()).toEqual(["a"]);
  });
});
