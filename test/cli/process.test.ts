import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { exampleCatalogueFile } from "../../src/config.js";
import { environmentWith } from "../support/environment.js";
import { describeWhen } from "../support/notRun.js";
import { compileProgram } from "./compiled.js";

/** The program as a process: exit codes, output, signals, and commands beside a running server. */

let program: ReturnType<typeof compileProgram>;
let directory: string;
const running: ChildProcess[] = [];

beforeAll(() => {
  program = compileProgram();
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-process-"));
});

afterAll(() => {
  running.forEach((child) => child.kill("SIGKILL"));
  rmSync(directory, { recursive: true, force: true });
  rmSync(program.directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: directory, env: environmentWith(environment) };
    const child = execFile(
      process.execPath,
      [program.main, ...args],
      options,
      (_error, out, err) => {
        resolve({ code: child.exitCode, out, err });
      },
    );
  });
}

function start(args: readonly string[]): { child: ChildProcess; err: () => string } {
  const child = spawn(process.execPath, [program.main, ...args], {
    cwd: directory,
    env: environmentWith({}),
  });
  running.push(child);
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return { child, err: () => err };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function configuration(name: string, port: number): string {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(
    file,
    [
      `server: { baseUrl: https://seats.acorn.example, port: ${String(port)}, shutdownSeconds: 5 }`,
      `database: { url: 'sqlite:${name}.sqlite' }`,
      "secrets: { master: Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM }",
      `catalogue: { file: ${exampleCatalogueFile()} }`,
    ].join("\n"),
    { mode: 0o600 },
  );
  return file;
}

async function ready(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(`http://127.0.0.1:${String(port)}/readyz`, { signal }).catch(
      () => null,
    );
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error("the server did not come up");
}

describe("the program", () => {
  it("ends with 0 after help, 2 after wrong usage, 78 without a configuration", async () => {
    expect((await run(["--help"])).code).toBe(0);
    expect((await run(["frobnicate"])).code).toBe(2);
    const refused = await run(["serve"]);
    expect([refused.code, refused.out]).toEqual([78, ""]);
    expect(refused.err).toContain("server.baseUrl: Missing.");
    expect(refused.err).not.toContain("    at ");
  });

  it("refuses a variable that does not exist, with the nearest one", async () => {
    const { code, err } = await run(["org", "list"], { SEATKEEPER_SERVER_BASEURL: "x" });

    expect(code).toBe(78);
    expect(err).toContain('Did you mean "SEATKEEPER_SERVER_BASE_URL"?');
  });

  it("is not troubled by a reader that wants no more", async () => {
    const config = configuration("head", 0);
    await run(["migrate", "--config", config]);
    await run(["org", "create", "acme", "Acme Inc", "--config", config]);
    const args = [program.main, "ledger", "export", "acme", "--config", config];
    const child = spawn(process.execPath, args, { cwd: directory, env: environmentWith({}) });
    running.push(child);
    child.stdout.destroy();
    const err = text(child.stderr);
    const [code] = (await once(child, "exit")) as [number | null];

    expect([code, await err]).toEqual([0, ""]);
  });

  it("serves, lets commands work beside it, and ends in good order on SIGTERM", async () => {
    const port = await freePort();
    const config = configuration("serve", port);
    const server = start(["serve", "--config", config]);
    await ready(port);

    const created = await run(["org", "create", "acme", "Acme Inc", "--config", config, "--json"]);
    const token = await run(["token", "create", "acme", "--config", config, "--json"]);
    const { token: secret } = JSON.parse(token.out) as { token: string };
    const answer = await fetch(`http://127.0.0.1:${String(port)}/api/v1/organisations/acme`, {
      headers: { authorization: `Bearer ${secret}` },
    });

    expect(await answer.json()).toEqual(JSON.parse(created.out));
    server.child.kill("SIGTERM");
    const [code] = (await once(server.child, "exit")) as [number | null];
    expect(code).toBe(0);
    expect(server.err()).toContain('"listening"');
    expect(server.err()).not.toContain(secret);
  });

  it("says so when the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;

    const { code, err } = await run(["serve", "--config", configuration("taken", port)]);
    taken.close();

    expect(code).toBe(78);
    expect(err).toContain("already in use");
  });

  it("answers what is under way before it ends", async () => {
    const port = await freePort();
    const config = configuration("graceful", port);
    const server = start(["serve", "--config", config]);
    await ready(port);
    const operator = JSON.parse(
      (await run(["token", "create", "--operator", "--config", config, "--json"])).out,
    ) as { token: string };

    const answers = Array.from({ length: 20 }, (_, index) =>
      fetch(`http://127.0.0.1:${String(port)}/api/v1/organisations`, {
        method: "POST",
        headers: { authorization: `Bearer ${operator.token}`, "content-type": "application/json" },
        body: JSON.stringify({ slug: `org-${String(index)}`, name: "x" }),
      }).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await sleep(5);
    server.child.kill("SIGTERM");
    const statuses = await Promise.all(answers);
    const [code] = (await once(server.child, "exit")) as [number | null];

    expect([code, server.err()]).toEqual([0, expect.not.stringContaining("cut off")]);
    const { out } = await run(["org", "list", "--config", config, "--json"]);
    const kept = (JSON.parse(out) as { items: unknown[] }).items.length;
    expect(kept).toBeGreaterThanOrEqual(statuses.filter((status) => status === 201).length);
    expect(statuses.every((status) => status === 201 || status === 0)).toBe(true);
  });

  it("answers whoever had asked when the signal came, also who is still in the system's queue", async () => {
    const port = await freePort();
    const server = start(["serve", "--config", configuration("queued", port)]);
    await ready(port);

    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        const answer = text(socket).catch(String);
        socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return { answer };
      }),
    );
    server.child.kill("SIGTERM");
    const began = await Promise.all(
      answers.map(async ({ answer }) => (await answer).slice(0, "HTTP/1.1 200".length)),
    );

    expect(began.filter((line) => line !== "HTTP/1.1 200")).toEqual([]);
  });

  it("starts the practice mode without arguments, with one JSON object on standard output", async () => {
    const child = spawn(
      process.execPath,
      [program.main, "--json", "--port", "0", "--data", join(directory, "practice")],
      {
        cwd: directory,
        env: environmentWith({}),
      },
    );
    running.push(child);
    const [chunk] = (await once(child.stdout, "data")) as [Buffer];

    expect(typeof JSON.parse(chunk.toString())).toBe("object");
    const beside = await run(["org", "list", "--data", join(directory, "practice"), "--json"]);
    expect(beside.code).toBe(0);
    expect((JSON.parse(beside.out) as { items: unknown[] }).items.length).toBeGreaterThan(0);
    child.kill("SIGINT");
    expect(((await once(child, "exit")) as [number | null])[0]).toBe(0);
  });
});

describeWhen(existsSync("/dev/full"), "there is no /dev/full")("the program on a full disk", () => {
  it("ends with 1 when its output cannot be kept: half an export is none", async () => {
    const config = configuration("full", 0);
    await run(["migrate", "--config", config]);
    await run(["org", "create", "acme", "Acme Inc", "--config", config]);
    for (const command of ["ledger export acme", "org list --json", "org list"]) {
      const full = openSync("/dev/full", "w");
      const args = [program.main, ...command.split(" "), "--config", config];
      const stdio: ["ignore", number, "pipe"] = ["ignore", full, "pipe"];
      const options = { cwd: directory, env: environmentWith({}), stdio };
      const { status, stderr } = spawnSync(process.execPath, args, options);
      closeSync(full);

      expect(status).toBe(1);
      expect(stderr.toString()).toContain("The output could not be written to its end (ENOSPC).");
    }
  });
});
