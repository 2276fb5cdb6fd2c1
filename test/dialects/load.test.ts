import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { onEachDatabase } from "../e2e/databases.js";
import type { Answer } from "../support/server.js";
import { addUser, dialectWorld, find, path, USER } from "./world.js";

/** Case 44: what Okta is told when it asks too much at once, over sockets, on both databases. */

const PER_SECOND = 25;
/** Once a minute ten seconds' worth may come on top: the first wave is not too much, the second is. */
const FEW = 120;
const MANY = 480;

onEachDatabase("Okta in a hurry", (freshDatabaseUrl) => {
  const limits = { scimRequestsPerSecond: PER_SECOND };
  const world = dialectWorld("okta", freshDatabaseUrl, { limits });

  const make = (userName: string) =>
    world.idp.scim("POST", "/Users", { schemas: [USER], userName, active: true });

  function request(index: number, known: string): Promise<Answer> {
    if (index % 12 === 0) return make(`new-${index}@acorn.example`);
    if (index % 12 === 1) return world.idp.scim("PUT", `/Users/${known}`, { userName: "ann" });
    if (index % 2 === 0) return world.idp.scim("GET", `/Users/${known}`);
    return find(world.idp, `userName eq "nobody-${index}@acorn.example"`);
  }

  it("case 44 (Okta): too many requests are 429 with whole seconds, none is 401, 404 or 500, and after the wait all goes on", async () => {
    const known = await addUser(world.idp, { userName: "ann" });
    const wave = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_each, at) => request(from + at, known)));
    const statuses = (some: readonly Answer[]) => new Set(some.map(({ status }) => status));

    const few = await wave(0, FEW);
    const many = await wave(FEW, FEW + MANY);
    // A slow machine may answer so slowly that these are not too many.
    for (let from = FEW + MANY; !statuses(many).has(429); from += MANY) {
      many.push(...(await wave(from, from + MANY)));
    }

    expect(statuses(few)).toEqual(new Set([200, 201]));
    expect([...statuses(many)].filter((status) => ![200, 201, 429].includes(status))).toEqual([]);
    const answers = [...few, ...many];
    const refused = many.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, body } of refused) {
      expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      expect(headers.get("content-type")).toMatch(/^application\/scim\+json/);
      expect(body).toMatchObject({ status: "429" });
    }

    const seconds = refused.map(({ headers }) => Number(headers.get("retry-after")));
    expect(Math.max(...seconds)).toBeLessThanOrEqual(60);
    await sleep(Math.max(...seconds) * 1_000);

    const { status, body } = await world.idp.scim("GET", path("/Users", { count: "0" }));
    const made = answers.filter((answer) => answer.status === 201).length;
    expect([status, body.totalResults]).toEqual([200, made + 1]);
    const late = answers.findIndex((answer, index) => index % 12 === 0 && answer.status === 429);
    expect((await make(`new-${late}@acorn.example`)).status).toBe(201);
  });
});
