import { describe, expect, it } from "@jest/globals";
import { createLook } from "../../src/actions/progress.js";

/** Of a thousand people. */
const of = (stale: number) => ({ stale, people: () => Promise.resolve(1_000) });

describe("the progress of a re-evaluation", () => {
  it("is told from how many were left before, in per cent, by the second, and in seconds to go", async () => {
    const look = createLook();
    expect(await look("acme", of(1_000), 0)).toEqual({
      ...{ stale: 1_000, percent: 0, perSecond: null, secondsLeft: null },
    });
    expect(await look("acme", of(750), 1_000)).toEqual({
      ...{ stale: 750, percent: 25, perSecond: 250, secondsLeft: 3 },
    });
    expect(await look("acme", of(1), 9_990)).toMatchObject({
      percent: 99,
      perSecond: 100,
      secondsLeft: 1,
    });
    expect(await look("acme", of(0), 10_000)).toEqual({
      ...{ stale: 0, percent: 100, perSecond: null, secondsLeft: 0 },
    });
  });

  it("begins anew when more are due than before, and for each organisation by itself", async () => {
    const look = createLook();
    await look("acme", of(1_000), 0);
    await look("acme", of(500), 1_000);
    expect(await look("acme", of(800), 2_000)).toMatchObject({ percent: 20, perSecond: null });
    expect(await look("acme", of(400), 3_000)).toMatchObject({ percent: 60, perSecond: 400 });
    expect(await look("other", of(400), 3_000)).toMatchObject({ perSecond: null });
  });

  it("is the same wherever and whenever somebody looks: another node, a command, a server after a kill -9", async () => {
    const seen = createLook();
    await seen("acme", of(1_000), 0);
    const there = await seen("acme", of(250), 3_000);
    const elsewhere = await createLook()("acme", of(250), 3_000);
    expect([there.percent, elsewhere.percent]).toEqual([75, 75]);
  });
});
