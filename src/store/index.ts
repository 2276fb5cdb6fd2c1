import { SeatkeeperError } from "../errors.js";
import type { Clock, Ids, Logger, Store } from "../ports.js";
import { createAdministration } from "./administration.js";
import { createBackground } from "./background.js";
import { createBilling } from "./billing.js";
import { createClients } from "./clients.js";
import { startClock } from "./clock.js";
import type { Context } from "./context.js";
import { rememberCredentials } from "./credentials.js";
import type { Database } from "./database.js";
import type { CopyOptions } from "../ports/provisioningLog.js";
import { copyOrganisation } from "./copy.js";
import { createDirectoryReads } from "./directoryReads.js";
import { toSeatkeeperError } from "./failures.js";
import { systemIds } from "./ids.js";
import { createDomains } from "./domains.js";
import { createHandOvers } from "./handOvers.js";
import { createInsights } from "./insights.js";
import { createLeases } from "./leases.js";
import { createLedger } from "./ledger.js";
import { RuleCache } from "./load/tenant.js";
import { migrate, pendingMigrations } from "./migrate.js";
import { missingTriggers } from "./migrations/triggers.js";
import { defineModels } from "./models/index.js";
import { createOutbox } from "./outbox.js";
import { createPapers } from "./papers.js";
import { createPlans } from "./plans.js";
import { createSignInTests } from "./signInTests.js";
import { createProvisioningLog } from "./provisioningLog.js";
import { createReader } from "./reader.js";
import { createReclaims } from "./reclaims.js";
import { createRemovedPeople } from "./removedPeople.js";
import { createSessions } from "./sessions.js";
import { createSignInLog } from "./signInLog.js";
import { createStandings } from "./standings.js";
import { createTrustStore } from "./trust.js";
import { readDatabaseUrl } from "./url.js";
import { createWriter } from "./write.js";

export { systemIds };
export { LIMITS } from "./limits.js";

export interface StoreOptions {
  /** `sqlite:<path>`, `sqlite::memory:`, `mysql://user:password@host/database` or `mariadb://...`. */
  readonly url: string;
  /** For tests; otherwise the database's clock. */
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger: Logger;
  /** Connections to MySQL, or connections that read from a SQLite file. */
  readonly poolSize?: number;
  /** Provisioning events are also put into the queue of the second receiver. */
  readonly pushEvents?: boolean;
}

const MYSQL_CONNECTIONS = 10;
const SQLITE_READERS = 2;

/** Opens the database; its schema may still be missing (`migrate`). @throws SeatkeeperError Unavailable, InvalidConfiguration */
export async function createStore(options: StoreOptions): Promise<Store> {
  try {
    return await storeOn(await open(options), options);
  } catch (error) {
    throw atStart(toSeatkeeperError(error));
  }
}

/** What is down at the start does not come back by waiting alone, as later: most often an address or a password is wrong. */
function atStart(error: SeatkeeperError): SeatkeeperError {
  if (error.code !== "Unavailable") return error;
  return new SeatkeeperError("Unavailable", {
    sentence:
      "The database is not available. Check database.url, and that the server is up and lets us in.",
    cause: error.cause,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

async function storeOn(
  database: Database,
  options: Pick<StoreOptions, "clock" | "ids" | "logger" | "pushEvents">,
): Promise<Store> {
  const { logger, ids = systemIds, pushEvents = false } = options;
  const ownClock = options.clock === undefined ? await startClock(database, logger) : undefined;
  const clock = options.clock ?? ownClock ?? { now: () => Date.now() };
  const reader = createReader(database);
  const standings = createStandings(reader);
  const parts = { database, clock, logger, rules: new RuleCache(), pushEvents };
  const writer = createWriter({ ...parts, written: standings.written });
  const models = defineModels(database.sequelize);
  const context: Context = { reader, writer, models, clock, pushEvents };
  const { credentials, forgetting, forgettingWhoLeft } = rememberCredentials(context);
  const administering: Context = { ...context, writer: forgetting(writer) };

  return {
    clock,
    directory: createDirectoryReads(reader),
    insights: createInsights({ reader, clock, rules: parts.rules }),
    standings,
    ledger: createLedger(reader),
    administration: createAdministration(administering),
    clients: createClients(administering),
    credentials,
    sessions: createSessions(context),
    outbox: createOutbox(context, ids),
    provisioningLog: createProvisioningLog(context),
    signInLog: createSignInLog(context),
    domains: createDomains(context),
    pushOutbox: createOutbox(context, ids, "push_outbox"),
    removedPeople: createRemovedPeople(context),
    handOvers: createHandOvers(context),
    billing: createBilling(context),
    reclaims: createReclaims(context),
    plans: createPlans(context),
    signInTests: createSignInTests(context),
    papers: createPapers(context),
    leases: createLeases(context),
    ...createTrustStore(context),
    migrate: () => migrate(database).catch(rethrow),
    pendingMigrations: () => pendingMigrations(database).catch(rethrow),
    missingTriggers: () => reader.read(missingTriggers),
    // Reads a table: a server that has lost its cluster still answers what needs none.
    ping: () => pendingMigrations(database).then(() => undefined, rethrow),
    write: forgettingWhoLeft(writer.write),
    organisationsWithWork: createBackground(context).organisationsWithWork,
    copyOf: async (organisationId, copyOptions) => {
      const copy = await filledCopy(context, organisationId, copyOptions);
      return storeOn(copy, { clock: copyOptions.clock, ids, logger });
    },
    async close() {
      ownClock?.stop();
      await writer.idle();
      await database.close();
    },
  };
}

async function filledCopy(
  context: Context,
  organisationId: string,
  options: CopyOptions,
): Promise<Database> {
  const copy = await emptyCopy();
  try {
    await copyOrganisation(context, copy, organisationId, options);
    return copy;
  } catch (error) {
    await copy.close();
    return rethrow(error);
  }
}

/** In memory, with a schema that is up to date. */
async function emptyCopy(): Promise<Database> {
  const { openSqlite } = await import("./sqlite.js");
  const copy = await openSqlite(":memory:", 0);
  try {
    await migrate(copy);
    return copy;
  } catch (error) {
    await copy.close();
    return rethrow(error);
  }
}

async function open({ url, poolSize }: StoreOptions): Promise<Database> {
  const address = readDatabaseUrl(url);
  // Each brings a driver that the other has no use for.
  if (address.type === "sqlite") {
    const { openSqlite } = await import("./sqlite.js");
    return openSqlite(address.path, poolSize ?? SQLITE_READERS);
  }
  const { openMysql } = await import("./mysql.js");
  return openMysql(address.mysql, poolSize ?? MYSQL_CONNECTIONS);
}

function rethrow(error: unknown): never {
  throw toSeatkeeperError(error);
}
