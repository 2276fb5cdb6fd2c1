import { describe, expect, it } from "@jest/globals";
import { defaultPolicy } from "../../src/domain/pools/policy.js";
import { consumesSeat, STATES, STEPS, transition } from "../../src/domain/seats/states.js";

/** Every state with every step; what is not named here is refused. */
const ALLOWED: Record<string, string> = {
  "none invite": "pending",
  "none grant": "active",
  "none wait": "waiting",
  "none block": "blocked",
  "pending accept": "active",
  "pending decline": "closed",
  "pending cancel": "closed",
  "pending expire": "closed",
  "pending suspend": "suspended",
  "pending delete": "closed",
  "waiting grant": "active",
  "waiting invite": "pending",
  "waiting cancel": "closed",
  "waiting expire": "closed",
  "waiting suspend": "suspended",
  "waiting delete": "closed",
  "active schedule": "grace",
  "active park": "parked",
  "active suspend": "suspended",
  "active delete": "closed",
  "grace undo": "active",
  "grace windowOver": "parked",
  "grace suspend": "suspended",
  "grace delete": "closed",
  "parked grant": "active",
  "parked wait": "waiting",
  "parked suspend": "suspended",
  "parked retentionOver": "closed",
  "parked delete": "closed",
  "suspended resume": "active",
  "suspended wait": "waiting",
  "suspended park": "parked",
  "suspended delete": "closed",
  "blocked grant": "active",
  "blocked wait": "waiting",
  "blocked suspend": "suspended",
  "blocked delete": "closed",
};

describe("the states of a seat", () => {
  it("have exactly these steps, and everything else is refused by name", () => {
    for (const state of STATES) {
      for (const step of STEPS) {
        const after = ALLOWED[`${state} ${step}`];
        expect(transition(state, step)).toEqual(
          after === undefined
            ? {
                refused: "Conflict",
                sentence: `A seat that is ${state} has no step "${step}".`,
                detail: `${state} ${step}`,
              }
            : { ok: after },
        );
      }
    }
  });

  it("I4: take a seat by one predicate, which the policy may change for three of them", () => {
    const never = {
      ...defaultPolicy("locked"),
      pendingReserves: false,
      parkedConsumes: false,
      suspendedConsumes: false,
    };
    const always = {
      ...never,
      pendingReserves: true,
      parkedConsumes: true,
      suspendedConsumes: true,
    };

    expect(STATES.filter((state) => consumesSeat(never, state))).toEqual(["active", "grace"]);
    expect(STATES.filter((state) => consumesSeat(always, state))).toEqual([
      "pending",
      "active",
      "grace",
      "parked",
      "suspended",
    ]);
  });
});
