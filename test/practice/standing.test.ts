import { describe, expect, it } from "@jest/globals";
import { standingsOf } from "../../src/practice/standing.js";
import type { Surroundings } from "../../src/practice/standing.js";

/** "professional" and "developer" are served by pools of their own, "standard" by two. */
const POOLS = [
  { id: "p1", name: "Professionals", tiers: ["professional"] },
  { id: "p2", name: "Developers", tiers: ["developer"] },
  { id: "p3", name: "Desk", tiers: ["standard"] },
  { id: "p4", name: "Night desk", tiers: ["standard", "professional"] },
].map((pool) => ({
  ...pool,
  ...{ product: "support", kind: "locked" as const, capacity: 1, used: 1, waiting: 1 },
  policy: { acquireOn: "provision", leaseUnit: "user" },
}));
const PRODUCTS = [{ id: "support", title: "Desk Support", tiers: [], addOns: [] }];

type Waiting = Surroundings["line"][number];

function waits(
  id: string,
  tier: string,
  poolId: string | null,
  position: number,
  atTheDoor = false,
): Waiting {
  return { id, product: "support", tier, poolId, alsoPools: [], atTheDoor, position };
}

function placeOf(own: Waiting, line: readonly Waiting[], pools = POOLS) {
  const about = {
    user: { id: "u1", active: true, displayName: "Ann" },
    ...{ requirements: [], seats: [], why: [], waiting: [own] },
  };
  const [standing] = standingsOf(about, { products: PRODUCTS, pools, line });
  return [standing!.waitingPosition, standing!.waitingFor];
}

describe("a place in the waiting list", () => {
  const developers = [waits("a", "developer", null, 1), waits("b", "developer", "p2", 2)];

  it("counts only those ahead who could be given the same seat", () => {
    const own = waits("c", "professional", "p1", 3);

    expect(placeOf(own, [...developers, own])).toEqual([1, ["Professionals"]]);
  });

  it("counts everybody ahead in any of the pools that could give the seat", () => {
    const own = waits("d", "standard", null, 5);
    const ahead = [waits("c", "professional", null, 3), waits("e", "standard", "p3", 4)];

    expect(placeOf(own, [...developers, ...ahead, own])).toEqual([3, ["Desk", "Night desk"]]);
  });

  it("counts, of who names no pool, only pools that give a seat without being named, at the door or not", () => {
    const pools = POOLS.slice(2).map((pool) => {
      const acquireOn = pool.name === "Desk" ? "manual" : "signIn";
      return { ...pool, policy: { ...pool.policy, acquireOn } };
    });
    const named = waits("a", "standard", "p3", 1);
    const inside = waits("b", "standard", null, 2);
    const own = waits("c", "standard", null, 3, true);

    expect(placeOf(own, [named, inside, own], pools)).toEqual([1, ["Night desk"]]);
    expect(placeOf(named, [inside, own, named], pools)).toEqual([1, ["Desk"]]);
  });

  it("leaves out pools that lend to sessions or devices: nobody waits for those", () => {
    const pools = POOLS.slice(2).map((pool) => {
      const leaseUnit = pool.name === "Desk" ? "device" : "user";
      return { ...pool, policy: { ...pool.policy, leaseUnit } };
    });
    const own = waits("b", "standard", null, 2);

    expect(placeOf(own, [own], pools)).toEqual([1, ["Night desk"]]);
  });

  it("is the one in the whole list where no pool offers the tier, and where the list is too long", () => {
    const own = waits("d", "standard", null, 300);

    expect(placeOf(own, [...developers, own], [])).toEqual([300, []]);
    expect(placeOf(own, developers)).toEqual([300, []]);
  });
});
