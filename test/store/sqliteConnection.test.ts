import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Database } from "../../src/store/database.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { freshFile } from "./support/sqlite.js";

/** What is kept prepared must not be told from what is prepared each time. */

describe("a connection to SQLite that keeps its prepared statements", () => {
  let database: Database;

  beforeEach(async () => {
    database = await openSqlite(await freshFile(), 2);
    await database.change((sql) => sql.run("CREATE TABLE kept (id INTEGER PRIMARY KEY, value)"));
  });

  afterEach(() => database.close());

  const insert = "INSERT INTO kept (id, value) VALUES (?, ?)";
  const count = (sql = "SELECT COUNT(*) AS rows FROM kept") =>
    database.read((link) => link.all<{ rows: number }>(sql));

  it("answers each of many that ask the same at once with the values that it asked about", async () => {
    await database.transaction(async (sql) => {
      for (let id = 0; id < 50; id += 1) await sql.run(insert, [id, `v${String(id)}`]);
    });
    const ids = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(
      ids.map((id) => database.read((sql) => sql.all("SELECT value FROM kept WHERE id = ?", [id]))),
    );
    expect(answers).toEqual(ids.map((id) => [{ value: `v${String(id)}` }]));
  });

  it("does the same statement again after it has failed", async () => {
    await database.change((sql) => sql.run(insert, [1, "first"]));
    const again = () => database.transaction((sql) => sql.run(insert, [1, "again"]));
    await expect(again()).rejects.toThrow(/^SQLITE_CONSTRAINT/);
    await expect(again()).rejects.toThrow(/^SQLITE_CONSTRAINT/);
    expect(await database.transaction((sql) => sql.run(insert, [2, "second"]))).toBe(1);
    expect(await count()).toEqual([{ rows: 2 }]);
  });

  it("says to each who asks that a statement cannot be prepared, and prepares it when it can be", async () => {
    const later = "SELECT COUNT(*) AS rows FROM later";
    const asked = await Promise.allSettled([count(later), count(later), count(later)]);
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await database.change((sql) => sql.run("CREATE TABLE later (id INTEGER)"));
    expect(await count(later)).toEqual([{ rows: 0 }]);
  });

  it("sees columns that another connection has added since it was prepared", async () => {
    const everything = () => database.read((sql) => sql.all("SELECT * FROM kept"));
    await database.change((sql) => sql.run(insert, [1, "first"]));
    expect(await everything()).toEqual([{ id: 1, value: "first" }]);
    expect(await everything()).toEqual([{ id: 1, value: "first" }]);
    await database.alone((sql) => sql.run("ALTER TABLE kept ADD COLUMN more TEXT DEFAULT 'm'"));
    expect(await everything()).toEqual([{ id: 1, value: "first", more: "m" }]);
    expect(await everything()).toEqual([{ id: 1, value: "first", more: "m" }]);
  });

  it("can be closed after more statements than it keeps, long ones among them", async () => {
    await database.transaction(async (sql) => {
      for (let length = 1; length <= 300; length += 1) {
        const list = Array.from({ length }, () => "?").join(", ");
        const ids = Array.from({ length }, (_, id) => id);
        await sql.all(`SELECT id FROM kept WHERE id IN (${list})`, ids);
      }
      await sql.all(`SELECT '${"x".repeat(10_000)}' AS long`);
    });
    expect(await count()).toEqual([{ rows: 0 }]);
  });
});
