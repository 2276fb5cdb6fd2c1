import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createProvisioning, type Provisioning } from "../../src/actions/provision.js";
import { createRenewing, type Renewing } from "../../src/actions/renewals.js";
import { createRunner } from "../../src/actions/run.js";
import { loadCatalogue } from "../../src/catalogueFile.js";
import type { Cause } from "../../src/domain/history.js";
import type { Store } from "../../src/ports.js";
import type { Database } from "../../src/store/database.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { createLeases } from "../../src/store/leases.js";
import { RuleCache } from "../../src/store/load/tenant.js";
import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { createWriter } from "../../src/store/write.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { recordingDatabase, type Statement } from "./support/recorder.js";
import { freshFile } from "./support/sqlite.js";
import { createTenant, type Tenant } from "./support/tenant.js";

/**
 * What a batch costs in statements. Speed differs from machine to machine; the number of round trips does not, and it
 * must not grow with the number of requests that are decided together.
 */

const BATCH = 64;

describeStatements("SQLite", async () => {
  const path = await freshFile();
  return [`sqlite:${path}`, () => openSqlite(path, 1)];
});

describeMySql("MariaDB", () => {
  describeStatements("MariaDB", async () => {
    const url = await freshDatabase("statements");
    const address = readDatabaseUrl(url);
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return [url, () => openMysql(address.mysql, 2)];
  });
});

function describeStatements(
  name: string,
  open: () => Promise<[url: string, openDatabase: () => Promise<Database>]>,
): void {
  describe(`statements on ${name}`, () => {
    let store: Store;
    let database: Database;
    let tenant: Tenant;
    let actions: Provisioning;
    let renewing: Renewing;
    const statements: Statement[] = [];

    beforeAll(async () => {
      const [url, openDatabase] = await open();
      store = await createStore({ url, logger: quiet });
      await store.migrate();
      database = await openDatabase();
      tenant = await createTenant(store);
      await setUp();
      const writer = createWriter({
        database: recordingDatabase(database, statements),
        clock: store.clock,
        logger: quiet,
        rules: new RuleCache(),
      });
      const runner = createRunner({
        store: { ...store, write: writer.write },
        catalogue: loadCatalogue("config/catalogue.yaml"),
        ids: systemIds,
        logger: quiet,
        committed: () => undefined,
      });
      actions = createProvisioning(runner);
      renewing = createRenewing({ leases: createLeases({ writer, clock: store.clock }) });
      // The first batch also reads the rules, which are kept from then on.
      await create("first");
    });

    afterAll(async () => {
      await store.close();
      await database.close();
    });

    async function setUp(): Promise<void> {
      await store.administration.createPool(
        tenant.pool({ product: "support", tiers: ["standard", "professional"], capacity: 1_000 }),
      );
      await store.administration.saveRule({
        id: systemIds.next(),
        organisationId: tenant.organisationId,
        name: "leads",
        connectionId: null,
        match: { type: "attribute", attribute: "title", equals: "Lead" },
        gives: { roles: ["team-leader"] },
        createdAt: 0,
      });
    }

    const cause: Cause = { type: "scim", action: "test", actor: "idp", requestId: "r" };
    const draft = (userName: string, active = true) => ({
      userName,
      externalId: userName,
      displayName: userName,
      active,
      document: {
        userName,
        active,
        title: "Lead",
        emails: [{ value: `${userName}@acorn.example`, type: "work" }],
      },
    });
    const create = (userName: string) => actions.createUser(tenant.scope, draft(userName), cause);

    async function counted<T>(work: () => Promise<T>): Promise<{ result: T; texts: string[] }> {
      statements.length = 0;
      const result = await work();
      return { result, texts: statements.map(({ text }) => text) };
    }
    const batch = (prefix: string) => Array.from({ length: BATCH }, (_, i) => `${prefix}${i}`);

    it("creates 64 users with mapping, tier, seat, ledger and events in as few statements as one", async () => {
      const one = await counted(() => create("alone"));
      const many = await counted(() => Promise.all(batch("many").map(create)));
      expect(many.texts).toHaveLength(one.texts.length);
      // Lock, tenant, names and who may be coming back; users, addresses, total, facts, requirements, seats, ledger,
      // outbox.
      expect(one.texts.length).toBeLessThanOrEqual(12);
      const seats = await store.insights.seatsOf(
        tenant.organisationId,
        many.result.map(({ user }) => user.id),
      );
      expect(seats).toHaveLength(BATCH);
    });

    it("deactivates 64 users, and frees their seats, in as few statements as one", async () => {
      const made = await Promise.all([...batch("leaver"), "lone"].map(create));
      const ids = made.map(({ user }) => user.id);
      const lone = ids.pop()!;
      const deactivate = (id: string) =>
        actions.changeUser(tenant.scope, { id }, (user) => draft(user.userName, false), cause);
      const one = await counted(() => deactivate(lone));
      const many = await counted(() => Promise.all(ids.map(deactivate)));
      expect(many.texts).toHaveLength(one.texts.length);
      expect(one.texts.length).toBeLessThanOrEqual(16);
      expect(await store.insights.seatsOf(tenant.organisationId, ids)).toEqual([]);
    });

    it("renews 64 leases in as few statements as one, and loads nobody for that", async () => {
      const pool = tenant.pool({ kind: "concurrent", capacity: 100 });
      await store.administration.createPool(pool);
      const users = batch("holder").map((userName) => tenant.user({ userName }));
      const now = store.clock.now();
      const seats = users.map((user) =>
        tenant.seat(pool, user, { grantedAt: now, lastUsedAt: now, expiresAt: now + 600_000 }),
      );
      await tenant.save({ usersInserted: users, seatsInserted: seats });
      const renew = ({ id, generation }: (typeof seats)[number]) => {
        const lease = { seatId: id, generation };
        return renewing.renew(tenant.organisationId, lease, () =>
          Promise.reject(new Error("the long way")),
        );
      };
      const [first, ...others] = seats;
      const one = await counted(() => renew(first!));
      const many = await counted(() => Promise.all(others.map(renew)));
      expect(many.texts).toHaveLength(one.texts.length);
      // Lock, organisation, pools, leases, and the leases' end. Days of use travel with the commit.
      expect(one.texts).toHaveLength(5);
      expect(many.texts.filter((text) => /\b(users|facts|memberships)\b/.test(text))).toEqual([]);
    });

    it("writes nothing of a user but what has changed", async () => {
      const { user } = await create("renamed");
      const { texts } = await counted(() =>
        actions.changeUser(
          tenant.scope,
          { id: user.id },
          () => ({
            ...draft("renamed"),
            document: { ...draft("renamed").document, nickName: "R" },
          }),
          cause,
        ),
      );
      expect(texts.filter((text) => text.startsWith("UPDATE users"))).toEqual([
        expect.stringMatching(
          /^UPDATE users SET document = \?, search = \?, version = (\?|version \+ 1), updatedAt = \? WHERE/,
        ),
      ]);
    });
  });
}
