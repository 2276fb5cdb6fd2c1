import { expect, it } from "@jest/globals";
import type { SignInRecord } from "../../../src/domain/signIn/signInLog.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

function attempt(tenant: Tenant, fields: Partial<SignInRecord> = {}): SignInRecord {
  return {
    ...{ id: systemIds.next(), ...tenant.scope, at: AT, requestId: "reference" },
    ...{ code: "SignInFailed", reason: "IssuerMismatch", userId: null, userName: null },
    ...{ sessionId: null, address: null, count: 1, trace: null, traceUntil: null },
    ...fields,
  };
}

export function signInLogContract({ store }: Subject): void {
  it("keeps odd text as far as a database can, and never throws for it", async () => {
    const tenant = await createTenant(store());
    const odd = attempt(tenant, {
      userName: `\0\ud800${"x".repeat(1_000)}`,
      requestId: "r".repeat(1_000),
      reason: "R".repeat(100),
    });
    await store().signInLog.append([odd]);
    const [line] = await store().signInLog.list(tenant.scope, { limit: 10 });
    expect(line).toMatchObject({ id: odd.id, trace: null, hasTrace: false });
    expect(line?.userName).toHaveLength(256);
  });

  it("finds lines by every condition, in both directions, of this connection only", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const { signInLog } = store();
    const lines = [
      attempt(tenant, { at: AT, code: null, reason: null, userId: "u1", userName: "Ann" }),
      attempt(tenant, { at: AT + 1, userName: "BEN" }),
      attempt(tenant, { at: AT + 1, reason: "replay", requestId: "other" }),
    ];
    await signInLog.append([...lines, attempt(foreign)]);
    const ids = async (query: object) =>
      (await signInLog.list(tenant.scope, { limit: 10, ...query })).map(({ id }) =>
        lines.findIndex((line) => line.id === id),
      );
    expect(await ids({})).toEqual([0, 1, 2]);
    expect(await ids({ newestFirst: true })).toEqual([2, 1, 0]);
    expect(await ids({ from: AT + 1 })).toEqual([1, 2]);
    expect(await ids({ to: AT + 1 })).toEqual([0]);
    expect(await ids({ refused: false })).toEqual([0]);
    expect(await ids({ reason: "replay" })).toEqual([2]);
    expect(await ids({ requestId: "ref" })).toEqual([0, 1]);
    expect(await ids({ person: { userIds: ["u1", "\0"], userName: "ben" } })).toEqual([0, 1]);
    expect(await ids({ after: { at: AT + 1, id: lines[1]!.id } })).toEqual([2]);
    expect(await ids({ newestFirst: true, after: { at: AT + 1, id: lines[2]!.id } })).toEqual([
      1, 0,
    ]);
    expect(await signInLog.find(foreign.scope, lines[0]!.id)).toBeNull();
    expect(await signInLog.find(tenant.scope, "\0")).toBeNull();
  });

  it("writes the line of a sign-in with the session, and goes with the person who is erased", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user({ userName: "Zoe" });
    const session = tenant.session(user);
    const { id: userId, userName } = user;
    const line = attempt(tenant, { code: null, reason: null, userId, userName });
    const refused = attempt(tenant, { userName: "zoe" });
    const other = attempt(tenant, { userName: "ann" });
    await store().signInLog.append([refused, other]);
    await tenant.save({
      usersInserted: [user],
      sessionsInserted: [session],
      signInsRecorded: [line],
    });
    const left = async () =>
      (await store().signInLog.list(tenant.scope, { limit: 10 })).map(({ id }) => id).toSorted();
    expect(await left()).toEqual([line.id, refused.id, other.id].toSorted());

    await tenant.save({ usersDeleted: [user.id], peopleErased: [{ userId: user.id, userName }] });

    expect(await left()).toEqual([other.id]);
  });

  it("counts what a trace has kept, to its end and its limit, and clears it", async () => {
    const tenant = await createTenant(store());
    const { signInLog, insights } = store();
    const { organisationId, connectionId } = tenant;
    const cause = {
      type: "admin",
      action: "trace.started",
      actor: "ann",
      requestId: null,
    } as const;
    const change = { cause, at: AT, details: {} };
    const trace = { connectionId, startedAt: AT, startedBy: "ann", endsAt: AT + 10 };
    expect(await signInLog.takeTrace(connectionId, AT, 2)).toBe(false);
    await signInLog.startTrace(organisationId, trace, change);
    const taken = [];
    for (let n = 0; n < 3; n += 1) taken.push(await signInLog.takeTrace(connectionId, AT, 2));
    expect(taken).toEqual([true, true, false]);
    expect(await signInLog.findTrace(connectionId, AT + 9)).toEqual({ ...trace, taken: 2 });
    expect(await signInLog.findTrace(connectionId, AT + 10)).toBeNull();
    const line = attempt(tenant, { trace: "sealed", traceUntil: AT + 5 });
    const later = attempt(tenant, { trace: "sealed", traceUntil: AT + 6 });
    await signInLog.append([line, later]);
    expect(await signInLog.clearTraces(AT + 5, 10)).toBe(1);
    expect(await signInLog.readTrace(tenant.scope, line.id, change)).toBeNull();
    expect(await signInLog.readTrace(tenant.scope, later.id, change)).toBe("sealed");
    expect(await signInLog.endTrace(tenant.scope, change)).toBe(true);
    expect(await signInLog.endTrace(tenant.scope, change)).toBe(false);
    expect(await signInLog.readTrace(tenant.scope, later.id, change)).toBeNull();
    // Started, read, ended: what did nothing is not told.
    expect(await insights.entries(organisationId, { limit: 10 })).toHaveLength(3);
  });

  it("forgets what is old in portions", async () => {
    const tenant = await createTenant(store());
    const { signInLog } = store();
    await signInLog.append([1, 2, 3].map((at) => attempt(tenant, { at })));
    expect(await signInLog.deleteBefore(3, 1)).toBe(1);
    expect(await signInLog.deleteBefore(3, 10)).toBe(1);
    expect((await signInLog.list(tenant.scope, { limit: 10 })).map(({ at }) => at)).toEqual([3]);
    await signInLog.deleteBefore(4, 10);
  });
}
