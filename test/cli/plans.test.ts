import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { productionConfig } from "../e2e/program.js";
import { runCommand } from "../support/command.js";

/** The commands about plans and the brake, on a database file. */

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let directory: string;
let config: string;

async function cli(command: string) {
  return runCommand(directory, [...command.split(" "), "--config", config]);
}

const json = async (command: string) => {
  const { code, out, err } = await cli(`${command} --json`);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  for (const command of [
    "migrate",
    "org create acme Acme",
    "connection create acme Okta --plugin okta",
    "pool create acme Main --product support --tiers standard,professional --capacity 1",
  ]) {
    expect(await cli(command)).toMatchObject({ code: 0 });
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("plan a synchronisation, a rule and a pool, list and show them, and apply them once", async () => {
  const user = (userName: string) => ({
    method: "POST",
    path: "/Users",
    bulkId: userName,
    data: { userName },
  });
  writeFileSync(
    join(directory, "bulk.json"),
    JSON.stringify({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [user("ann"), user("bob")],
    }),
  );
  const sync = await json("plan sync acme --bulk bulk.json");
  expect(sync).toMatchObject({
    state: "open",
    counts: { gained: 1, waiting: 1 },
    sync: { requests: 2 },
  });
  expect(await json(`plan apply acme ${sync.id as string}`)).toMatchObject({ state: "applied" });

  const rule = await json("plan rule acme all --everyone --tier support=professional");
  expect(rule).toMatchObject({ counts: { raised: 1 }, change: { type: "rule" } });
  const again = await json("plan rule acme all --everyone --tier support=professional");
  expect(await json(`plan apply acme ${rule.id as string}`)).toMatchObject({ state: "applied" });
  expect(await cli(`plan apply acme ${again.id as string}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining("no longer tells what would happen") as unknown,
  });

  const pool = await cli("plan pool acme Main --capacity 2");
  expect(pool.out).toMatch(/Main +1 -> 2 +1 -> 2 +1 -> 0/);
  expect(pool.out).toMatch(/bob +support +gained +professional +- -> professional/);
  expect((await json("plan list acme")).items).toHaveLength(4);
  expect(pool.out).toMatch(/^per month before: +45\.00$/m);
  expect(pool.out).toMatch(/^per month after: +90\.00$/m);
  expect(pool.out).toMatch(/^difference with add-ons: +45\.00\ncurrency: +USD$/m);
  expect((await cli("plan list acme")).out).toMatch(/ pool +1 +0 +45\.00 +USD /);
  const removal = await json("plan remove-rule acme all");
  expect(removal).toMatchObject({ counts: { lowered: 1 } });
  expect((await cli(`plan show acme ${removal.id as string}`)).out).toContain(
    "professional -> standard",
  );
  expect(await json(`plan discard acme ${removal.id as string}`)).toEqual({
    discarded: removal.id,
  });
  expect((await cli(`plan show acme ${removal.id as string}`)).code).toBe(1);
});

it("plan what a recorded log would do, from a file: the people of the log, or a refusal that names the line", async () => {
  const line = (userName: string) =>
    JSON.stringify({
      ...{ id: `r-${userName}`, at: "2026-03-01T12:00:00Z", connectionId: "elsewhere" },
      ...{ requestId: userName, method: "POST", resource: "Users", resourceId: userName },
      ...{ userId: null, userName, query: {}, ifMatch: null, isBodyTooLarge: false, trail: [] },
      ...{ body: { schemas: [USER], userName }, verdict: "ok", status: 201 },
      ...{ refusal: null, effects: null },
    });
  writeFileSync(join(directory, "log.jsonl"), `${line("cid")}\n${line("dan")}\n`);
  const plan = await json("plan sync acme --connection Okta --log log.jsonl");
  expect(plan).toMatchObject({ state: "open", sync: { requests: 2 }, change: { type: "log" } });
  const { people } = plan as { people: { userName: string }[] };
  expect(people.map(({ userName }) => userName)).toEqual(["cid", "dan"]);
  // Nobody is there before it is applied.
  expect((await cli("who acme cid")).code).toBe(1);
  expect(await json(`plan apply acme ${plan.id as string}`)).toMatchObject({ state: "applied" });
  expect((await cli("who acme cid")).code).toBe(0);

  writeFileSync(join(directory, "broken.jsonl"), `${line("eve")}\n{"at": 1`);
  const broken = await cli("plan sync acme --connection Okta --log broken.jsonl");
  expect(broken).toMatchObject({ code: 1, err: expect.stringContaining("2") as unknown });
  expect((await cli("plan sync acme --connection Okta --log missing.jsonl")).code).toBe(1);
});

it("show and set the brake, and refuse to decide what is not held back", async () => {
  expect((await cli("brake show acme")).out).toMatch(
    /seats: +100\npercent: +25\nwindowMinutes: +60/,
  );
  expect(await json("brake set acme --seats 10 --window-minutes 5")).toMatchObject({
    limit: { seats: 10, percent: 25, windowMinutes: 5 },
    losses: [],
  });
  expect((await cli("brake set acme --percent 101")).err).toContain("At most 100 is expected.");
  expect((await cli("brake approve acme none")).code).toBe(1);
});
