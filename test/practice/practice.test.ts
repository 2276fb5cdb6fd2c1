import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PEOPLE } from "../../src/practice/directory.js";
import { POOLS, RULES } from "../../src/practice/example.js";
import { handOn, newFolder, setUpBefore, startTestPractice } from "./support/practice.js";
import type { TestPractice } from "./support/practice.js";

describe("the practice mode", () => {
  const dataDir = newFolder();
  let practice: TestPractice;
  beforeAll(async () => {
    practice = await startTestPractice(dataDir);
  });
  afterAll(async () => {
    await practice.close();
    handOn(dataDir);
  });

  it("says in one line of JSON where everything is", () => {
    expect(practice.printed.trimEnd()).not.toContain("\n");
    expect(JSON.parse(practice.printed)).toMatchObject({
      ready: true,
      scim: { baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/scim\/v2\//) },
      saml: { metadataUrl: expect.any(String), loginUrl: expect.any(String) },
      practiceIdp: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
      api: { baseUrl: expect.any(String), token: expect.any(String) },
      connections: [{ plugin: "okta" }, { plugin: "entra" }],
    });
  });

  it("is ready with everybody provisioned and every seat where it belongs", async () => {
    const { items } = await practice.api("/users?limit=200");

    expect(items).toHaveLength(PEOPLE.length);
    expect(await practice.pool("Professionals")).toMatchObject({ used: 11, waiting: 0 });
    expect(await practice.pool("Developers")).toMatchObject({ used: 2, waiting: 2 });
    expect(await practice.pool("Dashboards")).toMatchObject({ used: 4, waiting: 0 });
    expect(await practice.pool("Shared standard")).toMatchObject({ used: 0, waiting: 0 });
    expect(await practice.seat("maeve.obrien")).toMatchObject({ tier: "professional" });
    expect(await practice.seat("chiara.bellini")).toMatchObject({ tier: "enterprise" });
    expect(await practice.seat("thandi.ndlovu")).toBeUndefined();
  });

  it("keeps names as they are, whatever their script", async () => {
    const { user } = await practice.api("/users/hanako.yamada@acorn.example");

    expect(user.displayName).toBe("山田花子");
  });

  it("keeps its secrets for itself", () => {
    for (const name of ["practice-master-secret", "practice-idp.key", "practice-directory.json"]) {
      expect(statSync(join(practice.dataDir, name)).mode & 0o077).toBe(0);
    }
    expect(practice.printed).not.toContain(
      readFileSync(join(practice.dataDir, "practice-master-secret"), "utf8"),
    );
  });
});

describe.each(["generic", "okta", "entra"] as const)(
  "a story told in the dialect %s",
  (dialect) => {
    let practice: TestPractice;
    beforeAll(async () => {
      practice = await startTestPractice();
      await practice.pressOnly("/dialect", { dialect });
    });
    afterAll(() => practice.close());

    it("raises the tier with the group, and lowers it again", async () => {
      await practice.pressOnly("/people/mateo.quispe/move", { group: "team-leads" });
      expect(await practice.seat("mateo.quispe")).toMatchObject({ tier: "professional" });

      await practice.pressOnly("/people/mateo.quispe/move", { group: "support-agents" });
      const { groups, requirements } = await practice.api("/users/mateo.quispe@acorn.example");
      expect(groups.map((group: { displayName: string }) => group.displayName).sort()).toEqual([
        "Everyone",
        "Support Agents",
      ]);
      expect(requirements).toMatchObject([{ product: "support", tier: "standard" }]);

      await practice.signInAs("mateo.quispe");
      expect(await practice.seat("mateo.quispe")).toMatchObject({ pool: "Shared standard" });
      expect(await practice.pool("Professionals")).toMatchObject({ used: 11 });
    });

    it("signs people in, and the fourth takes over the shared seat used longest ago", async () => {
      for (const key of ["zoe.muller", "lucas.martin"]) {
        expect((await practice.signInAs(key)).text).toContain("open, with the tier");
      }
      const page = await practice.signInAs("bao.nguyen");

      expect(page.url).toContain("/app/signed-in");
      expect(page.text).toContain('Hello <span dir="auto">Bảo Nguyễn</span>');
      expect(page.text).toContain("took over the Standard seat");
      expect(await practice.seat("mateo.quispe")).toBeUndefined();
      expect(await practice.seat("bao.nguyen")).toMatchObject({ pool: "Shared standard" });
      expect(await practice.pool("Shared standard")).toMatchObject({ used: 3 });
    });

    it("gives the seat of who leaves to who waits, in the same answer", async () => {
      const { items } = await practice.api("/waiting?product=support");
      const [first] = items;
      const holders = PEOPLE.filter((person) => person.department === "Engineering");
      const seats = await Promise.all(holders.map(({ key }) => practice.seat(key)));
      const leaver = holders[seats.findIndex((seat) => seat !== undefined)]!;
      const page = await practice.press(`/people/${leaver.key}/deactivate`);

      expect(page.text).toContain("because the account was switched off");
      expect(page.text).toContain("was first on the waiting list");
      expect((await practice.api(`/users/${first.userId}`)).seats).toMatchObject([
        { tier: "developer" },
      ]);

      const refused = await practice.signInAs(leaver.key);
      expect(refused.status).toBe(403);
      await practice.pressOnly(`/people/${leaver.key}/reactivate`);
      const back = await practice.api(`/users/${leaver.key}@acorn.example`);
      expect(back).toMatchObject({ user: { active: true }, seats: [], waiting: [{ position: 2 }] });
    });

    it("renames, deletes and restores without a second account", async () => {
      await practice.pressOnly("/people/olena.kovalchuk/rename", { familyName: "<b>&'\"" });
      const renamed = await practice.api("/users/olena.kovalchuk@acorn.example");
      expect(renamed.user.displayName).toBe("Олена <b>&'\"");

      await practice.pressOnly("/people/olena.kovalchuk/delete");
      expect(await practice.pool("Professionals")).toMatchObject({ used: 10 });
      const page = await practice.press("/people/olena.kovalchuk/restore");
      expect(page.text).not.toContain("<b>&'");
      const { items } = await practice.api("/users?limit=200");
      const accounts = items.filter((user: { userName: string }) =>
        user.userName.startsWith("olena.kovalchuk"),
      );
      expect(accounts).toMatchObject([{ active: true }]);
      expect(await practice.seat("olena.kovalchuk")).toMatchObject({ tier: "professional" });
      expect((await practice.signInAs("olena.kovalchuk")).text).toContain("open, with the tier");
    });
  },
);

describe("a restart with the same data", () => {
  it("finds everything, makes nothing twice, and ends the tokens of before", async () => {
    const dataDir = await setUpBefore();
    const first = await startTestPractice(dataDir);
    await first.pressOnly("/dialect", { dialect: "entra" });
    await first.pressOnly("/people/zoe.muller/deactivate");
    await first.pressOnly("/people/kofi.mensah/delete");
    await first.close();
    const second = await startTestPractice(dataDir);
    try {
      const { items: users } = await second.api("/users?limit=200");
      const { items: pools } = await second.api("/pools");
      const { items: rules } = await second.api("/rules");
      const { items: connections } = await second.api("/connections");
      const zoe = users.find((user: { userName: string }) => user.userName.startsWith("zoe"));
      const old = await fetch(`${second.ready.scim.baseUrl}/Users?count=0`, {
        headers: { authorization: `Bearer ${first.ready.scim.token}` },
      });

      expect(users).toHaveLength(PEOPLE.length - 1);
      expect(zoe.active).toBe(false);
      expect(pools).toHaveLength(POOLS.length);
      expect(rules).toHaveLength(RULES.length);
      expect(connections).toHaveLength(3);
      expect(old.status).toBe(401);
      expect((await second.signInAs("maeve.obrien")).text).toContain("open, with the tier");
    } finally {
      await second.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("on a port that is taken says so and what to do", async () => {
    const running = await startTestPractice();
    const taken = Number(new URL(running.ready.practiceIdp.url).port) - 1;
    const { startPractice } = await import("../../src/practiceMode.js");

    await expect(startPractice({ port: taken, dataDir: running.dataDir })).rejects.toThrow(
      /already in use.*--port/,
    );
    await running.close();
  });
});
