import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Group, Pool, User } from "../../src/domain/directory.js";
import { noChanges } from "../../src/domain/snapshot.js";
import type {
  AttributeRef,
  DirectoryReads,
  Filter,
  ListQuery,
  Outbox,
  Page,
  Store,
} from "../../src/ports.js";
import type { Ledger } from "../../src/ports/ledger.js";
import type { ProvisioningLog, ProvisioningLogQuery } from "../../src/ports/provisioningLog.js";
import { createBackground, type Background } from "../../src/store/background.js";
import type { Database } from "../../src/store/database.js";
import { createDirectoryReads } from "../../src/store/directoryReads.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { createLedger } from "../../src/store/ledger.js";
import { RuleCache } from "../../src/store/load/tenant.js";
import { openMysql } from "../../src/store/mysql.js";
import { createOutbox } from "../../src/store/outbox.js";
import { createProvisioningLog } from "../../src/store/provisioningLog.js";
import { loadSoonest } from "../../src/store/load/soonest.js";
import { createReader } from "../../src/store/reader.js";
import type { Sql } from "../../src/store/sql.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { readDatabaseUrl } from "../../src/store/url.js";
import { createWriter, type Writer } from "../../src/store/write.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { quiet } from "./support/open.js";
import { recordingDatabase, type Statement } from "./support/recorder.js";
import { freshFile } from "./support/sqlite.js";
import { AT, createTenant, recordOf, type Tenant } from "./support/tenant.js";

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
  /** With three members. */
  readonly small: Group;
  readonly pool: Pool;
  readonly queue: { readonly tenant: Tenant; readonly pool: Pool };
  readonly directory: DirectoryReads;
  readonly writer: Writer;
  readonly log: ProvisioningLog;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly background: Background;
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
    const logged = (query: Omit<ProvisioningLogQuery, "limit">) =>
      planned.log.list(planned.tenant.scope, { ...query, limit: 20 });

    it.each<[string, () => Promise<unknown>]>([
      ["a user by id", () => planned.directory.findUser(planned.tenant.scope, user().id)],
      ["the end of the ledger", () => planned.ledger.head(planned.tenant.organisationId)],
      [
        "a late page of the ledger",
        () => planned.ledger.lines(planned.tenant.organisationId, { after: USERS - 9, limit: 20 }),
      ],
      [
        "what somebody held in the past",
        () =>
          planned.ledger.seatsAt(planned.tenant.organisationId, {
            at: AT,
            userId: user().id,
            limit: 20,
          }),
      ],
      [
        "what somebody held in truth",
        () =>
          planned.ledger.seatsAt(planned.tenant.organisationId, {
            ...{ at: AT, as: "effective" },
            userId: user().id,
            limit: 20,
          }),
      ],
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
      ["a user by displayName", () => listUsers(compare(["displayName"], user().displayName!))],
      [
        "users of a group",
        () =>
          listUsers(
            compare(["groups", "value"], planned.small.id, { multiValuedAt: 0, caseExact: true }),
          ),
      ],
      [
        "a work address behind other conditions",
        () =>
          listUsers({
            kind: "element",
            attribute: { names: ["emails"], type: "complex", caseExact: false, multiValuedAt: 0 },
            filter: {
              kind: "and",
              filters: [
                {
                  kind: "and",
                  filters: [compare(["value"], user().userName), compare(["type"], "work")],
                },
                {
                  kind: "present",
                  attribute: { names: ["type"], type: "string", caseExact: false },
                },
              ],
            },
          }),
      ],
      [
        "a membership",
        () => planned.directory.findMembership(planned.tenant.scope, planned.group.id, user().id),
      ],
      [
        "memberships of a user",
        () =>
          planned.directory.listMemberships(planned.tenant.scope, {
            startIndex: 1,
            count: 20,
            filter: compare(["member", "value"], user().id, { caseExact: true }),
          }),
      ],
      ["groups of users", () => planned.directory.groupsOfUsers(planned.tenant.scope, [user().id])],
      ["adding and removing a member", () => changeMembers(planned)],
      ["giving a seat to a new user", () => grant(planned)],
      ["looking for who may be coming back", () => lookForReturning(planned)],
      ["updating a user and touching the seat", () => update(planned)],
      ["serving somebody who waits in several pools", () => serve(planned)],
      ["the newest page of the log", () => logged({ newestFirst: true })],
      ["refusals in the log", () => logged({ refused: true, newestFirst: true })],
      ["a time in the log", () => logged({ from: AT + 500, to: AT + 520 })],
      ["a page in the middle of the log", () => logged({ after: { at: AT + 500, id: "x" } })],
      [
        "a person in the log",
        () => logged({ person: { userIds: [user().id], userName: user().userName } }),
      ],
      ["a request id in the log", () => logged({ requestId: "request-4321" })],
      ["a resource in the log", () => logged({ resourceId: user().id })],
      ["cleaning the log up", () => planned.log.deleteBefore(AT - 1, 10)],
      ["taking messages to deliver", () => planned.outbox.claim(AT, 10, AT + 60_000)],
    ])("%s reads a few rows of an index", async (_title, work) => {
      planned.statements.length = 0;
      await work();
      const read = await rowsRead(planned.database, planned.statements);
      expect(read.filter(({ rows }) => rows > 50)).toEqual([]);
    });

    it("finds the head of a pool's list in the order of an index, whether it is named first or not", async () => {
      planned.statements.length = 0;
      const { queue, writer, database } = planned;
      const { waiting } = await writer.write(queue.tenant.organisationId, (tx) =>
        tx.load({ candidates: 8 }),
      );
      const named = waiting.get(queue.pool.id)?.map(({ poolId }) => poolId !== null);
      expect(named).toHaveLength(9);
      expect(named).toContain(true);
      const asked = planned.statements.filter(({ text }) => text.includes("waiting"));
      const read = await rowsRead(database, asked);
      expect(read.some(({ plan }) => plan.includes("waiting_also_queue"))).toBe(true);
      expect(read.filter(({ rows }) => rows > 50)).toEqual([]);
      expect(read.filter(({ plan }) => /TEMP B-TREE|filesort/.test(plan))).toEqual([]);
    });

    it("finds the messages about somebody who is erased by an index", async () => {
      planned.statements.length = 0;
      const { id, userName } = user();
      await planned.writer.write(planned.tenant.organisationId, (tx) =>
        tx.save({ ...noChanges(), peopleErased: [{ userId: id, userName }] }),
      );
      // The log is read from one end to the other: it may name the person anywhere.
      const about = planned.statements.filter(({ text }) => text.includes("outbox"));
      expect(about.length).toBeGreaterThanOrEqual(6);
      const read = await rowsRead(planned.database, about);
      expect(read.filter(({ rows }) => rows > 50)).toEqual([]);
    });

    it("sees by indexes that nobody is due, past no seat of those who hold one", async () => {
      planned.statements.length = 0;
      await planned.background.organisationsWithWork(AT);
      const asked = planned.statements.filter(({ text }) => text.startsWith("SELECT"));
      const read = await rowsRead(planned.database, asked);
      // There are few organisations, and each is asked about.
      const ofSeats = read.filter(({ plan }) => !/SCAN o |"table":"o"/.test(plan));
      expect(ofSeats.length).toBeGreaterThanOrEqual(5);
      expect(ofSeats.filter(({ rows }) => rows > 50)).toEqual([]);
    });

    it("finds where the brake still counts in an index, whatever organisations and brakes there are", async () => {
      planned.statements.length = 0;
      await planned.background.organisationsWithWork(AT);
      const asked = planned.statements.filter(({ text }) => text.includes("isCounting"));
      const read = await rowsRead(planned.database, asked);
      const brakes = read.filter(({ plan }) => /\bb\b/.test(plan));
      expect(brakes).toHaveLength(1);
      expect(brakes[0]?.plan).toMatch(
        /SEARCH b USING COVERING INDEX|"key":"organisations_counting"/,
      );
    });

    describe("the last page by cursor", () => {
      const COUNT = 100;
      const group = () => compare(["group", "value"], planned.group.id, { caseExact: true });
      /** Rows where the database counts them; SQLite does not, but its plan says where the walk begins. */
      const cost = async (work: () => Promise<unknown>): Promise<number> => {
        planned.statements.length = 0;
        await work();
        if (planned.database.dialect.name !== "sqlite") {
          const read = await rowsRead(planned.database, planned.statements);
          return read.reduce((sum, { rows }) => sum + rows, 0);
        }
        const walks: string[] = [];
        for (const { text, values } of planned.statements) {
          const lines = await planned.database.read((sql) =>
            sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, values),
          );
          walks.push(...lines.map(({ detail }) => detail));
        }
        const skips = planned.statements.some(({ text }) => / > \?/.test(text));
        const goesStraight = walks.some((detail) => /\b(id|userId)>\?\)/.test(detail));
        const reads = walks.some((detail) => /^SCAN (u|g|m)\b/.test(detail));
        return reads || (skips && !goesStraight) ? Infinity : 1;
      };
      const idBefore = (fromEnd: number) => planned.users.at(-fromEnd - 1)!.id;

      it.each<[string, (last: boolean) => Promise<Page<unknown, unknown>>]>([
        [
          "users",
          (last) =>
            planned.directory.listUsers(planned.tenant.scope, {
              startIndex: 1,
              count: COUNT,
              after: last ? { key: null, id: idBefore(COUNT) } : "start",
            }),
        ],
        [
          "users and groups",
          (last) =>
            planned.directory.listMixed(planned.tenant.scope, {
              startIndex: 1,
              count: COUNT,
              users: {},
              groups: {},
              after: last ? { type: "User", key: null, id: idBefore(COUNT) } : "start",
            }),
        ],
        [
          "memberships",
          (last) =>
            planned.directory.listMemberships(planned.tenant.scope, {
              startIndex: 1,
              count: COUNT,
              after: last ? { groupId: planned.group.id, userId: idBefore(COUNT) } : "start",
            }),
        ],
        [
          "members of one group",
          (last) =>
            planned.directory.listMemberships(planned.tenant.scope, {
              startIndex: 1,
              count: COUNT,
              filter: group(),
              after: last ? { groupId: planned.group.id, userId: idBefore(COUNT) } : "start",
            }),
        ],
      ])("of %s costs what the first one costs", async (_what, read) => {
        expect((await read(true)).items.length).toBeGreaterThanOrEqual(COUNT);
        const [first, last] = [await cost(() => read(false)), await cost(() => read(true))];

        expect(first).toBeLessThan(10 * COUNT);
        expect(last).toBeLessThanOrEqual(1.3 * first);
      });
    });

    it("skips to a deep page by index without reading what lies before", async () => {
      planned.statements.length = 0;
      const { items } = await planned.directory.listUsers(planned.tenant.scope, {
        startIndex: USERS - 99,
        count: 100,
      });
      expect(items).toHaveLength(100);
      const [statement] = planned.statements;
      // The documents are joined to the ids of the page, and those come out of the index alone.
      expect(statement!.text).toMatch(/^SELECT [^(]+ FROM \(SELECT u\.organisationId, u\.id, NULL/);
      const read = await planned.database.read((sql) =>
        sql.all<{ detail?: string; table?: string; Extra?: string }>(
          `${sql.dialect.name === "sqlite" ? "EXPLAIN QUERY PLAN" : "EXPLAIN"} ${statement!.text}`,
          statement!.values,
        ),
      );
      expect(JSON.stringify(read)).toMatch(/COVERING INDEX users_list|users_list.*Using index/);
    });

    it("reads no document where columns hold what is shown, and counts only what must be counted", async () => {
      const sent = async (query: Partial<ListQuery>) => {
        planned.statements.length = 0;
        await planned.directory.listUsers(planned.tenant.scope, {
          startIndex: 1,
          count: 10,
          ...query,
        });
        return planned.statements.map(({ text }) =>
          [
            /\bu\.document\b/.test(text) ? "documents" : "columns",
            /COUNT\(\*\)/.test(text) ? "counted" : "",
            /userCount/.test(text) ? "kept" : "",
          ]
            .filter((each) => each !== "")
            .join(" "),
        );
      };
      const one = compare(["userName"], user().userName);
      const many = compare(["emails", "type"], "work", { multiValuedAt: 0 });

      expect(await sent({})).toEqual(["documents", "columns kept"]);
      expect(await sent({ documents: false })).toEqual(["columns", "columns kept"]);
      expect(await sent({ documents: false, startIndex: 5_000 })).toEqual([
        "columns",
        "columns kept",
      ]);
      // The one page is all there is, even where it is full.
      expect(await sent({ filter: one })).toEqual(["documents"]);
      expect(await sent({ filter: one, count: 1 })).toEqual(["documents"]);
      expect(await sent({ filter: many })).toEqual(["documents", "columns counted"]);
      expect(await sent({ filter: many, after: "start" })).toEqual(["documents"]);
      expect(await sent({ filter: many, startIndex: USERS - 3 })).toEqual(["documents"]);
    });

    it.each([
      ["the oldest grants", { minHoldSeconds: 3_600 }],
      ["the oldest uses", { minIdleSeconds: 86_400 }],
      ["both", { minHoldSeconds: 3_600, minIdleSeconds: 86_400 }],
      ["those who are due", {}],
    ])(
      "finds who can be displaced first among thousands by %s, in the order of an index",
      async (_by, policy) => {
        const { pool, database } = planned;
        const asked = { ...pool, policy: { ...pool.policy, ...policy } };
        planned.statements.length = 0;
        const recorded = recordingDatabase(database, planned.statements);
        const { evictable } = await recorded.read((sql) =>
          loadSoonest(sql, [asked], [pool.product], AT + 10),
        );

        const found = evictable.get(pool.id)!;
        expect(found.length).toBeGreaterThanOrEqual(100);
        expect(found.length).toBeLessThanOrEqual(301);
        const read = await rowsRead(database, planned.statements);
        expect(read.filter(({ rows }) => rows > 101)).toEqual([]);
        // SQLite counts no rows; a temporary tree would hold the whole pool.
        expect(read.filter(({ plan }) => /TEMP B-TREE/.test(plan))).toEqual([]);
      },
    );

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
    { onFull: ["evictLru", "wait"] },
  );
  await store.administration.createPool(pool);
  const users = Array.from({ length: USERS }, (_, index) => {
    const userName = `user${index}@example.org`;
    return tenant.user({
      userName,
      externalId: `00u${index}`,
      displayName: `User ${index}`,
      document: { displayName: `User ${index}`, emails: [{ value: userName, type: "work" }] },
    });
  });
  const groups = Array.from({ length: 200 }, () => tenant.group());
  const [group, small] = groups;
  await tenant.save({
    usersInserted: users,
    groupsInserted: groups,
    membersAdded: [
      ...users.map(({ id }) => ({ groupId: group!.id, userId: id })),
      ...users.slice(50, 53).map(({ id }) => ({ groupId: small!.id, userId: id })),
    ],
    seatsInserted: users.map((user, index) => tenant.seat(pool, user, { lastUsedAt: AT - index })),
    factsAdded: users.map((user) => tenant.fact(user)),
    events: users.slice(3_000, 6_000).map(({ id }) => tenant.event({ userId: id })),
    entries: users.map((user) =>
      tenant.entry({ userId: user.id, seatId: user.id, poolId: pool.id }),
    ),
    waitingInserted: users.map((user, index) =>
      tenant.waiting(user, { since: AT + index, tier: "gold" }),
    ),
  });
  await store.provisioningLog.append(
    users.map((user, index) =>
      recordOf(tenant, {
        at: AT + Math.floor(index / 10),
        requestId: `request-${index}`,
        resourceId: user.id,
        userId: user.id,
        userName: user.userName,
        ...(index % 100 === 0 ? { refusal: { code: "X", scimType: null, sentence: "" } } : {}),
      }),
    ),
  );
  const gone = Array.from({ length: 2_000 }, (_, index) =>
    tenant.user({ userName: `gone${index}@example.org`, externalId: `gone${index}` }),
  );
  await tenant.save({ usersInserted: gone });
  await tenant.save({
    usersDeleted: gone.map(({ id }) => id),
    peopleRemoved: gone.map((user) => ({ user, byHand: [], removedAt: AT })),
  });
  const queue = await fillQueue(store);
  const statements: Statement[] = [];
  const recorded = recordingDatabase(database, statements);
  const analyse =
    database.dialect.name === "sqlite"
      ? []
      : [
          "users",
          "memberships",
          "seats",
          "user_emails",
          "waiting",
          "waiting_also",
          "facts",
          "entries",
          "provisioning_log",
          "removed_people",
          "outbox",
        ];
  // InnoDB gathers its statistics in the background some time after the rows came; here they must be there now.
  for (const table of analyse) await database.change((sql) => sql.all(`ANALYZE TABLE ${table}`));
  const reader = createReader(recorded);
  const writer = createWriter({
    database: recorded,
    clock: store.clock,
    logger: quiet,
    rules: new RuleCache(),
  });
  return {
    database,
    tenant,
    users,
    group: group!,
    small: small!,
    pool,
    queue,
    statements,
    directory: createDirectoryReads(reader),
    writer,
    log: createProvisioningLog({ reader, writer }),
    ledger: createLedger(reader),
    outbox: createOutbox({ reader, writer }, systemIds),
    background: createBackground({ reader, writer }),
  };
}

/** An organisation where thousands wait for a seat of the pool, a third of them in another one, too, that they name first. */
async function fillQueue(store: Store): Promise<Planned["queue"]> {
  const tenant = await createTenant(store);
  const [pool, other] = [tenant.pool(), tenant.pool()];
  for (const one of [pool, other]) await store.administration.createPool(one);
  const users = Array.from({ length: USERS / 4 }, () => tenant.user());
  const waitingInserted = users.map((user, index) =>
    tenant.waiting(user, {
      since: AT + index,
      ...(index % 3 === 2 ? { poolId: other.id, alsoPools: [pool.id] } : {}),
    }),
  );
  await tenant.save({ usersInserted: users, waitingInserted });
  return { tenant, pool };
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

/** Among thousands who were removed. */
async function lookForReturning({ writer, tenant, users }: Planned): Promise<void> {
  const { organisationId, connectionId } = tenant;
  await writer.write(organisationId, (tx) =>
    tx.load({
      returning: [
        { connectionId, externalId: users[5_000]!.externalId, userName: users[5_001]!.userName },
        { connectionId, externalId: "gone77", userName: "gone78@example.org" },
      ],
      handOvers: [{ connectionId, userName: users[5_000]!.userName }],
    }),
  );
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

async function serve({ writer, queue }: Planned): Promise<void> {
  await writer.write(queue.tenant.organisationId, async (tx) => {
    const { waiting } = await tx.load({ candidates: 6 });
    const list = waiting.get(queue.pool.id) ?? [];
    const several = list.filter(({ alsoPools }) => alsoPools !== undefined);
    const [first, second] = several;
    await tx.save({
      ...noChanges(),
      waitingDeleted: [first!],
      waitingUpdated: [{ ...second!, turn: second!.since - 1, priority: 1 }],
      waitingNamedSeveral: [first!, second!],
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
