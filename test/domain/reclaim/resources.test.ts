import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Pool } from "../../../src/domain/directory.js";
import type { PoolPolicy } from "../../../src/domain/pools/policy.js";
import { support } from "../scene.js";
import { product } from "../organisation.js";
import { ReclaimScene } from "./scene.js";

/** People without a licence, and what hangs on a seat (rules 75 to 94), by their numbers. */

const ASSIGNED = { acquireOn: "manual", onFull: [], parkedSeconds: 31_536_000 } as const;

let scene: ReclaimScene;
let pool: Pool;

function begin(policy: Partial<PoolPolicy> = {}): void {
  scene = new ReclaimScene([support({ everyone: false }), product("chat", [["standard", "talk"]])]);
  pool = scene.pool("assigned", { capacity: 1, policy: { ...ASSIGNED, ...policy } });
  scene.pool("chat", { product: "chat", capacity: 1, policy: ASSIGNED });
  scene.create("recruiter", "trainer", "admin");
}

const assign = (name: string, seat = "assigned") => scene.give(name, { kind: "pool", name: seat });
const unassign = (name: string, seat = "assigned") =>
  scene.take(name, { kind: "pool", name: seat });

beforeEach(() => begin());

describe("what hangs on a seat", () => {
  it("rule 94: one licence serves different people in turn, and nothing has to be set up again", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    scene.owns("recruiter", "calendar", { kind: "integration", product: null });
    expect(scene.resource("interviews")).toBe("recruiter enabled");

    unassign("recruiter");
    expect(scene.resource("interviews")).toBe("recruiter disabled");
    assign("trainer");
    expect(scene.holders(pool)).toEqual(["trainer"]);
    scene.wait(90 * 24 * 60);
    unassign("trainer");
    assign("recruiter");

    expect(scene.holders(pool)).toEqual(["recruiter"]);
    expect(scene.resource("interviews")).toBe("recruiter ready");
    expect(scene.turn("interviews", true)).toHaveProperty("ok");
    expect(scene.resource("interviews")).toBe("recruiter enabled");
    expect(scene.resource("calendar", "integration")).toBe("recruiter enabled");
  });

  it("rule 82: unassigning deletes neither the page nor the profile", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.org.users.get(scene.org.idOf("recruiter"))?.active).toBe(true);
    expect(scene.org.resources.size).toBe(1);
  });

  it("rule 83: an unassigned licence can be given to somebody else right away", () => {
    assign("recruiter");
    unassign("recruiter");
    assign("trainer");
    expect(scene.holders(pool)).toEqual(["trainer"]);
  });

  it("rule 84: pages are disabled when the owner is unassigned, and the application is told which", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    scene.owns("recruiter", "salesforce", { kind: "integration", indispensable: true });
    unassign("recruiter");
    expect(scene.told("resources.lost").at(-1)?.data).toMatchObject({
      reason: "claimLost",
      action: "disable",
      resources: [{ kind: "page", id: "interviews" }],
      kept: [{ kind: "integration", id: "salesforce" }],
    });
  });

  it("Q14: by default, because it is a setting: keep leaves them on", () => {
    begin({ onUnassign: "keep" });
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.resource("interviews")).toBe("recruiter enabled");
    expect(scene.told("resources.lost").at(-1)?.data).toMatchObject({ action: "keep" });
  });

  it("rule 85: ownership can be given to another user instead", () => {
    scene.change(pool, {
      ...{ capacity: 2 },
      policy: { onUnassign: "transfer", transferTo: scene.org.idOf("admin") },
    });
    assign("admin");
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.resource("interviews")).toBe("admin enabled");
    expect(scene.told("resources.lost").at(-1)?.data).toMatchObject({
      action: "transfer",
      transferTo: scene.org.idOf("admin"),
      resources: [{ id: "interviews", state: "enabled" }],
    });
  });

  it("rule 87: what is handed over to somebody without a seat is switched off, and ready when there is one", () => {
    scene.change(pool, {
      policy: { onUnassign: "transfer", transferTo: scene.org.idOf("admin") },
    });
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.resource("interviews")).toBe("admin disabled");
    expect(scene.told("resources.lost").at(-1)?.data).toMatchObject({
      resources: [{ id: "interviews", state: "disabled" }],
    });
    expect(scene.turn("interviews", true)).toMatchObject({ refused: "Conflict" });
    assign("admin");
    expect(scene.resource("interviews")).toBe("admin ready");
  });

  it("rule 85: or by hand, at any time; a page of who has no seat is off", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    scene.owns("trainer", "interviews");
    expect(scene.resource("interviews")).toBe("trainer disabled");
  });

  it("transfers nothing to who has left; then it is disabled and waits for its owner", () => {
    scene.change(pool, {
      policy: { onUnassign: "transfer", transferTo: scene.org.idOf("admin") },
    });
    scene.deactivate("admin");
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.resource("interviews")).toBe("recruiter disabled");
  });

  it("rule 86: ready to be enabled, and never enabled by itself", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    assign("recruiter");
    scene.days(30);
    expect(scene.resource("interviews")).toBe("recruiter ready");
    expect(scene.told("resources.ready").at(-1)?.data).toMatchObject({
      resources: [{ kind: "page", id: "interviews" }],
    });
  });

  it("rule 86: only who still owns it: what was given away meanwhile stays away", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    scene.owns("trainer", "interviews");
    assign("recruiter");
    expect(scene.resource("interviews")).toBe("trainer disabled");
  });

  it("rule 87: while there is no seat nothing can be switched on", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    unassign("recruiter");
    expect(scene.turn("interviews", true)).toMatchObject({ refused: "Conflict" });
    expect(scene.resource("interviews")).toBe("recruiter disabled");
  });

  it("rule 88: each product by itself", () => {
    assign("recruiter");
    assign("recruiter", "chat");
    scene.owns("recruiter", "interviews");
    scene.owns("recruiter", "widget", { kind: "chat", product: "chat" });
    unassign("recruiter", "chat");
    expect(scene.resource("widget", "chat")).toBe("recruiter disabled");
    expect(scene.resource("interviews")).toBe("recruiter enabled");
    expect(scene.stateOf("recruiter", "chat")).toBe("parked");
    expect(scene.stateOf("recruiter")).toBe("active");
  });

  it("rules 79 and 80: a connection that others rely on needs no licence and does not break with one", () => {
    scene.owns("admin", "salesforce", {
      ...{ kind: "integration", product: null, indispensable: true },
    });
    expect(scene.resource("salesforce", "integration")).toBe("admin enabled");
    assign("admin");
    scene.owns("admin", "crm", { kind: "integration", indispensable: true });
    unassign("admin");
    expect(scene.resource("salesforce", "integration")).toBe("admin enabled");
    expect(scene.resource("crm", "integration")).toBe("admin enabled");
  });

  it("Q12: a deleted account's resources are kept, and so are those of a deactivated one", () => {
    assign("recruiter");
    scene.owns("recruiter", "interviews");
    scene.deactivate("recruiter");
    expect(scene.resource("interviews")).toBe("recruiter disabled");
    scene.delete("recruiter");
    expect(scene.org.resources.get("page interviews")?.state).toBe("disabled");
  });

  it("a shared seat that changes hands leaves what hangs on it alone", () => {
    const shared = scene.pool("shared", { kind: "shared", capacity: 1 });
    scene.give("recruiter", { kind: "claim", name: "support" });
    scene.give("trainer", { kind: "claim", name: "support" });
    scene.signIn("recruiter");
    scene.owns("recruiter", "interviews");
    scene.wait(1);
    scene.signIn("trainer");
    expect(scene.holders(shared)).toEqual(["trainer"]);
    expect(scene.resource("interviews")).toBe("recruiter enabled");
  });
});

const act = fc.record({
  do: fc.constantFrom("assign", "unassign", "off", "on", "delete", "in", "move", "day"),
  who: fc.nat(3),
});

describe("I19", () => {
  it("no way of losing a seat deletes a profile, a resource, an integration or a membership", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Partial<PoolPolicy>>(
          {},
          { onUnassign: "keep" },
          { parkedConsumes: true },
          { suspendedConsumes: true, resume: "sameIfFree" },
          { acquireOn: "provision", idleDays: 1, answerDays: 0, idleAction: "reclaim" },
        ),
        fc.array(act, { maxLength: 30 }),
        (policy, acts) => {
          begin({ ...policy, undo: "ifFree", remindDays: 0 });
          scene.create("dan");
          const names = ["recruiter", "trainer", "admin", "dan"];
          const group = scene.group("Red");
          scene.join(group, ...names);
          names.forEach((name) => {
            scene.owns(name, `${name}-page`);
            scene.owns(name, `${name}-crm`, { kind: "integration", indispensable: true });
          });
          const gone = new Set<string>();
          const turns: Record<string, (name: string) => unknown> = {
            assign,
            unassign,
            off: (name) => scene.deactivate(name),
            on: (name) => scene.activate(name),
            in: (name) => scene.signInIfActive(name),
            move: (name) =>
              scene.give(name, { kind: "tierFloor", name: "support", value: "enterprise" }),
            day: () => scene.days(3),
          };
          for (const { do: what, who } of acts) {
            const name = names[who]!;
            if (gone.has(name)) continue;
            if (what === "delete") {
              scene.delete(name);
              gone.add(name);
            } else turns[what]?.(name);
            const left = names.filter((one) => !gone.has(one));
            expect(scene.org.resources.size).toBe(8);
            expect(left.every((one) => scene.org.idOf(one) !== "")).toBe(true);
            expect(scene.org.members.size).toBe(left.length);
            for (const one of names) {
              expect(scene.org.resources.get(`integration ${one}-crm`)?.state).toBe("enabled");
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
