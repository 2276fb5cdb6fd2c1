import { z } from "zod";
import { connectionOf } from "../actions/administerConnections.js";
import type { Connection } from "../domain/directory.js";
import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import type { ReplayReport } from "../domain/answers/replay.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";
import type { ProvisioningLogQuery } from "../ports/provisioningLog.js";
import { time } from "./present.js";
import { logSearch } from "./provisioningLog.js";
import type { OrganisationCall, Reply, Routes } from "./route.js";

/** Recorded requests, sent again to a copy: what would happen with the rules and pools of today? */

export const REPLAY_ROUTES: Routes<OrganisationCall> = {
  "/organisations/:org/connections/:connection/log/replay": { POST: replayLog },
};

/** A dry run works as hard as the requests did; more belong on the command line. */
const REQUESTS_MAX = 1_000;
let isUnderWay = false;

const replayForm = z.strictObject({
  from: logSearch.shape.from,
  to: logSearch.shape.to,
  onEmpty: z.boolean("true or false is expected.").default(false),
});

async function replayLog({ deps, organisation, param, body }: OrganisationCall): Promise<Reply> {
  const { replay, store, logWriter } = deps;
  const { from, to, onEmpty } = body(replayForm);
  const connection = await connectionOf(deps, organisation.id, param("connection"));
  if (replay === undefined) throw new SeatkeeperError("NotImplemented");
  if (isUnderWay) {
    throw new SeatkeeperError("TooManyRequests", {
      sentence: "Another replay is under way. Try again when it is done.",
      retryAfterSeconds: 10,
    });
  }
  isUnderWay = true;
  try {
    await logWriter?.flushed();
    const records = await recordsFor(store, connection, { from, to }, REQUESTS_MAX);
    return {
      body: presentReplay(
        await replay({ connection, records, isOnEmpty: onEmpty, isForeign: false }),
      ),
    };
  } finally {
    isUnderWay = false;
  }
}

const PORTION = 500;

/** In order, with bodies. @throws SeatkeeperError TooMany when there are more than `max` */
export async function recordsFor(
  { provisioningLog }: Pick<Store, "provisioningLog">,
  { organisationId, id: connectionId }: Connection,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
  max: number,
): Promise<ProvisioningRecord[]> {
  const records: ProvisioningRecord[] = [];
  const query: ProvisioningLogQuery = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    limit: PORTION,
    withBodies: true,
  };
  for (;;) {
    const after = records.at(-1);
    const portion = await provisioningLog.list(
      { organisationId, connectionId },
      after === undefined ? query : { ...query, after },
    );
    records.push(...portion);
    if (records.length > max) {
      throw new SeatkeeperError("TooMany", {
        sentence: `The log has more than ${String(max)} requests in this time. Choose a shorter one with from and to.`,
      });
    }
    if (portion.length < PORTION) return records;
  }
}

export function presentReplay(report: ReplayReport) {
  return {
    ...report,
    differences: report.differences.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
  };
}
