import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { replacedProvider } from "../../src/actions/replacedProvider.js";
import { withSaml } from "../../src/domain/signIn/provider.js";
import { noChanges } from "../../src/domain/snapshot.js";
import type { Store } from "../../src/ports.js";
import type { Database, Link } from "../../src/store/database.js";
import { createStore } from "../../src/store/index.js";
import { migrate } from "../../src/store/migrate.js";
import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { insertRows } from "../../src/store/sql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { becomeOlder, migrateAgain } from "./support/older.js";
import { freshFile } from "./support/sqlite.js";
import { samlOf } from "./support/tenant.js";

/** A database with links from before connections remembered whose they are. */

const NAME = "0030-last-provider";
const ORG = "acorn";

describeMigration("SQLite", async () => {
  const path = await freshFile();
  return [`sqlite:${path}`, await openSqlite(path, 1)];
});

describeMySql("MariaDB", () => {
  describeMigration("MariaDB", async () => {
    const url = await freshDatabase("links");
    const address = readDatabaseUrl(url);
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return [url, await openMysql(address.mysql, 2)];
  });
});

function describeMigration(
  name: string,
  open: () => Promise<[url: string, database: Database]>,
): void {
  describe(`links in an older database on ${name}`, () => {
    let store: Store;

    beforeAll(async () => {
      const [url, database] = await open();
      await becomeOlder(database, NAME, fill);
      await migrate(database);
      await migrateAgain(database, NAME);
      await database.close();
      store = await createStore({ url, logger: quiet });
    });
    afterAll(() => store.close());

    async function bind(id: string, provider: string | null): Promise<void> {
      const before = (await store.administration.findConnection(id))!;
      const { version } = before;
      const after = withSaml(before, provider === null ? null : samlOf(provider));
      await store.administration.updateConnection({ ...after, version: version + 1 }, version);
    }

    async function linked(connectionId: string): Promise<number> {
      const identities = ["n1", "n2"].map((nameId) => ({ connectionId, nameId }));
      return (await store.write(ORG, (tx) => tx.load({ identities }))).identities.size;
    }

    it("stay with a connection that has SAML, which remembers its provider when SAML ends", async () => {
      await bind("with", null);
      const ended = (await store.administration.findConnection("with"))!;
      expect(ended.lastProvider).toBe("https://idp.example");
      const foreign = { saml: samlOf("https://other.example") };
      expect(() => replacedProvider(ended, foreign, false)).toThrow(/replaceProvider/);

      await bind("with", "https://idp.example");

      expect(await linked("with")).toBe(1);
    });

    it("come back with somebody who was deleted before", async () => {
      const { removed } = await store.write(ORG, (tx) => tx.load({ removed: ["u2"] }));
      const user = removed.get("u2")!.user;

      await store.write(ORG, async (tx) => {
        await tx.load({ removed: ["u2"] });
        const peopleRestored = [{ user, withIdentities: true }];
        await tx.save({ ...noChanges(), peopleRestored });
      });

      expect(await linked("with")).toBe(2);
    });

    it("go when SAML is set for a connection whose SAML had ended before, because nobody knows whose they are", async () => {
      expect(await linked("without")).toBe(1);

      await bind("without", "https://idp.example");

      expect(await linked("without")).toBe(0);
    });
  });
}

async function fill(sql: Link): Promise<void> {
  await insertRows(sql, "organisations", ["id", "slug", "name", "createdAt"], [[ORG, ORG, ORG, 1]]);
  await insertRows(
    sql,
    "connections",
    ["organisationId", "id", "name", "plugin", "enabled", "saml", "version", "createdAt"],
    [
      [ORG, "with", "With", "generic", 1, JSON.stringify(samlOf("https://idp.example")), 1, 1],
      [ORG, "without", "Without", "generic", 1, null, 1, 1],
    ],
  );
  await insertRows(
    sql,
    "users",
    [
      ...["organisationId", "id", "connectionId", "userName", "userNameKey", "active", "document"],
      ...["version", "createdAt", "updatedAt", "search", "emailsDigest", "deletedAt"],
    ],
    [
      [ORG, "u1", "with", "u1", "u1", 1, "{}", 1, 1, 1, "[]", "", null],
      [ORG, "u2", "with", "", null, 0, "{}", 2, 1, 1, "[]", "", 5],
      [ORG, "u3", "without", "u3", "u3", 1, "{}", 1, 1, 1, "[]", "", null],
    ],
  );
  await insertRows(
    sql,
    "identities",
    ["organisationId", "connectionId", "nameId", "userId"],
    [
      [ORG, "with", "n1", "u1"],
      [ORG, "without", "n1", "u3"],
    ],
  );
  const user = {
    ...{ id: "u2", organisationId: ORG, connectionId: "with", externalId: null, userName: "u2" },
    ...{ displayName: null, active: true, deactivatedAt: null, document: { userName: "u2" } },
    ...{ version: 1, createdAt: 1, updatedAt: 1, lastSignInAt: null },
  };
  const identities = [{ connectionId: "with", nameId: "n2", userId: "u2" }];
  await insertRows(
    sql,
    "removed_people",
    ["organisationId", "userId", "connectionId", "userNameKey", "removedAt", "person"],
    [[ORG, "u2", "with", "u2", 5, JSON.stringify({ user, byHand: [], removedAt: 5, identities })]],
  );
}
