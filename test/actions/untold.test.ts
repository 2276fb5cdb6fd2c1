import { describe, expect, it } from "@jest/globals";
import { createUntoldRetention } from "../../src/actions/deliverEvents.js";
import type { Outbox } from "../../src/ports.js";

/** Events where nobody is to be told: they are not kept for ever. */

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

function world(backlog: number) {
  const asked: [before: number, limit: number][] = [];
  const clock = { at: 10 * WEEK, now: () => clock.at };
  let left = backlog;
  const outbox = {
    forgetUntold: (before: number, limit: number) => {
      asked.push([before, limit]);
      const dropped = Math.min(limit, left);
      left -= dropped;
      return Promise.resolve(dropped);
    },
  } as unknown as Outbox;
  return { asked, clock, ...createUntoldRetention({ outbox, clock }), left: () => left };
}

describe("events without a receiver", () => {
  it("are dropped after a week, in portions, and looked for once an hour", async () => {
    const { asked, clock, cleanUp, left } = world(2_500);
    for (let turn = 0; turn < 5; turn += 1) await cleanUp();
    expect(left()).toBe(0);
    expect(asked).toEqual(Array.from({ length: 3 }, () => [9 * WEEK, 1_000]));

    clock.at += HOUR;
    await cleanUp();
    expect(asked).toHaveLength(4);
    expect(asked[3]).toEqual([9 * WEEK + HOUR, 1_000]);
  });
});
