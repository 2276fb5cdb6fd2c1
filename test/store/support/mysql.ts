import mysql from "mysql2/promise";
import { createStore } from "../../../src/store/index.js";
import { freshDatabase } from "../../support/mariadb.js";
import { quiet } from "./open.js";
import type { Open, Raw } from "./open.js";

export const openMariaDb: Open = async (options = {}) => {
  const url = await freshDatabase("store");
  const another = () => createStore({ url, logger: quiet, poolSize: 8, ...options });
  const store = await another();
  await store.migrate();
  return { store, another, raw: () => rawMysql(url) };
};

export async function rawMysql(url: string): Promise<Raw> {
  const connection = await mysql.createConnection(url);
  return {
    all: async (text, values = []) => {
      const [rows] = await connection.query(text, [...values]);
      return rows as Record<string, unknown>[];
    },
    run: async (text, values = []) => {
      const [result] = await connection.query(text, [...values]);
      return (result as { affectedRows: number }).affectedRows;
    },
    close: () => connection.end(),
  };
}
