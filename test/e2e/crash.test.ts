import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { compileProgram } from "../cli/compiled.js";
import { patchOp } from "../support/patchOp.js";
import {
  send,
  startTestServer,
  temporaryFolder,
  type Answer,
  type TestConnection,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";
import { productionConfig, sameConfig, startProgram, type RunningProgram } from "./program.js";

/**
 * The process is killed in the middle of a sync of 1,000 people, twice. What was acknowledged must be there afterwards,
 * whatever was not may be there or not, but never by halves; and doing the rest again must lead to the wanted state.
 */

const USERS = 1_000;
const SEATS = 600;
const WORKERS = 12;
/** Three starts of a process and 1,000 commits take a while on a busy machine. */
const PATIENCE_MS = 300_000;
const KILLED_AFTER = [300, 650];

let program: ReturnType<typeof compileProgram>;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => rmSync(program.directory, { recursive: true, force: true }));

onEachDatabase("a server that is killed in the middle of a sync", (freshDatabaseUrl) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let running: RunningProgram | undefined;
  let databaseUrl: string;
  let config: string;
  let idp: Pick<TestConnection, "token" | "connection">;
  let organisationId: string;

  beforeEach(async () => {
    folder = temporaryFolder();
    databaseUrl = await freshDatabaseUrl();
    config = productionConfig(folder.path, databaseUrl);
    const server = await startTestServer(sameConfig(databaseUrl));
    const organisation = await server.organisation("acorn");
    organisationId = organisation.organisation.id;
    idp = await organisation.connection("entra");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: SEATS });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    await server.close();
  });

  afterEach(async () => {
    await running?.kill();
    folder.remove();
  });

  it(
    "keeps everything that was acknowledged, doubles nothing, and converges when the rest is sent again",
    async () => {
      const sync = new Sync((method, path, body) =>
        send(`${running?.url ?? ""}/scim/v2/${idp.connection.id}${path}`, method, idp.token, body),
      );

      running = await startProgram(program.main, config);
      await sync.createGroup();
      for (const acknowledgedMin of KILLED_AFTER) {
        const kill = running.kill;
        await sync.run(() => sync.users.size >= acknowledgedMin && void kill());
        await kill();
        expect(sync.users.size).toBeLessThan(USERS);
        expect(sync.refused).toEqual([]);
        running = await startProgram(program.main, config);
        await expectKept(sync);
      }

      await sync.run(() => undefined);
      expect(sync.refused).toEqual([]);
      expect(await running.stop()).toBe(0);
      const { seats, waiting, users } = await expectKept(sync);
      expect([users.length, seats.length, waiting.length]).toEqual([USERS, SEATS, USERS - SEATS]);
      await expectAnnounced(sync);
    },
    PATIENCE_MS,
  );

  /** Read past the process, whether it runs or not. */
  async function expectKept(sync: Sync) {
    const store = await createStore({
      url: databaseUrl,
      logger: createLogger({ level: "silent" }),
    });
    const books = await readBooks({ store }, organisationId);
    await store.close();
    const stored = new Map(books.users.map(({ id, userName }) => [userName, id]));
    const members = new Set(books.members.flatMap(([, ...userIds]) => userIds));
    expect([...sync.users].filter(([name, id]) => stored.get(name) !== id)).toEqual([]);
    expect([...sync.members].filter((id) => !members.has(id))).toEqual([]);
    expectBalanced(books);
    expect(books.seats.length).toBe(Math.min(SEATS, books.users.length));
    // Who got a seat or a place in the list has it together with the account, not some time later.
    expect(books.seats.length + books.waiting.length).toBe(books.users.length);
    return books;
  }

  async function expectAnnounced(sync: Sync): Promise<void> {
    const server = await startTestServer(sameConfig(databaseUrl));
    while ((await server.app.store.outbox.backlog()) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const books = await readBooks(server.app, organisationId);
    await server.close();
    const created = server.events
      .filter(({ type }) => type === "user.created")
      .map(({ userId }) => userId);
    expect(created.sort()).toEqual([...sync.users.values()].sort());
    const seated = new Set(
      server.events.filter(({ type }) => type === "seat.granted").map(({ userId }) => userId),
    );
    expect(books.seats.filter(({ userId }) => !seated.has(userId))).toEqual([]);
  }
});

type Request = (method: string, path: string, body?: object) => Promise<Answer>;

/** An identity provider that sends each user, adds every fifth to a group, and remembers what was acknowledged. */
class Sync {
  readonly users = new Map<string, string>();
  readonly members = new Set<string>();
  readonly refused: string[] = [];
  readonly #request: Request;
  #groupId = "";

  constructor(request: Request) {
    this.#request = request;
  }

  async createGroup(): Promise<void> {
    this.#groupId = (await this.#request("POST", "/Groups", { displayName: "Leads" })).body.id;
  }

  /** Sends whatever is not acknowledged yet, until all is or the server is gone. */
  async run(acknowledged: () => unknown): Promise<void> {
    const todo = Array.from({ length: USERS }, (_, index) => index).filter(
      (index) => !this.#isDone(index),
    );
    let gone = false;
    const work = async (): Promise<void> => {
      for (let index = todo.shift(); index !== undefined && !gone; index = todo.shift()) {
        try {
          await this.#send(index);
          acknowledged();
        } catch {
          // The connection broke: whether it was done is not known.
          gone = true;
        }
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
  }

  #isDone(index: number): boolean {
    const id = this.users.get(nameOf(index));
    return id !== undefined && (index % 5 !== 0 || this.members.has(id));
  }

  async #send(index: number): Promise<void> {
    const userName = nameOf(index);
    const id = this.users.get(userName) ?? (await this.#create(userName));
    this.users.set(userName, id);
    if (index % 5 !== 0) return;
    const answer = await this.#request(
      "PATCH",
      `/Groups/${this.#groupId}`,
      patchOp({ op: "Add", path: "members", value: [{ value: id }] }),
    );
    if (answer.status === 204) this.members.add(id);
    else this.refused.push(`member ${userName}: ${String(answer.status)}`);
  }

  async #create(userName: string): Promise<string> {
    const answer = await this.#request("POST", "/Users", { userName, externalId: userName });
    if (answer.status === 201) return answer.body.id as string;
    // It was created although the answer got lost: an identity provider looks it up.
    if (answer.status !== 409) this.refused.push(`${userName}: ${String(answer.status)}`);
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    const found = await this.#request("GET", `/Users?filter=${filter}`);
    return found.body.Resources[0].id as string;
  }
}

function nameOf(index: number): string {
  return `user${index}@acorn.example`;
}
