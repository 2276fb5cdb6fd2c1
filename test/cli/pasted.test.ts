import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleCatalogueFile } from "../../src/config.js";
import { run } from "../../src/cli/program.js";
import { runCommand } from "../support/command.js";

/** What the program or a page tells somebody to type works when it is typed. */

let directory: string;
/** With a blank in its name, as people have them. */
let data: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  data = join(directory, "my data");
  mkdirSync(data);
  await cli("migrate");
  await cli("org create acme", "Acme Inc");
  await cli("connection create acme Okta --plugin okta");
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function cli(command: string, ...more: string[]) {
  return runCommand(directory, [...command.split(" "), ...more, "--data", data]);
}

/** As a shell does it. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((found) => found.slice(1).join(""));
}

describe("the command that revokes a token", () => {
  it.each(["acme", "acme --connection Okta", "--operator"])(
    "is printed by token create %s as it has to be given",
    async (where) => {
      const { out } = await cli(`token create ${where} --label test`);
      const [, command = ""] = /To revoke it: seatkeeper (.*)$/m.exec(out) ?? [];

      const { code, err } = await runCommand(directory, words(command));

      expect([code, err]).toEqual([0, ""]);
    },
  );
});

describe("a connection", () => {
  it("gets no name that another has, whether new or renamed, so that the name says which is meant", async () => {
    const created = await cli("connection create acme Okta");
    expect([created.code, created.err]).toEqual([
      1,
      'There already is a connection "Okta". (name)',
    ]);
    await cli("connection create acme Entra --plugin entra");
    const renamed = await cli("connection update acme Entra --name Okta");
    expect([renamed.code, renamed.err]).toEqual([1, created.err]);
    expect((await cli("token create acme --connection Okta")).code).toBe(0);
    expect((await cli("connection update acme Okta --name Okta --disable")).code).toBe(0);
    const likeId = await cli("connection create acme 0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70");
    expect(likeId.err).toContain("must not look like an id");
  });
});

describe("without a configuration", () => {
  it.each(["org list", "serve", "doctor"])("%s says both ways to name one", async (command) => {
    const { code, out, err } = await runCommand(directory, command.split(" "));

    expect(code).toBe(78);
    for (const way of ["--config", "SEATKEEPER_CONFIG", "--data"]) expect(out + err).toContain(way);
  });
});

describe("README", () => {
  it("has commands that work by the letter, one after the other", async () => {
    const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
    const file = /^cat > seatkeeper\.yaml <<END\n(.*?)^END$/ms.exec(blocks.join("\n"))?.[1] ?? "";
    const secret = Buffer.from("Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM").toString("base64");
    const config = join(directory, "seatkeeper.yaml");
    writeFileSync(
      config,
      file
        .replace("$(openssl rand -base64 48)", secret)
        .replace("config/catalogue.yaml", exampleCatalogueFile()),
    );
    chmodSync(config, 0o600);
    const lines = blocks
      .filter((block) => block.includes("export SEATKEEPER_CONFIG=seatkeeper.yaml"))
      .flatMap((block) => block.split("\n"))
      .concat(text.includes("mapping add acorn") ? (/^npx.*mapping add.*$/m.exec(text) ?? []) : [])
      .filter((line) => line.startsWith("npx seatkeeper") && !line.endsWith("serve"));

    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const out: string[] = [];
      const io = {
        ...{ out: (said: string) => out.push(said), err: (said: string) => out.push(said) },
        ...{ readInput: () => Promise.resolve(""), untilStopped: () => Promise.resolve() },
        ...{ environment: { SEATKEEPER_CONFIG: config }, directory },
      };
      const code = await run(words(line).slice(2), io);
      expect([line, code, code === 0 ? "" : out.join("\n")]).toEqual([line, 0, ""]);
    }
  });
});
