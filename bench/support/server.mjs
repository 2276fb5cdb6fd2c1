import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mysql from "mysql2/promise";
import { startServer as startMariaDb } from "../../test/support/mariadbServer.js";
import { jsonClient } from "./client.mjs";

/**
 * A server as in production, in a process of its own, on an empty database: what is measured is what a customer's
 * identity provider would see.
 */

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "dist/src/main.js");
/** Lines of the server's log that are shown if the run fails. */
const TROUBLES_MAX = 20;

// An interrupted run ends like any other: nothing is left behind.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** @typedef {{ scim: Client, api: Client, cli: (...args: string[]) => any, troubles: string[], pid: number, origin: string, stop: () => Promise<void> }} Bench */
/** @typedef {import("./client.mjs").Client} Client */

/**
 * @param {"sqlite" | "mariadb"} kind
 * @returns {Promise<Bench>}
 */
export async function startBench(kind) {
  const directory = mkdtempSync(join(tmpdir(), "seatkeeper-bench-"));
  return startOn(await emptyDatabase(kind, directory), directory);
}

/**
 * @param {"sqlite" | "mariadb"} kind
 * @param {string} directory for its files
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function emptyDatabase(kind, directory) {
  return kind === "sqlite" ? sqlite(directory) : mariaDb();
}

/**
 * @param {string} url of an empty database that somebody else stops
 * @param {readonly string[]} [nodeArguments] for the server's process
 * @returns {Promise<Bench>}
 */
export async function startBenchOn(url, nodeArguments = []) {
  const directory = mkdtempSync(join(tmpdir(), "seatkeeper-bench-"));
  return startOn({ url, stop: async () => {} }, directory, nodeArguments);
}

async function startOn(database, directory, nodeArguments = []) {
  const config = join(directory, "seatkeeper.yaml");
  writeFileSync(config, JSON.stringify(configuration(database.url)), { mode: 0o600 });
  const cli = (...args) =>
    JSON.parse(
      execFileSync(process.execPath, [MAIN, ...args, "--config", config, "--json"], {
        encoding: "utf8",
        env: environment(),
      }),
    );
  cli("migrate");
  cli("org", "create", "acorn", "Acorn");
  const connection = cli("connection", "create", "acorn", "idp", "--plugin", "entra");
  const scimToken = cli("token", "create", "acorn", "--connection", "idp").token;
  const apiToken = cli("token", "create", "acorn").token;
  const server = await serve(config, join(directory, "server.log"), nodeArguments);
  const clear = () => {
    server.child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", clear);
  const agent = new Agent({ keepAlive: true });
  const client = (token, path, type) =>
    jsonClient({ baseUrl: `http://127.0.0.1:${server.port}${path}`, agent, token, type });
  return {
    cli,
    scim: client(scimToken, `/scim/v2/${connection.id}`),
    api: client(apiToken, "/api/v1/organisations/acorn", "application/json"),
    get troubles() {
      return linesOf(server.log).filter(isTrouble).slice(0, TROUBLES_MAX);
    },
    pid: server.child.pid ?? 0,
    origin: `http://127.0.0.1:${server.port}`,
    stop: async () => {
      agent.destroy();
      server.child.kill("SIGTERM");
      await once(server.child, "exit");
      await database.stop();
      clear();
      process.removeListener("exit", clear);
    },
  };
}

function configuration(databaseUrl) {
  return {
    server: { baseUrl: "https://seats.acorn.example", port: 0 },
    database: { url: databaseUrl },
    secrets: { master: "Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM" },
    catalogue: { file: join(ROOT, "config/catalogue.yaml") },
    // What is measured is the server, not its patience.
    limits: { scimRequestsPerSecond: 100_000, signInsPerMinute: 1_000_000 },
  };
}

function sqlite(directory) {
  return { url: `sqlite:${join(directory, "seatkeeper.sqlite")}`, stop: async () => {} };
}

async function mariaDb() {
  const server = await startMariaDb({ "innodb-buffer-pool-size": "512M" });
  const connection = await mysql.createConnection(server.url);
  await connection.query("CREATE DATABASE seatkeeper CHARACTER SET utf8mb4");
  await connection.end();
  const url = new URL(server.url);
  url.pathname = "/seatkeeper";
  return { url: url.href, stop: () => server.stop() };
}

/** The server refuses variables of its own that it does not know. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("SEATKEEPER_")),
  );
}

/** The log goes into a file, so that nobody is busy with reading it while the server is measured. */
async function serve(config, log, nodeArguments) {
  const out = openSync(log, "w", 0o600);
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=64", ...nodeArguments, MAIN, "serve", "--config", config],
    { env: environment(), stdio: ["ignore", "ignore", out] },
  );
  closeSync(out);
  for (;;) {
    const said = linesOf(log);
    const ready = said.find((line) => line.includes('"listening"'));
    if (ready !== undefined) return { child, port: JSON.parse(ready).port, log };
    if (child.exitCode !== null) throw new Error(`the server ended:\n${said.join("\n")}`);
    await sleep(20);
  }
}

function linesOf(log) {
  const lines = readFileSync(log, "utf8").split("\n");
  // The last one may not be written to its end.
  return lines.slice(0, -1);
}

function isTrouble(line) {
  return !line.includes('"level":"info"');
}
