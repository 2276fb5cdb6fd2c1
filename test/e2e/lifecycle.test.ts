import { afterEach, describe, expect, it } from "@jest/globals";
import { createRetention } from "../../src/actions/people.js";
import { createLogRetention } from "../../src/actions/provisioningLog.js";
import { noChanges } from "../../src/domain/snapshot.js";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { dumpDatabase, tablesWith } from "../support/dump.js";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** The life of an account: it ends, it comes back as the same one, it moves to another provider, it is forgotten. */

const DAY = 86_400_000;
const logger = createLogger({ level: "silent" });

const open: TestServer[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

onEachDatabase("an account", (freshDatabaseUrl) => {
  async function started() {
    const url = await freshDatabaseUrl();
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    const store = await createStore({ url, clock, logger });
    const server = await startTestServer({}, { store });
    open.push(server);
    const organisation = await server.organisation("acorn");
    const okta = await organisation.connection("okta");
    const later = (days: number): void => {
      ahead += days * DAY;
    };
    const purge = (deletedDays = 30) => createRetention({ store, logger, deletedDays }).purgeDue();
    return { url, store, server, organisation, okta, later, purge };
  }

  function user(userName: string, externalId?: string, more: object = {}) {
    return { userName, ...(externalId === undefined ? {} : { externalId }), ...more };
  }

  async function create(idp: TestConnection, body: object): Promise<string> {
    const answer = await idp.scim("POST", "/Users", body);
    expect([answer.status, answer.body]).toEqual([201, answer.body]);
    return answer.body.id as string;
  }

  async function remove(idp: TestConnection, id: string): Promise<void> {
    expect((await idp.scim("DELETE", `/Users/${id}`)).status).toBe(204);
  }

  const deactivate = (idp: TestConnection, id: string): Promise<Answer> =>
    idp.scim("PATCH", `/Users/${id}`, patchOp({ op: "replace", path: "active", value: false }));

  describe("that is deleted", () => {
    it("does not exist for any door, and its names are free at once (case 23, RFC 7644 §3.6)", async () => {
      const { okta, organisation, store } = await started();
      const pool = await organisation.pool({ name: "desk" });
      const id = await create(okta, user("ann@acorn.example", "00u1"));
      const group = await okta.scim("POST", "/Groups", {
        displayName: "Support",
        members: [{ value: id }],
      });
      await remove(okta, id);

      expect((await okta.scim("GET", `/Users/${id}`)).status).toBe(404);
      expect((await okta.scim("PUT", `/Users/${id}`, user("ann@acorn.example"))).status).toBe(404);
      expect((await deactivate(okta, id)).status).toBe(404);
      expect((await okta.scim("DELETE", `/Users/${id}`)).status).toBe(404);
      for (const filter of [
        'userName eq "ann@acorn.example"',
        'externalId eq "00u1"',
        `id eq "${id}"`,
        "active eq false",
      ]) {
        const list = await okta.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
        expect([filter, list.body.totalResults]).toEqual([filter, 0]);
      }
      expect((await okta.scim("GET", "/Users")).body.totalResults).toBe(0);
      const shown = await okta.scim("GET", `/Groups/${group.body.id}`);
      expect(shown.body.members ?? []).toEqual([]);
      expect((await organisation.api("GET", `/users/${id}`)).status).toBe(404);
      expect((await organisation.api("GET", "/users/ann@acorn.example")).status).toBe(404);
      expect((await organisation.api("GET", "/users")).body.items).toEqual([]);
      expect((await store.administration.findPool(pool.organisationId, pool.id))?.used).toBe(0);
      // The name is free for another connection, which must not get the old account.
      const entra = await organisation.connection("entra");
      expect(await create(entra, user("Ann@acorn.example", "00u1"))).not.toBe(id);
    });

    it("comes back as the same account with what was given by hand, found by externalId, then by userName (cases 24, 34)", async () => {
      const { okta, organisation, server } = await started();
      await organisation.pool({ name: "desk", tiers: ["standard", "professional"] });
      const id = await create(okta, user("ann@acorn.example", "00u1"));
      const group = await okta.scim("POST", "/Groups", {
        displayName: "Support",
        members: [{ value: id }],
      });
      await organisation.api("POST", `/users/${id}/facts`, { kind: "role", name: "team-leader" });
      const version = (await okta.scim("GET", `/Users/${id}`)).body.meta.version as string;
      await remove(okta, id);

      // Married meanwhile: only the externalId is the same.
      expect(await create(okta, user("ann.baker@acorn.example", "00u1"))).toBe(id);
      const byExternalId = await organisation.api("GET", `/users/${id}`);
      expect(byExternalId.body.user.userName).toBe("ann.baker@acorn.example");
      expect(byExternalId.body.facts).toMatchObject([{ kind: "role", name: "team-leader" }]);
      expect(byExternalId.body.seats).toHaveLength(1);
      expect(byExternalId.body.groups).toEqual([]);
      expect((await okta.scim("GET", `/Users/${id}`)).body.meta.version).not.toBe(version);
      expect((await okta.scim("GET", `/Groups/${group.body.id}`)).body.members ?? []).toEqual([]);

      await remove(okta, id);
      expect(await create(okta, user("ANN.Baker@acorn.example"))).toBe(id);
      const byName = await organisation.api("GET", `/users/${id}`);
      expect(byName.body.facts).toMatchObject([{ kind: "role", name: "team-leader" }]);
      expect((await okta.scim("GET", "/Users")).body.totalResults).toBe(1);
      // The application was told of an end and of a beginning.
      await untilDelivered(server);
      const told = server.events
        .filter((event) => event.userId === id && event.type.startsWith("user."))
        .map(({ type }) => type);
      expect(told).toEqual([
        "user.created",
        "user.deleted",
        "user.created",
        "user.deleted",
        "user.created",
      ]);
    });

    it("comes back inactive when it is sent inactive, without a seat (case 57)", async () => {
      const { okta, organisation } = await started();
      await organisation.pool({ name: "desk" });
      const id = await create(okta, user("ann@acorn.example", "00u1"));
      await remove(okta, id);
      expect(await create(okta, user("ann@acorn.example", "00u1", { active: false }))).toBe(id);
      const shown = await organisation.api("GET", `/users/${id}`);
      expect([shown.body.user.active, shown.body.seats]).toEqual([false, []]);
      expect(await create(okta, user("ann@acorn.example", "00u1"))).toBe(id);
      expect((await organisation.api("GET", `/users/${id}`)).body.seats).toHaveLength(1);
    });

    it("is not taken for somebody else who has the name now, and where several fit nobody comes back", async () => {
      const { okta } = await started();
      const first = await create(okta, user("ann@acorn.example", "00u1"));
      await remove(okta, first);
      // The same address, but for the provider another person.
      const second = await create(okta, user("ann@acorn.example", "00u2"));
      expect(second).not.toBe(first);
      await remove(okta, second);
      // Two of that name are gone, and nothing says which one is meant.
      const third = await create(okta, user("ann@acorn.example"));
      expect([first, second]).not.toContain(third);
      await remove(okta, third);
      expect(await create(okta, user("ann@acorn.example", "00u2"))).toBe(second);
    });

    it("stays gone when its externalId and a present account's userName contradict each other", async () => {
      const { okta } = await started();
      const gone = await create(okta, user("ann@acorn.example", "00u1"));
      await remove(okta, gone);
      const present = await create(okta, user("ben@acorn.example", "00u2"));
      const active = await okta.scim("POST", "/Users", user("ben@acorn.example", "00u1"));
      expect([active.status, active.body.scimType]).toEqual([409, "uniqueness"]);
      await deactivate(okta, present);
      const inactive = await okta.scim("POST", "/Users", user("ben@acorn.example", "00u1"));
      expect([inactive.status, inactive.body.scimType]).toEqual([409, "uniqueness"]);
      expect((await okta.scim("GET", `/Users/${present}`)).body).toMatchObject({
        externalId: "00u2",
        active: false,
      });
      expect(await create(okta, user("ann@acorn.example", "00u1"))).toBe(gone);
    });

    it("is kept for the retention and no longer: then it is removed for good, and the ledger still adds up", async () => {
      const { okta, organisation, later, purge, url } = await started();
      await organisation.pool({ name: "desk" });
      const id = await create(okta, user("canary-ann@acorn.example", "00u1"));
      await remove(okta, id);

      later(29);
      expect(await purge()).toBe(0);
      expect(await create(okta, user("canary-ann@acorn.example", "00u1"))).toBe(id);
      await remove(okta, id);
      later(31);
      expect(await purge()).toBe(1);
      expect(await purge()).toBe(0);

      const dump = await dumpDatabase(url);
      expect(dump.get("users")).toBe("[]");
      expect(dump.get("removed_people")).toBe("[]");
      const entries = await organisation.api("GET", `/entries?userId=${id}`);
      const deltas = entries.body.items.map(({ delta }: { delta: number }) => delta);
      expect(deltas).toEqual([1, -1, 1, -1]);
      expect(await create(okta, user("canary-ann@acorn.example", "00u1"))).not.toBe(id);
    });

    it("goes portion by portion when many are due, and who came back meanwhile stays", async () => {
      const { okta, later, purge } = await started();
      const ids = await Promise.all(
        Array.from({ length: 120 }, (_, index) =>
          create(okta, user(`u${String(index)}@acorn.example`, `x${String(index)}`)),
        ),
      );
      await Promise.all(ids.map((id) => remove(okta, id)));
      later(31);
      const [first = ""] = ids;
      expect(await create(okta, user("u0@acorn.example", "x0"))).toBe(first);
      expect(await purge()).toBe(119);
      expect((await okta.scim("GET", `/Users/${first}`)).status).toBe(200);
    });
  });

  it("that a provider made to test the connection leaves no seat and no waiting entry, and its rows end with the retention (case 48)", async () => {
    const { organisation, later, purge, url, store } = await started();
    const jumpcloud = await organisation.connection("generic");
    const pool = await organisation.pool({ name: "desk", capacity: 1 });
    const waiting = await create(jumpcloud, user("holder@acorn.example"));
    const id = await create(jumpcloud, user("canary-test@acorn.example", "jc-canary-test"));
    const group = await jumpcloud.scim("POST", "/Groups", {
      displayName: "canary-test-group",
      members: [{ value: id }],
    });
    expect(await store.insights.waitingOf(pool.organisationId, [id])).toHaveLength(1);
    await remove(jumpcloud, id);
    expect((await jumpcloud.scim("DELETE", `/Groups/${group.body.id}`)).status).toBe(204);

    expect(await store.insights.waitingOf(pool.organisationId, [id])).toEqual([]);
    expect(await store.insights.seatsOf(pool.organisationId, [id])).toEqual([]);
    expect((await store.administration.findPool(pool.organisationId, pool.id))?.used).toBe(1);
    expect((await jumpcloud.scim("GET", `/Users/${waiting}`)).status).toBe(200);
    later(38);
    expect(await purge()).toBe(1);
    const log = createLogRetention({ store, keepDays: 30 });
    await untilGone(async () => {
      // Delivered messages are kept a week; the store tidies them away by its clock.
      later(1);
      await store.organisationsWithWork(Date.now() + 60 * DAY);
      await log.cleanUp();
      return (await tablesWith(url, "canary-test")).length === 0;
    });
  });

  it("of another connection is never taken over, not by userName, e-mail or externalId (case 58)", async () => {
    const { okta, organisation } = await started();
    const entra = await organisation.connection("entra");
    const emails = [{ value: "ann@acorn.example", type: "work", primary: true }];
    const id = await create(okta, user("ann@acorn.example", "00u1", { emails }));
    for (const active of [true, false]) {
      if (!active) await deactivate(okta, id);
      const answer = await entra.scim("POST", "/Users", user("ANN@acorn.example", "00u1"));
      expect([answer.status, answer.body.scimType]).toEqual([409, "uniqueness"]);
    }
    const other = await create(entra, user("someone@acorn.example", "00u1", { emails }));
    expect(other).not.toBe(id);
    expect((await entra.scim("GET", `/Users/${id}`)).status).toBe(404);
    expect((await okta.scim("GET", `/Users/${id}`)).body.userName).toBe("ann@acorn.example");
  });

  it("moves to a new provider when an administrator has handed it over, with its id, its seat and what was given by hand", async () => {
    const { okta, organisation } = await started();
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"] });
    const entra = await organisation.connection("entra");
    const id = await create(okta, user("ann@acorn.example", "00u1"));
    const kept = await create(okta, user("ben@acorn.example", "00u2"));
    await organisation.api("POST", `/users/${id}/facts`, { kind: "role", name: "team-leader" });
    const from = `/connections/${okta.connection.id}/hand-overs`;

    const itself = await organisation.api("POST", from, { to: okta.connection.id });
    expect([itself.status, itself.body.error.field]).toEqual([400, "to"]);
    const only = { to: entra.connection.id, userNames: ["Ann@acorn.example"] };
    expect((await organisation.api("POST", from, only)).status).toBe(201);
    expect((await organisation.api("GET", from)).body.items).toMatchObject([
      { to: entra.connection.id, userName: "ann@acorn.example" },
    ]);

    expect((await entra.scim("POST", "/Users", user("ben@acorn.example"))).status).toBe(409);
    expect((await okta.scim("GET", `/Users/${id}`)).status).toBe(200);
    expect(await create(entra, user("ann@acorn.example", "entra-1"))).toBe(id);

    expect((await okta.scim("GET", `/Users/${id}`)).status).toBe(404);
    // What the old provider does when the person is taken out of its application harms nobody.
    expect((await okta.scim("DELETE", `/Users/${id}`)).status).toBe(404);
    expect((await entra.scim("GET", `/Users/${id}`)).body.externalId).toBe("entra-1");
    const shown = await organisation.api("GET", `/users/${id}`);
    expect(shown.body.facts).toMatchObject([{ kind: "role", name: "team-leader" }]);
    expect(shown.body.seats).toHaveLength(1);
    for (const [idp, total] of [
      [okta, 1],
      [entra, 1],
    ] as const) {
      expect((await idp.scim("GET", "/Users")).body.totalResults).toBe(total);
    }

    const everybody = { to: entra.connection.id };
    await organisation.api("POST", from, everybody);
    expect((await organisation.api("DELETE", from)).status).toBe(204);
    expect((await entra.scim("POST", "/Users", user("ben@acorn.example"))).status).toBe(409);
    await organisation.api("POST", from, everybody);
    expect(await create(entra, user("ben@acorn.example"))).toBe(kept);
    const again = await entra.scim("POST", "/Users", user("ben@acorn.example"));
    expect(again.status).toBe(409);
  });

  describe("that is erased", () => {
    const canary = "Canarina";

    async function known(withGone: boolean) {
      const all = await started();
      const { okta, organisation, store, server } = all;
      await organisation.pool({ name: "desk", capacity: 1 });
      const ben = await create(okta, user("ben@acorn.example"));
      await deactivate(okta, ben);
      const id = await create(
        okta,
        user(`${canary}@acorn.example`, `ext-${canary}`, {
          displayName: `${canary} Bird`,
          name: { givenName: canary, familyName: "Bird", formatted: `${canary} Bird` },
          emails: [{ value: `${canary}@acorn.example`, type: "work", primary: true }],
          phoneNumbers: [{ value: `tel-${canary}`, type: "work" }],
        }),
      );
      await okta.scim("POST", "/Groups", { displayName: "Support", members: [{ value: id }] });
      // What the log and an administrator's plans say of the person elsewhere.
      const named = `${canary}@acorn.example`;
      const refused = encodeURIComponent(`userName eq "${named}" and`);
      await okta.scim("GET", `/Users?filter=${refused}`);
      await okta.scim("PUT", `/Users/${ben}`, { userName: named, active: false });
      const entra = await organisation.connection("entra");
      await entra.scim("POST", "/Users", { userName: named });
      await organisation.api("POST", `/connections/${okta.connection.id}/hand-overs`, {
        to: entra.connection.id,
        userNames: [named],
      });
      await organisation.api("POST", `/users/${id}/facts`, { kind: "role", name: "team-leader" });
      const { organisationId } = (await store.insights.userById(organisation.organisation.id, id))!;
      await store.write(organisationId, async (tx) => {
        await tx.load({});
        const now = store.clock.now();
        const connectionId = okta.connection.id;
        await tx.save({
          ...noChanges(),
          identitiesInserted: [{ connectionId, nameId: `name-id-${canary}`, userId: id }],
          sessionsInserted: [
            {
              id: "session",
              idHash: "hash",
              organisationId,
              userId: id,
              connectionId,
              nameId: `name-id-${canary}`,
              sessionIndex: null,
              createdAt: now,
              lastSeenAt: now,
              expiresAt: now + DAY,
              endedAt: null,
              endReason: null,
              address: null,
            },
          ],
        });
      });
      await okta.scim(
        "PATCH",
        `/Users/${ben}`,
        patchOp({ op: "replace", path: "active", value: true }),
      );
      await untilDelivered(server);
      if (withGone) await remove(okta, id);
      return { ...all, id, ben };
    }

    it("leaves no trace of a request that was refused a moment before (records of refusals are written a little later)", async () => {
      const { url, organisation, okta } = await started();
      const userName = `${canary}@acorn.example`;
      const id = await create(okta, user(userName));
      const body = { userName };
      await Promise.all(Array.from({ length: 5 }, () => okta.scim("POST", "/Users", body)));
      const erased = await organisation.api("DELETE", `/users/${id}`, { userName });
      expect(erased.status).toBe(200);
      // A read of the log writes down what still waits.
      await organisation.api("GET", `/connections/${okta.connection.id}/log`);
      expect(await tablesWith(url, canary)).toEqual([]);
    });

    it.each([
      { what: "while it exists", gone: false },
      { what: "after it was deleted", gone: true },
    ])(
      "$what leaves no trace of the person in any table, and the ledger whole",
      async ({ gone }) => {
        const { url, organisation, id, ben, okta } = await known(gone);
        expect(await tablesWith(url, canary)).toContain(gone ? "removed_people" : "users");
        const before = await organisation.api("GET", "/entries");

        const wrong = await organisation.api("DELETE", `/users/${id}`, {
          userName: "ben@acorn.example",
        });
        expect([wrong.status, wrong.body.error.code]).toEqual([409, "Conflict"]);
        const erased = await organisation.api("DELETE", `/users/${id}`, {
          userName: `${canary}@ACORN.example`,
        });
        expect([erased.status, erased.body]).toEqual([
          200,
          { userId: id, seatsFreed: gone ? 0 : 1 },
        ]);

        expect(await tablesWith(url, canary)).toEqual([]);
        const after = await organisation.api("GET", "/entries");
        expect(after.body.items.slice(0, before.body.items.length)).toEqual(before.body.items);
        expect(after.body.items).toContainEqual(
          expect.objectContaining({ kind: "person.erased", userId: id, delta: 0 }),
        );
        const sum = after.body.items
          .filter(({ userId }: { userId: string }) => userId === id)
          .reduce((total: number, { delta }: { delta: number }) => total + delta, 0);
        expect(sum).toBe(0);
        // The seat went to who waited.
        expect((await organisation.api("GET", `/users/${ben}`)).body.seats).toHaveLength(1);
        expect((await organisation.api("DELETE", `/users/${id}`, { userName: "x" })).status).toBe(
          404,
        );
        // Whoever comes now is somebody new.
        expect(await create(okta, user(`${canary}@acorn.example`, `ext-${canary}`))).not.toBe(id);
      },
    );

    it("is still announced to an application that was not reachable, without saying who it was", async () => {
      const url = await freshDatabaseUrl();
      let up = false;
      const told: { type: string; data: object }[] = [];
      const sink = {
        deliver: (event: { type: string; data: object }) => {
          if (!up) return Promise.reject(new Error(`cannot reach ${canary}`));
          told.push(event);
          return Promise.resolve();
        },
      };
      let ahead = 0;
      const store = await createStore({ url, clock: { now: () => Date.now() + ahead }, logger });
      const server = await startTestServer({}, { store, sink });
      open.push(server);
      const organisation = await server.organisation("acorn");
      const okta = await organisation.connection("okta");
      const id = await create(okta, user(`${canary}@acorn.example`));
      await untilGone(async () => (await tablesWith(url, `cannot reach ${canary}`)).length > 0);
      await organisation.api("DELETE", `/users/${id}`, { userName: `${canary}@acorn.example` });
      expect(await tablesWith(url, canary)).toEqual([]);

      up = true;
      await untilGone(async () => {
        ahead += 5_000;
        return (await store.outbox.backlog()) === 0;
      });
      const users = told.filter(({ type }) => type.startsWith("user."));
      expect(users.map(({ type }) => type)).toEqual(["user.created", "user.deleted"]);
      for (const { data } of users) {
        expect(data).toMatchObject({ userId: id, userName: null, externalId: null, erased: true });
      }
    });

    it("is found in its own organisation only", async () => {
      const { server, id, url } = await known(false);
      const other = await server.organisation("birch");
      const answer = await other.api("DELETE", `/users/${id}`, {
        userName: `${canary}@acorn.example`,
      });
      expect(answer.status).toBe(404);
      expect(await tablesWith(url, canary)).toContain("users");
    });
  });
});

async function untilDelivered({ app }: TestServer): Promise<void> {
  await untilGone(async () => (await app.store.outbox.backlog()) === 0);
}

async function untilGone(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
