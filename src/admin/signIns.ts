import { z } from "zod";
import { connectionOf } from "../actions/administerConnections.js";
import { endTrace, readTrace, startTrace } from "../actions/signInLog.js";
import { foldName, type Id } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { Scope, Store } from "../ports.js";
import type { SignInLine, SignInLogQuery, SignInTrace } from "../ports/signInLog.js";
import type { SignInInsight } from "./deps.js";
import { time, timeOrNull } from "./present.js";
import { checkVerdict, CURSOR, defined, instant } from "./provisioningLog.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";

/** Who tried to sign in, and why it was refused (docs/sign-in-log.md). */

const CONNECTION = "/organisations/:org/connections/:connection";

export const SIGN_IN_ROUTES: Routes<OrganisationCall> = {
  [`${CONNECTION}/sign-ins`]: { GET: list },
  [`${CONNECTION}/sign-ins/:record`]: { GET: show },
  [`${CONNECTION}/sign-ins/:record/trace`]: { GET: showTrace },
  [`${CONNECTION}/trace`]: { GET: traceState, PUT: switchOn, DELETE: switchOff },
};

/** What may be searched by; the command line uses the same. */
export const signInSearch = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  person: z.string().min(1, "A text is expected.").max(256, "The text is too long.").optional(),
  /** ok, refused, or a reason. */
  verdict: z
    .string()
    .regex(/^[A-Za-z]{1,64}$/, "ok, refused or a reason is expected.")
    .optional(),
  reference: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, "A reference or its beginning is expected.")
    .optional(),
});

const listQuery = signInSearch.extend({
  after: z.string().regex(CURSOR, 'The "next" of the page before is expected.').optional(),
  limit: pageQuery.shape.limit,
  newestFirst: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
});

const MINUTES_MAX = 60;

export const traceForm = z.strictObject({
  minutes: z
    .int("A whole number is expected.")
    .min(1, "At least 1 is expected.")
    .max(MINUTES_MAX, `At most ${String(MINUTES_MAX)} is expected.`)
    .default(15),
});

export type SignInSearch = z.output<typeof signInSearch>;

async function scopeOf({ deps, organisation, param }: OrganisationCall): Promise<Scope> {
  const { id } = await connectionOf(deps, organisation.id, param("connection"));
  return { organisationId: organisation.id, connectionId: id };
}

async function list(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, query } = call;
  const scope = await scopeOf(call);
  const { after, limit, newestFirst, ...search } = query(listQuery);
  await deps.signIns?.flushed?.();
  const [, at, id] = CURSOR.exec(after ?? "") ?? [];
  const lines = await deps.store.signInLog.list(scope, {
    ...(await signInQueryFor(deps.store, organisation.id, search, deps.signIns)),
    ...(at === undefined || id === undefined ? {} : { after: { at: Number(at), id } }),
    limit: limit + 1,
    newestFirst,
  });
  return {
    body: page(
      lines,
      limit,
      (line) => `${String(line.at)}.${line.id}`,
      (line) => presentSignIn(line, deps.signIns),
    ),
  };
}

async function show(call: OrganisationCall): Promise<Reply> {
  const { deps, param } = call;
  const scope = await scopeOf(call);
  await deps.signIns?.flushed?.();
  const line = await deps.store.signInLog.find(scope, param("record"));
  if (line === null) throw new SeatkeeperError("NotFound");
  return { body: presentSignIn(line, deps.signIns) };
}

async function showTrace(call: OrganisationCall): Promise<Reply> {
  const { deps, param, cause } = call;
  const scope = await scopeOf(call);
  const id = param("record");
  await deps.signIns?.flushed?.();
  const sealed = await readTrace(deps, scope, id, cause("trace.read"));
  if (sealed === null || deps.signIns === undefined) {
    throw new SeatkeeperError("NotFound", { sentence: NO_TRACE });
  }
  return { body: presentMessage(id, deps.signIns.openTrace(id, sealed)) };
}

export const NO_TRACE = "There is no such attempt, or what was sent was not kept.";

async function traceState(call: OrganisationCall): Promise<Reply> {
  const { connectionId } = await scopeOf(call);
  const { signInLog, clock } = call.deps.store;
  return { body: presentTrace(await signInLog.findTrace(connectionId, clock.now())) };
}

async function switchOn(call: OrganisationCall): Promise<Reply> {
  const { minutes } = call.body(traceForm);
  const trace = await startTrace(
    call.deps,
    await scopeOf(call),
    minutes,
    call.cause("trace.started"),
  );
  return { body: presentTrace(trace) };
}

async function switchOff(call: OrganisationCall): Promise<Reply> {
  await endTrace(call.deps, await scopeOf(call), call.cause("trace.ended"));
  return { status: 204 };
}

/** A person is meant by id or by userName; who was found by name is looked for by id, too. */
export async function signInQueryFor(
  { insights }: Pick<Store, "insights">,
  organisationId: Id,
  { from, to, person, verdict, reference }: SignInSearch,
  insight: SignInInsight | undefined,
): Promise<Omit<SignInLogQuery, "limit">> {
  checkVerdict(verdict, insight?.reasons);
  const named = person === undefined ? null : await insights.userByName(organisationId, person);
  const isReason = verdict !== undefined && verdict !== "ok" && verdict !== "refused";
  return {
    ...defined({ from, to, requestId: reference, reason: isReason ? verdict : undefined }),
    ...(verdict === undefined ? {} : { refused: verdict !== "ok" }),
    ...(person === undefined
      ? {}
      : {
          person: {
            userIds: named === null ? [person] : [person, named.id],
            userName: foldName(person),
          },
        }),
  };
}

export function presentSignIn(line: SignInLine, insight: SignInInsight | undefined) {
  const { id, connectionId, at, requestId, code, reason, userId, userName } = line;
  const { sessionId, address, count, hasTrace, traceUntil } = line;
  return {
    ...{ id, connectionId, at: time(at), result: code === null ? "ok" : "refused" },
    ...{ code, reason, sentence: reason === null ? null : (insight?.sentenceOf(reason) ?? null) },
    ...{ reference: requestId, userId, userName, sessionId, address, count },
    traceUntil: hasTrace ? timeOrNull(traceUntil) : null,
  };
}

export function presentTrace(trace: SignInTrace | null) {
  if (trace === null) {
    return { on: false, startedAt: null, startedBy: null, endsAt: null, taken: 0 };
  }
  const { startedAt, startedBy, endsAt, taken } = trace;
  return { on: true, startedAt: time(startedAt), startedBy, endsAt: time(endsAt), taken };
}

/** As it came, and readable. */
export function presentMessage(id: string, message: string) {
  return { id, message, xml: Buffer.from(message, "base64").toString("utf8") };
}
