import { afterAll, describe } from "@jest/globals";
import { join } from "node:path";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { temporaryFolder } from "../support/server.js";

/** Gives the address of a new, empty database, which is gone when the test file ends. */
export type FreshDatabase = () => Promise<string>;

const folders: { remove(): void }[] = [];

/**
 * The same suite on a SQLite file and on MariaDB: what holds for one must hold for the other. What is shown by its size is
 * shown in full on MariaDB, which is for production; a suite may be smaller on SQLite.
 */
export function onEachDatabase(
  title: string,
  suite: (fresh: FreshDatabase, database: "SQLite" | "MariaDB") => void,
): void {
  describe(`${title}, on SQLite`, () => suite(freshFile, "SQLite"));
  describeMySql(`${title}, on MariaDB`, () => suite(() => freshDatabase("e2e"), "MariaDB"));
}

async function freshFile(): Promise<string> {
  const folder = temporaryFolder();
  folders.push(folder);
  return `sqlite:${join(folder.path, "seatkeeper.sqlite")}`;
}

afterAll(() => {
  for (const folder of folders.splice(0)) folder.remove();
});
