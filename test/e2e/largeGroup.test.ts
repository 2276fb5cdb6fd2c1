import { afterAll, beforeAll, expect, it } from "@jest/globals";
import express from "express";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer, get, type IncomingMessage, type RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { noChanges } from "../../src/domain/snapshot.js";
import type { User } from "../../src/domain/directory.js";
import type { Store } from "../../src/ports.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { quiet } from "../store/support/open.js";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { longestTurn } from "../support/turns.js";
import { onEachDatabase } from "./databases.js";

/** Groups of any size over sockets: 50,000 members, and many changes at once. */

const MEMBERS = 50_000;
const PAGE = 1_000;
const STALL_MAX_MS = 50;
const HEAP_MAX_BYTES = 64 * 1024 * 1024;

onEachDatabase("a large group", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let ids: string[];
  let large: string;
  let pagesRead = 0;

  beforeAll(async () => {
    const store = await createStore({ url: await freshDatabaseUrl(), logger: quiet });
    server = await startTestServer({}, { store: counted(store) });
    organisation = await server.organisation("acorn");
    idp = await organisation.connection("generic");
    await organisation.pool({ name: "desk", tiers: ["professional"], capacity: 5_000 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    ids = await seed(MEMBERS + 1);
    const members = ids.slice(0, MEMBERS).map((value) => ({ value }));
    const created = await idp.scim("POST", "/Groups?attributes=id", {
      displayName: "Everybody",
      members,
    });
    expect(created.status).toBe(201);
    large = `/Groups/${created.body.id}`;
  }, 180_000);
  afterAll(() => server.close());

  function counted(store: Store): Store {
    return {
      ...store,
      directory: {
        ...store.directory,
        memberPage: (...read) => {
          pagesRead += 1;
          return store.directory.memberPage(...read);
        },
      },
    };
  }

  /** Straight into the store: 50,000 requests are not what is looked at here. */
  async function seed(count: number): Promise<string[]> {
    const { id: connectionId, organisationId } = idp.connection;
    const now = server.app.store.clock.now();
    const users = Array.from({ length: count }, (_, index): User => {
      const userName = `user${index}@acorn.example`;
      return {
        id: systemIds.next(),
        organisationId,
        connectionId,
        externalId: null,
        userName,
        displayName: `User ${index}`,
        active: true,
        deactivatedAt: null,
        document: { userName },
        version: 1,
        createdAt: now,
        updatedAt: now,
        lastSignInAt: null,
      };
    });
    for (let start = 0; start < count; start += 5_000) {
      const usersInserted = users.slice(start, start + 5_000);
      await server.app.store.write(organisationId, (tx) =>
        tx.save({ ...noChanges(), usersInserted }),
      );
    }
    return users.map(({ id }) => id);
  }

  const patch = (path: string, ...Operations: object[]) =>
    idp.scim("PATCH", path, patchOp(...Operations));

  function open(path: string, by: RequestOptions = {}): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${idp.token}` };
    return new Promise((resolve, reject) => {
      get(`${idp.baseUrl}${path}`, { ...by, headers }, resolve).on("error", reject);
    });
  }

  async function read(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return Buffer.concat(pieces).toString();
  }

  const memberIds = (text: string): string[] =>
    (JSON.parse(text) as { members: { value: string }[] }).members.map(({ value }) => value);

  it("is read as a stream: complete, in order, without a stall and without being held in memory", async () => {
    // The collector of the whole test process can fall into one run, but not into every one.
    let stall = Infinity;
    let heap = Infinity;
    for (let run = 0; run < 5 && (stall > STALL_MAX_MS || heap > HEAP_MAX_BYTES); run += 1) {
      const before = process.memoryUsage().heapUsed;
      let peak = before;
      let bytes = 0;
      const turn = await longestTurn(async () => {
        for await (const piece of await open(large)) {
          bytes += (piece as Buffer).length;
          peak = Math.max(peak, process.memoryUsage().heapUsed);
        }
      });
      expect(bytes).toBeGreaterThan(MEMBERS * 100);
      stall = Math.min(stall, turn);
      heap = Math.min(heap, peak - before);
    }
    expect(stall).toBeLessThan(STALL_MAX_MS);
    expect(heap).toBeLessThan(HEAP_MAX_BYTES);

    const response = await open(large);
    expect(response.headers).toMatchObject({
      etag: 'W/"1"',
      "content-type": expect.stringContaining("application/scim+json"),
    });
    const text = await read(response);
    expect(memberIds(text)).toEqual(ids.slice(0, MEMBERS));
    const whole = JSON.parse(text) as { members: unknown[] };
    expect({ ...whole, members: whole.members.slice(0, 1) }).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      id: large.split("/")[2],
      displayName: "Everybody",
      meta: expect.objectContaining({ version: 'W/"1"', location: `${idp.baseUrl}${large}` }),
      members: [
        { value: ids[0], $ref: `${idp.baseUrl}/Users/${ids[0]}`, display: "User 0", type: "User" },
      ],
    });
  }, 60_000);

  it("shows of its members what is asked for, and reads none where none is shown", async () => {
    const values = JSON.parse(await read(await open(`${large}?attributes=members.value`))) as {
      members: unknown[];
    };
    expect(values.members).toHaveLength(MEMBERS);
    expect(values.members[MEMBERS - 1]).toEqual({ value: ids[MEMBERS - 1] });
    expect(values).not.toHaveProperty("displayName");

    pagesRead = 0;
    const without = await idp.scim("GET", `${large}?excludedAttributes=members`);
    expect([without.body.displayName, without.body.members, pagesRead]).toEqual([
      "Everybody",
      undefined,
      0,
    ]);
  });

  // The kernel may take tens of megabytes in for a TCP connection, the whole answer then; for a socket of this kind, its
  // buffer is of one small size.
  it("is read no faster than the client takes it, and no further when the client leaves", async () => {
    const socketPath = join(mkdtempSync(join(tmpdir(), "seatkeeper-group-")), "socket");
    const door = createServer(express().use(server.app.router)).listen(socketPath);
    await once(door, "listening");
    pagesRead = 0;
    const response = await open(large, { socketPath });
    response.pause();
    for (let seen = -1; seen !== pagesRead;) {
      seen = pagesRead;
      await sleep(200);
    }
    expect(pagesRead).toBeGreaterThan(0);
    expect(pagesRead).toBeLessThan(MEMBERS / PAGE / 4);
    const { status } = await idp.scim("GET", "/Users?count=1");
    expect(status).toBe(200);

    const left = pagesRead;
    response.destroy();
    await sleep(100);
    expect(pagesRead).toBeLessThanOrEqual(left + 1);
    door.close();
    await once(door, "close");
  });

  it("is replaced by its whole list, of which only the difference is written", async () => {
    const stranger = ids[MEMBERS] ?? "";
    const wanted = [...ids.slice(2, MEMBERS), stranger].reverse();
    const put = (members: readonly string[]) =>
      idp.scim("PUT", `${large}?attributes=id`, {
        displayName: "Everybody",
        members: members.map((value) => ({ value })),
      });

    expect((await put(wanted)).headers.get("etag")).toBe('W/"2"');
    expect(memberIds(await read(await open(large)))).toEqual(ids.slice(2));
    expect((await put(wanted)).headers.get("etag")).toBe('W/"2"');
    // Who does not exist is passed over, and nothing else has changed.
    expect((await put([...wanted, "nobody"])).headers.get("etag")).toBe('W/"2"');

    const restored = await patch(large, {
      op: "replace",
      path: "members",
      value: ids.slice(0, MEMBERS).map((value) => ({ value })),
    });
    expect([restored.status, restored.headers.get("etag")]).toEqual([204, 'W/"3"']);
    expect(memberIds(await read(await open(large)))).toEqual(ids.slice(0, MEMBERS));
  }, 60_000);

  it("keeps every one of many changes at once, whole lists among them", async () => {
    const few = ids.slice(0, 600);
    const created = await idp.scim("POST", "/Groups?attributes=id", { displayName: "Shifts" });
    const path = `/Groups/${created.body.id}`;
    const list = (some: readonly string[]) => some.map((value) => ({ value }));

    // All reach the server in one turn, and are decided in the order in which they arrive.
    const answers = await Promise.all([
      patch(path, { op: "add", path: "members", value: list(few) }),
      patch(path, { op: "remove", path: "members", value: list(few.slice(0, 300)) }),
      ...few
        .slice(300, 320)
        .map((id) => patch(path, { op: "remove", path: `members[value eq "${id}"]` })),
      ...few
        .slice(0, 20)
        .map((id) => patch(path, { op: "add", path: "members", value: list([id]) })),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));

    const last = await idp.scim("PUT", path, {
      displayName: "Shifts",
      members: list(few.slice(100, 500)),
    });
    expect(last.body.members.map(({ value }: { value: string }) => value)).toEqual(
      few.slice(100, 500),
    );
    const emptied = await patch(path, { op: "remove", path: "members" });
    expect(emptied.status).toBe(204);
    expect((await idp.scim("GET", path)).body.members).toEqual([]);
  });
});
