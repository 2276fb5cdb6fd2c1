import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Seat, Session } from "../../src/domain/directory.js";
import { createUser } from "../../src/domain/people/arrival.js";
import { logout, type Logout } from "../../src/domain/signIn/logout.js";
import { MemoryOrganisation, product } from "./organisation.js";

const catalogue = {
  products: new Map([["support", product("support", [["standard", "chat"]], { everyone: true })]]),
  permissions: new Map(),
  roles: new Map(),
  settings: new Map(),
};

let org: MemoryOrganisation;
let ann: string;

beforeEach(() => {
  org = new MemoryOrganisation(catalogue);
  org.pool("floating", { kind: "concurrent", capacity: 1 });
  ann = person("ann");
});

function person(userName: string): string {
  const draft = {
    userName,
    externalId: null,
    displayName: null,
    active: true,
    document: { userName },
  };
  org.decide((world, ctx) => createUser(world, ctx, "c1", draft));
  const userId = org.idOf(userName);
  org.identities.set(`c1 ${userName}`, { connectionId: "c1", nameId: userName, userId });
  return userId;
}

function session(idHash: string, more: Partial<Session> = {}): void {
  org.sessions.set(idHash, {
    ...{
      id: `id of ${idHash}`,
      idHash,
      organisationId: "org",
      userId: ann,
      connectionId: "c1",
      nameId: "ann",
    },
    ...{ sessionIndex: idHash, createdAt: 0, lastSeenAt: 0, expiresAt: org.now + 1_000_000 },
    ...{ endedAt: null, endReason: null, address: null },
    ...more,
  });
}

let messages = 0;
function leave(more: Partial<Logout> = {}) {
  messages += 1;
  const asked: Logout = {
    ...{ connectionId: "c1", nameId: "ann", sessionIndexes: [] },
    ...{ messageId: `m${String(messages)}`, messageExpiresAt: org.now + 1_000 },
    ...more,
  };
  return org.decide((world, ctx) => logout(world, ctx, asked), { type: "saml" });
}

function live(): string[] {
  return [...org.sessions.values()]
    .filter(({ endedAt }) => endedAt === null)
    .map(({ idHash }) => idHash);
}

describe("a logout by the provider", () => {
  it("ends the sessions that it names, of its connection and NameID alone", () => {
    session("s1");
    session("s2");
    session("elsewhere", { connectionId: "c2" });
    session("other name", { nameId: "ann2", sessionIndex: "s1" });
    session("unnamed", { sessionIndex: null });

    expect(leave({ sessionIndexes: ["s1"] })).toMatchObject({ ok: { ended: [{ idHash: "s1" }] } });
    expect(live()).toEqual(["s2", "elsewhere", "other name", "unnamed"]);
    leave();
    expect(live()).toEqual(["elsewhere", "other name"]);
  });

  it("gives the lease back with the last session, to whoever waits", () => {
    expect(org.holders()).toEqual(["ann"]);
    person("ben");
    session("s1");
    session("elsewhere", { connectionId: "c2" });

    expect(leave()).toMatchObject({ ok: { freed: 0 } });
    expect(org.holders()).toEqual(["ann"]);
    org.sessions.delete("elsewhere");
    session("s3");
    expect(leave()).toMatchObject({ ok: { freed: 1 } });
    expect(org.holders()).toEqual(["ben"]);
  });

  it("leaves what is borrowed to who goes on without a network", () => {
    const [lease] = [...org.seats.values()] as [Seat];
    const until = org.now + 3_600_000;
    org.seats.set(lease.id, { ...lease, expiresAt: until, borrowedUntil: until });
    session("s1");

    expect(leave()).toMatchObject({ ok: { ended: [{ idHash: "s1" }], freed: 0 } });
    expect(org.holders()).toEqual(["ann"]);
    org.now = until - 1;
    session("s2");
    expect(leave()).toMatchObject({ ok: { freed: 0 } });
  });

  it("forgets a lease that ran out, so that no late renewal brings it back", () => {
    const [lease] = [...org.seats.values()] as [Seat];
    const pool = [...org.pools.values()].find(({ id }) => id === lease.poolId);
    if (pool === undefined || lease.expiresAt === null) throw new Error("no lease");
    org.pools.set(pool.id, { ...pool, policy: { ...pool.policy, reviveSeconds: 60 } });
    org.now = lease.expiresAt;
    session("s1");

    expect(leave()).toMatchObject({ ok: { freed: 0 } });
    expect(org.seats.size).toBe(0);
  });

  it("takes no seat from somebody who had no session that it names", () => {
    expect(leave()).toMatchObject({ ok: { ended: [], freed: 0 } });
    expect(org.holders()).toEqual(["ann"]);
  });

  it("works once, and a name that nobody has ends nothing", () => {
    session("s1");

    expect(leave({ nameId: "Ann" })).toMatchObject({ ok: { userId: null, ended: [] } });
    expect(leave({ messageId: "m" })).toMatchObject({ ok: { userId: ann } });
    session("s2");
    expect(leave({ messageId: "m" })).toMatchObject({ refused: "LogoutRefused", detail: "replay" });
    expect(live()).toEqual(["s2"]);
    expect(leave({ messageId: "m", connectionId: "c2" })).toMatchObject({ ok: { userId: null } });
  });
});
