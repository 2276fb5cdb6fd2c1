import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { NO_BRAKE_YET, type BrakeState, type HeldLoss } from "../../src/domain/brake/brake.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { openMysql } from "../../src/store/mysql.js";
import { insertRows } from "../../src/store/sql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { becomeOlder, migrateAgain } from "./support/older.js";
import { freshFile } from "./support/sqlite.js";

/** A database with a brake that has counted for ever since its server was killed. */

const NAME = "0037-counting";

describeMigration("SQLite", async () => openSqlite(await freshFile(), 1));

describeMySql("MariaDB", () => {
  describeMigration("MariaDB", async () => {
    const address = readDatabaseUrl(await freshDatabase("counting"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return openMysql(address.mysql, 2);
  });
});

function braked(state: HeldLoss["state"]): BrakeState {
  const cause = { type: "admin", action: "a", actor: "b", requestId: null } as const;
  return { ...NO_BRAKE_YET, open: { id: "held", at: 1, state, seats: 200, cause } };
}

function describeMigration(name: string, open: () => Promise<Database>): void {
  describe(`brakes of before on ${name}`, () => {
    let database: Database;

    beforeAll(async () => {
      database = await open();
      await becomeOlder(database, NAME, async (sql) => {
        const columns = ["id", "slug", "name", "revision", "createdAt", "brake"];
        await insertRows(sql, "organisations", columns, [
          ["a", "a", "A", 0, 0, null],
          ["b", "b", "B", 0, 0, JSON.stringify(braked("Counting"))],
          ["c", "c", "C", 0, 0, JSON.stringify(braked("NeedsApproval"))],
        ]);
      });
      await migrate(database);
      await migrateAgain(database, NAME);
    });

    afterAll(() => database.close());

    it("are counted to the end: the background finds those that still count, and no others", async () => {
      const found = await database.read((sql) =>
        sql.all("SELECT id FROM organisations WHERE isCounting = 1"),
      );
      expect(found).toEqual([{ id: "b" }]);
    });
  });
}
