import { beforeEach, describe, expect, it } from "@jest/globals";
import { createUser } from "../../../src/domain/people/arrival.js";
import { giveByHand, takeByHand, type HandFact } from "../../../src/domain/byHand.js";
import type { Catalogue, Product } from "../../../src/domain/catalogue.js";
import { preview } from "../../../src/domain/answers/preview.js";
import { World } from "../../../src/domain/world.js";
import { MemoryOrganisation, product } from "../organisation.js";

const tiers = [
  ["standard", "chat"],
  ["professional", "chat reports"],
] as const;

function organisationWith(
  change: Partial<Product>,
  more: Partial<Catalogue> = {},
): MemoryOrganisation {
  const catalogue: Catalogue = {
    products: new Map([["support", product("support", tiers, { everyone: true, ...change })]]),
    permissions: new Map(
      ["chat", "reports"].map((id) => [id, { id, title: id, requires: { support: [id] } }]),
    ),
    roles: new Map(),
    settings: new Map([
      [
        "reports",
        {
          id: "reports",
          title: "Reports",
          type: "boolean",
          default: false,
          requires: { support: ["reports"] },
          choices: {},
          limits: {},
        },
      ],
    ]),
    ...more,
  };
  const made = new MemoryOrganisation(catalogue);
  made.pool("All", { tiers: ["standard", "professional"], capacity: 5 });
  return made;
}

let org: MemoryOrganisation;

function arrive(document: Record<string, string | object> = {}): string {
  const draft = { userName: "ann", externalId: null, displayName: null, active: true };
  org.decide((world, ctx) =>
    createUser(world, ctx, "c1", { ...draft, document: { userName: "ann", ...document } }),
  );
  return org.idOf("ann");
}

function give(fact: HandFact) {
  return org.decide((world, ctx) => giveByHand(world, ctx, org.idOf("ann"), fact, "boss"));
}

const tier = () => [...org.requirements.values()].map((needed) => needed.tier).join();
const choice = (value: string): HandFact => ({ kind: "tierChoice", name: "support", value });
const reports: HandFact = { kind: "setting", name: "reports", value: true };

describe("tiers that an administrator chooses", () => {
  beforeEach(() => {
    org = organisationWith({ tierMode: "chosen" });
    arrive();
  });

  it("are the tier that is needed, and the seat follows", () => {
    give(choice("professional"));
    expect(tier()).toBe("professional");
    expect([...org.seats.values()].map((seat) => seat.tier)).toEqual(["professional"]);
    give(choice("standard"));
    expect(tier()).toBe("standard");
  });

  it("are refused by name below what is needed, with the tier that would do; nothing changes", () => {
    give(reports);
    expect(give(choice("standard"))).toEqual({
      refused: "TierTooLow",
      sentence: 'standard of support does not contain "reports". professional does.',
    });
    expect([...org.facts.values()].map(({ kind }) => kind)).toEqual(["setting"]);
  });

  it("are kept when more is needed later: a shortfall, no surprise on the bill", () => {
    give(choice("standard"));
    give(reports);
    expect(tier()).toBe("standard");
  });

  it("are refused above a ceiling", () => {
    org.rule({ type: "everyone" }, { tierCeilings: [{ product: "support", tier: "standard" }] });
    org.decide((world, ctx) => takeByHand(world, ctx, org.idOf("ann"), reports));
    give({ kind: "team", name: "any", value: true });
    expect(give(choice("professional"))).toMatchObject({ refused: "TierConflict" });
  });

  it("of a rule are never refused", () => {
    org.rule({ type: "everyone" }, { tierChoices: [{ product: "support", tier: "standard" }] });
    give(reports);
    expect(tier()).toBe("standard");
    expect([...org.requirements.values()][0]?.witness).toEqual([
      { requires: "tier>=standard", because: ["everyone", "tierChoice:support=standard"] },
    ]);
  });

  it("are refused in the preview already", () => {
    const change = { give: [reports, choice("standard")], take: [], by: "boss" };
    const found = preview(org.snapshot(), context(), org.idOf("ann"), change);
    expect(found).toMatchObject({ refused: "TierTooLow" });
  });
});

function context() {
  const cause = { type: "admin", action: "preview", actor: "test", requestId: null } as const;
  return { catalogue: org.catalogue, cause, nextId: org.nextId };
}

describe("rule 29: attributes that come before settings", () => {
  beforeEach(() => {
    org = organisationWith({}, { requiredBeforeSettings: ["name.familyName", "emails"] });
  });

  it("are asked for by name, in the preview and when a setting is given", () => {
    const id = arrive({ name: { familyName: " " } });
    const refusal = {
      refused: "ProfileIncomplete",
      field: "name.familyName",
      sentence:
        "Settings come after name.familyName and emails, which this person does not have yet.",
    };
    expect(give(reports)).toEqual(refusal);
    const change = { give: [reports], take: [], by: "boss" };
    expect(preview(org.snapshot(), context(), id, change)).toEqual(refusal);
  });

  it("are enough when they are there; what is no setting, or comes from a rule, needs none", () => {
    org.rule({ type: "everyone" }, { settings: { reports: true } });
    arrive();
    expect(tier()).toBe("professional");
    expect(give({ kind: "permission", name: "chat", value: true })).toHaveProperty("ok");

    org = organisationWith({}, { requiredBeforeSettings: ["name.familyName", "emails"] });
    arrive({ name: { familyName: "Adams" }, emails: [{ value: "ann@acorn.example" }] });
    expect(give(reports)).toHaveProperty("ok");
  });

  it("are none where the catalogue names none", () => {
    org = organisationWith({});
    arrive();
    expect(give(reports)).toHaveProperty("ok");
  });
});

describe("a permission by hand", () => {
  beforeEach(() => {
    org = organisationWith({});
    arrive();
  });

  it("is given or withheld, the last word counts, and taking it back leaves what rules give", () => {
    org.rule({ type: "everyone" }, { permissions: ["reports"] });
    const permission = (value: boolean) => give({ kind: "permission", name: "reports", value });
    permission(false);
    expect(tier()).toBe("standard");
    permission(true);
    expect(tier()).toBe("professional");
    permission(false);
    org.decide((world, ctx) =>
      takeByHand(world, ctx, org.idOf("ann"), { kind: "permission", name: "reports" }),
    );
    expect(tier()).toBe("professional");
  });
});

describe("a preview", () => {
  it("leaves the snapshot as it is, and asking twice gives the same", () => {
    org = organisationWith({});
    const id = arrive();
    const snapshot = org.snapshot();
    const change = { give: [reports], take: [], by: "boss" };
    const first = preview(snapshot, context(), id, change);
    expect(preview(snapshot, context(), id, change)).toEqual(first);
    expect(new World(snapshot).facts.group(id)).toEqual([]);
  });
});
