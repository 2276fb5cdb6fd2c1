import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RowDataPacket } from "mysql2/promise";
import { query } from "./mariadb.js";
import { findProgram, freePort, guard, startServer, type Server } from "./mariadbServer.js";
import { describeWhen } from "./notRun.js";

/** A Galera cluster of two MariaDB servers for one test file, each a private server like that of the whole run. */

const PROVIDER = [
  "/usr/lib/galera/libgalera_smm.so",
  "/usr/lib64/galera-4/libgalera_smm.so",
  "/usr/lib/libgalera_smm.so",
].find((path) => existsSync(path));

const MISSING = [
  ...(findProgram(["mariadbd"]) === null ? ["mariadbd"] : []),
  ...(PROVIDER === undefined ? ["libgalera_smm.so"] : []),
];

/** Use for every suite that needs a cluster: it is skipped, and said to be skipped, when there can be none. */
export const describeGalera = describeWhen(
  MISSING.length === 0,
  `a Galera cluster: ${MISSING.join(", ")} not found`,
);

export interface Cluster {
  /** The URL of an empty database on each of the two nodes. */
  freshDatabase(): Promise<readonly [string, string]>;
  /** On the node with this number. */
  query(node: 0 | 1, statement: string): Promise<RowDataPacket[]>;
  stop(): Promise<void>;
}

const READY_SECONDS_MAX = 60;

/**
 * How the second node gets the data of the first: by a copy of its files, made while the first writes nothing. Both are on this
 * machine and of one user; what MariaDB brings for this needs rsync, and as root another user who may read the files.
 */
const TRANSFER = `#!/bin/sh
here="$(dirname "$0")"
while [ $# -gt 0 ]; do
  case "$1" in
    --role) role="$2" ;;
    --datadir) data="\${2%/}" ;;
    --gtid) position="$2" ;;
    --gtid-domain-id) domain="$2" ;;
  esac
  shift
done
if [ "$role" = joiner ]; then
  mkfifo "$here/copied"
  echo "$data" >"$here/target"
  echo "ready 127.0.0.1:1/copy"
  cat "$here/copied"
else
  echo "flush tables"
  until [ -f "$data/tables_flushed" ]; do sleep 0.05; done
  rm "$data/tables_flushed"
  target="$(cat "$here/target")"
  rm -rf "$target"/*
  cp -R "$data/." "$target"
  rm -f "$target"/galera.cache "$target"/grastate.dat "$target"/gvwstate.dat
  echo "continue"
  echo "$position \${domain:-0}" >"$here/copied"
  echo "done $position"
fi
`;

export async function startCluster(): Promise<Cluster> {
  const programs = mkdtempSync(join(tmpdir(), "seatkeeper-galera-"));
  const remove = guard(programs);
  writeFileSync(join(programs, "wsrep_sst_copy"), TRANSFER, { mode: 0o755 });
  const shared = { programs, password: randomBytes(16).toString("hex") };
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await remove();
  };
  try {
    const [group, own] = [await freePort(), await freePort()];
    servers.push(await startServer(await settingsOf("one", group, ""), shared));
    servers.push(await startServer(await settingsOf("two", own, `127.0.0.1:${group}`), shared));
    await untilJoined(servers);
  } catch (error) {
    await stop();
    throw error;
  }
  let databases = 0;
  return {
    stop,
    query: (node, statement) => query(servers[node]?.url ?? "", statement),
    freshDatabase: async () => {
      databases += 1;
      const [one = "", two = ""] = servers.map(({ url }) => `${url}galera_${databases}`);
      await query(
        servers[0]?.url ?? "",
        `CREATE DATABASE galera_${databases} CHARACTER SET utf8mb4`,
      );
      await untilKnown(servers[1]?.url ?? "", `galera_${databases}`);
      return [one, two];
    },
  };
}

/** Acknowledged by one node is not yet done on the other. */
async function untilKnown(url: string, database: string): Promise<void> {
  const isKnown = async () => (await query(url, `SHOW DATABASES LIKE '${database}'`)).length > 0;
  await until(isKnown, `the second node has no ${database}`);
}

async function settingsOf(
  name: string,
  port: number,
  peer: string,
): Promise<Record<string, string>> {
  const provider = {
    base_host: "127.0.0.1",
    base_port: port,
    "gmcast.listen_addr": `tcp://127.0.0.1:${port}`,
    "ist.recv_addr": `127.0.0.1:${await freePort()}`,
    "gcache.size": "16M",
  };
  return {
    "binlog-format": "ROW",
    "default-storage-engine": "InnoDB",
    "innodb-autoinc-lock-mode": "2",
    "wsrep-on": "ON",
    "wsrep-provider": PROVIDER ?? "",
    "wsrep-provider-options": Object.entries(provider)
      .map(([key, value]) => `${key}=${value}`)
      .join(";"),
    "wsrep-cluster-name": `seatkeeper-${process.pid}`,
    "wsrep-cluster-address": `gcomm://${peer}`,
    "wsrep-node-name": name,
    "wsrep-node-address": "127.0.0.1",
    "wsrep-sst-method": "copy",
  };
}

async function untilJoined(servers: readonly Server[]): Promise<void> {
  for (const { url } of servers) {
    await until(() => isJoined(url), "the nodes of the cluster did not find each other");
  }
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + READY_SECONDS_MAX * 1000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await sleep(20);
  }
}

async function isJoined(url: string): Promise<boolean> {
  const rows = await query(url, "SHOW STATUS LIKE 'wsrep_%'");
  const status = new Map(rows.map((row) => [row["Variable_name"], row["Value"]]));
  return status.get("wsrep_ready") === "ON" && status.get("wsrep_cluster_size") === "2";
}
