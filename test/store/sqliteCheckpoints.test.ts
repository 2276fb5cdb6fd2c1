import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as driver from "@appthreat/sqlite3";
import { statSync } from "node:fs";
import { Queue } from "../../src/store/database.js";
import { Checkpoints } from "../../src/store/sqliteCheckpoints.js";
import {
  SqliteConnection,
  type DriverConnection,
  type StatementClass,
} from "../../src/store/sqliteConnection.js";
import { freshFile } from "./support/sqlite.js";

const { default: sqlite3 } = driver as unknown as {
  default: {
    readonly Statement: StatementClass;
    readonly Database: new (path: string) => DriverConnection;
  };
};

const LOG_PAGES_MAX = 100;
const PAGE = 4_096;

describe("the write-ahead log of SQLite", () => {
  let file: string;
  let writer: SqliteConnection;
  let checkpoints: Checkpoints;
  const queue = new Queue();

  const open = (): Promise<SqliteConnection> =>
    Promise.resolve(new SqliteConnection(new sqlite3.Database(file), sqlite3.Statement));
  const logBytes = (): number => statSync(`${file}-wal`).size;
  const write = async (id: number): Promise<void> => {
    await queue.run(() =>
      writer.run("INSERT INTO filled VALUES (?, ?)", [id, "x".repeat(8 * PAGE)]),
    );
    checkpoints.committed();
  };

  beforeEach(async () => {
    file = await freshFile();
    writer = await open();
    await writer.execute(
      "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 400; CREATE TABLE filled (id INTEGER PRIMARY KEY, value TEXT)",
    );
    checkpoints = new Checkpoints(open, queue, { apartMs: 0, logPagesMax: LOG_PAGES_MAX });
  });

  afterEach(async () => {
    await checkpoints.close();
    await writer.close();
  });

  it("stays short while somebody writes without a pause, and nothing is missing afterwards", async () => {
    for (let id = 0; id < 300; id += 1) await write(id);
    // 300 rows of eight pages each, of which it holds a third at most.
    expect(logBytes()).toBeLessThan(8 * LOG_PAGES_MAX * PAGE);
    const [found] = await writer.all<{ rows: number }>("SELECT COUNT(*) AS rows FROM filled", []);
    expect(found).toEqual({ rows: 300 });
  });

  it("does not keep writers waiting for somebody who reads what was there before", async () => {
    const reader = await open();
    await write(0);
    await reader.execute("BEGIN");
    expect(await reader.all("SELECT id FROM filled", [])).toEqual([{ id: 0 }]);
    for (let id = 1; id <= 100; id += 1) await write(id);
    expect(await reader.all("SELECT id FROM filled", [])).toEqual([{ id: 0 }]);
    await reader.execute("COMMIT");
    await reader.close();
    expect(await writer.all("SELECT COUNT(*) AS rows FROM filled", [])).toEqual([{ rows: 101 }]);
  });
});
