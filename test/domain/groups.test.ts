import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "../../src/domain/directory.js";
import {
  changeGroup,
  createGroup,
  deleteGroup,
  INLINE_MEMBERS_MAX,
  NO_MEMBERS,
  type UnknownMembers,
} from "../../src/domain/people/groups.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import { World } from "../../src/domain/world.js";
import { MemoryOrganisation, product } from "./organisation.js";

const catalogue = {
  products: new Map([["support", product("support", [["standard", "chat"]])]]),
  permissions: new Map([["chat", { id: "chat", title: "Chat", requires: { support: ["chat"] } }]]),
  roles: new Map([["agent", { id: "agent", title: "Agent", permissions: ["chat"], requires: {} }]]),
  settings: new Map(),
};

let org: MemoryOrganisation;

function user(userName: string, connectionId = "c1"): Id {
  const draft = {
    userName,
    externalId: null,
    displayName: null,
    active: true,
    document: { userName },
  };
  const verdict = org.decide((world, ctx) => createUser(world, ctx, connectionId, draft));
  if ("refused" in verdict) throw new Error(verdict.refused);
  return verdict.ok.user.id;
}

function group(displayName: string, members: Id[] = [], unknown?: UnknownMembers) {
  const draft = { displayName, externalId: null, document: { displayName } };
  return org.decide((world, ctx) => createGroup(world, ctx, "c1", draft, members, { unknown }));
}

function only<T>(values: Iterable<T>): T {
  const [value] = [...values];
  if (value === undefined) throw new Error("nothing there");
  return value;
}

function teamsOf(userId: Id): string[] {
  return [...org.facts.values()]
    .filter((fact) => fact.userId === userId && fact.kind === "team")
    .map(({ name }) => name);
}

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
  org.pool("locked", { capacity: 10 });
  org.rule({ type: "groupName", name: "Support" }, { teams: ["Support"], roles: ["agent"] });
});

describe("members of a group that a rule names", () => {
  it("get team, role, tier and seat in the same step, and lose them when they leave", () => {
    const ann = user("ann");
    group("Support", [ann]);
    const { id } = only(org.groups.values());
    expect(teamsOf(ann)).toEqual(["Support"]);
    expect(org.holders()).toEqual(["ann"]);

    const remove = { clear: false, add: [], remove: [ann] };
    org.decide((world, ctx) =>
      changeGroup(world, ctx, { id, connectionId: "c1" }, (before) => before, remove),
    );

    expect(teamsOf(ann)).toEqual([]);
    expect(org.holders()).toEqual([]);
  });

  it("follow a new name of the group, in and out", () => {
    const ann = user("ann");
    group("Sales", [ann]);
    const target = { id: only(org.groups.values()).id, connectionId: "c1" };
    const rename = (displayName: string) =>
      org.decide((world, ctx) =>
        changeGroup(world, ctx, target, (before) => ({ ...before, displayName }), NO_MEMBERS),
      );

    rename("support");
    expect(org.holders()).toEqual(["ann"]);
    rename("Marketing");

    expect(org.holders()).toEqual([]);
  });

  it("lose what the group gave when it is deleted", () => {
    const ann = user("ann");
    group("Support", [ann]);
    const target = { id: only(org.groups.values()).id, connectionId: "c1" };

    org.decide((world, ctx) => deleteGroup(world, ctx, target));

    expect(org.members.size).toBe(0);
    expect(org.holders()).toEqual([]);
  });

  it("keep their membership while they are inactive, so that coming back restores everything", () => {
    const ann = user("ann");
    group("Support", [ann]);
    const active = (value: boolean) =>
      org.decide((world, ctx) =>
        changeUser(world, ctx, { id: ann, connectionId: "c1" }, (before) => ({
          ...before,
          active: value,
        })),
      );

    active(false);
    expect(org.members.size).toBe(1);
    expect(org.holders()).toEqual([]);
    active(true);

    expect(org.holders()).toEqual(["ann"]);
  });
});

describe("a change of members", () => {
  it("refuses an unknown member, and adds none of the others", () => {
    const ann = user("ann");

    expect(group("Support", [ann, "nobody"])).toMatchObject({ refused: "UnknownMember" });
    expect(org.groups.size).toBe(0);
  });

  it("refuses a user of another connection as if there were none", () => {
    expect(group("Support", [user("eve", "c2")])).toMatchObject({ refused: "UnknownMember" });
  });

  it("passes over an unknown member where that is asked for, and names it", () => {
    const ann = user("ann");

    expect(group("Support", [ann, "nobody"], "ignore")).toMatchObject({
      ok: { ignoredMembers: ["nobody"] },
    });
    expect(org.members.size).toBe(1);
  });

  it("never empties a group because all the members it is to get are unknown", () => {
    group("Support", [user("ann")]);
    const { id } = only(org.groups.values());
    const strangers = { clear: true, add: ["nobody"], remove: [], unknown: "ignore" as const };

    const verdict = org.decide((world, ctx) =>
      changeGroup(world, ctx, { id, connectionId: "c1" }, (before) => before, strangers),
    );

    expect(verdict).toMatchObject({ refused: "UnknownMember" });
    expect(org.members.size).toBe(1);
  });

  it("keeps the version when nothing changes (a repeated request)", () => {
    const ann = user("ann");
    group("Support", [ann]);
    const { id } = only(org.groups.values());
    const again = { clear: false, add: [ann], remove: ["somebody who is not in it"] };

    const verdict = org.decide((world, ctx) =>
      changeGroup(world, ctx, { id, connectionId: "c1" }, (g) => g, again),
    );

    expect(verdict).toMatchObject({ ok: { changed: false, group: { version: 1 } } });
  });

  it("writes only the difference when the whole list is sent", () => {
    const [ann, ben, eve] = [user("ann"), user("ben"), user("eve")];
    group("Support", [ann, ben]);
    const { id } = only(org.groups.values());
    const world = new World(org.snapshot());
    const ctx = {
      catalogue,
      nextId: org.nextId,
      cause: { type: "scim", action: "t", actor: "t", requestId: null } as const,
    };

    changeGroup(world, ctx, { id, connectionId: "c1" }, (g) => g, {
      clear: true,
      add: [ben, eve],
      remove: [],
    });

    const { membersAdded, membersRemoved } = world.changes();
    expect(membersAdded.map(({ userId }) => userId)).toEqual([eve]);
    expect(membersRemoved.map(({ userId }) => userId)).toEqual([ann]);
  });

  it("of many people writes them at once and leaves their seats to the background", () => {
    const ids = Array.from({ length: INLINE_MEMBERS_MAX + 1 }, (_, n) => user(`u${String(n)}`));

    group("Support", ids);

    expect(org.members.size).toBe(ids.length);
    expect(org.stale.size).toBe(ids.length);
    expect(org.holders()).toEqual([]);
  });
});
