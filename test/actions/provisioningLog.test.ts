import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createActions, type Actions } from "../../src/actions/index.js";
import { createLogRetention, createLogWriter } from "../../src/actions/provisioningLog.js";
import { loadCatalogue } from "../../src/catalogueFile.js";
import { exampleCatalogueFile } from "../../src/config.js";
import type {
  Outcome,
  ProvisioningRecord,
  RequestCause,
  RequestTicket,
} from "../../src/domain/answers/provisioningLog.js";
import { SeatkeeperError } from "../../src/errors.js";
import type { Store } from "../../src/ports.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { quiet } from "../store/support/open.js";
import { createTenant, recordOf as anyRecord, type Tenant } from "../store/support/tenant.js";

/** What of the log is exact, what may be lost, and what goes away. */

const NOW = Date.parse("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;

let store: Store;
let tenant: Tenant;
let clock: { at: number; now: () => number };

beforeEach(async () => {
  clock = { at: NOW, now: () => clock.at };
  store = await createStore({ url: "sqlite::memory:", clock, logger: quiet });
  await store.migrate();
  tenant = await createTenant(store);
});
afterEach(() => store.close());

function recordOf(fields: Partial<ProvisioningRecord> = {}): ProvisioningRecord {
  return anyRecord(tenant, { at: NOW, ...fields });
}

function stored(): Promise<ProvisioningRecord[]> {
  return store.provisioningLog.list(tenant.scope, { limit: 10_000 });
}

describe("a record of a change", () => {
  let actions: Actions;
  beforeEach(() => {
    const catalogue = loadCatalogue(exampleCatalogueFile());
    actions = createActions({ store, catalogue, ids: systemIds, logger: quiet });
  });

  function draft(userName: string) {
    return { userName, externalId: null, displayName: null, active: true, document: { userName } };
  }

  function ticketed(userName: string): { cause: RequestCause; saved: string[] } {
    const saved: string[] = [];
    const request: RequestTicket = {
      recordOf: (outcome: Outcome, at) =>
        recordOf({
          at,
          userName,
          ...("refused" in outcome
            ? { status: outcome.refused.status, refusal: { ...outcome.refused } }
            : { effects: outcome.effects }),
        }),
      saved: () => saved.push(userName),
    };
    const cause = { type: "scim", action: "user.created", actor: "x", requestId: "r" } as const;
    return { cause: { ...cause, request }, saved };
  }

  it("is there when the request is answered, with those of all requests that shared the transaction", async () => {
    const requests = ["ann", "ben", "ann"].map((name) => ({ name, ...ticketed(name) }));

    const answers = await Promise.allSettled(
      requests.map(({ name, cause }) => actions.createUser(tenant.scope, draft(name), cause)),
    );

    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect((await stored()).map(({ userName, status }) => [userName, status])).toEqual([
      ["ann", 201],
      ["ben", 201],
      ["ann", 409],
    ]);
    expect(requests.map(({ saved }) => saved.length)).toEqual([1, 1, 1]);
    const [first, second] = await stored();
    // Each tells what it did itself, although all were committed as one change.
    expect(first?.effects?.people.created).toHaveLength(1);
    expect(second?.effects?.people.created).not.toEqual(first?.effects?.people.created);
  });

  it("costs no transaction where nothing changed: that is noted by whoever asked", async () => {
    await actions.createUser(tenant.scope, draft("ann"), ticketed("ann").cause);
    const again = ticketed("ann");

    const refused = actions.createUser(tenant.scope, draft("ann"), again.cause);
    await expect(refused).rejects.toMatchObject({ code: "Uniqueness" });

    expect(again.saved).toEqual([]);
    expect(await stored()).toHaveLength(1);
  });

  it("leaves the ledger's cause as it was", async () => {
    await store.administration.createPool(tenant.pool({ product: "support", tiers: ["standard"] }));
    await actions.createUser(tenant.scope, draft("ann"), ticketed("ann").cause);

    const entries = await store.insights.entries(tenant.organisationId, { limit: 9 });

    expect(entries.find(({ kind }) => kind === "seat.granted")?.cause).toEqual({
      type: "scim",
      action: "user.created",
      actor: "x",
      requestId: "r",
    });
  });
});

describe("what was noted", () => {
  it("is written in few statements, in order, and all of it before the end", async () => {
    const sizes: number[] = [];
    const { provisioningLog } = store;
    const counting = {
      ...provisioningLog,
      append: (records: readonly ProvisioningRecord[]) => {
        sizes.push(records.length);
        return provisioningLog.append(records);
      },
    };
    const writer = createLogWriter({ store: { provisioningLog: counting }, logger: quiet });
    const records = Array.from({ length: 450 }, () => recordOf());

    records.forEach(writer.note);
    await writer.flushed();

    expect(sizes).toEqual([200, 200, 50]);
    expect((await stored()).map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  });

  it("is dropped and counted when the database does not keep up, and never fails a request", async () => {
    const said: object[] = [];
    const broken = {
      ...store.provisioningLog,
      append: () => Promise.reject(new SeatkeeperError("Unavailable")),
    };
    const logger = { ...quiet, warn: (fields: object) => said.push(fields) };
    const writer = createLogWriter({ store: { provisioningLog: broken }, logger });

    for (let index = 0; index < 2_100; index += 1) writer.note(recordOf());
    await writer.flushed();

    expect(said.at(-1)).toEqual({ count: 2_100 });
    await writer.flushed();
    expect(said.filter((fields) => "count" in fields)).toHaveLength(1);
  });

  it("is dropped when large bodies wait, long before they fill the memory", async () => {
    const sizes: number[] = [];
    const slow = {
      ...store.provisioningLog,
      append: (records: readonly ProvisioningRecord[]) => {
        sizes.push(records.length);
        return Promise.resolve();
      },
    };
    const writer = createLogWriter({ store: { provisioningLog: slow }, logger: quiet });
    const note = () => writer.note(recordOf({ body: { text: "x".repeat(1_000_000) } }));

    for (let index = 0; index < 40; index += 1) note();
    await writer.flushed();
    expect(sizes).toEqual([15]);

    note();
    await writer.flushed();
    expect(sizes).toEqual([15, 1]);
  });
});

describe("retention", () => {
  it("deletes what is older than it should be, however much, and looks once a minute", async () => {
    const old = Array.from({ length: 1_200 }, () => recordOf({ at: NOW - 30 * DAY_MS - 1 }));
    const young = recordOf({ at: NOW - 30 * DAY_MS });
    await store.provisioningLog.append([...old, young]);
    const retention = createLogRetention({ store, keepDays: 30 });

    await retention.cleanUp();
    expect((await stored()).map(({ id }) => id)).toEqual([young.id]);

    clock.at += 59_999;
    await retention.cleanUp();
    expect(await stored()).toHaveLength(1);
    clock.at += 1;
    await retention.cleanUp();
    expect(await stored()).toEqual([]);
  });

  it("of no days keeps nothing", async () => {
    await store.provisioningLog.append([recordOf({ at: NOW - 1 })]);

    await createLogRetention({ store, keepDays: 0 }).cleanUp();

    expect(await stored()).toEqual([]);
  });
});
