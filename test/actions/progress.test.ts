import { describe, expect, it } from "@jest/globals";
import { createLook } from "../../src/actions/progress.js";

describe("the progress of a re-evaluation", () => {
  it("is told from how many were left before, in per cent, by the second, and in seconds to go", () => {
    const look = createLook();
    expect(look("acme", 1_000, 0)).toEqual({
      ...{ stale: 1_000, percent: 0, perSecond: null, secondsLeft: null },
    });
    expect(look("acme", 750, 1_000)).toEqual({
      ...{ stale: 750, percent: 25, perSecond: 250, secondsLeft: 3 },
    });
    expect(look("acme", 1, 9_990)).toMatchObject({ percent: 99, perSecond: 100, secondsLeft: 1 });
    expect(look("acme", 0, 10_000)).toEqual({
      ...{ stale: 0, percent: 100, perSecond: null, secondsLeft: 0 },
    });
  });

  it("begins anew when more are due than before, and for each organisation by itself", () => {
    const look = createLook();
    look("acme", 1_000, 0);
    look("acme", 500, 1_000);
    expect(look("acme", 800, 2_000)).toMatchObject({ percent: 0, perSecond: null });
    expect(look("acme", 400, 3_000)).toMatchObject({ percent: 50, perSecond: 400 });
    expect(look("other", 400, 3_000)).toMatchObject({ percent: 0, perSecond: null });
  });
});
