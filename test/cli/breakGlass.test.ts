import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { productionConfig } from "../e2e/program.js";
import { runCommand } from "../support/command.js";

/** The commands about break-glass claims, on a database file. */

let directory: string;
let config: string;

async function cli(...args: string[]) {
  return runCommand(directory, [...args, "--config", config]);
}

async function json(command: string, ...more: string[]) {
  const { code, out, err } = await cli(...command.split(" "), ...more, "--json");
  expect([command, code, err]).toEqual([command, 0, ""]);
  return JSON.parse(out);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-glass-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
  const data = { userName: "ann" };
  const Operations = [{ method: "POST", path: "/Users", bulkId: "ann", data }];
  writeFileSync(join(directory, "bulk.json"), JSON.stringify({ schemas, Operations }));
  for (const command of [
    "migrate",
    "org create acme Acme",
    "connection create acme Okta --plugin okta",
    "pool create acme Main --product support --tiers standard --capacity 1",
    "mapping add acme nobody --everyone --exclude support",
  ]) {
    expect([command, await cli(...command.split(" "))]).toMatchObject([command, { code: 0 }]);
  }
  const { id } = await json("plan sync acme --bulk bulk.json");
  expect(await json(`plan apply acme ${id as string}`)).toMatchObject({ state: "applied" });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("break-glass: tried, given for some hours, listed, shown in the past, and ended by hand", async () => {
  expect((await json("preview acme ann")).products[0].blocked).toBe("Excluded");
  const tried = await json("preview acme ann --break-glass support");
  expect(tried.products[0]).toMatchObject({ blocked: null, seat: { state: "free" } });
  expect((await json("break-glass list acme")).items).toEqual([]);

  const given = await json(
    "break-glass give acme ann support --hours 4",
    "--reason",
    "night shift",
  );
  expect(given).toMatchObject({ change: "given", by: "command line", reason: "night shift" });
  expect(given.why).toContain("although excluded by a rule for everyone");
  const hours = (Date.parse(given.until) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(3.9);
  expect(hours).toBeLessThanOrEqual(4);
  expect((await json("break-glass list acme")).items).toMatchObject([{ userName: "ann" }]);
  expect((await cli("who", "acme", "ann")).out).toContain("Break-glass by command line until");
  expect((await cli("seats", "acme")).out).toContain('("night shift")');

  expect(await json("break-glass end acme ann support")).toMatchObject({ product: "support" });
  expect((await json("break-glass list acme")).items).toEqual([]);
  expect((await cli("break-glass", "end", "acme", "ann", "support")).code).toBe(1);
  expect((await cli("verify", "acme")).code).toBe(0);
});

it.each([
  ["no end at all", [], "Either --until or --hours is expected."],
  ["two ends", ["--hours", "1", "--until", "2099-01-01T00:00:00Z"], "Either --until or --hours"],
  ["an end after more than a week", ["--hours", "169"], "at most 7 days from now"],
  ["an end beyond all dates", ["--hours", "999999999999999"], "at most 7 days from now"],
  ["no hours", ["--hours", "0"], "until must be in the future."],
  ["an end that is no time", ["--until", "tomorrow"], "A time such as 2026-03-01T12:00:00Z"],
])("break-glass with %s is refused with a sentence", async (_, options, sentence) => {
  const { code, err } = await cli(
    ...["break-glass", "give", "acme", "ann", "support", "--reason", "x", ...options],
  );
  expect([code, err]).toEqual([1, expect.stringContaining(sentence)]);
});
