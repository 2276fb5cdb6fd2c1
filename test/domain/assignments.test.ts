import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { assignedFacts, notOffered } from "../../src/domain/people/assignments.js";
import { giveByHand } from "../../src/domain/byHand.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { loadCatalogue } from "../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../src/config.js";
import type { JsonObject } from "../../src/plugin.js";
import { seatViews } from "../../src/domain/answers/standing.js";
import { MemoryOrganisation } from "./organisation.js";

/** Roles and tiers that an identity provider assigns outright, in a user's `roles` and `entitlements`. */

const catalogue = loadCatalogue(exampleCatalogueFile());
const ALL = ["dashboard", "standard", "professional", "enterprise", "developer"];

let org: MemoryOrganisation;

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
  org.pool("all", { tiers: ALL, capacity: 100 });
});

function listOf(values: readonly string[]): JsonObject[] {
  return values.map((value) => ({ value }));
}

function documentWith(roles: readonly string[], entitlements: readonly string[]): JsonObject {
  return { roles: listOf(roles), entitlements: listOf(entitlements) };
}

function create(document: JsonObject, connectionId = "c1", active = true): string {
  const draft = { userName: "ann", externalId: null, displayName: "Ann", active, document };
  const verdict = org.decide((world, ctx) => createUser(world, ctx, connectionId, draft));
  if ("refused" in verdict) throw new Error(verdict.refused);
  return verdict.ok.user.id;
}

function replace(id: string, document: JsonObject): void {
  org.decide((world, ctx) =>
    changeUser(world, ctx, { id, connectionId: "c1" }, (user) => ({ ...user, document })),
  );
}

function tier(): string | undefined {
  return [...org.seats.values()].find(({ product }) => product === "support")?.tier;
}

describe("an assigned role", () => {
  it("demands its permissions and so its tier (rules 36 and 37)", () => {
    create(documentWith(["team-leader"], []));
    expect(tier()).toBe("professional");
  });

  it("goes with the value, and the tier falls back by itself (rule 34)", () => {
    const ann = create(documentWith(["administrator"], []));
    expect(tier()).toBe("enterprise");
    replace(ann, documentWith(["team-leader"], []));
    expect(tier()).toBe("professional");
    replace(ann, {});
    expect(tier()).toBe("standard");
    expect([...org.facts.values()]).toEqual([]);
  });

  it("is one reason among others: what a person gave stays when the value goes (I12)", () => {
    const ann = create(documentWith(["team-leader"], []));
    const gift = { kind: "role", name: "team-leader", value: true } as const;
    org.decide((world, ctx) => giveByHand(world, ctx, ann, gift, "Anna"));
    expect(org.facts.size).toBe(2);
    replace(ann, {});
    expect(tier()).toBe("professional");
    expect([...org.facts.values()].map(({ source }) => source.type)).toEqual(["hand"]);
  });
});

describe("an assigned tier", () => {
  it("is a floor: the lowest tier that meets everything is given (rule 32)", () => {
    const ann = create(documentWith([], ["support:professional"]));
    expect(tier()).toBe("professional");
    replace(ann, documentWith(["administrator"], ["support:professional"]));
    expect(tier()).toBe("enterprise");
    replace(ann, documentWith([], ["support:dashboard"]));
    expect(tier()).toBe("standard");
  });

  it("is a claim to a seat of a product that nothing else asks for (rule 88)", () => {
    org.pool("reports", { product: "analytics", tiers: ["viewer"], capacity: 1 });
    const ann = create(documentWith([], ["analytics:viewer"]));
    expect([...org.seats.values()].map(({ product }) => product).sort()).toEqual([
      "analytics",
      "support",
    ]);
    replace(ann, {});
    expect([...org.seats.values()].map(({ product }) => product)).toEqual(["support"]);
  });

  it("does not overcome an exclusion", () => {
    org.rule({ type: "everyone" }, { exclusions: ["support"] });
    create(documentWith([], ["support:developer"]));
    expect(org.seats.size).toBe(0);
  });

  it("waits when the pool is full, with the assignment as its reason", () => {
    org.pools.clear();
    org.pool("none", { tiers: ALL, capacity: 0 });
    const ann = create(documentWith([], ["support:enterprise"]));
    expect(org.listed()).toEqual(["ann"]);
    const user = org.users.get(ann)!;
    const holdings = {
      requirements: [...org.requirements.values()],
      seats: [],
      kept: [],
      waiting: [...org.waiting.values()].map((entry) => ({ entry, position: null })),
      pools: [...org.pools.values()],
    };
    expect(seatViews(catalogue, user, holdings, new Map())[0]).toMatchObject({
      state: "waiting",
      tierNeeded: "enterprise",
      reason: expect.stringContaining(
        "because the attribute entitlements gives at least Enterprise of Acorn Desk Support",
      ),
    });
  });
});

describe("assignments", () => {
  it.each([
    { value: "Team-Leader", why: "another letter case" },
    { value: "team leader", why: "a title" },
    { value: "support:standard", why: "a tier among roles" },
    { value: "__proto__", why: "a name that every object has" },
  ])("take values exactly as offered, not $why", ({ value }) => {
    const document = documentWith([value], [value === "support:standard" ? "x" : value]);
    create(document);
    expect(org.facts.size).toBe(0);
    expect(notOffered(catalogue, document)).toContain(`roles ${JSON.stringify(value)}`);
  });

  it("give nothing to an account that is not active", () => {
    create(documentWith([], ["support:enterprise"]), "c1", false);
    expect(org.seats.size).toBe(0);
  });

  it("give the same whatever the order and number of values (I5, I14)", () => {
    const values = fc.array(fc.constantFrom("user", "team-leader", "administrator", "other"));
    fc.assert(
      fc.property(values, (roles) => {
        const subject = (list: readonly string[]) => ({
          userId: "u",
          connectionId: "c1",
          groups: [],
          document: documentWith(list, []),
        });
        const names = (list: readonly string[]) =>
          assignedFacts(catalogue, subject(list), 0)
            .map(({ name }) => name)
            .sort();
        expect(names([...roles].reverse())).toEqual(names(roles));
        expect(names([...roles, ...roles])).toEqual(names(roles));
        expect(names(roles)).toEqual([...new Set(roles)].filter((r) => r !== "other").sort());
      }),
    );
  });
});
