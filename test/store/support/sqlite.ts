import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import * as driver from "@appthreat/sqlite3";
import { createStore } from "../../../src/store/index.js";
import { quiet } from "./open.js";
import type { Open, Raw } from "./open.js";

const { default: sqlite3 } = driver as unknown as {
  default: { Database: new (path: string) => SqliteDatabase };
};

interface SqliteDatabase {
  all(
    text: string,
    values: readonly unknown[],
    done: (error: Error | null, rows: Record<string, unknown>[]) => void,
  ): void;
  run(
    text: string,
    values: readonly unknown[],
    done: (this: { changes: number }, error: Error | null) => void,
  ): void;
  close(done: () => void): void;
}

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders.splice(0)) {
    await rm(folder, { recursive: true, force: true });
  }
});

export async function freshFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "seatkeeper-store-"));
  folders.push(folder);
  return join(folder, "seatkeeper.db");
}

export const openMemory: Open = async (options = {}) => {
  const store = await createStore({ url: "sqlite::memory:", logger: quiet, ...options });
  await store.migrate();
  return { store, another: null, raw: null };
};

export const openFile: Open = async (options = {}) => {
  const path = await freshFile();
  const another = () => createStore({ url: `sqlite:${path}`, logger: quiet, ...options });
  const store = await another();
  await store.migrate();
  return { store, another, raw: () => rawSqlite(path) };
};

export async function rawSqlite(path: string): Promise<Raw> {
  const database = new sqlite3.Database(path);
  const all: Raw["all"] = (text, values = []) =>
    new Promise((resolve, reject) => {
      database.all(text, values, (error, rows) => (error === null ? resolve(rows) : reject(error)));
    });
  await all("PRAGMA busy_timeout = 5000");
  await all("PRAGMA foreign_keys = ON");
  return {
    all,
    run: (text, values = []) =>
      new Promise((resolve, reject) => {
        database.run(text, values, function done(error) {
          if (error === null) resolve(this.changes);
          else reject(error);
        });
      }),
    close: () => new Promise((resolve) => database.close(() => resolve())),
  };
}
