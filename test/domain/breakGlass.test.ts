import { beforeEach, describe, expect, it } from "@jest/globals";
import { decideAccess } from "../../src/domain/answers/access.js";
import {
  giveGlass,
  GLASS_DAYS_MAX,
  takeGlass,
  type GlassAsked,
} from "../../src/domain/emergency/breakGlassByHand.js";
import { onTheClock } from "../../src/domain/clock.js";
import type { Group, Pool, Requirement } from "../../src/domain/directory.js";
import { preview } from "../../src/domain/answers/preview.js";
import { eraseUser } from "../../src/domain/people/removal.js";
import { holdingsIn, standingsOf } from "../../src/domain/answers/standing.js";
import { whySentence } from "../../src/domain/answers/why.js";
import { World } from "../../src/domain/world.js";
import { Scene, support } from "./scene.js";

/** An exclusion outweighs every claim but one that is given by hand for an emergency, in words and for a while. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let scene: Scene;
let pool: Pool;
let contractors: Group;

beforeEach(() => {
  scene = new Scene();
  pool = scene.pool("Agents", { tiers: ["standard", "professional", "enterprise"], capacity: 2 });
  contractors = scene.group("Contractors");
  scene.org.rule({ type: "groupName", name: "Contractors" }, { exclusions: ["support"] });
  scene.create("ann");
  scene.join(contractors, "ann");
});

function breakGlass(userName: string, asked: Partial<GlassAsked> = {}, by = "olga") {
  const whole: GlassAsked = {
    product: "support",
    tier: null,
    reason: "incident 4711",
    until: scene.org.now + 4 * HOUR,
    ...asked,
  };
  return scene.org.decide(
    (world, ctx) => giveGlass(world, ctx, scene.org.idOf(userName), whole, by),
    { type: "admin", action: "breakGlass.given", actor: "token-1" },
  );
}

function takeBack(userName: string) {
  return scene.org.decide(
    (world, ctx) => takeGlass(world, ctx, scene.org.idOf(userName), "support"),
    { type: "admin", action: "breakGlass.taken", actor: "token-1" },
  );
}

function tick() {
  return scene.org.decide((world, ctx) => onTheClock(world, ctx), {
    type: "timer",
    action: "reevaluated",
    actor: "system",
  });
}

function told(type: string) {
  return scene.org.events.filter((event) => event.type === type).map(({ data }) => data);
}

function recorded(kind: string) {
  return scene.org.entries
    .filter((entry) => entry.kind === kind)
    .map(({ reason, cause, details }) => ({ reason, by: cause.action, details }));
}

function why(userName: string): string {
  const { org } = scene;
  const world = new World(org.snapshot());
  const user = org.users.get(org.idOf(userName))!;
  const [standing] = standingsOf(org.catalogue, user, holdingsIn(world, user.id));
  const groupNames = new Map(
    [...org.groups.values()].map(({ id, displayName }) => [id, displayName]),
  );
  const ruleNames = new Map<string, string>();
  return whySentence(standing!, {
    ...{ catalogue: org.catalogue, groupNames, ruleNames, timeZone: "UTC" },
  });
}

function needOf(userName: string): Requirement | undefined {
  return scene.org.requirements.get(`${scene.org.idOf(userName)} support`);
}

describe("a break-glass claim", () => {
  it("beats the exclusion of a group, and says so with who, until when, why and despite what", () => {
    expect(scene.holders()).toEqual([]);

    breakGlass("ann");

    expect(scene.holders(pool)).toEqual(["ann"]);
    expect(why("ann")).toBe(
      'ann has standard of support from the pool "Agents" since 2026-01-05. standard is the lowest tier and enough. Break-glass by olga until 2026-01-05 12:00 UTC ("incident 4711"), although excluded by the group "Contractors".',
    );
  });

  it("is in the ledger and told to the application, with actor, reason, end and what it beats", () => {
    breakGlass("ann");

    const until = scene.org.now + 4 * HOUR;
    const despite = [`group:${contractors.id} > exclusion:support`];
    expect(scene.lastEntry("breakGlass.given")).toMatchObject({
      userId: scene.org.idOf("ann"),
      product: "support",
      delta: 0,
      reason: "given",
      cause: { type: "admin", actor: "token-1" },
      details: { tier: null, until, reason: "incident 4711", despite },
    });
    expect(told("breakGlass.given")).toEqual([
      {
        ...{ userId: scene.org.idOf("ann"), product: "support", by: "olga", change: "given" },
        ...{ tier: null, until, reason: "incident 4711", despite },
      },
    ]);
  });

  it("beats exclusions by hand and several at once, and names each", () => {
    scene.give("ann", { kind: "exclusion", name: "support" });
    breakGlass("ann");

    expect(scene.holders()).toEqual(["ann"]);
    expect(why("ann")).toContain('although excluded by the group "Contractors" and ann (by hand).');
    scene.leave(contractors, "ann");
    expect(why("ann")).toContain("although excluded by ann (by hand).");
    expect(scene.holders()).toEqual(["ann"]);
  });

  it("beats an exclusion that comes later, without the seat changing hands in between", () => {
    scene.create("ben");
    breakGlass("ben");
    const before = [...scene.org.seats.values()].find(
      ({ userId }) => userId === scene.org.idOf("ben"),
    );
    expect(why("ben")).toContain(
      'Break-glass by olga until 2026-01-05 12:00 UTC ("incident 4711").',
    );

    scene.join(contractors, "ben");

    expect([...scene.org.seats.values()]).toEqual([before]);
    expect(recorded("seat.released").map(({ reason }) => reason)).toEqual(["excluded"]);
    expect(why("ben")).toContain('although excluded by the group "Contractors"');
  });

  it("is itself a reason for a seat, where nothing else gives one", () => {
    scene = new Scene([support({ everyone: false })]);
    scene.pool("Agents", { capacity: 1 });
    scene.create("cyd");
    breakGlass("cyd");
    expect(scene.holders()).toEqual(["cyd"]);

    scene.wait(4 * 60);
    tick();

    expect(scene.holders()).toEqual([]);
    expect(scene.lastEntry("seat.released")).toMatchObject({ reason: "claimLost" });
  });

  it("may name the tier that is needed in the emergency", () => {
    breakGlass("ann", { tier: "enterprise" });
    expect(needOf("ann")).toMatchObject({ tier: "enterprise", blocked: null });
    expect(why("ann")).toContain("a break-glass claim to at least enterprise of support");
  });

  it("does not outweigh a ceiling: floor above ceiling stays a conflict, and nobody guesses", () => {
    scene.give("ann", { kind: "tierCeiling", name: "support", value: "standard" });
    breakGlass("ann", { tier: "enterprise" });
    expect(needOf("ann")).toMatchObject({ tier: null, blocked: "TierConflict" });
    expect(scene.holders()).toEqual([]);
  });

  it("buys nothing: in a full pool there is a place on the list, and nobody loses a seat (I1)", () => {
    scene.create("ben", "cyd");
    breakGlass("ann");
    expect(scene.holders()).toEqual(["ben", "cyd"]);
    expect(scene.listed()).toEqual(["ann"]);

    scene.wait(4 * 60);
    tick();
    expect(scene.listed()).toEqual([]);
    scene.delete("ben");
    expect(scene.holders()).toEqual(["cyd"]);
  });

  it("does not outweigh that the account is deactivated, and works again while it lasts", () => {
    breakGlass("ann");
    scene.deactivate("ann");
    expect(scene.holders()).toEqual([]);
    expect(breakGlass("ann", { reason: "again" })).toMatchObject({ refused: "Inactive" });

    scene.activate("ann");
    expect(scene.holders()).toEqual(["ann"]);
  });

  it("ends with the account: who is deleted and comes back is excluded as before", () => {
    breakGlass("ann");
    scene.delete("ann");
    expect(recorded("breakGlass.ended")).toMatchObject([{ reason: "deleted" }]);
    scene.create("ann");
    scene.join(contractors, "ann");
    expect(scene.holders()).toEqual([]);
    expect([...scene.org.facts.values()].filter(({ kind }) => kind === "breakGlass")).toEqual([]);
  });

  it("ends with the data of who is erased, and the ledger says that", () => {
    breakGlass("ann");
    const id = scene.org.idOf("ann");
    scene.org.decide((world, ctx) => eraseUser(world, ctx, { id, userName: "ann" }));
    expect(recorded("breakGlass.ended")).toMatchObject([{ reason: "erased" }]);
  });
});

describe("the end of a break-glass claim", () => {
  it("comes by itself at its time: the exclusion is in force, and the seat goes to who waits", () => {
    scene.create("ben");
    breakGlass("ann");
    scene.create("cyd");
    expect(scene.listed()).toEqual(["cyd"]);
    scene.wait(4 * 60 - 1);
    tick();
    expect(scene.holders()).toEqual(["ann", "ben"]);

    scene.wait(1);
    tick();

    expect(scene.holders()).toEqual(["ben", "cyd"]);
    expect(needOf("ann")).toMatchObject({ blocked: "Excluded" });
    expect(recorded("breakGlass.ended")).toMatchObject([
      { reason: "over", by: "breakGlass.over", details: { reason: "incident 4711" } },
    ]);
    expect(scene.lastEntry("seat.released")).toMatchObject({
      reason: "excluded",
      cause: { type: "timer", action: "breakGlass.over" },
    });
    expect(told("breakGlass.ended")).toMatchObject([{ change: "over", by: "olga" }]);
  });

  it("counts for an access decision from its very moment, before anybody has taken the seat back", () => {
    breakGlass("ann");
    const [seat] = scene.org.seats.values();
    const product = scene.org.catalogue.products.get("support")!;
    const at = (now: number) =>
      decideAccess(
        product,
        { userId: seat!.userId, product: "support" },
        { now, active: true, seat: seat!, waiting: null, requirement: needOf("ann")! },
      );
    const until = scene.org.now + 4 * HOUR;
    expect(at(until - 1)).toMatchObject({ permitted: true, tier: "standard" });
    expect(at(until)).toMatchObject({ permitted: false, seat: null, reason: "excluded" });
  });

  it("is noticed at the door, too: who acquires a moment later gets nothing", () => {
    breakGlass("ann");
    scene.wait(4 * 60);
    expect(scene.signIn("ann")).toEqual({ type: "none", reason: "Excluded" });
    expect(scene.holders()).toEqual([]);
    expect(recorded("breakGlass.ended")).toHaveLength(1);
    tick();
    expect(recorded("breakGlass.ended")).toHaveLength(1);
  });

  it("counts for the waiting list from its very moment: a seat that comes free goes to the next one", () => {
    scene.create("ben", "cyd");
    breakGlass("ann");
    scene.create("dan");
    expect(scene.listed()).toEqual(["ann", "dan"]);
    scene.wait(4 * 60);

    scene.delete("ben");

    expect(scene.holders()).toEqual(["cyd", "dan"]);
    expect(scene.listed()).toEqual([]);
    expect(recorded("seat.granted").map(({ by }) => by)).not.toContain("breakGlass.over");
    expect(recorded("breakGlass.ended")).toMatchObject([{ reason: "over", by: "breakGlass.over" }]);
  });

  it("is a step of its own: what a request takes is the request's, in the books and for the brake (I22)", () => {
    scene = new Scene([support({ everyone: false })]);
    pool = scene.pool("Agents", { capacity: 5 });
    const office = scene.group("Office");
    const standard = { product: "support", tier: "standard" };
    scene.org.rule({ type: "groupName", name: "Office" }, { tierFloors: [standard] });
    scene.org.brake = {
      ...scene.org.brake,
      limit: { seats: 1, percent: 1, windowMinutes: 60 },
    };
    scene.create("ann", "ben");
    scene.join(office, "ann", "ben");
    for (const name of ["ann", "ben"]) breakGlass(name);

    scene.wait(4 * 60);
    scene.leave(office, "ann", "ben");

    expect(scene.holders()).toEqual(["ann", "ben"]);
    expect(scene.org.brake.open).toMatchObject({ seats: 2, cause: { type: "scim" } });
  });

  it("changes nothing for who is not excluded any more and has another claim (I12)", () => {
    breakGlass("ann");
    scene.leave(contractors, "ann");
    const before = [...scene.org.seats.values()];
    scene.wait(4 * 60);
    tick();
    expect([...scene.org.seats.values()]).toEqual(before);
    expect(needOf("ann")?.breakGlass).toBeUndefined();
  });

  it("comes by hand: the exclusion is in force in the same step", () => {
    breakGlass("ann");
    expect(takeBack("ann")).toHaveProperty("ok");
    expect(scene.holders()).toEqual([]);
    expect(recorded("breakGlass.ended")).toMatchObject([
      { reason: "takenBack", by: "breakGlass.taken" },
    ]);
    expect(takeBack("ann")).toMatchObject({ refused: "NotFound" });
  });

  it("is no loss for the brake to hold back where it was the only claim, either: it always ends", () => {
    scene = new Scene([support({ everyone: false })]);
    pool = scene.pool("Agents", { capacity: 5 });
    scene.org.brake = {
      ...scene.org.brake,
      limit: { seats: 1, percent: 1, windowMinutes: 60 },
    };
    scene.create("ann", "ben");
    for (const name of ["ann", "ben"]) breakGlass(name);
    expect(scene.holders()).toEqual(["ann", "ben"]);

    scene.wait(4 * 60);
    tick();

    expect(scene.holders()).toEqual([]);
  });

  it("is no loss for the brake, either, when a request of the identity provider notices it first", () => {
    scene = new Scene([support({ everyone: false })]);
    pool = scene.pool("Agents", { capacity: 5 });
    const office = scene.group("Office");
    scene.org.rule({ type: "groupName", name: "Office" }, { teams: ["Office"] });
    scene.org.brake = {
      ...scene.org.brake,
      limit: { seats: 1, percent: 1, windowMinutes: 60 },
    };
    scene.create("ann", "ben");
    for (const name of ["ann", "ben"]) breakGlass(name);

    scene.wait(4 * 60);
    scene.join(office, "ann", "ben");

    expect(scene.holders()).toEqual([]);
    expect(scene.org.brake.open).toBeNull();
  });

  it("is no loss for the brake to hold back: an exclusion counts at once (I22)", () => {
    scene.org.brake = { ...scene.org.brake, limit: { seats: 1, percent: 0, windowMinutes: 60 } };
    scene.create("ben");
    scene.join(contractors, "ben");
    breakGlass("ann");
    breakGlass("ben");
    expect(scene.holders()).toEqual(["ann", "ben"]);

    scene.wait(4 * 60);
    tick();

    expect(scene.holders()).toEqual([]);
    expect(scene.org.brake.open).toBeNull();
  });
});

describe("giving a break-glass claim", () => {
  it("once more with the same words changes nothing: no entry, no message, another actor or not", () => {
    const until = scene.org.now + HOUR;
    breakGlass("ann", { until });
    const entries = scene.org.entries.length;
    const events = scene.org.events.length;

    scene.wait(5);
    const verdict = breakGlass("ann", { until }, "pete");

    expect(verdict).toMatchObject({ ok: { change: "none", fact: { source: { by: "olga" } } } });
    expect(scene.org.entries).toHaveLength(entries);
    expect(scene.org.events).toHaveLength(events);
  });

  it("again before its end renews it: one claim, one seat, a new line", () => {
    breakGlass("ann", { until: scene.org.now + HOUR });
    const before = [...scene.org.seats.values()];
    scene.wait(59);

    expect(breakGlass("ann", { until: scene.org.now + 2 * HOUR }, "pete")).toMatchObject({
      ok: { change: "renewed" },
    });

    scene.wait(60);
    tick();
    expect([...scene.org.seats.values()]).toEqual(before);
    expect([...scene.org.facts.values()].filter(({ kind }) => kind === "breakGlass")).toHaveLength(
      1,
    );
    expect(recorded("breakGlass.given").map(({ reason }) => reason)).toEqual(["given", "renewed"]);
    scene.wait(60);
    tick();
    expect(scene.holders()).toEqual([]);
  });

  it("after its end is a new one, even if nobody has written the end down yet", () => {
    breakGlass("ann", { until: scene.org.now + HOUR });
    scene.wait(61);
    expect(breakGlass("ann")).toMatchObject({ ok: { change: "given" } });
    expect(scene.holders()).toEqual(["ann"]);
    expect(recorded("breakGlass.ended")).toMatchObject([{ reason: "over" }]);
  });

  it.each([
    ["in the past", -1, "until must be in the future."],
    ["at this very moment", 0, "until must be in the future."],
    ["beyond the longest", GLASS_DAYS_MAX * DAY + 1, "until may be at most 7 days from now"],
  ])("with an end %s is refused with a sentence", (_, after, sentence) => {
    const verdict = breakGlass("ann", { until: scene.org.now + after });
    expect(verdict).toMatchObject({ refused: "InvalidValue", field: "until" });
    expect(verdict).toHaveProperty("sentence", expect.stringContaining(sentence));
    expect(scene.org.facts.size).toBe(1);
  });

  it("for the longest time is possible", () => {
    expect(breakGlass("ann", { until: scene.org.now + GLASS_DAYS_MAX * DAY })).toHaveProperty("ok");
  });

  it("can be tried first: the seat and the exclusion that is beaten are foretold, and nothing is saved", () => {
    const { org } = scene;
    const glass = { product: "support", tier: null, reason: "drill", until: org.now + HOUR };
    const cause = { type: "admin", action: "preview", actor: "system", requestId: null } as const;
    const ctx = { catalogue: org.catalogue, cause, nextId: org.nextId };
    const change = { give: [], take: [], breakGlass: glass, by: "olga" };
    const verdict = preview(org.snapshot(), ctx, org.idOf("ann"), change);
    expect(verdict).toMatchObject({
      ok: {
        products: [
          {
            ...{ tier: "standard", blocked: null, before: { blocked: "Excluded" } },
            breakGlass: { by: "olga", despite: [[`group:${contractors.id}`, "exclusion:support"]] },
            seat: { state: "free", poolId: pool.id },
          },
        ],
      },
    });
    const late = { ...change, breakGlass: { ...glass, until: org.now + 8 * DAY } };
    expect(preview(org.snapshot(), ctx, org.idOf("ann"), late)).toMatchObject({
      refused: "InvalidValue",
    });
    expect(scene.holders()).toEqual([]);
  });
});
