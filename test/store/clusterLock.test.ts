import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { aloneInCluster } from "../../src/store/clusterLock.js";
import type { Database } from "../../src/store/database.js";
import { openMysql } from "../../src/store/mysql.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";

/** The lock is a row of a table, so one server shows what it does; that it is one for a cluster: galera.test.ts. */
describeMySql("the lock of a cluster's nodes", () => {
  let database: Database;

  beforeAll(async () => {
    const address = readDatabaseUrl(await freshDatabase("lock"));
    if (address.type !== "mysql") throw new Error("no MySQL address");
    database = await openMysql(address.mysql, 10);
  });
  afterAll(() => database.close());

  const left = () => database.read((sql) => sql.all("SELECT holder FROM migration_lock"));

  it("lets in one after another, also after one who failed, and leaves nothing", async () => {
    let inside = 0;
    const seen: number[] = [];
    const enter = (fails: boolean) =>
      aloneInCluster(database.change, async () => {
        inside += 1;
        seen.push(inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside -= 1;
        if (fails) throw new Error("failed inside");
      });
    const ends = await Promise.allSettled([false, true, false].map(enter));
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(seen).toEqual([1, 1, 1]);
    expect(await left()).toEqual([]);
  });

  it("does not wait for ever for one who was killed", async () => {
    await database.change((sql) =>
      sql.run("INSERT INTO migration_lock (id, holder, beat) VALUES (1, 'killed', 7)"),
    );
    await expect(aloneInCluster(database.change, () => Promise.resolve("in"), 2)).resolves.toBe(
      "in",
    );
    expect(await left()).toEqual([]);
  });
});
