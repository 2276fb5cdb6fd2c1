import { expect, it } from "@jest/globals";
import { signInKey } from "../../../src/domain/snapshot.js";
import type { Connection } from "../../../src/domain/directory.js";
import type { SignInRequest } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, samlOf, type Tenant } from "../support/tenant.js";

export function signInContract({ store, open }: Subject): void {
  it("finds a live session with its user, and no ended or expired one", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const session = tenant.session(user, { sessionIndex: "_s1" });
    await tenant.save({ usersInserted: [user], sessionsInserted: [session] });
    const { sessions } = store();
    expect(await sessions.findSession(session.idHash, AT)).toEqual({ session, user });
    expect(await sessions.findSession(session.idHash, session.expiresAt)).toBeNull();
    expect(await sessions.findSession("unknown", AT)).toBeNull();
    await sessions.touchSession(session.idHash, AT + 7);
    await sessions.touchSession(session.idHash, AT + 3);
    const found = await sessions.findSession(session.idHash, AT + 8);
    expect(found?.session.lastSeenAt).toBe(AT + 7);
    await sessions.endSession(session.idHash, AT + 9, "signedOut");
    await sessions.endSession(session.idHash, AT + 10, "again");
    expect(await sessions.findSession(session.idHash, AT)).toBeNull();
  });

  it("ends every live session of a user at once", async () => {
    const tenant = await createTenant(store());
    const [user, other] = [tenant.user(), tenant.user()];
    const sessions = [tenant.session(user), tenant.session(user), tenant.session(other)];
    await tenant.save({ usersInserted: [user, other], sessionsInserted: sessions });
    await tenant.save({
      sessionsEnded: [{ userId: user.id, at: AT + 1, reason: "deactivated" }],
    });
    const found = await Promise.all(
      sessions.map(({ idHash }) => store().sessions.findSession(idHash, AT)),
    );
    expect(found.map((each) => each !== null)).toEqual([false, false, true]);
  });

  it("ends the sessions that are meant, each with its message, and says how many", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const [user, other] = [tenant.user(), tenant.user()];
    const stranger = foreign.user();
    const [first, second, third] = [user, user, other].map((one) => tenant.session(one));
    const expired = tenant.session(user, { expiresAt: AT });
    const theirs = foreign.session(stranger);
    await tenant.save({
      usersInserted: [user, other],
      sessionsInserted: [first!, second!, third!, expired],
    });
    await foreign.save({ usersInserted: [stranger], sessionsInserted: [theirs] });
    const { sessions, outbox } = store();
    const query = { now: AT, seenSince: AT, limit: 10 };
    const open = async () =>
      (await sessions.listSessions(tenant.organisationId, query)).map(({ session }) => session.id);
    expect(await open()).toEqual([third!.id, second!.id, first!.id]);
    const ending = { at: AT + 1, reason: "revoked" };

    const own = (which: object) => sessions.endSessions(tenant.organisationId, which, ending);
    expect(await own({ id: theirs.id })).toBe(0);
    expect(await own({ id: first!.id })).toBe(1);
    expect(await own({ userId: user.id })).toBe(1);
    expect(await own({})).toBe(1);
    expect(await own({})).toBe(0);

    expect(await open()).toEqual([]);
    expect(await sessions.findSessionById(theirs.id, AT)).not.toBeNull();
    const told = await outbox.claim(AT + 2, 100, AT + 3);
    const mine = told.filter(({ organisationId }) => organisationId === tenant.organisationId);
    // One of each person at a time.
    expect(mine.map(({ id, type, data }) => [id, type, data["reason"]])).toEqual([
      [first!.id, "session.ended", "revoked"],
      [third!.id, "session.ended", "revoked"],
    ]);
    await outbox.delivered(
      told.map(({ id }) => id),
      AT + 3,
    );
  });

  it("knows no session of a connection that is disabled, whoever disabled it", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    // The store ends what is live by its own clock.
    const session = tenant.session(user, { expiresAt: 2 * AT });
    await tenant.save({ usersInserted: [user], sessionsInserted: [session] });
    const { administration, sessions } = store();
    const connection = (await administration.findConnection(tenant.connectionId))!;

    await administration.updateConnection({ ...connection, enabled: false, version: 2 }, 1);

    expect(await sessions.findSession(session.idHash, AT)).toBeNull();
    await administration.updateConnection({ ...connection, enabled: true, version: 3 }, 2);
    expect(await sessions.findSession(session.idHash, AT)).toBeNull();
  });

  it("finds the person behind an identity of this connection only", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const { connectionId } = tenant;
    await tenant.save({
      usersInserted: [user],
      identitiesInserted: [{ connectionId, nameId: "Bob", userId: user.id }],
    });
    const { identities, users } = await tenant.load({
      identities: ["Bob", "bob", "Bob "]
        .map((nameId) => ({ connectionId, nameId }))
        .concat({ connectionId: "other", nameId: "Bob" }),
    });
    expect([...identities]).toEqual([[`${connectionId} Bob`, user.id]]);
    expect([...users.keys()]).toEqual([user.id]);
    await expect(
      tenant.save({ identitiesInserted: [{ connectionId, nameId: "Bob", userId: user.id }] }),
    ).rejects.toMatchObject({ code: "Uniqueness" });
  });

  it("finds by which NameIDs of this connection somebody is known, and of no other", async () => {
    const tenant = await createTenant(store());
    const [bob, ann] = [tenant.user(), tenant.user()];
    const { connectionId } = tenant;
    await tenant.save({
      usersInserted: [bob, ann],
      identitiesInserted: [
        { connectionId, nameId: "b1", userId: bob.id },
        { connectionId, nameId: "a1", userId: ann.id },
      ],
    });

    const { identities, users } = await tenant.load({
      linksOf: [
        { connectionId, userId: bob.id },
        { connectionId: "other", userId: ann.id },
      ],
    });

    expect([...identities]).toEqual([[`${connectionId} b1`, bob.id]]);
    expect([...users.keys()]).toEqual([bob.id]);
  });

  it("shows an open request to the browser that made it, until it is consumed or expires", async () => {
    let now = AT;
    const own = await open({ clock: { now: () => now } });
    const tenant = await createTenant(own.store);
    const foreign = await createTenant(own.store);
    const sent = request(tenant, { returnTo: "/after" });
    await own.store.sessions.createSignInRequest(sent);
    const ask = (from: Tenant, browserHash: string) =>
      from
        .load({
          signIns: [
            {
              connectionId: tenant.connectionId,
              requestId: sent.id,
              browserHash,
              assertionId: "_a",
            },
          ],
        })
        .then(({ signInRequests }) =>
          signInRequests.get(
            signInKey({ connectionId: tenant.connectionId, requestId: sent.id, browserHash }),
          ),
        );
    expect(await ask(tenant, sent.browserHash)).toEqual({
      returnTo: "/after",
      createdAt: sent.createdAt,
    });
    expect(await ask(tenant, "another browser")).toBeUndefined();
    expect(await ask(foreign, sent.browserHash)).toBeUndefined();
    now = sent.expiresAt;
    expect(await ask(tenant, sent.browserHash)).toBeUndefined();
    now = AT;
    const consumed = { connectionId: tenant.connectionId, requestId: sent.id };
    await tenant.save({ signInRequestsConsumed: [consumed] });
    expect(await ask(tenant, sent.browserHash)).toBeUndefined();
    await own.store.close();
  });

  it("finds the sessions of whom a logout names, and ends the one that is closed", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const foreign = await createTenant(own.store);
    const { connectionId } = tenant;
    const [user, other] = [tenant.user(), tenant.user()];
    const format = "urn:format";
    const sessions = [
      tenant.session(user, { nameIdFormat: format }),
      tenant.session(user, { connectionId: "another" }),
      tenant.session(user, { endedAt: AT }),
      tenant.session(other),
    ];
    await tenant.save({
      usersInserted: [user, other],
      identitiesInserted: [{ connectionId, nameId: "Bob", userId: user.id }],
      sessionsInserted: sessions,
    });
    const logouts = (nameId: string) => [{ connectionId, nameId, messageId: "_m" }];
    const [first, second] = sessions;
    if (first === undefined || second === undefined) throw new Error("no sessions");

    const { liveSessions = [] } = await tenant.load({ logouts: logouts("Bob") });

    const ids = (all: readonly { idHash: string }[]) => all.map(({ idHash }) => idHash).sort();
    expect(ids(liveSessions)).toEqual(ids([first, second]));
    expect(liveSessions.find(({ idHash }) => idHash === first.idHash)).toEqual(first);
    expect((await tenant.load({ logouts: logouts("bob") })).liveSessions).toEqual([]);
    expect((await foreign.load({ logouts: logouts("Bob") })).liveSessions).toEqual([]);
    const closed = { idHash: first.idHash, at: AT + 1, reason: "signedOutByProvider" };
    await tenant.save({ sessionsClosed: [closed] });
    await tenant.save({ sessionsClosed: [{ ...closed, reason: "again" }] });
    expect(await own.store.sessions.findSession(first.idHash, AT)).toBeNull();
    const left = await tenant.load({ logouts: logouts("Bob") });
    expect(ids(left.liveSessions ?? [])).toEqual(ids([second]));
    await own.store.close();
  });

  it("accepts a logout message once, and takes the answer to one of ours once", async () => {
    const tenant = await createTenant(store());
    const { connectionId } = tenant;
    const received = { connectionId, messageId: "_M", expiresAt: AT + 60_000 };
    await tenant.save({ logoutsReceived: [received] });
    const { usedLogouts } = await tenant.load({
      logouts: ["_M", "_m"].map((messageId) => ({ connectionId, nameId: "x", messageId })),
    });
    expect([...(usedLogouts ?? [])]).toEqual([`${connectionId} _M`]);
    await expect(tenant.save({ logoutsReceived: [received] })).rejects.toMatchObject({
      code: "Uniqueness",
    });

    const { sessions } = store();
    const sent = { id: "_M", connectionId, browserHash: "b", expiresAt: AT + 60_000 };
    await sessions.createLogoutRequest(sent);
    expect(await sessions.consumeLogoutRequest({ ...sent, browserHash: "c" }, AT)).toBe(false);
    expect(await sessions.consumeLogoutRequest({ ...sent, connectionId: "x" }, AT)).toBe(false);
    expect(await sessions.consumeLogoutRequest(sent, sent.expiresAt)).toBe(false);
    expect(await sessions.consumeLogoutRequest(sent, AT)).toBe(true);
    expect(await sessions.consumeLogoutRequest(sent, AT)).toBe(false);
  });

  it("begins a practice sign-in once, keeps its report for its time, and shows it to its own organisation", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const { signInTests } = store();
    const { organisationId, connectionId } = tenant;
    const id = systemIds.next();
    const secretHash = systemIds.next();
    const expiresAt = AT + 60_000;
    await signInTests.create({
      ...{
        id,
        organisationId,
        connectionId,
        secretHash,
        createdBy: "me",
        createdAt: AT,
        expiresAt,
      },
    });
    const question = { requestId: "_r", relayState: "test.x", browserHash: "b" };
    const begin = (where: object, now = AT) =>
      signInTests.begin({ connectionId, secretHash, ...where }, question, now);
    expect(await begin({ secretHash: "other" })).toBe(false);
    expect(await begin({ connectionId: foreign.connectionId })).toBe(false);
    expect(await begin({}, expiresAt)).toBe(false);
    expect(await begin({})).toBe(true);
    expect(await begin({})).toBe(false);
    const find = (where: object, now = AT) =>
      signInTests.findBegun({ connectionId, ...question, ...where }, now);
    expect(await find({ browserHash: "c" })).toBeNull();
    expect(await find({ relayState: "test.X" })).toBeNull();
    expect(await find({}, expiresAt)).toBeNull();
    const begun = await find({});
    expect(begun).toEqual({ id, organisationId, requestId: "_r", startedAt: AT });
    const report = { wouldSignIn: false, checks: [], person: null, account: null, seats: [] };
    if (begun === null) throw new Error("not begun");
    expect(await signInTests.finish(begun, report, AT + 1)).toBe(true);
    expect(await signInTests.finish(begun, report, AT + 2)).toBe(false);
    expect(await find({})).toBeNull();
    const own = { organisationId, connectionId, id };
    expect(await signInTests.find(own, AT)).toMatchObject({ report, finishedAt: AT + 1 });
    expect(await signInTests.find(own, expiresAt)).toBeNull();
    const others = { ...own, organisationId: foreign.organisationId };
    expect(await signInTests.find(others, AT)).toBeNull();
  });

  it("accepts an assertion once", async () => {
    const tenant = await createTenant(store());
    const { connectionId } = tenant;
    const used = { connectionId, assertionId: "_Abc", expiresAt: AT + 60_000 };
    await tenant.save({ assertionsUsed: [used] });
    const { usedAssertions } = await tenant.load({
      signIns: ["_Abc", "_abc"].map((assertionId) => ({
        connectionId,
        requestId: "_r",
        browserHash: "b",
        assertionId,
      })),
    });
    expect([...usedAssertions]).toEqual([`${connectionId} _Abc`]);
    await expect(tenant.save({ assertionsUsed: [used] })).rejects.toMatchObject({
      code: "Uniqueness",
    });
  });

  it("knows at the sign-in by whose word a connection goes now", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const { connectionId, organisationId } = tenant;
    const { administration } = store();
    const asked = (id: string, provider: string) => ({
      ...{ connectionId: id, requestId: "_r", browserHash: "b" },
      ...{ assertionId: "_Abc", provider },
    });
    const ended = async () => {
      const { bindingsEnded } = await tenant.load({
        signIns: [
          asked(connectionId, "https://old.example"),
          asked(connectionId, "https://new.example"),
          asked(foreign.connectionId, "https://new.example"),
        ],
      });
      return [...(bindingsEnded ?? [])];
    };
    const [old, fresh, others] = [
      `${connectionId} https://old.example`,
      `${connectionId} https://new.example`,
      `${foreign.connectionId} https://new.example`,
    ];
    const change = async (more: Partial<Connection>) => {
      const [before] = await administration.listConnections(organisationId);
      const after = { ...before!, ...more, version: before!.version + 1 };
      await administration.updateConnection(after, before!.version);
    };
    expect(await ended()).toEqual([old, fresh, others]);
    await change({ saml: samlOf("https://new.example") });
    expect(await ended()).toEqual([old, others]);
    await change({ enabled: false });
    expect(await ended()).toEqual([old, fresh, others]);
    const nobodyAsks = await tenant.load({
      signIns: [{ connectionId, requestId: "_r", browserHash: "b", assertionId: "_Abc" }],
    });
    expect(nobodyAsks.bindingsEnded).toEqual(new Set());
  });

  it("clears away what has expired long ago", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const sent = request(tenant, {});
    await own.store.sessions.createSignInRequest(sent);
    await tenant.save({
      assertionsUsed: [{ connectionId: tenant.connectionId, assertionId: "_a", expiresAt: AT }],
    });
    await own.store.organisationsWithWork(AT + 86_400_000);
    // The key is free again: the row has gone.
    await own.store.sessions.createSignInRequest(sent);
    await tenant.save({
      assertionsUsed: [{ connectionId: tenant.connectionId, assertionId: "_a", expiresAt: AT }],
    });
    await own.store.close();
  });
}

function request(tenant: Tenant, fields: Partial<SignInRequest>): SignInRequest {
  return {
    id: `_${systemIds.next()}`,
    connectionId: tenant.connectionId,
    browserHash: systemIds.secret(32),
    returnTo: null,
    relayState: "state",
    createdAt: AT,
    expiresAt: AT + 300_000,
    ...fields,
  };
}
