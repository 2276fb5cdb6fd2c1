import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Seat } from "../../src/domain/directory.js";
import { noChanges } from "../../src/domain/snapshot.js";
import { createStore } from "../../src/store/index.js";
import { productionConfig } from "../e2e/program.js";
import { quiet } from "../store/support/open.js";
import { runCommand } from "../support/command.js";

/** The commands about idle seats and smaller pools, on a database file. */

const DAY = 86_400_000;

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

/** What time would have done to somebody's seat. */
async function time(userName: string, change: (seat: Seat) => Seat): Promise<void> {
  const url = `sqlite:${join(directory, "seatkeeper.sqlite")}`;
  const store = await createStore({ url, logger: quiet });
  const organisation = await store.administration.findOrganisation("acme");
  const user = await store.insights.userByName(organisation?.id ?? "", userName);
  const [seat] = await store.insights.seatsOf(organisation?.id ?? "", [user?.id ?? ""]);
  if (organisation === null || seat === undefined) throw new Error(`${userName} has no seat`);
  await store.write(organisation.id, async (tx) => {
    await tx.load({ seats: [seat.id] });
    await tx.save({ ...noChanges(), seatsUpdated: [change(seat)] });
  });
  await store.close();
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-reclaim-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
  const Operations = ["ann", "bob", "cid"].map((userName) => ({
    ...{ method: "POST", path: "/Users", bulkId: userName, data: { userName } },
  }));
  writeFileSync(join(directory, "bulk.json"), JSON.stringify({ schemas, Operations }));
  for (const command of [
    "migrate",
    "org create acme Acme",
    "connection create acme Okta --plugin okta",
    "pool create acme Main --product support --tiers standard --capacity 3 --policy idleDays=30 --policy idleAction=reclaim --policy undo=guaranteed",
  ]) {
    expect(await cli(...command.split(" "))).toMatchObject({ code: 0 });
  }
  const { id } = await json("plan sync acme --bulk bulk.json");
  expect(await json(`plan apply acme ${id as string}`)).toMatchObject({ state: "applied" });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("reclaim: who was asked is listed, answers that the seat is needed, or gives it up", async () => {
  expect((await json("reclaim list acme")).items).toEqual([]);
  const asked = { reviewAt: Date.now() + DAY, askedAt: Date.now() - DAY };
  const since = Date.now() - 60 * DAY;
  for (const userName of ["ann", "bob"]) {
    await time(userName, (seat) => ({ ...seat, grantedAt: since, lastUsedAt: since, idle: asked }));
  }
  expect((await json("reclaim list acme")).items).toMatchObject([
    { reclaim: { state: "asked", action: "reclaim" } },
    { reclaim: { state: "asked" } },
  ]);
  expect((await cli("reclaim", "list", "acme")).out).toMatch(/asked .* support +standard/);

  expect(await json("reclaim keep acme ann support")).toMatchObject({
    seat: { product: "support", reclaim: { state: null } },
  });
  expect(await json("reclaim give-up acme bob support")).toEqual({ seat: null });
  expect((await json("reclaim list acme")).items).toEqual([]);
  expect((await cli("reclaim", "give-up", "acme", "bob", "support")).code).toBe(1);
  const wrong = await cli("reclaim", "keep", "acme", "ann", "suport");
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("support") as unknown });
});

it("reclaim undo: gives back a seat in its window, and says when there is none to give back", async () => {
  const grace = { since: Date.now() - DAY, reason: "idle" };
  await time("cid", (seat) => ({ ...seat, grace, expiresAt: Date.now() + DAY }));
  expect((await json("reclaim list acme")).items).toMatchObject([
    { reclaim: { state: "grace", reason: "idle", undo: "guaranteed" } },
  ]);
  expect(await json("reclaim undo acme cid support")).toMatchObject({
    seat: { expiresAt: null, reclaim: { state: null } },
  });
  const again = await cli("reclaim", "undo", "acme", "cid", "support");
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("No seat") as unknown });
});

it("reclaim exempt: leaves somebody's seat alone until it is withdrawn", async () => {
  const until = new Date(Date.now() + 90 * DAY).toISOString().slice(0, 10);
  const exempt = `reclaim exempt acme --user ann --until ${until} --reason`;
  const { id } = await json(exempt, "parental leave");
  expect((await json("reclaim exemptions acme")).items).toMatchObject([
    { id, reason: "parental leave", groupId: null },
  ]);
  const group = ["reclaim", "exempt", "acme", "--group", "nobody", "--reason", "x"];
  expect(await cli(...group)).toMatchObject({
    code: 1,
    err: expect.stringContaining("id of a group") as unknown,
  });
  expect(await json(`reclaim withdraw acme ${id as string}`)).toEqual({ id });
  expect((await json("reclaim exemptions acme")).items).toEqual([]);
  expect((await cli("reclaim", "withdraw", "acme", id as string)).code).toBe(1);
});

it("pool contract: shows who would have to go, and can be called off", async () => {
  const at = new Date(Date.now() + 30 * DAY).toISOString().slice(0, 10);
  const planned = await json(`pool contract acme Main --capacity 1 --at ${at}`);
  expect(planned).toMatchObject({ capacity: 1, state: "planned", plan: { excess: 1 } });
  expect((planned as { plan: { first: unknown[] } }).plan.first).toHaveLength(1);
  expect((await json("pool contractions acme Main")).items).toMatchObject([{ id: planned.id }]);
  expect(
    (await cli("pool", "contract", "acme", "Main", "--capacity", "9", "--at", at)).err,
  ).toContain("Fewer than");
  await json(`pool keep-capacity acme Main ${planned.id as string}`);
  expect((await json("pool contractions acme Main")).items).toEqual([]);
});
