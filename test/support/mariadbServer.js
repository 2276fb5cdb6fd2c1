import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mysql from "mysql2/promise";

/**
 * A private MariaDB or MySQL server for one run of the tests or of a benchmark: own data directory, own port on the
 * loopback address, own password. Plain JavaScript, because Jest loads its global set-up without a transform.
 *
 * @typedef {{ url: string, directory: string | null, stop: () => Promise<void> }} Server
 */

const DIRECTORIES = [
  ...(process.env.PATH ?? "").split(":").filter((directory) => directory !== ""),
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/libexec",
  "/opt/homebrew/bin",
  "/opt/homebrew/opt/mariadb/bin",
  "/opt/homebrew/opt/mysql/bin",
  "/usr/local/opt/mariadb/bin",
  "/usr/local/opt/mysql/bin",
  "/usr/local/mysql/bin",
];

const READY_SECONDS_MAX = 30;

/**
 * The server named by MYSQL_URL if it answers, else a private one.
 *
 * @returns {Promise<Server>}
 * @throws Error whose message is a sentence for the person who runs the tests
 */
export async function findOrStartServer() {
  const given = process.env.MYSQL_URL;
  if (given !== undefined && given !== "" && (await answers(given))) {
    return { url: given, directory: null, stop: async () => {} };
  }
  return startServer();
}

/**
 * @param {Record<string, string>} [settings] more server variables, e.g. `{ "innodb-buffer-pool-size": "1G" }`
 * @param {{ password?: string, programs?: string }} [shared] by the nodes of a cluster: the password of the one account, and
 *   a folder with programs that they start
 * @returns {Promise<Server>}
 */
export async function startServer(settings = {}, shared = {}) {
  const program = findProgram(["mariadbd", "mysqld"]);
  if (program === null) {
    throw new Error(
      "neither mariadbd nor mysqld was found, and MYSQL_URL names no server that answers",
    );
  }
  // Short, because the path of a Unix socket may have no more than about 100 characters.
  const directory = mkdtempSync(join(tmpdir(), "seatkeeper-db-"));
  const stop = guard(directory);
  try {
    const initialising = join(directory, "initialising");
    writeFileSync(initialising, "");
    try {
      initialise(program, directory);
    } finally {
      rmSync(initialising);
    }
    return { url: await launch(program, directory, settings, shared), directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} program @param {string} directory */
function initialise(program, directory) {
  const data = join(directory, "data");
  const common = ["--no-defaults", `--datadir=${data}`, ...asRoot(), ...FIXED_AT_INITIALISATION];
  const isMariaDb = execFileSync(program, ["--version"], { encoding: "utf8" }).includes("MariaDB");
  if (!isMariaDb) {
    run(program, [...common, "--initialize-insecure"]);
    return;
  }
  const installer = findProgram(["mariadb-install-db", "mysql_install_db"]);
  if (installer === null) {
    throw new Error(`${program} was found, but not mariadb-install-db`);
  }
  run(installer, [...common, "--auth-root-authentication-method=normal", "--skip-test-db"]);
}

const FIXED_AT_INITIALISATION = ["--innodb-data-file-path=ibdata1:10M:autoextend"];

/**
 * Starts the server and waits until it answers.
 *
 * @param {string} program @param {string} directory @param {Record<string, string>} settings
 * @param {{ password?: string, programs?: string }} shared
 * @returns {Promise<string>} its URL
 */
async function launch(program, directory, settings, shared) {
  const { password = randomBytes(16).toString("hex"), programs } = shared;
  const path = [...(programs === undefined ? [] : [programs]), process.env.PATH].join(":");
  const port = await freePort();
  writeFileSync(join(directory, "init.sql"), accountStatements(password), { mode: 0o600 });
  const log = openSync(join(directory, "server.log"), "a");
  const server = spawn(
    program,
    [
      "--no-defaults",
      ...asRoot(),
      `--datadir=${join(directory, "data")}`,
      `--socket=${join(directory, "db.sock")}`,
      `--pid-file=${join(directory, "db.pid")}`,
      `--init-file=${join(directory, "init.sql")}`,
      `--port=${port}`,
      ...FIXED_AT_INITIALISATION,
      ...Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `--${name}=${value}`),
    ],
    // Detached, so that Ctrl-C does not reach it: it ends when the guard ends it.
    { stdio: ["ignore", log, log], detached: true, env: { ...process.env, PATH: path } },
  );
  server.unref();
  closeSync(log);
  writeFileSync(join(directory, "server.pid"), String(server.pid));
  const url = `mysql://seatkeeper:${password}@127.0.0.1:${port}/`;
  await untilReady(url, server, directory);
  return url;
}

/** Small and quick to start, but every commit is durable and every constraint is kept, as in production. */
const SETTINGS = {
  "bind-address": "127.0.0.1",
  "skip-name-resolve": "ON",
  "skip-log-bin": "ON",
  "character-set-server": "utf8mb4",
  "sql-mode": "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
  "innodb-flush-log-at-trx-commit": "1",
  "innodb-buffer-pool-size": "128M",
  "innodb-lock-wait-timeout": "10",
  "performance-schema": "OFF",
  "max-connections": "300",
};

/** One statement per line: the server reads the file so. @param {string} password */
function accountStatements(password) {
  return [
    `CREATE USER IF NOT EXISTS 'seatkeeper'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON *.* TO 'seatkeeper'@'127.0.0.1' WITH GRANT OPTION;",
    "DROP USER IF EXISTS 'root'@'127.0.0.1';",
    "DROP USER IF EXISTS 'root'@'::1';",
    "DROP USER IF EXISTS ''@'localhost';",
    "",
  ].join("\n");
}

/**
 * A shell that waits for the end of its standard input. That comes when we close it, and also when our process dies,
 * whatever killed it. Then the shell kills the server, or those whose directories lie in this one and whose own shell would find
 * nothing left of them, and removes the directory; an initialisation that goes on without us would fill it again and is waited
 * for. Ctrl-C reaches the whole process group, so the shell ignores it.
 */
const GUARD = `
trap '' INT TERM HUP
cat >/dev/null
if [ -f "$1/initialising" ]; then sleep 10; fi
for file in "$1/server.pid" "$1"/*/server.pid; do
  if [ -f "$file" ]; then kill -9 "$(cat "$file")"; fi
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/**
 * Also for a directory without a server; what still writes into it as the run is killed is given a second.
 *
 * @param {string} directory
 * @returns {() => Promise<void>} ends the server and removes the directory
 */
export function guard(directory) {
  const shell = spawn("sh", ["-c", GUARD, "guard", directory], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Neither the shell nor the pipe to it may keep our process alive.
  shell.unref();
  shell.stdin.unref?.();
  return async () => {
    if (shell.exitCode === null) {
      const ended = new Promise((resolve) => shell.once("exit", resolve));
      shell.ref();
      shell.stdin.end();
      await ended;
    }
  };
}

/** @param {string} url @param {import("node:child_process").ChildProcess} server @param {string} directory */
async function untilReady(url, server, directory) {
  const deadline = Date.now() + READY_SECONDS_MAX * 1000;
  while (!(await answers(url))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      throw new Error(
        `the database server did not start: ${lastLines(join(directory, "server.log"))}`,
      );
    }
    await sleep(20);
  }
}

/** @param {string} url */
async function answers(url) {
  try {
    const connection = await mysql.createConnection({ uri: url, connectTimeout: 3000 });
    await connection.end();
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}

/** @param {string[]} names */
export function findProgram(names) {
  const candidates = names.flatMap((name) => DIRECTORIES.map((directory) => join(directory, name)));
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** The server refuses to run as root unless told so by name. */
function asRoot() {
  return process.getuid?.() === 0 ? ["--user=root"] : [];
}

/** @param {string} program @param {string[]} parameters */
function run(program, parameters) {
  try {
    execFileSync(program, parameters, { stdio: "pipe", timeout: 120_000 });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout?: Buffer, stderr?: Buffer }} */ (error);
    throw new Error(`${program} failed: ${`${stdout ?? ""}${stderr ?? ""}`.trim().slice(-2000)}`, {
      cause: error,
    });
  }
}

/** @param {string} path */
function lastLines(path) {
  try {
    return readFileSync(path, "utf8").trim().split("\n").slice(-5).join("\n");
  } catch {
    return "(no log)";
  }
}
