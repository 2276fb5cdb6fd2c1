import { afterAll } from "@jest/globals";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { describeWhen } from "./notRun.js";

/** Ends with a slash: the address of a server, without a database. Undefined when there is none. */
export const mysqlUrl = process.env["SEATKEEPER_TEST_MYSQL_URL"];

/** Use for every suite that needs MariaDB: it is skipped, and said to be skipped, when there is none. */
export const describeMySql = describeWhen(
  mysqlUrl !== undefined,
  `MariaDB: ${process.env["SEATKEEPER_TEST_MYSQL_MISSING"] ?? "no server"}`,
);

const created: string[] = [];

/**
 * A new, empty database and its URL. It is dropped when the test file ends.
 * Names may repeat: no two calls share a database.
 */
export async function freshDatabase(name: string): Promise<string> {
  const database = `sk_${name.replace(/\W/g, "_").slice(0, 30)}_${process.pid}_${created.length}_${Date.now()}`;
  await onServer(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
  created.push(database);
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

afterAll(async () => {
  for (const database of created.splice(0)) {
    await onServer(`DROP DATABASE IF EXISTS \`${database}\``);
  }
});

/** One statement over a connection of its own. */
export async function query(url: string, statement: string): Promise<RowDataPacket[]> {
  const connection = await mysql.createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

async function onServer(statement: string): Promise<void> {
  const connection = await mysql.createConnection(serverUrl());
  try {
    // A test that left a transaction open would otherwise hold up the DROP for a day.
    await connection.query("SET SESSION lock_wait_timeout = 5");
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

function serverUrl(): string {
  if (mysqlUrl === undefined) {
    throw new Error("no MariaDB: use describeMySql for suites that need it");
  }
  return mysqlUrl;
}
