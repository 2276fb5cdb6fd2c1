import { expect, it } from "@jest/globals";
import express from "express";
import request from "supertest";
import { createSessionKeeper, type SessionOptions } from "../../src/http/session.js";
import type { LiveSession, Sessions } from "../../src/ports/sessions.js";
import { systemIds } from "../../src/store/ids.js";

/** The cookies, and how long a session lasts. */

const MINUTE = 60_000;
const OPTIONS: SessionOptions = { https: true, sessionHours: 12, idleMinutes: 30 };

function keeperAt(now: number, lastSeenAt: number, options: Partial<SessionOptions> = {}) {
  const touched: string[] = [];
  const sessions: Pick<Sessions, "findSession" | "touchSession"> = {
    findSession: (idHash) =>
      Promise.resolve({ session: { idHash, lastSeenAt }, user: { active: true } } as LiveSession),
    touchSession: (idHash) => Promise.resolve(void touched.push(idHash)),
  };
  const clock = { now: () => now };
  const keeper = createSessionKeeper({
    sessions: sessions as Sessions,
    ...{ clock, ids: systemIds, options: { ...OPTIONS, ...options } },
  });
  return { keeper, touched };
}

async function cookiesOf(options: Partial<SessionOptions>): Promise<string[]> {
  const { keeper } = keeperAt(0, 0, options);
  const app = express().get("/", (asked, response) => {
    keeper.bind(asked, response);
    keeper.set(response, keeper.create().value);
    response.end();
  });
  const { headers } = await request(app).get("/");
  return headers["set-cookie"] as unknown as string[];
}

it("sets cookies that only this host can have set, that no script reads and that never cross plain http", async () => {
  const cookies = await cookiesOf({});
  expect(cookies).toHaveLength(2);
  for (const cookie of cookies) {
    expect(cookie).toMatch(/^__Host-seatkeeper(-signin)?=[\w-]{22,};/);
    expect(cookie).toMatch(/; Path=\/;/);
    expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=(Lax|None)$/);
    expect(cookie).not.toContain("Domain");
  }
});

it("ends the cookie of a session no later than the session, and that of the browser not before it", async () => {
  const cookies = await cookiesOf({ sessionHours: 2 });
  expect(cookies.filter((cookie) => cookie.includes("Max-Age=7200"))).toHaveLength(2);
});

it.each([
  ["is seen again within the idle time", 30 * MINUTE, true],
  ["is idle for longer", 30 * MINUTE + 1, false],
])("a session that %s", async (_title, idle, isLive) => {
  const { keeper, touched } = keeperAt(idle, 0);
  const headers = { cookie: `__Host-seatkeeper=${keeper.create().value}` };
  const live = await keeper.read({ headers } as unknown as express.Request);
  expect([live !== null, touched.length]).toEqual([isLive, isLive ? 1 : 0]);
});

it("never takes over the name that a browser brings (N-108)", () => {
  const { keeper } = keeperAt(0, 0);
  const names = Array.from({ length: 50 }, () => keeper.create());
  expect(new Set(names.map(({ value }) => value)).size).toBe(50);
  expect(names.every(({ value, idHash }) => value !== idHash)).toBe(true);
});
