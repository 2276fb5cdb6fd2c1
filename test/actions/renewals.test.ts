import { describe, expect, it } from "@jest/globals";
import { createRenewing } from "../../src/actions/renewals.js";
import type { Seat } from "../../src/domain/directory.js";
import type { LeaseRef } from "../../src/domain/leases/renewals.js";
import { SeatkeeperError } from "../../src/errors.js";
import type { Leases } from "../../src/ports/leases.js";

/** Which renewals go the short way together, and which the long way by themselves. */

function lease(n: number, generation = 1): LeaseRef {
  return { seatId: `s${String(n)}`, generation };
}

function seat({ seatId, generation }: LeaseRef): Seat {
  return {
    ...{ id: seatId, organisationId: "org", poolId: "p", product: "support", userId: "u" },
    ...{ tier: "standard", grantedAt: 0, lastUsedAt: 0, lastSignInAt: null, expiresAt: 1 },
    generation,
  };
}

/** Renews in the short way what `isShort` says. */
function world(isShort: (id: string) => boolean, failure?: Error) {
  const batches: number[] = [];
  const slow: string[] = [];
  const leases: Leases = {
    renew: async (_, ids) => {
      batches.push(ids.length);
      await Promise.resolve();
      if (failure !== undefined) throw failure;
      const renewed = ids.filter(isShort).map((seatId) => seat({ seatId, generation: 1 }));
      return { renewed, daysUsed: [] };
    },
  };
  const { renew, settled } = createRenewing({ leases });
  const ask = (ref: LeaseRef) =>
    renew("org", ref, () => {
      slow.push(ref.seatId);
      return Promise.reject(new SeatkeeperError("LeaseLost"));
    });
  return { batches, slow, ask, settled };
}

describe("renewals", () => {
  it("that come together are one transaction, each with its own verdict", async () => {
    const { ask, batches, slow } = world((id) => id !== "s3");
    const refs = [...Array.from({ length: 9 }, (_, n) => lease(n)), lease(5, 0)];
    const answers = await Promise.allSettled(refs.map(ask));

    expect(batches).toEqual([10]);
    expect(answers.map(({ status }) => status === "fulfilled")).toEqual([
      ...[true, true, true, false, true, true, true, true, true],
      // An older generation of a lease that somebody else has just renewed.
      false,
    ]);
    expect(slow).toEqual(["s3", "s5"]);
  });

  it("are at most 512 at a time", async () => {
    const { ask, batches, settled } = world(() => true);
    const all = Array.from({ length: 1_100 }, (_, n) => ask(lease(n)));
    await settled();
    expect(batches).toEqual([512, 512, 76]);
    expect(await Promise.all(all)).toHaveLength(1_100);
  });

  it("go the long way when the short one fails, so that none of them spoils the others", async () => {
    const { ask, slow } = world(() => true, new Error("a fault"));
    const answers = await Promise.allSettled([ask(lease(1)), ask(lease(2))]);
    expect(slow).toEqual(["s1", "s2"]);
    expect(answers).toMatchObject([
      { reason: { code: "LeaseLost" } },
      { reason: { code: "LeaseLost" } },
    ]);
  });

  it("are told of an outage at once", async () => {
    const { ask, slow } = world(() => true, new SeatkeeperError("Unavailable"));
    await expect(ask(lease(1))).rejects.toMatchObject({ code: "Unavailable" });
    expect(slow).toEqual([]);
  });
});
