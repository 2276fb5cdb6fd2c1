import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { insertRows } from "../../src/store/sql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { becomeOlder, migrateAgain } from "./support/older.js";
import { freshFile } from "./support/sqlite.js";

/** A database in which everybody waits for one pool at most, whatever the rules name. */

const NAME = "0038-several-pools";

describeMigration("SQLite", async () => openSqlite(await freshFile(), 1));

describeMySql("MariaDB", () => {
  describeMigration("MariaDB", async () => {
    const address = readDatabaseUrl(await freshDatabase("several"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return openMysql(address.mysql, 2);
  });
});

function describeMigration(name: string, open: () => Promise<Database>): void {
  describe(`who waits for a pool by name on ${name}`, () => {
    let database: Database;

    beforeAll(async () => {
      database = await open();
      await becomeOlder(database, NAME, async (sql) => {
        const organisation = ["id", "slug", "name", "revision", "createdAt"];
        await insertRows(sql, "organisations", organisation, [["a", "a", "A", 0, 0]]);
        const user = [
          ...["organisationId", "id", "userName", "userNameKey", "active", "document", "version"],
          ...["createdAt", "updatedAt", "search", "emailsDigest"],
        ];
        const users = ["u1", "u2", "u3"].map((id) => ["a", id, id, id, 1, "{}", 1, 1, 1, "[]", ""]);
        await insertRows(sql, "users", user, users);
        await insertRows(sql, "stale_users", ["organisationId", "userId"], [["a", "u3"]]);
        const waiting = [
          ...["organisationId", "id", "userId", "product", "tier", "poolId", "since", "turn"],
          ...["atTheDoor", "reason"],
        ];
        await insertRows(sql, "waiting", waiting, [
          ["a", "w1", "u1", "desk", "basic", "pool", 1, 1, 0, "PoolFull"],
          ["a", "w2", "u2", "desk", "basic", null, 2, 2, 0, "PoolFull"],
          ["a", "w3", "u3", "desk", "basic", "pool", 3, 3, 0, "PoolFull"],
          ["a", "w4", "u1", "phone", "basic", "other", 4, 4, 0, "PoolFull"],
        ]);
      });
      await migrate(database);
      await migrateAgain(database, NAME);
    });

    afterAll(() => database.close());

    it("I10: keeps the place, and is looked at again: whether there are further pools the rules know", async () => {
      const rows = await database.read((sql) =>
        sql.all("SELECT id, alsoPools FROM waiting ORDER BY id"),
      );
      expect(rows).toEqual(["w1", "w2", "w3", "w4"].map((id) => ({ id, alsoPools: null })));
      const stale = await database.read((sql) =>
        sql.all("SELECT userId FROM stale_users ORDER BY userId"),
      );
      expect(stale).toEqual([{ userId: "u1" }, { userId: "u3" }]);
    });
  });
}
