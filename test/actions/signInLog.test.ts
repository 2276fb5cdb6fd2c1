import { expect, it } from "@jest/globals";
import {
  BUDGET,
  createSignInLogRetention,
  createSignInLogWriter,
} from "../../src/actions/signInLog.js";
import type { SignInRecord } from "../../src/domain/signIn/signInLog.js";
import type { Store } from "../../src/ports.js";

/** What a flood of refused sign-ins leaves. */

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function record(at: number, connectionId = "c1"): SignInRecord {
  return {
    ...{ id: `${connectionId}-${String(at)}-${String((serial += 1))}`, organisationId: "org" },
    ...{ connectionId, at, requestId: "r", code: "SignInFailed", reason: "SignatureInvalid" },
    ...{ userId: null, userName: "eve", sessionId: null, address: "192.0.2.0/24", count: 1 },
    ...{ trace: "sealed", traceUntil: at },
  };
}
let serial = 0;

function writing() {
  const written: SignInRecord[] = [];
  let statements = 0;
  const append = (records: readonly SignInRecord[]) => {
    statements += 1;
    written.push(...records);
    return Promise.resolve();
  };
  const store = { signInLog: { append } } as unknown as Pick<Store, "signInLog">;
  const writer = createSignInLogWriter({ store, logger: silent });
  return { writer, written, statements: () => statements };
}

it("writes down so many a minute one by one, and counts the rest in one line that names nobody", async () => {
  const { writer, written, statements } = writing();
  for (let n = 0; n < 500; n += 1) writer.note(record(1_000 + n), false);

  await writer.flushed();

  expect(statements()).toBe(1);
  expect(written).toHaveLength(BUDGET.perMinute + 1);
  expect(written.at(-1)).toMatchObject({
    ...{ reason: "Flood", count: 500 - BUDGET.perMinute, userName: null, trace: null },
  });
});

it("stays bounded for a day, whatever comes, and loses no count", async () => {
  const { writer, written } = writing();
  const MINUTES = 1_440;
  const PER_MINUTE = 30;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let n = 0; n < PER_MINUTE; n += 1) writer.note(record(minute * 60_000 + n), false);
  }

  await writer.flushed();

  expect(written.length).toBeLessThanOrEqual(BUDGET.perDay + MINUTES);
  const counted = written.reduce((sum, { count }) => sum + count, 0);
  expect(counted).toBe(MINUTES * PER_MINUTE);
});

it("lets messages without a good signature crowd out neither verified ones nor another connection's", async () => {
  const { writer, written } = writing();
  for (let n = 0; n < 500; n += 1) writer.note(record(n), false);
  const verified = record(501);
  const elsewhere = record(502, "c2");
  writer.note(verified, true);
  writer.note(elsewhere, false);

  await writer.flushed();

  expect(written).toEqual(expect.arrayContaining([verified, elsewhere]));
});

it("begins anew with each minute", async () => {
  const { writer, written } = writing();
  for (const minute of [0, 1]) {
    for (let n = 0; n < BUDGET.perMinute + 1; n += 1) writer.note(record(minute * 60_000), false);
  }
  await writer.flushed();
  expect(written.filter(({ reason }) => reason === "Flood").map(({ count }) => count)).toEqual([
    1, 1,
  ]);
});

it("forgets what is older than was said, in portions, and messages whose time is over", async () => {
  const asked: number[][] = [];
  let left = 1_200;
  const signInLog = {
    clearTraces: (now: number, limit: number) => {
      asked.push([now, limit]);
      return Promise.resolve(0);
    },
    deleteBefore: (at: number, limit: number) => {
      const gone = Math.min(left, limit);
      left -= gone;
      asked.push([at, gone]);
      return Promise.resolve(gone);
    },
  } as unknown as Store["signInLog"];
  const clock = { now: () => 100 * 86_400_000 };

  await createSignInLogRetention({ store: { signInLog, clock }, keepDays: 90 }).cleanUp();

  expect(asked).toEqual([
    [100 * 86_400_000, 500],
    [10 * 86_400_000, 500],
    [10 * 86_400_000, 500],
    [10 * 86_400_000, 200],
  ]);
});
