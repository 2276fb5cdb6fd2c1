import { expect, it } from "@jest/globals";
import type { Principal } from "../../../src/domain/administration/delegation.js";
import type { Invitation } from "../../../src/domain/invitations/invitation.js";
import type { Purchase } from "../../../src/domain/administration/purchase.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, nextName, type Tenant } from "../support/tenant.js";

/** Who administers, who is invited, what is being bought. */

function principal({ organisationId }: Tenant, fields: Partial<Principal> = {}): Principal {
  return {
    ...{ id: systemIds.next(), organisationId, userId: null, name: "desk", role: "owner" },
    ...{ extraScopes: [], teams: [], isAble: true, grantedBy: "system" },
    ...{ createdAt: AT, endedAt: null },
    ...fields,
  };
}

function invitation({ organisationId }: Tenant, fields: Partial<Invitation> = {}): Invitation {
  return {
    ...{ id: systemIds.next(), organisationId, publicId: nextName("public"), hash: "hash" },
    ...{ address: "Änn@Example.org", userId: systemIds.next(), isNew: true, teams: ["a%_b"] },
    ...{ poolId: null, state: "pending", invitedBy: "system", createdAt: AT },
    ...{ expiresAt: AT + 1_000, endedAt: null },
    ...fields,
  };
}

export function papersContract({ store, open }: Subject): void {
  it("keeps principals, and sees with each reading whether the person is there and active", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const desk = principal(tenant);
    const person = principal(tenant, {
      ...{ userId: user.id, name: null, role: "teamAdmin", teams: ["north"] },
    });
    await tenant.save({ principalsSaved: [desk, person] });
    const { organisationId } = tenant;
    expect(await store().papers.principals(organisationId)).toEqual([
      { ...desk, userName: null },
      { ...person, userName: user.userName },
    ]);
    expect((await tenant.load({ papers: { principals: true } })).papers?.principals).toEqual([
      desk,
      person,
    ]);

    const inactive = { ...user, active: false, version: 2 };
    await tenant.save({ usersUpdated: [{ row: inactive, expectedVersion: 1 }] });
    expect(await store().papers.principals(organisationId)).toMatchObject([
      { isAble: true },
      { isAble: false },
    ]);
    await tenant.save({ usersDeleted: [user.id] });
    expect(await store().papers.principals(organisationId)).toEqual([{ ...desk, userName: null }]);
  });

  it("says whether the last owner is gone: not where nobody was one, or where one can act", async () => {
    const tenant = await createTenant(store());
    const { organisationId } = tenant;
    const lacksOwner = () => store().papers.lacksOwner(organisationId);
    const users = [tenant.user(), tenant.user()];
    const viewer = principal(tenant, { role: "viewer" });
    await tenant.save({ usersInserted: users, principalsSaved: [viewer] });
    expect(await lacksOwner()).toBe(false);
    const owners = users.map(({ id }) =>
      principal(tenant, { userId: id, name: null, role: "owner" }),
    );
    await tenant.save({ principalsSaved: owners });
    expect(await lacksOwner()).toBe(false);
    const inactive = { ...users[0]!, active: false, version: 2 };
    await tenant.save({ usersUpdated: [{ row: inactive, expectedVersion: 1 }] });
    expect(await lacksOwner()).toBe(false);
    await tenant.save({ usersDeleted: [users[1]!.id] });
    expect(await lacksOwner()).toBe(true);
    await tenant.save({
      usersUpdated: [{ row: { ...inactive, active: true, version: 3 }, expectedVersion: 2 }],
    });
    expect(await lacksOwner()).toBe(false);
  });

  it("counts a service as an owner while a token of it is alive, and a person without one", async () => {
    let now = AT;
    const own = await open({ clock: { now: () => now } });
    const tenant = await createTenant(own.store);
    const { organisationId } = tenant;
    const { papers, administration } = own.store;
    const service = principal(tenant, { role: "owner" });
    await tenant.save({ principalsSaved: [service] });
    const seen = async () => {
      const [read] = await papers.principals(organisationId);
      const loaded = await tenant.load({ papers: { principals: true } });
      const decides = loaded.papers?.principals[0]?.hasToken ?? false;
      expect(read?.hasToken ?? false).toBe(decides);
      expect(await papers.lacksOwner(organisationId)).toBe(!decides);
      return decides;
    };
    const issue = async (expiresAt: number | null): Promise<string> => {
      const publicId = systemIds.next();
      const { id, userId, role, extraScopes, teams } = service;
      await administration.createToken({
        ...{ publicId, kind: "api", organisationId, connectionId: null, hash: "h", label: "x" },
        ...{ createdAt: AT, expiresAt, lastUsedAt: null, revokedAt: null },
        principal: { id, userId, role, extraScopes, teams, isAble: true },
      });
      return publicId;
    };
    expect(await seen()).toBe(false);
    await issue(AT + 1_000);
    expect(await seen()).toBe(true);
    now = AT + 1_000;
    expect(await seen()).toBe(false);
    const publicId = await issue(null);
    expect(await seen()).toBe(true);
    await administration.revokeToken(organisationId, publicId, now);
    expect(await seen()).toBe(false);
    await own.store.close();
  });

  it("I23: revokes nothing where somebody would revoke the last token of the last owner, also of two at once", async () => {
    const tenant = await createTenant(store());
    const { organisationId } = tenant;
    const { administration, papers } = store();
    const owners = [principal(tenant, { role: "owner" }), principal(tenant, { role: "owner" })];
    await tenant.save({ principalsSaved: owners });
    const publicIds = owners.map(() => systemIds.next());
    for (const [index, { id, userId, role, extraScopes, teams }] of owners.entries()) {
      await administration.createToken({
        ...{ publicId: publicIds[index]!, kind: "api", organisationId, connectionId: null },
        ...{ hash: "h", label: "x", createdAt: AT, expiresAt: null, lastUsedAt: null },
        ...{ revokedAt: null, principal: { id, userId, role, extraScopes, teams, isAble: true } },
      });
    }
    const cause = { type: "admin", action: "token.revoked", actor: "x", requestId: null } as const;
    const change = { cause, at: AT, details: {} };
    const revoked = await Promise.allSettled(
      publicIds.map((id) => administration.revokeToken(organisationId, id, AT, change)),
    );
    const refused = revoked.filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject([{ reason: { code: "LastOwner" } }]);
    expect(await papers.lacksOwner(organisationId)).toBe(false);
    const left = await administration.listTokens(organisationId);
    expect(left.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
    const lines = await store().ledger.lines(organisationId, { after: 0, limit: 10 });
    expect(lines.filter(({ reason }) => reason === "token.revoked")).toHaveLength(1);
  });

  it("binds tokens to principals: the credential ends in the commit that ends the person or the role", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const one = principal(tenant, { userId: user.id, name: null, extraScopes: ["seat.use"] });
    await tenant.save({ principalsSaved: [one] });
    const { id, userId, role, extraScopes, teams } = one;
    const publicId = systemIds.next();
    const dates = { createdAt: AT, expiresAt: null, lastUsedAt: null, revokedAt: null };
    await store().administration.createToken({
      ...{ publicId, kind: "api", organisationId: tenant.organisationId, connectionId: null },
      ...{ hash: "h", label: "x", ...dates, scopes: ["licence.read"] },
      principal: { id, userId, role, extraScopes, teams, isAble: true },
    });
    const { credentials } = store();
    const ref = { id, userId, role, extraScopes, teams, isAble: true };
    expect(await credentials.findToken(publicId)).toMatchObject({
      principal: ref,
      scopes: ["licence.read"],
    });

    const inactive = { ...user, active: false, version: 2 };
    await tenant.save({ usersUpdated: [{ row: inactive, expectedVersion: 1 }] });
    expect(await credentials.findToken(publicId)).toMatchObject({ principal: { isAble: false } });
    await tenant.save({
      usersUpdated: [{ row: { ...user, version: 3 }, expectedVersion: 2 }],
      principalsSaved: [{ ...one, endedAt: AT, isAble: false }],
    });
    expect(await credentials.findToken(publicId)).toMatchObject({ principal: { isAble: false } });
  });

  it("finds invitations by id, by secret, by address, by person, by team, and those that are over", async () => {
    const tenant = await createTenant(store());
    const { organisationId } = tenant;
    const open = invitation(tenant);
    const other = invitation(tenant, { address: "b", teams: ["axxb"], expiresAt: AT + 99_000 });
    await tenant.save({ invitationsSaved: [open, other] });
    const { papers } = store();

    expect(await papers.findInvitation(organisationId, open.publicId)).toEqual({
      ...open,
      user: null,
    });
    const foreign = await createTenant(store());
    expect(await papers.findInvitation(foreign.organisationId, open.id)).toBeNull();
    expect(await papers.invitations(organisationId, { limit: 5 })).toMatchObject([
      { id: other.id },
      { id: open.id },
    ]);
    const ofTeam = await papers.invitations(organisationId, { limit: 5, teams: ["a%_b"] });
    expect(ofTeam.map(({ id }) => id)).toEqual([open.id]);
    const byAddress = await tenant.load({ papers: { addresses: ["änn@example.org"] } });
    expect(byAddress.papers?.invitations).toEqual([open]);
    const openOf = async ({ userId }: Invitation) =>
      (await tenant.load({ papers: { openOf: [userId] } })).papers?.invitations;
    expect(await openOf(open)).toEqual([open]);

    expect(await papers.organisationsWithDue(AT + 999)).not.toContain(organisationId);
    expect(await papers.organisationsWithDue(AT + 1_000)).toContain(organisationId);
    const closed: Invitation = { ...open, state: "expired", endedAt: AT + 1_000 };
    await tenant.save({ invitationsSaved: [closed] });
    expect(await papers.organisationsWithDue(AT + 1_000)).not.toContain(organisationId);
    expect(await papers.findInvitation(organisationId, open.id)).toMatchObject(closed);
    expect(await openOf(open)).toEqual([]);
  });

  it("keeps purchases with their steps, and adds up what is still to come", async () => {
    const tenant = await createTenant(store());
    const { organisationId } = tenant;
    const pool = tenant.pool();
    await store().administration.createPool(pool);
    const purchase: Purchase = {
      ...{ id: systemIds.next(), organisationId, poolId: pool.id, product: pool.product },
      ...{ seats: 3, note: "für März", state: "approved", version: 1, createdAt: AT },
      quote: { amount: 999_999_999_999, currency: "EUR", note: null },
      dueAt: AT + 5_000,
      steps: [{ state: "requested", at: AT, by: "ann" }],
    };
    const done: Purchase = { ...purchase, id: systemIds.next(), state: "inForce", dueAt: null };
    await tenant.save({ purchasesSaved: [purchase, done] });
    const { papers } = store();

    expect(await papers.findPurchase(organisationId, purchase.id)).toEqual(purchase);
    expect(await papers.purchases(organisationId, { limit: 5 })).toEqual([done, purchase]);
    const open = { limit: 5, isOpen: true, poolId: pool.id };
    expect(await papers.purchases(organisationId, open)).toEqual([purchase]);
    expect(await papers.seatsRequested(organisationId)).toEqual(new Map([[pool.id, 3]]));
    expect(await papers.organisationsWithDue(AT + 5_000)).toContain(organisationId);
    expect(await papers.organisationsWithDue(AT + 4_999)).not.toContain(organisationId);
    const foreign = await createTenant(store());
    expect(await papers.findPurchase(foreign.organisationId, purchase.id)).toBeNull();
  });

  it("lists the people of teams, page by page", async () => {
    const tenant = await createTenant(store());
    const users = [tenant.user(), tenant.user(), tenant.user()];
    const [first, second, third] = users;
    if (first === undefined || second === undefined || third === undefined) throw new Error("none");
    const team = { kind: "team", name: "north" } as const;
    await tenant.save({
      usersInserted: users,
      factsAdded: [
        tenant.fact(first, team),
        tenant.fact(third, team),
        tenant.fact(second, { ...team, name: "northern" }),
      ],
    });
    const { papers } = store();
    const all = await papers.peopleIn(tenant.organisationId, ["north"], { limit: 5 });
    expect(all).toEqual([first, third]);
    const next = { after: first.id, limit: 1 };
    expect(await papers.peopleIn(tenant.organisationId, ["north"], next)).toEqual([third]);
  });

  it("people are listed as active, as inactive or all, of teams and of the organisation", async () => {
    const tenant = await createTenant(store());
    const [here, away] = [tenant.user(), tenant.user({ active: false })];
    const team = { kind: "team", name: "north" } as const;
    const factsAdded = [here, away].map((user) => tenant.fact(user, team));
    await tenant.save({ usersInserted: [here, away], factsAdded });
    const { papers, insights } = store();
    for (const [active, expected] of [
      [true, [here]],
      [false, [away]],
    ] as const) {
      const page = { limit: 5, active };
      expect(await insights.users(tenant.organisationId, page)).toEqual(expected);
      expect(await papers.peopleIn(tenant.organisationId, ["north"], page)).toEqual(expected);
    }
  });
}
