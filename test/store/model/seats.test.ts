import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { describeMySql } from "../../support/mariadb.js";
import { openMariaDb } from "../support/mysql.js";
import type { Open } from "../support/open.js";
import { openFile } from "../support/sqlite.js";
import { AT } from "../support/tenant.js";
import { EMERGENCY_OVER, history, Office } from "./office.js";

/**
 * Sequences of commands through the engine and a real database, beside a model that says the same in plain words
 * (naiveSeats.ts): after each command who holds what, who waits and in which order, and the answer are the same in both,
 * and the counters of the pools are what the seats say. Afterwards the verifier follows the ledger. I1, I2, I9, I10, I12,
 * I13, I15, I16, I20, I26. SEATKEEPER_SEQUENCES=100000 is the nightly size.
 */
const SEQUENCES = Number(process.env["SEATKEEPER_SEQUENCES"] ?? 300);
/** An ordinary run repeats the same sequences, so that it judges the change at hand; a long one looks for new ones. */
const isOrdinary = SEQUENCES === 300 && (process.env["SEATKEEPER_TEST_SEED"] ?? "") === "";

describeModel("SQLite", openFile, 5 / 6);
describeMySql("MariaDB", () => describeModel("MariaDB", openMariaDb, 1 / 6));

function describeModel(name: string, open: Open, share: number): void {
  describe(`the seats of random commands, on ${name}`, () => {
    let now = AT;
    let store: Awaited<ReturnType<Open>>["store"];
    const times = Math.ceil(SEQUENCES * share);

    beforeAll(async () => {
      ({ store } = await open({ clock: { now: () => now } }));
    });

    afterAll(() => store.close());

    it(`are those of a naive model after each of them (${String(times)} sequences)`, async () => {
      await fc.assert(
        fc.asyncProperty(history, async (commands) => {
          const office = await Office.open(store, now);
          for (const [index, one] of commands.entries()) {
            now += 1 + one.minutes * 60_000;
            const said = `${String(index)}: ${JSON.stringify(one)}`;
            const { expected, answered } = await office.play(now, one);
            expect([said, answered]).toEqual([said, expected]);
            expect([said, await office.picture(now)]).toEqual([said, office.model.picture(now)]);
          }
          expect(await office.verdict()).toMatchObject({ fault: null });
        }),
        {
          ...{ numRuns: times, endOnFailure: false, examples: [[EMERGENCY_OVER]] },
          ...(isOrdinary ? { seed: 20261122 } : {}),
        },
      );
    }, 86_400_000);
  });
}
