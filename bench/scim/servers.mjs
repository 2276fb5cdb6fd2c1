import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import mysql from "mysql2/promise";
import { startServer as startMariaDb } from "../../test/support/mariadbServer.js";
import { jsonClient } from "../support/client.mjs";
import { startBenchOn } from "../support/server.mjs";

/**
 * The servers that are compared, each in a process of its own, all on one MariaDB with durable commits. The peers are
 * installed outside of the project, at the versions that their package.json names, the first time they are run.
 */

/** @typedef {{ name: string, client: import("../support/client.mjs").Client, pid: number, traits: Traits, stop: () => Promise<void> }} Running */
/**
 * What a server can do; a workload that needs more is left out for it.
 * @typedef {{ cursors?: boolean, members?: number, textBooleans?: boolean }} Traits
 */

const INSTALLED = join(tmpdir(), "seatkeeper-bench-peers");
/** Longest wait for a peer that sets its database up. */
const READY_MS = 60_000;

/** @type {Record<string, Traits>} */
const PEERS = {
  polis: { members: 50_000, textBooleans: true },
  "better-auth": { members: 1_000, textBooleans: true },
  scimmy: { members: 1_000 },
};

export const SERVER_NAMES = ["floor", "seatkeeper", ...Object.keys(PEERS)];

export async function startDatabase() {
  const server = await startMariaDb({
    "innodb-buffer-pool-size": "1G",
    "innodb-flush-log-at-trx-commit": "1",
  });
  let count = 0;
  return {
    pid: Number(readFileSync(join(server.directory ?? "", "server.pid"), "utf8")),
    /** @returns {Promise<string>} the address of an empty database */
    fresh: async () => {
      count += 1;
      const connection = await mysql.createConnection(server.url);
      await connection.query(`CREATE DATABASE bench${count} CHARACTER SET utf8mb4`);
      await connection.end();
      const url = new URL(server.url);
      url.pathname = `/bench${count}`;
      return url.href;
    },
    stop: () => server.stop(),
  };
}

/**
 * @param {string} name
 * @param {string} databaseUrl
 * @param {{ seats: number, nodeArguments?: readonly string[] }} options `seats`: how many our pool has; more than there will
 *   be people. `nodeArguments`: of our server alone, to profile it
 * @returns {Promise<Running>}
 */
export async function startNamed(name, databaseUrl, options) {
  if (name === "seatkeeper") return startOurs(databaseUrl, options);
  const folder = name === "floor" ? join(import.meta.dirname, "floor") : install(name);
  const traits = name === "floor" ? { members: 50_000, textBooleans: true } : PEERS[name];
  return startProcess(name, folder, databaseUrl, traits ?? {});
}

/** Everybody who is created is mapped to a role, needs a tier and gets a seat of a pool. */
async function startOurs(databaseUrl, { seats, nodeArguments }) {
  const bench = await startBenchOn(databaseUrl, nodeArguments);
  const { cli } = bench;
  const tiers = ["--product", "support", "--tiers", "standard,professional"];
  cli("pool", "create", "acorn", "desk", ...tiers, "--capacity", String(seats));
  const gives = ["--role", "user", "--tier", "support=standard"];
  cli("mapping", "add", "acorn", "staff", "--attribute", "userType=Employee", ...gives);
  return {
    name: "seatkeeper",
    client: bench.scim,
    pid: bench.pid,
    traits: { cursors: true, members: 50_000, textBooleans: true },
    stop: bench.stop,
  };
}

function install(name) {
  const folder = join(INSTALLED, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(import.meta.dirname, name), folder, { recursive: true });
  if (!existsSync(join(folder, "node_modules"))) {
    console.error(`installing ${name} into ${folder}`);
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--omit=optional"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return folder;
}

async function startProcess(name, folder, databaseUrl, traits) {
  const child = spawn(process.execPath, ["server.mjs"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      PORT: "0",
      TOKEN: randomBytes(32).toString("hex"),
      DATABASE_URL: databaseUrl,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const said = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const { baseUrl, token } = await new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`${name} did not start:\n${said.slice(0, 20).join("\n")}`));
    const timer = setTimeout(fail, READY_MS);
    child.once("exit", fail);
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.startsWith('{"baseUrl"')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
  });
  const agent = new Agent({ keepAlive: true });
  return {
    name,
    client: jsonClient({ baseUrl, token, agent }),
    pid: child.pid ?? 0,
    traits,
    stop: async () => {
      agent.destroy();
      child.removeAllListeners("exit");
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
