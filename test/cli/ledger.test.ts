import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { productionConfig } from "../e2e/program.js";
import { rawSqlite } from "../store/support/sqlite.js";
import { runCommand } from "../support/command.js";

/** The commands about the ledger, on a database file in which something has happened. */

let directory: string;
let config: string;
let before: string;

async function say(command: string, input = "") {
  return runCommand(directory, command.split(" "), input);
}

/** With the configuration. */
const cli = (command: string) => say(`${command} --config ${config}`);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  for (const command of [
    "migrate",
    "org create acme Acme",
    "org create empty Empty",
    "pool create acme Main --product support --tiers standard --capacity 5",
    "pool set acme Main --capacity 3",
    "pool set acme Main --capacity 9 --tiers standard,professional",
  ]) {
    expect(await cli(command)).toMatchObject({ code: 0 });
  }
  before = new Date().toISOString();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const anchor = async () =>
  (JSON.parse((await cli("ledger head acme --json")).out) as { expect: string }).expect;

describe("the commands about the ledger", () => {
  it("verify what is stored, of one organisation or of all, and print what to expect the next time", async () => {
    const expected = await anchor();
    expect(expected).toMatch(/^5:[0-9a-f]{64}$/);
    const one = await cli(`verify acme --expect ${expected}`);
    expect(one).toEqual({
      code: 0,
      out: `acme: 5 entries, 0 seats held, all in order. For the next time: --expect ${expected}`,
      err: "",
    });
    const all = await cli("verify --json");
    expect(JSON.parse(all.out)).toMatchObject({
      items: [
        { ledger: "acme", entries: 5, fault: null, expect: expected },
        { ledger: "empty", entries: 1, fault: null },
      ],
    });
  });

  it("export entries that are verified without a database or a configuration, from a file or standard input", async () => {
    const { out: exported } = await cli("ledger export acme");
    expect(exported.split("\n")).toHaveLength(5);
    writeFileSync(join(directory, "acme.jsonl"), `${exported}\n`);
    expect((await say("verify --file acme.jsonl")).out).toContain(
      "5 entries, 0 seats held, all in order",
    );
    const tampered = exported.replace('\\"to\\":9', '\\"to\\":8');
    expect(await say("verify --file -", tampered)).toMatchObject({
      code: 1,
      out: "-: WRONG. Entry 4 or its place was changed: the hash is another. (hash)",
    });
    const cut = exported.split("\n").slice(0, 4).join("\n");
    expect((await say("verify --file -", cut)).code).toBe(0);
    const missed = await say(`verify --file - --expect ${await anchor()} --json`, cut);
    expect(missed.code).toBe(1);
    expect(JSON.parse(missed.out)).toMatchObject({ items: [{ fault: { problem: "truncated" } }] });
    expect((await say("verify --file -", `${cut}\nnonsense`)).out).toContain(
      "Entry 5 has not the form",
    );
    expect((await say("verify --file nothing.jsonl")).err).toContain("cannot be read");
  });

  it("refuse what is not an anchor or a time, and an anchor without an organisation", async () => {
    expect(await say("verify acme --expect 4")).toMatchObject({ code: 2 });
    expect((await cli(`verify --expect ${await anchor()}`)).err).toContain("name it");
    expect((await cli("seats acme --at yesterday")).err).toContain("A time such as");
    expect((await cli("seats acme --user nobody")).err).toContain("Nobody is called nobody");
    expect((await cli("verify nobody")).code).toBe(1);
  });

  it("say who held what at a time", async () => {
    expect(await cli(`seats acme --at ${before}`)).toMatchObject({ code: 0, out: "(none)" });
    const json = JSON.parse((await cli(`seats acme --at ${before} --json`)).out) as object;
    expect(json).toMatchObject({ at: before, as: "believed", ledger: { sequence: 5 }, items: [] });
    const truth = (await cli(`seats acme --at ${before} --as effective --json`)).out;
    expect(JSON.parse(truth)).toEqual({ ...json, as: "effective" });
    expect((await cli("seats acme --as true")).err).toContain("One of believed, effective");
  });

  it("find out who has gone around the triggers", async () => {
    const raw = await rawSqlite(join(directory, "seatkeeper.sqlite"));
    await raw.run("UPDATE pools SET capacity = 10, ceiling = 10");
    expect((await cli("verify acme")).out).toContain("at 0 of 9, not 0 of 10. (counter)");
    await raw.run("UPDATE pools SET capacity = 9, ceiling = 9");
    await raw.run("DROP TRIGGER entries_unchanged");
    await raw.run("UPDATE entries SET at = at - 1 WHERE sequence = 2");
    await raw.close();
    expect(await cli("verify")).toMatchObject({
      code: 1,
      out: expect.stringContaining("acme: WRONG. Entry 2 or its place was changed"),
    });
    const page = readFileSync(new URL("../../docs/ledger.md", import.meta.url), "utf8");
    for (const word of ["hash", "counter", "truncated", "malformed"]) {
      expect(page).toContain(`| \`${word}\` |`);
    }
  });
});
