import { describe, expect, it } from "@jest/globals";
import { acceptInvitation, type Acceptance } from "../../src/domain/invitations/acceptance.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { barOf } from "../../src/domain/pools/bar.js";
import type { Pool, User } from "../../src/domain/directory.js";
import { changeUser } from "../../src/domain/people/provisioning.js";
import {
  endDueInvitations,
  endInvitation,
  invite,
} from "../../src/domain/invitations/invitations.js";
import type { Invitation } from "../../src/domain/invitations/invitation.js";
import type { PoolPolicy } from "../../src/domain/pools/policy.js";
import { signIn } from "../../src/domain/signIn/signIn.js";
import { stateOf } from "../../src/domain/seats/states.js";
import { Scene, support } from "./scene.js";

/** Rules 56 to 74 as far as they are about invitations, Q11. */

const DAY = 86_400_000;
const MAIL = "bob@elsewhere.example";

class Team {
  readonly scene = new Scene([support({ everyone: false })]);
  readonly pool: Pool;

  constructor(capacity: number, policy: Partial<PoolPolicy> = {}) {
    const whole = { acquireOn: "invite", parkedConsumes: true, onFull: ["reject"] } as const;
    this.pool = this.scene.pool("Licences", { capacity, policy: { ...whole, ...policy } });
  }

  invite(
    address: string,
    more: { connectionId?: string; teams?: string[]; days?: number; isDiscreet?: boolean } = {},
  ) {
    const { connectionId = null, teams = ["sales"], days = 14, isDiscreet = false } = more;
    return this.scene.org.decide(
      (world, ctx) =>
        invite(world, ctx, {
          ...{ publicId: `p-${address}`, hash: "h", address, connectionId, teams, isDiscreet },
          ...{ poolId: this.pool.id, expiresAt: this.scene.org.now + days * DAY },
        }),
      { type: "admin", actor: "ann" },
    );
  }

  sent(address: string, more: Parameters<Team["invite"]>[1] = {}): Invitation {
    const verdict = this.invite(address, more);
    if ("refused" in verdict) throw new Error(verdict.refused);
    return verdict.ok;
  }

  accept(id: string, by: Omit<Acceptance, "id">) {
    return this.scene.org.decide((world, ctx) => acceptInvitation(world, ctx, { id, ...by }), {
      type: "app",
    });
  }

  end(id: string, how: "declined" | "cancelled") {
    return this.scene.org.decide((world, ctx) => endInvitation(world, ctx, id, how));
  }

  account(userName: string) {
    return { account: { userName, displayName: null } };
  }

  /** active / pending / unassigned / unused */
  bar(): string {
    const { scene, pool } = this;
    const taken = [...scene.org.seats.values()]
      .filter(({ kept }) => kept?.consumes ?? true)
      .map((seat) => ({ state: stateOf(seat), seats: 1 }));
    const bar = barOf({ ...pool, capacity: scene.capacityOf(pool) }, { taken });
    expect(bar.bought + bar.overage + bar.excess).toBe(
      bar.active + bar.pending + bar.grace + bar.unassigned + bar.unused,
    );
    return [bar.active, bar.pending, bar.unassigned, bar.unused].join(" ");
  }

  teamsOf(userName: string): string[] {
    const id = this.scene.org.idOf(userName);
    return [...this.scene.org.facts.values()]
      .filter(({ userId, kind }) => userId === id && kind === "team")
      .map(({ name }) => name);
  }
}

describe("an invitation", () => {
  it("rules 61, 62, 73: takes a seat as pending, which becomes active by accepting, and no count changes", () => {
    const team = new Team(2);
    const { id } = team.sent(MAIL);
    expect(team.bar()).toBe("0 1 0 1");

    expect(team.accept(id, team.account("bob"))).toMatchObject({
      ok: { user: { userName: "bob" } },
    });
    expect(team.bar()).toBe("1 0 0 1");
    expect(team.scene.holders()).toEqual(["bob"]);
    expect(team.teamsOf("bob")).toEqual(["sales"]);
  });

  it("rule 74: is refused while every seat is taken, and leaves nothing behind", () => {
    const team = new Team(1);
    team.sent("ann@elsewhere.example");
    const users = team.scene.org.users.size;

    expect(team.invite(MAIL)).toMatchObject({ refused: "SeatRefused" });
    expect([team.scene.org.users.size, team.bar()]).toEqual([users, "0 1 0 0"]);
  });

  it("rule 74: waits where the pool lets people wait, and is pending as soon as a seat is free", () => {
    const team = new Team(1, { onFull: ["wait"] });
    const first = team.sent("ann@elsewhere.example");
    const second = team.sent(MAIL);
    expect(team.bar()).toBe("0 1 0 0");

    team.end(first.id, "cancelled");
    expect(team.bar()).toBe("0 1 0 0");
    team.accept(second.id, team.account("bob"));
    expect(team.scene.holders()).toEqual(["bob"]);
  });

  it.each(["declined", "cancelled"] as const)("Q11: that is %s gives its seat back", (how) => {
    const team = new Team(1);
    const { id } = team.sent(MAIL);
    team.end(id, how);

    expect(team.bar()).toBe("0 0 0 1");
    expect(team.scene.org.users.size).toBe(0);
    expect(team.accept(id, team.account("bob"))).toMatchObject({ refused: "Conflict" });
    expect(team.scene.lastEntry("invitation.closed")).toMatchObject({ reason: how });
  });

  it("Q11: that is not accepted in time gives its seat back and cannot be accepted any more", () => {
    const team = new Team(1, { pendingSeconds: 0 });
    const { id } = team.sent(MAIL, { days: 3 });
    team.scene.wait(3 * 24 * 60);
    expect(team.accept(id, team.account("bob"))).toMatchObject({ refused: "Conflict" });

    team.scene.org.decide((world, ctx) => endDueInvitations(world, ctx));
    expect(team.bar()).toBe("0 0 0 1");
    expect(team.scene.org.invitations.get(id)?.state).toBe("expired");
    expect(team.invite("ann@elsewhere.example")).toHaveProperty("ok");
  });

  it("is good once", () => {
    const team = new Team(2);
    const { id } = team.sent(MAIL);
    team.accept(id, team.account("bob"));

    expect(team.accept(id, team.account("eve"))).toMatchObject({ refused: "Conflict" });
    expect(team.end(id, "cancelled")).toMatchObject({ refused: "Conflict" });
  });

  it("is one for each address, until it is over", () => {
    const team = new Team(2);
    const { id } = team.sent(MAIL);
    expect(team.invite(MAIL.toUpperCase())).toMatchObject({ refused: "Uniqueness" });

    team.end(id, "cancelled");
    expect(team.invite(MAIL)).toHaveProperty("ok");
  });

  it("tells the application nothing before somebody is there, and names the inviter in the ledger", () => {
    const team = new Team(1);
    team.sent(MAIL);

    expect(team.scene.org.events).toEqual([]);
    expect(team.scene.lastEntry("invitation.sent")).toMatchObject({ cause: { actor: "ann" } });
  });
});

describe("an invitation of somebody who is there already", () => {
  it("rules 60, 66, 67: takes no second seat; accepting it joins another team with the same seat", () => {
    const team = new Team(2);
    team.accept(team.sent(MAIL).id, team.account("bob"));
    const [seat] = team.scene.org.seats.values();

    const again = team.sent("bob", { teams: ["support"] });
    expect(team.bar()).toBe("1 0 0 1");
    expect(team.teamsOf("bob")).toEqual(["sales"]);
    team.accept(again.id, { userId: team.scene.org.idOf("bob") });
    expect(team.bar()).toBe("1 0 0 1");
    expect(team.teamsOf("bob").sort()).toEqual(["sales", "support"]);
    expect([...team.scene.org.seats.values()]).toEqual([seat]);
  });

  it("keeps one seat where the same person accepts an invitation that was sent to another address", () => {
    const team = new Team(3);
    team.accept(team.sent(MAIL).id, team.account("bob"));
    const other = team.sent("robert@elsewhere.example", { teams: ["support"] });
    expect(team.bar()).toBe("1 1 0 1");

    team.accept(other.id, { userId: team.scene.org.idOf("bob") });
    expect(team.bar()).toBe("1 0 0 2");
    expect(team.scene.org.users.size).toBe(1);
  });

  it("changes nothing about the person until it is accepted, and nobody else can accept it", () => {
    const team = new Team(2);
    team.scene.create("bob", "eve");
    const { id } = team.sent("bob");

    expect(team.teamsOf("bob")).toEqual([]);
    expect(team.accept(id, { userId: team.scene.org.idOf("eve") })).toMatchObject({
      refused: "Conflict",
    });
    expect(team.accept(id, team.account("mallory"))).toMatchObject({ refused: "Conflict" });
    expect(team.bar()).toBe("0 1 0 1");
  });
});

describe("a discreet invitation", () => {
  /** A member with a seat, one without, one who is deactivated, and nobody. */
  const ADDRESSES = ["seated", "member", "gone", "nobody"];

  function peopled(capacity: number, onFull: PoolPolicy["onFull"]): Team {
    const team = new Team(capacity, { onFull });
    team.scene.create("seated", "member", "gone");
    const { id } = team.sent("seated");
    team.accept(id, { userId: team.scene.org.idOf("seated") });
    team.scene.org.decide((world, ctx) =>
      changeUser(world, ctx, { id: team.scene.org.idOf("gone"), connectionId: "c1" }, (user) => ({
        ...user,
        active: false,
      })),
    );
    return team;
  }

  it.each([
    ["free", 9, ["reject"]],
    ["full, which refuses", 1, ["reject"]],
    ["full, where people wait", 1, ["wait"]],
  ] as const)(
    "is answered alike whosever the address is, of a pool that is %s",
    (_, seats, onFull) => {
      const answers = ADDRESSES.map((address) => {
        const team = peopled(seats, [...onFull]);
        expect(team.bar().split(" ")[0]).toBe("1");
        const verdict = team.invite(address, { isDiscreet: true });
        if ("refused" in verdict) return verdict;
        const { state, teams, poolId } = verdict.ok;
        return { state, teams, isOfThePool: poolId === team.pool.id };
      });

      const [, , , nobody] = answers;
      expect("refused" in (nobody ?? {})).toBe(seats === 1 && onFull[0] === "reject");
      for (const answer of answers) expect(answer).toEqual(nobody);
    },
  );

  it("to a deactivated account is none that the account could accept", () => {
    const team = peopled(9, ["reject"]);
    const { id, userId } = team.sent("gone", { isDiscreet: true });
    const gone = team.scene.org.idOf("gone");

    expect(userId).not.toBe(gone);
    expect(team.accept(id, { userId: gone })).toMatchObject({ refused: "Inactive" });
  });
});

describe("somebody who was invited at an address and comes by the identity provider", () => {
  it("is not taken for the invited by the address: the place stays whoever has the secret's", () => {
    const team = new Team(2);
    const { id } = team.sent(MAIL);
    const document = { userName: MAIL, emails: [{ value: MAIL }] };
    expect(team.scene.tryToCreate(MAIL, { document })).toHaveProperty("ok");
    expect([team.teamsOf(MAIL), team.bar()]).toEqual([[], "0 1 0 1"]);

    team.accept(id, { userId: team.scene.org.idOf(MAIL) });
    expect([team.teamsOf(MAIL), team.bar()]).toEqual([["sales"], "1 0 0 1"]);
    expect(team.scene.org.users.size).toBe(1);
  });

  it("is the invited where the invitation names the connection: SCIM takes the account over as it is", () => {
    const team = new Team(2);
    team.sent(MAIL, { connectionId: "c1" });
    const id = team.scene.org.idOf(MAIL);

    const created = team.scene.tryToCreate(MAIL, { externalId: "00u1" });
    expect(created).toMatchObject({ ok: { user: { id, externalId: "00u1" }, restored: true } });
    expect([team.teamsOf(MAIL), team.bar()]).toEqual([["sales"], "0 1 0 1"]);
    team.scene.signIn(MAIL);
    expect(team.bar()).toBe("1 0 0 1");
  });

  it("finds the name taken, as ever, where the invitation names another connection", () => {
    const team = new Team(2);
    team.sent(MAIL, { connectionId: "c2" });

    expect(team.scene.tryToCreate(MAIL)).toMatchObject({ refused: "Uniqueness" });
    expect(team.bar()).toBe("0 1 0 1");
  });

  it("accepts by the first sign-in through that connection", () => {
    const team = new Team(2);
    team.sent(MAIL, { connectionId: "c1" });
    const key = "c1 r1 b1";
    team.scene.org.requests.set(key, { returnTo: null });
    const saml = { justInTime: "link" } as const;
    const verdict = team.scene.org.decide(
      (world, ctx) =>
        signIn(world, ctx, {
          connection: { id: "c1", saml } as unknown as Parameters<typeof signIn>[2]["connection"],
          ...{ nameId: "n1", sessionIndex: null, assertionId: "a1", assertionExpiresAt: 0 },
          ...{ requestId: "r1", browserHash: "b1", userName: MAIL, displayName: null },
          ...{ document: {}, sessionIdHash: "s1", sessionExpiresAt: 0 },
        }),
      { type: "saml" },
    );

    expect(verdict).toMatchObject({ ok: { user: { userName: MAIL, externalId: null } } });
    expect([team.teamsOf(MAIL), team.bar()]).toEqual([["sales"], "1 0 0 1"]);
  });

  it("gives nothing of the mapping to an account for which nobody has come", () => {
    const team = new Team(2);
    team.scene.org.rule({ type: "everyone" }, { teams: ["all"] });
    team.sent(MAIL, { connectionId: "c1" });
    expect(team.teamsOf(MAIL)).toEqual(["sales"]);

    team.scene.tryToCreate(MAIL);
    expect(team.teamsOf(MAIL).sort()).toEqual(["all", "sales"]);
  });

  it("finds the account that waits under any connection but the own as taken, even by a hand-over of names", () => {
    const team = new Team(2);
    team.sent(MAIL, { connectionId: "c1" });
    const draft = { userName: MAIL, externalId: null, displayName: null, active: true };
    const verdict = team.scene.org.decide((world, ctx) =>
      createUser(world, ctx, "c2", { ...draft, document: { userName: MAIL } }),
    );

    expect(verdict).toMatchObject({ refused: "Uniqueness" });
  });
});

describe("the mark of an account that waits", () => {
  const MARKED = "urn:seatkeeper:invitation:7";

  it.each([
    ["userName", MARKED, {}],
    ["userName", "URN:Seatkeeper:Invitation:", {}],
    ["externalId", "ann@acorn.example", { externalId: MARKED }],
  ] as const)("is given by nobody but us: not as %s %s", (field, userName, more) => {
    const team = new Team(2);

    expect(team.scene.tryToCreate(userName, more)).toMatchObject({
      refused: "InvalidValue",
      field,
    });
    expect(team.scene.org.users.size).toBe(0);
    const { id } = team.sent(MAIL);
    expect(team.accept(id, team.account(userName))).toMatchObject(
      field === "userName" ? { refused: "InvalidValue", field: "account.userName" } : { ok: {} },
    );
  });

  it("is not taken on later, and who bears it already can still leave", () => {
    const { scene } = new Team(2);
    expect(scene.tryToCreate("ann@acorn.example")).toHaveProperty("ok");
    const id = scene.org.idOf("ann@acorn.example");
    const change = (said: Partial<User>) =>
      scene.org.decide((world, ctx) =>
        changeUser(world, ctx, { id, connectionId: "c1" }, (user) => ({ ...user, ...said })),
      );

    expect(change({ userName: MARKED })).toMatchObject({ refused: "InvalidValue" });
    expect(change({ externalId: MARKED })).toMatchObject({ refused: "InvalidValue" });
    const user = scene.org.users.get(id)!;
    scene.org.users.set(id, { ...user, userName: MARKED });
    expect(change({ active: false })).toMatchObject({ ok: { user: { active: false } } });
  });
});

describe("a pool that ceases to give seats by invitation", () => {
  it.each(["accepted", "cancelled"] as const)(
    "leaves no seat with nobody: what the waiting account got is the person's, or free, when it is %s",
    (how) => {
      const team = new Team(1, { onFull: ["wait"] });
      team.sent("ann@elsewhere.example");
      const { id } = team.sent(MAIL);
      team.scene.change(team.pool, { capacity: 2, policy: { acquireOn: "provision" } });

      if (how === "accepted") team.accept(id, team.account("bob"));
      else team.end(id, how);
      expect(team.scene.holders()).toEqual(how === "accepted" ? ["bob"] : []);
      expect(team.bar()).toBe(how === "accepted" ? "1 1 0 0" : "0 1 0 1");
    },
  );

  it("hands the seat on to an account that exists", () => {
    const team = new Team(1, { onFull: ["wait"] });
    team.sent("ann@elsewhere.example");
    const { id } = team.sent(MAIL);
    team.scene.create("bob");
    team.scene.change(team.pool, { capacity: 2, policy: { acquireOn: "provision" } });

    team.accept(id, { userId: team.scene.org.idOf("bob") });
    expect(team.scene.holders()).toEqual(["bob"]);
    expect(team.bar()).toBe("1 1 0 0");
  });
});

describe("pools that give no seat by invitation", () => {
  it("give it when the invitation is accepted, as they would on provisioning", () => {
    const team = new Team(1, { acquireOn: "provision", onFull: ["wait"] });
    const first = team.sent(MAIL);
    const second = team.sent("ann@elsewhere.example");
    expect(team.bar()).toBe("0 0 0 1");

    team.accept(first.id, team.account("bob"));
    team.accept(second.id, team.account("ann"));
    expect([team.scene.holders(), team.scene.listed()]).toEqual([["bob"], ["ann"]]);
  });
});

describe("an account that leaves while an invitation is open", () => {
  const LEAVING = [
    ["deactivated", {}],
    ["deactivated", { suspendedConsumes: true }],
    ["deactivated", { resume: "sameIfFree" }],
    ["deleted", {}],
    ["deleted", { suspendedConsumes: true }],
  ] as const;

  function leave(team: Team, how: "deactivated" | "deleted"): void {
    if (how === "deleted") team.scene.delete("bob");
    else team.scene.update("bob", { active: false });
  }

  it.each(LEAVING)(
    "is %s: the seat is free at once and the invitation over (%j)",
    (how, policy) => {
      const team = new Team(1, { onFull: ["wait"], ...policy });
      team.scene.create("bob");
      const { id } = team.sent("bob");
      const userId = team.scene.org.idOf("bob");
      expect(team.bar()).toBe("0 1 0 0");

      leave(team, how);
      expect(team.bar()).toBe("0 0 0 1");
      expect(team.scene.org.invitations.get(id)).toMatchObject({ state: "revoked", userId });
      expect(team.scene.lastEntry("invitation.closed")).toMatchObject({
        reason: "revoked",
        userId,
      });
      expect(team.accept(id, { userId })).toMatchObject({
        refused: "Conflict",
        detail: "revoked",
        sentence: "The invitation is over: the account was deactivated or deleted.",
      });
    },
  );

  it.each(LEAVING)("is %s: who waited for the seat has it (%j)", (how, policy) => {
    const team = new Team(1, { onFull: ["wait"], ...policy });
    team.scene.create("bob", "eve");
    team.sent("bob");
    const { id } = team.sent("eve");
    leave(team, how);

    team.accept(id, { userId: team.scene.org.idOf("eve") });
    expect([team.scene.holders(), team.bar()]).toEqual([["eve"], "1 0 0 0"]);
  });

  it.each(LEAVING)(
    "is %s: back again it has nothing of it, until it is invited anew (%j)",
    (how, policy) => {
      const team = new Team(1, { onFull: ["wait"], ...policy });
      team.scene.create("bob");
      const { id } = team.sent("bob");
      leave(team, how);
      expect(team.scene.tryToCreate("bob")).toMatchObject({ ok: { restored: true } });

      expect([team.bar(), team.teamsOf("bob")]).toEqual(["0 0 0 1", []]);
      expect(team.accept(id, { userId: team.scene.org.idOf("bob") })).toMatchObject({
        refused: "Conflict",
      });
      const again = team.sent("bob");
      team.accept(again.id, { userId: team.scene.org.idOf("bob") });
      expect([team.scene.holders(), team.teamsOf("bob")]).toEqual([["bob"], ["sales"]]);
    },
  );

  it("keeps what was accepted before", () => {
    const team = new Team(2);
    const { id } = team.sent(MAIL, { connectionId: "c1" });
    team.scene.tryToCreate(MAIL);
    team.scene.signIn(MAIL);
    team.scene.update(MAIL, { active: false });
    expect(team.scene.org.invitations.get(id)?.state).toBe("accepted");

    team.scene.update(MAIL, { active: true });
    expect(team.teamsOf(MAIL)).toEqual(["sales"]);
  });

  it("never came: what its provider deactivates or deletes unseen is no account that anybody waits for", () => {
    const team = new Team(1);
    const first = team.sent(MAIL, { connectionId: "c1" });
    team.scene.update(MAIL, { active: false });
    expect([team.bar(), team.teamsOf(MAIL)]).toEqual(["0 0 0 1", []]);
    expect(team.scene.org.invitations.get(first.id)?.state).toBe("revoked");

    const second = team.sent("ann@elsewhere.example", { connectionId: "c1" });
    team.scene.delete("ann@elsewhere.example");
    expect(team.bar()).toBe("0 0 0 1");
    expect(team.scene.org.invitations.get(second.id)?.state).toBe("revoked");
  });

  it("has an invitation whose time was over already: that is what is said of it", () => {
    const team = new Team(1);
    team.scene.create("bob");
    const { id } = team.sent("bob", { days: 3 });
    team.scene.wait(3 * 24 * 60);
    team.scene.update("bob", { active: false });
    expect(team.scene.org.invitations.get(id)?.state).toBe("expired");
  });

  it.each([
    [[], "accepted"],
    [["sales"], "expired"],
  ])(
    "keeps the seat that the first sign-in has accepted when the time for the link is over (teams %j: %s)",
    (teams, state) => {
      const team = new Team(1);
      team.scene.create("bob");
      const { id } = team.sent("bob", { teams });
      team.scene.signIn("bob");
      team.scene.wait(14 * 24 * 60);
      team.scene.org.decide((world, ctx) => endDueInvitations(world, ctx));

      expect([team.scene.holders(), team.teamsOf("bob")]).toEqual([["bob"], []]);
      expect(team.scene.org.invitations.get(id)?.state).toBe(state);
    },
  );

  it.each([
    [[], "accepted"],
    [["sales"], "revoked"],
  ])(
    "comes back to the seat that the first sign-in has accepted (teams %j: %s)",
    (teams, state) => {
      const team = new Team(1, { suspendedConsumes: true });
      team.scene.create("bob");
      const { id } = team.sent("bob", { teams });
      team.scene.signIn("bob");
      team.scene.deactivate("bob");
      expect([team.bar(), team.scene.org.invitations.get(id)?.state]).toEqual(["0 0 1 0", state]);

      team.scene.activate("bob");
      expect([team.scene.holders(), team.teamsOf("bob")]).toEqual([["bob"], []]);
    },
  );
});
