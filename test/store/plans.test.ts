import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Group, Pool, User } from "../../src/domain/directory.js";
import { noChanges } from "../../src/domain/snapshot.js";
import type { AttributeRef, DirectoryReads, Filter, Store } from "../../src/ports.js";
import type { Database } from "../../src/store/database.js";
import { createDirectoryReads } from "../../src/store/directoryReads.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { RuleCache } from "../../src/store/load/tenant.js";
import { openMysql } from "../../src/store/mysql.js";
import { createReader } from "../../src/store/reader.js";
import type { Sql } from "../../src/store/sql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { createWriter, type Writer } from "../../src/store/write.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { recordingDatabase, type Statement } from "./support/recorder.js";
import { freshFile } from "./support/sqlite.js";
import { AT, createTenant, type Tenant } from "./support/tenant.js";

/**
 * At 10,000 users no statement of a request may read a table from one end to the other. The statements are those that
 * the store really sends; the database itself says how it would run them.
 */

const USERS = 10_000;

interface Planned {
  readonly database: Database;
  readonly tenant: Tenant;
  readonly users: readonly User[];
  readonly group: Group;
  readonly pool: Pool;
  readonly directory: DirectoryReads;
  readonly writer: Writer;
  readonly statements: Statement[];
}

describePlans("SQLite", async () => {
  const path = await freshFile();
  return [`sqlite:${path}`, () => openSqlite(path, 1)];
});

describeMySql("MariaDB", () => {
  describePlans("MariaDB", async () => {
    const url = await freshDatabase("plans");
    const address = readDatabaseUrl(url);
    if (address.type !== "mysql") throw new Error("no MySQL address");
    return [url, () => openMysql(address.mysql, 2)];
  });
});

function describePlans(
  name: string,
  open: () => Promise<[url: string, openDatabase: () => Promise<Database>]>,
): void {
  describe(`plans on ${name}`, () => {
    let planned: Planned;
    let store: Store;
    beforeAll(async () => {
      const [url, openDatabase] = await open();
      store = await createStore({ url, logger: quiet, clock: { now: () => AT } });
      await store.migrate();
      planned = await fill(store, await openDatabase());
    }, 120_000);
    afterAll(async () => {
      await store.close();
      await planned.database.close();
    });

    const compare = (
      names: string[],
      value: string,
      fields: Partial<AttributeRef> = {},
    ): Filter => ({
      kind: "compare",
      operator: "eq",
      value,
      attribute: { names, type: "string", caseExact: false, ...fields },
    });
    const listUsers = (filter: Filter) =>
      planned.directory.listUsers(planned.tenant.scope, { startIndex: 1, count: 100, filter });
    const user = () => planned.users[4_321]!;

    it.each<[string, () => Promise<unknown>]>([
      ["a user by id", () => planned.directory.findUser(planned.tenant.scope, user().id)],
      ["a filter on id", () => listUsers(compare(["id"], user().id, { caseExact: true }))],
      ["a filter on userName", () => listUsers(compare(["userName"], user().userName))],
      [
        "a filter on externalId",
        () => listUsers(compare(["externalId"], user().externalId!, { caseExact: true })),
      ],
      [
        "a filter on an e-mail address",
        () => listUsers(compare(["emails", "value"], user().userName, { multiValuedAt: 0 })),
      ],
      [
        "a filter on a work address",
        () =>
          listUsers({
            kind: "element",
            attribute: { names: ["emails"], type: "complex", caseExact: false, multiValuedAt: 0 },
            filter: {
              kind: "and",
              filters: [compare(["type"], "work"), compare(["value"], user().userName)],
            },
          }),
      ],
      [
        "a filter on userName and something else",
        () =>
          listUsers({
            kind: "and",
            filters: [compare(["userName"], user().userName), compare(["title"], "x")],
          }),
      ],
      [
        "a group by name",
        () =>
          planned.directory.listGroups(planned.tenant.scope, {
            startIndex: 1,
            count: 100,
            filter: compare(["displayName"], planned.group.displayName),
          }),
      ],
      [
        "groups by member",
        () =>
          planned.directory.listGroups(planned.tenant.scope, {
            startIndex: 1,
            count: 100,
            filter: compare(["members", "value"], user().id, { multiValuedAt: 0, caseExact: true }),
          }),
      ],
      ["groups of users", () => planned.directory.groupsOfUsers(planned.tenant.scope, [user().id])],
      ["adding and removing a member", () => changeMembers(planned)],
      ["giving a seat to a new user", () => grant(planned)],
      ["updating a user and touching the seat", () => update(planned)],
    ])("%s reads a few rows of an index", async (_title, work) => {
      planned.statements.length = 0;
      await work();
      const read = await rowsRead(planned.database, planned.statements);
      expect(read.filter(({ rows }) => rows > 50)).toEqual([]);
    });

    it("loads a thousand users in as many statements as one", async () => {
      const count = async (users: readonly User[]) => {
        planned.statements.length = 0;
        await planned.writer.write(planned.tenant.organisationId, (tx) =>
          tx.load({
            users: users.map(({ id }) => id),
            userNames: users.map(({ userName }) => userName),
            memberships: [{ groupId: planned.group.id, userIds: users.map(({ id }) => id) }],
            candidates: users.length,
          }),
        );
        return planned.statements.length;
      };
      // The first load also reads the rules, which are kept from then on.
      await count(planned.users.slice(0, 1));
      expect(await count(planned.users.slice(0, 1_000))).toBe(
        await count(planned.users.slice(0, 1)),
      );
    });
  });
}

async function fill(store: Store, database: Database): Promise<Planned> {
  const tenant = await createTenant(store);
  const pool = tenant.pool(
    { capacity: 2 * USERS, kind: "shared" },
    { onFull: "evictLeastRecentlyUsed" },
  );
  await store.administration.createPool(pool);
  const users = Array.from({ length: USERS }, (_, index) => {
    const userName = `user${index}@example.org`;
    return tenant.user({
      userName,
      externalId: `00u${index}`,
      document: { emails: [{ value: userName, type: "work" }] },
    });
  });
  const groups = Array.from({ length: 200 }, () => tenant.group());
  const [group] = groups;
  await tenant.save({
    usersInserted: users,
    groupsInserted: groups,
    membersAdded: users.map(({ id }) => ({ groupId: group!.id, userId: id })),
    seatsInserted: users.map((user, index) => tenant.seat(pool, user, { lastUsedAt: AT - index })),
    factsAdded: users.map((user) => tenant.fact(user)),
    waitingInserted: users.map((user, index) =>
      tenant.waiting(user, { since: AT + index, tier: "gold" }),
    ),
  });
  const statements: Statement[] = [];
  const recorded = recordingDatabase(database, statements);
  const analyse =
    database.dialect.name === "sqlite"
      ? []
      : ["users", "memberships", "seats", "user_emails", "waiting", "facts"];
  // InnoDB gathers its statistics in the background some time after the rows came; here they must be there now.
  for (const table of analyse) await database.change((sql) => sql.all(`ANALYZE TABLE ${table}`));
  return {
    database,
    tenant,
    users,
    group: group!,
    pool,
    statements,
    directory: createDirectoryReads(createReader(recorded)),
    writer: createWriter({
      database: recorded,
      clock: store.clock,
      logger: quiet,
      rules: new RuleCache(),
    }),
  };
}

async function changeMembers({ writer, tenant, group, users }: Planned): Promise<void> {
  const member = { groupId: group.id, userId: users[7]!.id };
  for (const change of [{ membersRemoved: [member] }, { membersAdded: [member] }]) {
    await writer.write(tenant.organisationId, async (tx) => {
      await tx.load({
        users: [member.userId],
        groups: [group.id],
        memberships: [{ groupId: group.id, userIds: [member.userId] }],
        membersOf: [{ groupId: group.id, limit: 3 }],
        existing: [{ connectionId: tenant.connectionId, userIds: [member.userId] }],
        candidates: 4,
      });
      await tx.save({ ...noChanges(), ...change });
    });
  }
}

async function grant({ writer, tenant, pool }: Planned): Promise<void> {
  const user = tenant.user({ userName: systemIds.next() });
  await writer.write(tenant.organisationId, async (tx) => {
    await tx.load({ users: [user.id], userNames: [user.userName], candidates: 4 });
    await tx.save({
      ...noChanges(),
      usersInserted: [user],
      seatsInserted: [tenant.seat(pool, user)],
      entries: [tenant.entry()],
      events: [tenant.event({ userId: user.id })],
    });
  });
}

async function update({ writer, tenant, users }: Planned): Promise<void> {
  await writer.write(tenant.organisationId, async (tx) => {
    const { users: loaded } = await tx.load({ users: [users[9]!.id], candidates: 2 });
    const { user, seats } = loaded.get(users[9]!.id)!;
    await tx.save({
      ...noChanges(),
      usersUpdated: [
        { row: { ...user, version: user.version + 1 }, expectedVersion: user.version },
      ],
      seatsUpdated: seats.map((seat) => ({ ...seat, lastUsedAt: AT + 1 })),
      sessionsEnded: [{ userId: user.id, at: AT, reason: "deactivated" }],
    });
  });
}

interface Read {
  readonly rows: number;
  readonly plan: string;
  readonly text: string;
}

/** What each statement reads of each table. */
async function rowsRead(database: Database, statements: readonly Statement[]): Promise<Read[]> {
  const result: Read[] = [];
  for (const statement of statements) {
    if (!/^(SELECT|UPDATE|DELETE|\()/.test(statement.text)) continue;
    const read = database.read((sql) =>
      sql.dialect.name === "sqlite" ? planned(sql, statement) : counted(sql, statement),
    );
    result.push(...(await read));
  }
  return result;
}

/** SQLite does not count, but it says which index it walks along and which it goes straight into. */
async function planned(sql: Sql, { text, values }: Statement): Promise<Read[]> {
  const details = await sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values);
  return details.map(({ detail }) => {
    // A scan of a list in the statement itself, or of one document, is no scan of a table.
    const scan = /^SCAN (?!part|CONSTANT|json_each|e\d|picked|\()/.test(detail);
    const walk = /(users|directory_groups)_list/.test(detail) && !detail.includes("id=?");
    return { rows: scan || walk ? Infinity : 1, plan: detail, text };
  });
}

interface Explained {
  readonly table: string | null;
  readonly rows: number | string | null;
  /** Counted while it ran; only for statements that may be run again. */
  readonly r_rows?: number | string | null;
}

/** MariaDB counts the rows of a statement that it runs; of one that writes it estimates them. */
async function counted(sql: Sql, { text, values }: Statement): Promise<Read[]> {
  const explain = /^(SELECT|\()/.test(text) ? "ANALYZE" : "EXPLAIN";
  const rows = await sql.all<Explained>(`${explain} ${text}`, values);
  return rows.map((row) => {
    const derived = row.table === null || /^(<|e\d)/.test(row.table);
    return {
      rows: derived ? 0 : Number(row.r_rows ?? row.rows ?? 0),
      plan: JSON.stringify(row),
      text,
    };
  });
}
