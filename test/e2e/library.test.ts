import { describe, expect, it } from "@jest/globals";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { practiceConfig } from "../../src/config.js";
import { createSeatkeeper } from "../../src/index.js";
import { startServer } from "../../src/server.js";

/** The library's life: how it begins and ends. */

const TRIAL = {
  mode: "practice",
  server: { baseUrl: "http://127.0.0.1:1" },
  database: { url: "sqlite::memory:" },
  log: { level: "silent" },
} as const;

describe("the end", () => {
  it("may be asked for twice in the library: both wait for the same one", async () => {
    const seatkeeper = await createSeatkeeper(TRIAL);

    const first = seatkeeper.close();

    expect(seatkeeper.close()).toBe(first);
    await first;
    await expect(seatkeeper.close()).resolves.toBeUndefined();
  });

  it("may be asked for twice in the server: both wait for the same one", async () => {
    const server = await startServer(practiceConfig({ port: 0, environment: {} }));

    const first = server.close();

    expect(server.close()).toBe(first);
    await first;
    await expect(server.close()).resolves.toBeUndefined();
  });
});

describe("what only code can say", () => {
  it.each([
    ["no options", undefined, "takes an object"],
    ["null for options", null, "takes an object"],
    ["another mode", { ...TRIAL, mode: "prod" }, "mode: Unknown."],
    ["a receiver that is no function", { ...TRIAL, onEvent: "x" }, "onEvent: A function"],
    ["plugins that are no list", { ...TRIAL, customPlugins: "x" }, "customPlugins: A list"],
    ["a logger that is none", { ...TRIAL, logger: null }, "logger: An object"],
    [
      "an empty address",
      { ...TRIAL, mode: undefined, database: { url: "" } },
      "database.url: Missing.",
    ],
  ])("is refused where it is %s", async (_what, options, says) => {
    await expect(createSeatkeeper(options as never)).rejects.toMatchObject({
      code: "InvalidConfiguration",
      message: expect.stringContaining(says),
    });
  });
});

describe("a database that cannot be used at the start", () => {
  it("is not made in a folder that does not exist, as a misspelt path would have it", async () => {
    const folder = join(tmpdir(), `seatkeeper-nowhere-${String(process.pid)}`);
    const database = { url: `sqlite:${join(folder, "seatkeeper.sqlite")}` };

    await expect(createSeatkeeper({ ...TRIAL, database })).rejects.toMatchObject({
      code: "InvalidConfiguration",
      field: "database.url",
      message: expect.stringContaining(folder),
    });
    expect(existsSync(folder)).toBe(false);
  });

  it("is told of with what to check when it does not answer", async () => {
    const database = { url: "mysql://a:hidden@127.0.0.1:1/c" };

    await expect(createSeatkeeper({ ...TRIAL, database })).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringMatching(/^The database is not available. Check database\.url/),
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
