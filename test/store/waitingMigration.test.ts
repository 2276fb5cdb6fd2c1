import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Database, Link } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { missingTriggers } from "../../src/store/migrations/triggers.js";
import { openMysql } from "../../src/store/mysql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { insertRows, type SqlValue } from "../../src/store/sql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { becomeOlder, migrateAgain } from "./support/older.js";
import { freshFile } from "./support/sqlite.js";

/** A database with people on the list and in seats, from before priorities, reservations and leases of devices. */

const NAME = "0020-waiting-turns";
const ORG = "acorn";

describeMigration("SQLite", async () => openSqlite(await freshFile(), 1));

describeMySql("MariaDB", () => {
  describeMigration("MariaDB", async () => {
    const address = readDatabaseUrl(await freshDatabase("turns"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return openMysql(address.mysql, 2);
  });
});

function describeMigration(name: string, open: () => Promise<Database>): void {
  describe(`an older waiting list on ${name}`, () => {
    let database: Database;
    const all = <Row extends object>(text: string): Promise<Row[]> =>
      database.read((sql) => sql.all<Row>(text));

    beforeAll(async () => {
      database = await open();
      await becomeOlder(database, NAME, fill);
      await migrate(database);
      await migrateAgain(database, NAME);
    });

    afterAll(() => database.close());

    it("keeps its order, and each seat its place", async () => {
      expect(await all("SELECT id, turn, priority FROM waiting ORDER BY id")).toEqual([
        { id: "w1", turn: 70, priority: 0 },
        { id: "w2", turn: 60, priority: 0 },
      ]);
      const seats = await all("SELECT id, userId, unit, reservation, signInOrder FROM seats");
      expect(seats).toEqual([
        { id: "s1", userId: "u1", unit: "", reservation: null, signInOrder: 50 },
      ]);
      expect(await all("SELECT used FROM pools")).toEqual([{ used: 1 }]);
    });

    it("I1, I2: still counts and refuses by itself: a third seat of two, and a second one of a person and unit", async () => {
      expect(await database.read(missingTriggers)).toMatchObject({ missing: [] });
      await database.change((sql) => seat(sql, "s2", "u1", "phone"));
      expect(await all("SELECT used FROM pools")).toEqual([{ used: 2 }]);
      await expect(database.change((sql) => seat(sql, "s3", "u2", ""))).rejects.toThrow(/full/i);
      await database.change((sql) => sql.run("DELETE FROM seats WHERE id = 's2'"));
      expect(await all("SELECT used FROM pools")).toEqual([{ used: 1 }]);
      await expect(database.change((sql) => seat(sql, "s4", "u1", ""))).rejects.toThrow();
      await expect(database.change((sql) => seat(sql, "s5", "nobody", ""))).rejects.toThrow();
    });
  });
}

function seat(sql: Link, id: string, userId: string, unit: string) {
  const row: SqlValue[] = [ORG, id, "pool", "desk", userId, "basic", 50, 50, 1, unit];
  return insertRows(
    sql,
    "seats",
    [
      ...["organisationId", "id", "poolId", "product", "userId", "tier", "grantedAt", "lastUsedAt"],
      ...["generation", "unit"],
    ],
    [row],
  );
}

async function fill(sql: Link): Promise<void> {
  await insertRows(sql, "organisations", ["id", "slug", "name", "createdAt"], [[ORG, ORG, ORG, 1]]);
  await insertRows(
    sql,
    "users",
    [
      ...["organisationId", "id", "userName", "userNameKey", "active", "document", "version"],
      ...["createdAt", "updatedAt", "search", "emailsDigest"],
    ],
    ["u1", "u2", "u3"].map((id) => [ORG, id, id, id, 1, "{}", 1, 1, 1, "[]", ""]),
  );
  await insertRows(
    sql,
    "pools",
    [
      ...["organisationId", "id", "name", "product", "tiers", "kind", "capacity", "ceiling"],
      ...["priority", "policy", "version", "createdAt"],
    ],
    [[ORG, "pool", "Pool", "desk", '["basic"]', "locked", 2, 2, 0, "{}", 1, 5]],
  );
  await insertRows(
    sql,
    "seats",
    [
      ...["organisationId", "id", "poolId", "product", "userId", "tier", "grantedAt", "lastUsedAt"],
      "generation",
    ],
    [[ORG, "s1", "pool", "desk", "u1", "basic", 50, 50, 1]],
  );
  await insertRows(
    sql,
    "waiting",
    ["organisationId", "id", "userId", "product", "tier", "since", "atTheDoor", "reason"],
    [
      [ORG, "w1", "u2", "desk", "basic", 70, 0, "PoolFull"],
      [ORG, "w2", "u3", "desk", "basic", 60, 0, "PoolFull"],
    ],
  );
}
