import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { exampleCatalogueFile } from "../../src/config.js";
import { environmentWith } from "../support/environment.js";
import { GENEROUS } from "../support/rateLimits.js";

/** `seatkeeper serve` as a process of its own, to be killed. */
export interface RunningProgram {
  readonly url: string;
  /** What a power cut does: no handler runs, nothing is flushed. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

const MASTER = "Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM";

/** The configuration file of a production server on a port of its own. */
export function productionConfig(directory: string, databaseUrl: string): string {
  const file = join(directory, "seatkeeper.yaml");
  const config = {
    server: { baseUrl: "https://seats.acorn.example", port: 0 },
    database: { url: databaseUrl },
    secrets: { master: MASTER },
    catalogue: { file: exampleCatalogueFile() },
    limits: GENEROUS,
  };
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** Options for a server in this process on the same database: the secrets must be the same. */
export function sameConfig(databaseUrl: string) {
  return { database: { url: databaseUrl }, secrets: { master: MASTER } };
}

/** The same on a free port that is known before: only then has every server the base address that is configured. */
export async function onFreePort(config: string): Promise<string> {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, "close");
  const read = JSON.parse(readFileSync(config, "utf8")) as { server: object };
  const file = config.replace(/\.yaml$/, `-${String(port)}.yaml`);
  const text = JSON.stringify({ ...read, server: { ...read.server, port } });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** @param main the program's main file */
export async function startProgram(main: string, config: string): Promise<RunningProgram> {
  const child = spawn(process.execPath, [main, "serve", "--config", config], {
    env: environmentWith({}),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const port = await Promise.race([
    listeningPort(child.stderr),
    exited.then(([code]) => {
      throw new Error(`the program ended with ${String(code)} before it listened`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGTERM");
      return (await exited)[0];
    },
  };
}

/** From the line of the log that says so. Goes on reading, so that the pipe never fills up. */
function listeningPort(log: NodeJS.ReadableStream): Promise<number> {
  return new Promise((resolve) => {
    let text = "";
    log.on("data", (chunk: Buffer) => {
      if (text === "found") return;
      text += chunk.toString();
      const line = text
        .split("\n")
        .find((each) => each.includes('"listening"') && each.endsWith("}"));
      if (line !== undefined) {
        text = "found";
        resolve((JSON.parse(line) as { port: number }).port);
      }
    });
  });
}
