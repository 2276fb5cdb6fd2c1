import { describe, expect, it } from "@jest/globals";
import { frequentUsers } from "../../src/domain/advisor/frequent.js";
import { capabilitiesOf } from "../../src/domain/answers/capabilities.js";
import type { Catalogue, Role } from "../../src/domain/catalogue.js";
import { product } from "./organisation.js";
import { Scene, support } from "./scene.js";

/** People without a licence (rules 75 to 93), and three rules about words and kinds (5 and 59). */

const role = (id: string, ...capabilities: string[]): Role => ({
  ...{ id, title: id, permissions: [], requires: { meetings: capabilities } },
});

const ROLES = [
  role("administrator", "users.manage", "account.configure", "activity", "reports"),
  role("assistant", "availability.edit", "contact.edit"),
  role("editor", "notices"),
  role("finance", "billing.pay", "invoices"),
  role("security", "lockout.policy"),
  role("privacy", "activities.delete"),
  role("designer", "themes"),
  role("host", "bookings.receive"),
];

const meetings = product("meetings", [["licensed", "bookings.receive pages"]], {
  freeCapabilities: ["profile.edit"],
  exemptRoles: ROLES.map(({ id }) => id).filter((id) => id !== "host"),
});

const catalogue: Pick<Catalogue, "roles" | "permissions"> = {
  roles: new Map(ROLES.map((one) => [one.id, one])),
  permissions: new Map(),
};

function may(roles: string[], tier: string | null = null, active = true): string[] {
  return capabilitiesOf(catalogue, meetings, { active, tier, addOns: [], roles });
}

describe("somebody without a licence", () => {
  it("rule 75: still enjoys what is free", () => {
    expect(may([])).toEqual(["profile.edit"]);
    expect(may([], null, false)).toEqual([]);
  });

  it("rule 76: costs nothing, however many there are", () => {
    const scene = new Scene([support({ everyone: false })]);
    scene.pool("assigned", { capacity: 1 });
    scene.create(...Array.from({ length: 50 }, (_, n) => `u${String(n)}`));
    expect(scene.org.users.size).toBe(50);
    expect(scene.holders()).toEqual([]);
  });

  it.each([
    [77, "administrator", ["account.configure", "activity", "reports", "users.manage"]],
    [78, "assistant", ["availability.edit", "contact.edit"]],
    [81, "editor", ["notices"]],
    [89, "administrator", ["account.configure", "activity", "reports", "users.manage"]],
    [90, "finance", ["billing.pay", "invoices"]],
    [91, "security", ["lockout.policy"]],
    [92, "privacy", ["activities.delete"]],
    [93, "designer", ["themes"]],
  ])("rule %d: as %s may do what the role is for, and nothing else", (_, name, expected) => {
    expect(may([name])).toEqual([...expected, "profile.edit"].sort());
  });

  it("rule 87: may not do what the licence is for, whatever the role says", () => {
    expect(may(["host"])).toEqual(["profile.edit"]);
    expect(may(["host"], "licensed")).toEqual(["bookings.receive", "pages", "profile.edit"]);
  });

  it("rules 77 and 79: an exempt role asks for no seat", () => {
    const scene = new Scene([support({ everyone: false, exemptRoles: ["boss"] })]);
    (scene.org.catalogue.roles as Map<string, Role>).set("boss", {
      ...{ id: "boss", title: "Boss", permissions: ["admin"], requires: {} },
    });
    scene.pool("desk", { capacity: 1, tiers: ["standard", "professional", "enterprise"] });
    scene.create("ann");
    scene.give("ann", { kind: "role", name: "boss" });
    expect(scene.holders()).toEqual([]);
    expect(scene.listed()).toEqual([]);
  });
});

describe("words and kinds", () => {
  it("rule 59: a member is a user: team, seat and account have one id", () => {
    const scene = new Scene([support({ everyone: false })]);
    scene.pool("desk");
    const red = scene.group("Red");
    scene.org.rule({ type: "groupName", name: "Red" }, { teams: ["Red"], pools: ["desk"] });
    scene.create("ann");
    scene.join(red, "ann");
    const id = scene.org.idOf("ann");
    const ids = [
      ...[...scene.org.members.values()].map(({ userId }) => userId),
      ...[...scene.org.facts.values()].map(({ userId }) => userId),
      ...[...scene.org.seats.values()].map(({ userId }) => userId),
    ];
    expect(new Set(ids)).toEqual(new Set([id]));
  });

  it("rule 5: who is there on most working days is recommended a locked seat", () => {
    // Two weeks from Monday, 5 January 2026: ten working days.
    const monday = Date.UTC(2026, 0, 5) / 86_400_000;
    const used = new Map([
      ["daily", Array.from({ length: 14 }, (_, n) => monday + n)],
      ["half", [0, 1, 2, 3, 4].map((n) => monday + n)],
      ["rare", [monday, monday + 1, monday + 1, monday + 20]],
    ]);
    expect(frequentUsers(used, monday, monday + 14)).toEqual([
      { userId: "daily", days: 14, ofWorkingDays: 10 },
      { userId: "half", days: 5, ofWorkingDays: 10 },
    ]);
    expect(frequentUsers(used, monday, monday)).toEqual([]);
  });
});
