import { afterEach, describe, expect, it } from "@jest/globals";
import type { Store } from "../../src/ports.js";
import type { Database } from "../../src/store/database.js";
import { createStore } from "../../src/store/index.js";
import { nameGroupsAndMembers } from "../../src/store/migrations/0013-group-names.js";
import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { freshFile } from "./support/sqlite.js";
import { createTenant } from "./support/tenant.js";

/** A database in which groups were created twice before that was refused. */

describeDoubles("SQLite", async () => {
  const path = await freshFile();
  return [`sqlite:${path}`, () => openSqlite(path, 1)];
});

describeMySql("MariaDB", () => {
  describeDoubles("MariaDB", async () => {
    const url = await freshDatabase("doubles");
    const address = readDatabaseUrl(url);
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return [url, () => openMysql(address.mysql, 2)];
  });
});

function describeDoubles(
  name: string,
  open: () => Promise<[url: string, openDatabase: () => Promise<Database>]>,
): void {
  describe(`the migration of groups on ${name}`, () => {
    let store: Store;
    let database: Database;

    afterEach(async () => {
      await store.close();
      await database.close();
    });

    it("lets the oldest of groups with the same names refuse a further one, and keeps the others usable", async () => {
      const [url, openDatabase] = await open();
      store = await createStore({ url, logger: quiet });
      await store.migrate();
      database = await openDatabase();
      const tenant = await createTenant(store);
      const names = { externalId: "object-1", displayName: "Crew" };
      const doubles = [tenant.group(names), tenant.group(names), tenant.group(names)];
      const alone = tenant.group({ displayName: "Crew" });
      await tenant.save({ groupsInserted: [...doubles, alone] });

      // Twice: an interrupted migration runs again.
      await database.alone(nameGroupsAndMembers);
      await database.alone(nameGroupsAndMembers);

      const { items } = await store.directory.listGroups(tenant.scope, { startIndex: 1, count: 9 });
      const refusing = items.filter(({ refusesTwins }) => refusesTwins).map(({ id }) => id);
      const [oldest] = doubles.map(({ id }) => id).sort();
      expect(refusing.sort()).toEqual([oldest!, alone.id].sort());
      const { groups } = await tenant.load({
        twins: [{ connectionId: tenant.scope.connectionId, ...names }],
      });
      expect([...groups.keys()]).toEqual([oldest]);

      const other = items.find(({ id }) => id === doubles[1]!.id)!;
      await tenant.save({ groupsUpdated: [{ row: { ...other, version: 2 }, expectedVersion: 1 }] });
      await expect(
        tenant.save({ groupsInserted: [tenant.group({ ...names, refusesTwins: true })] }),
      ).rejects.toMatchObject({ code: "Uniqueness", field: "displayName" });
      expect(await store.missingTriggers()).toEqual({ missing: [], areVisible: true });
    });
  });
}
