import type { Rehearsal } from "../actions/plans.js";
import type { Id } from "../domain/directory.js";
import type { SyncEffect } from "../domain/plans/report.js";
import type { Changes, Needs, Snapshot } from "../domain/snapshot.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { Store } from "../ports.js";
import type { SyncChange } from "../ports/plans.js";
import { answerBulk } from "./bulk.js";
import { createStage, ROWS_MAX, type ReplayDeps, type Stage } from "./replay.js";
import { withoutSecrets } from "./withoutSecrets.js";

/**
 * Requests of an identity provider, played on a copy of the organisation as it is now, through the whole SCIM stack; with
 * everything that they write, so that it can be written to the organisation itself.
 */
export async function rehearse(
  deps: ReplayDeps,
  organisationId: Id,
  change: SyncChange,
): Promise<Rehearsal> {
  const connection = await deps.store.administration.findConnection(change.connectionId);
  if (connection?.organisationId !== organisationId) throw new SeatkeeperError("NotFound");
  // As a decision of this moment would have it, by the ledger.
  const { now } = await deps.store.write(organisationId, (tx) => tx.load({}));
  const copy = await deps.store.copyOf(organisationId, {
    clock: { now: () => now },
    rowsMax: ROWS_MAX,
  });
  try {
    const before = await everybodyIn(deps, copy, organisationId);
    const writes: Written[] = [];
    const stage = createStage(deps, withNotes(copy, writes), connection, true);
    const effect = "bulk" in change ? await bulk(stage, change.bulk) : await records(stage, change);
    const after = await everybodyIn(deps, copy, organisationId);
    const kept = keptOf(deps, change);
    return { revision: before.revision ?? 0, at: now, before, after, effect, kept, writes };
  } finally {
    await copy.close();
  }
}

/** Records are without secrets already; of a bulk request each operation is looked at by itself. */
function keptOf({ schemas }: ReplayDeps, change: SyncChange): SyncChange {
  if (!("bulk" in change)) return change;
  const bulk = change.bulk as JsonObject;
  const operations = bulk["Operations"] as readonly JsonObject[];
  const kept = operations.map((operation): JsonObject => {
    if (operation["data"] === undefined) return operation;
    const data = withoutSecrets(schemas, operation["data"]);
    if (data === null) {
      throw new SeatkeeperError("PayloadTooLarge", {
        sentence: "An operation of the bulk request is larger than a plan can keep.",
      });
    }
    return { ...operation, data: data.body };
  });
  return { ...change, bulk: { ...bulk, Operations: kept } };
}

interface Written {
  readonly loads: readonly Needs[];
  readonly changes: Changes;
}

/** The same store, that notes what each transaction loads and saves. One that runs again is noted anew. */
function withNotes(store: Store, writes: Written[]): Store {
  return {
    ...store,
    write: async (organisationId, work) => {
      let noted: Written[] = [];
      const result = await store.write(organisationId, (tx) => {
        noted = [];
        const loads: Needs[] = [];
        return work({
          load: (needs) => {
            loads.push(needs);
            return tx.load(needs);
          },
          save: async (changes) => {
            await tx.save(changes);
            noted.push({ loads: [...loads], changes });
          },
        });
      });
      writes.push(...noted);
      return result;
    },
  };
}

/** In a transaction, so that all of it is of one moment. */
function everybodyIn(
  { catalogue }: ReplayDeps,
  copy: Store,
  organisationId: Id,
): Promise<Snapshot> {
  const products = [...catalogue.products.keys()];
  const concerned = { matches: [{ type: "everyone" as const }], products, limit: ROWS_MAX };
  return copy.write(organisationId, (tx) => tx.load({ concerned }));
}

async function bulk(
  { scim, connection, settle }: Stage,
  body: Extract<SyncChange, { bulk: unknown }>["bulk"],
): Promise<SyncEffect> {
  const answer = await answerBulk(scim, connection, { body, requestId: scim.ids.next() });
  await settle();
  const operations = answer["Operations"] as readonly JsonObject[];
  const asked = (body as JsonObject)["Operations"] as readonly JsonObject[];
  return {
    requests: operations.length,
    refused: operations.flatMap((operation, index) => {
      const { status, response } = operation as { status: string; response?: { detail?: string } };
      if (Number(status) < 400) return [];
      const said = asked[index] ?? {};
      return [
        {
          request: index + 1,
          method: wordOf(said["method"]),
          path: wordOf(said["path"]),
          status: Number(status),
          sentence: response?.detail ?? "",
        },
      ];
    }),
  };
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

async function records(
  stage: Stage,
  { records: all }: Extract<SyncChange, { records: unknown }>,
): Promise<SyncEffect> {
  for (const record of all) {
    const reason = await stage.perform(record);
    if (reason === "bodyNotKept") {
      throw new SeatkeeperError("InvalidValue", {
        sentence: `The body of the request ${record.requestId} was too large to be kept in the log, so it cannot be sent again.`,
      });
    }
  }
  await stage.settle();
  const answers = await stage.recordsById();
  const refused = all.flatMap(({ id, method, resource, resourceId }, index) => {
    const again = answers.get(id);
    if (again === undefined || again.refusal === null) return [];
    const path = resourceId === null ? `/${resource}` : `/${resource}/${resourceId}`;
    const { status, refusal } = again;
    return [{ request: index + 1, method, path, status, sentence: refusal.sentence }];
  });
  return { requests: all.length, refused };
}
