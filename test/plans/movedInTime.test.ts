import { expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Group, PoolPolicy } from "../../src/domain/directory.js";
import { movedInTime } from "../../src/domain/plans/moved.js";
import { noChanges, type Changes } from "../../src/domain/snapshot.js";
import { Scene } from "../domain/scene.js";

/** I17: what was tried on a copy is done as if it had been decided at the moment at which it is done. */

const TRIAL_MS = 1_113;
const people = ["ann", "bob", "cid", "dan", "eve"];

const policy = fc.constantFrom<Partial<PoolPolicy>>(
  {},
  { acquireOn: "invite", pendingSeconds: 600, resume: "sameIfFree" },
  { parkedSeconds: 3_600, suspendedConsumes: true, minReassignSeconds: 900 },
  { idleDays: 30, neverUsedDays: 10, graceDays: 7, ageingSeconds: 60 },
  { undo: "ifFree", graceDays: 7, parkedSeconds: 600, ageingSeconds: 600 },
  { coolDownSeconds: 60, onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } },
);
const step = fc.record({
  do: fc.constantFrom(
    ...(["active", "active", "active", "remove", "create", "join", "leave"] as const),
    ...(["signIn", "first", "notFirst"] as const),
  ),
  who: fc.nat(people.length - 1),
  minutes: fc.nat(30),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Stage {
  readonly scene = new Scene();
  readonly leads: Group;
  last: Changes = noChanges();

  constructor(terms: readonly Partial<PoolPolicy>[]) {
    const { org } = this.scene;
    const [standard = {}, professional = {}] = terms;
    this.scene.pool("standard", { capacity: 2, policy: standard });
    this.scene.pool("pro", { capacity: 2, tiers: ["professional"], policy: professional });
    org.rule({ type: "groupName", name: "Leads" }, { permissions: ["reports"] });
    this.leads = this.scene.group("Leads");
    const apply = org.apply.bind(org);
    org.apply = (changes) => {
      this.last = changes;
      apply(changes);
    };
  }

  play({ do: what, who }: Step): Changes {
    this.last = noChanges();
    const name = people[who] ?? "";
    const { scene } = this;
    const user = [...scene.org.users.values()].find(({ userName }) => userName === name);
    if (what === "create" || user === undefined) scene.tryToCreate(name);
    else if (what === "active") scene.update(name, { active: !user.active });
    else if (what === "remove") scene.delete(name);
    else if (what === "join") scene.join(this.leads, name);
    else if (what === "leave") scene.leave(this.leads, name);
    else if (what === "first") scene.give(name, { kind: "priority", name: "support", value: 3 });
    else if (what === "notFirst") scene.take(name, { kind: "priority", name: "support" });
    else if (user.active) scene.signIn(name);
    return this.last;
  }
}

it("I17: moved in time, changes are those that would have been decided then", () => {
  let moved = 0;
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 2, maxLength: 2 }),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      (terms, steps) => {
        const [early, late] = [new Stage(terms), new Stage(terms)];
        let at = early.scene.org.now;
        for (const [index, one] of steps.entries()) {
          // Every moment has milliseconds of its own, so that what counts from another one is told apart.
          at += one.minutes * 60_000 + 7;
          const isLast = index === steps.length - 1;
          early.scene.org.now = at;
          late.scene.org.now = isLast ? at + TRIAL_MS : at;
          if (isLast) fc.pre(!hasEndWithin(early, at));
          const [decided, done] = [early.play(one), late.play(one)];
          if (!isLast) continue;
          const moments = { decided: at, done: at + TRIAL_MS };
          expect(movedInTime(decided, moments)).toEqual(done);
          if (done.entries.length > 0) moved += 1;
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(moved).toBeGreaterThan(60);
});

/** Then something else is decided. */
function hasEndWithin({ scene: { org } }: Stage, at: number): boolean {
  const text = JSON.stringify([...org.seats.values(), ...org.facts.values()]);
  const dates = (text.match(/\d{13}/g) ?? []).map(Number);
  return dates.some((date) => date > at && date <= at + TRIAL_MS);
}

it("leaves alone what people, applications and providers have written, and what lay in the past", () => {
  const at = Date.UTC(2026, 0, 5);
  const changes = {
    ...noChanges(),
    usersInserted: [{ document: { at, expiresAt: at + 1_000 }, createdAt: at, updatedAt: at }],
    factsAdded: [{ kind: "setting", name: "until", value: at, since: at }],
    requestsRecorded: [{ at, body: { at } }],
    entries: [{ at, cause: { at }, details: { expiredAt: at, until: at + 86_400_000 } }],
    waitingInserted: [{ since: at, turn: at - 60_000 }],
    seatsUpdated: [
      { grantedAt: at - 60_000, expiresAt: at + 60_500, lastUsedAt: at, generation: 1 },
    ],
  } as unknown as Changes;
  const done = at + TRIAL_MS;
  expect(movedInTime(changes, { decided: at, done })).toEqual({
    ...noChanges(),
    usersInserted: [{ document: { at, expiresAt: at + 1_000 }, createdAt: done, updatedAt: done }],
    factsAdded: [{ kind: "setting", name: "until", value: at, since: done }],
    requestsRecorded: [{ at: done, body: { at } }],
    entries: [{ at: done, cause: { at }, details: { expiredAt: at, until: done + 86_400_000 } }],
    waitingInserted: [{ since: done, turn: done - 60_000 }],
    seatsUpdated: [
      { grantedAt: at - 60_000, expiresAt: at + 60_500, lastUsedAt: done, generation: 1 },
    ],
  });
});
