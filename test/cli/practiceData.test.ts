import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { newFolder, startTestPractice, type TestPractice } from "../practice/support/practice.js";
import { runCommand } from "../support/command.js";
import { rmSync } from "node:fs";

/** Commands beside a practice run, on its data: they have its secret and its address. */

const dataDir = newFolder();
let practice: TestPractice;

beforeAll(async () => {
  practice = await startTestPractice(dataDir);
});

afterAll(async () => {
  await practice.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function json(command: string) {
  const args = [...command.split(" "), "--data", dataDir, "--json"];
  const { code, out, err } = await runCommand(dataDir, args);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

it("opens the keys of the practice run, so that they can be listed and rotated", async () => {
  const { items } = await json("keys list");

  expect(items.length).toBeGreaterThan(0);
  for (const { sealed } of items) expect(sealed).toBe("present secret");
  expect(await json("keys rotate saml")).toMatchObject({ purpose: "saml" });
});

it("prints addresses at which the practice run answers, whatever its port", async () => {
  const origin = new URL(practice.ready.api.baseUrl).origin;

  const { saml } = await json("connection show acorn practice");
  expect(saml.metadataUrl).toBe(practice.ready.saml.metadataUrl);
  expect((await fetch(saml.metadataUrl)).status).toBe(200);
  const { tokenUrl } = await json("client create acorn --connection practice");
  expect(new URL(tokenUrl).origin).toBe(origin);
  const { url } = await json("connection test acorn practice");
  expect((await fetch(url, { redirect: "manual" })).status).toBeLessThan(400);
});
