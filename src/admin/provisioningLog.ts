import { z } from "zod";
import { connectionOf } from "../actions/administerConnections.js";
import { foldName, type Id } from "../domain/directory.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import { ERRORS, SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import type { ProvisioningLogQuery } from "../ports/provisioningLog.js";
import { unknownName } from "../suggest.js";
import { time } from "./present.js";
import { type OrganisationCall, page, pageQuery, type Reply, type Routes } from "./route.js";

/** What an identity provider sent and what became of it (docs/provisioning-log.md). */

export const LOG_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/connections/:connection/log": { GET: listLog },
  "/organisations/:org/connections/:connection/log/:record": { GET: showRecord },
};

export const instant = z
  .string()
  .refine(
    (text) => !Number.isNaN(Date.parse(text)),
    "A time such as 2026-03-01T12:00:00Z is expected.",
  )
  .transform((text) => Date.parse(text));

export const CURSOR = /^(\d{1,15})\.([\x21-\x7e]{1,64})$/;
const short = z.string().min(1, "A text is expected.").max(256, "The text is too long.");

/** What may be searched by; the command line uses the same. */
export const logSearch = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  person: short.optional(),
  /** ok, refused, or a code of docs/errors.md. */
  verdict: z
    .string()
    .regex(/^[A-Za-z]{1,64}$/, "ok, refused or an error code is expected.")
    .optional(),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  resource: z
    .string()
    .regex(/^[A-Za-z]{1,64}$/, "Users or Groups is expected.")
    .optional(),
  requestId: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, "A request id or its beginning is expected.")
    .optional(),
});

const logQuery = logSearch.extend({
  after: z.string().regex(CURSOR, 'The "next" of the page before is expected.').optional(),
  limit: pageQuery.shape.limit,
  newestFirst: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true"),
});

export type LogSearch = z.output<typeof logSearch>;

async function listLog(call: OrganisationCall): Promise<Reply> {
  const { deps, organisation, param, query } = call;
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  const { after, limit, newestFirst, ...search } = query(logQuery);
  await deps.logWriter?.flushed();
  const scope = { organisationId: organisation.id, connectionId: connection.id };
  const [, at, id] = CURSOR.exec(after ?? "") ?? [];
  const records = await deps.store.provisioningLog.list(scope, {
    ...(await logQueryFor(deps.store, organisation.id, search)),
    ...(at === undefined || id === undefined ? {} : { after: { at: Number(at), id } }),
    limit: limit + 1,
    newestFirst,
  });
  return { body: page(records, limit, (record) => `${record.at}.${record.id}`, presentRecord) };
}

async function showRecord({ deps, organisation, param }: OrganisationCall): Promise<Reply> {
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  await deps.logWriter?.flushed();
  const scope = { organisationId: organisation.id, connectionId: connection.id };
  const record = await deps.store.provisioningLog.find(scope, param("record"));
  if (record === null) throw new SeatkeeperError("NotFound");
  return { body: presentRecord(record) };
}

/** A person is meant by id or by userName; who was found by name is looked for by id, too. */
export async function logQueryFor(
  { insights }: Pick<Store, "insights">,
  organisationId: Id,
  { person, verdict, ...plain }: LogSearch,
): Promise<Omit<ProvisioningLogQuery, "limit">> {
  checkVerdict(verdict);
  const named = person === undefined ? null : await insights.userByName(organisationId, person);
  const isCode = verdict !== undefined && verdict !== "ok" && verdict !== "refused";
  return {
    ...defined(plain),
    ...(person === undefined
      ? {}
      : {
          person: {
            userIds: named === null ? [person] : [person, named.id],
            userName: foldName(person),
          },
        }),
    ...(verdict === undefined ? {} : { refused: verdict !== "ok" }),
    ...(isCode ? { code: verdict } : {}),
  };
}

/**
 * A misspelt word would find nothing, which looks as if nothing had been refused. `reasons`: what there is besides error codes.
 * @throws SeatkeeperError InvalidValue
 */
export function checkVerdict(verdict: string | undefined, reasons: readonly string[] = []): void {
  const known = ["ok", "refused", ...reasons, ...Object.keys(ERRORS)];
  if (verdict === undefined || known.includes(verdict)) return;
  const sentence = unknownName("verdict", verdict, known);
  throw new SeatkeeperError("InvalidValue", { sentence, field: "verdict" });
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

export function presentRecord(record: ProvisioningRecord) {
  const { at, status, refusal, effects, organisationId, connectionId, body, ...rest } = record;
  return {
    ...rest,
    connectionId,
    at: time(at),
    verdict: refusal === null ? "ok" : "refused",
    status,
    refusal,
    effects,
    ...(body === undefined ? {} : { body }),
  };
}
