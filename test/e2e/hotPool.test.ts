import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { issueToken } from "../../src/actions/administer.js";
import { createLogger } from "../../src/http/logger.js";
import type { Store } from "../../src/ports.js";
import { createStore } from "../../src/store/index.js";
import { type Line, Verifier } from "../../src/verify/verify.js";
import { compileProgram } from "../cli/compiled.js";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { patchOp } from "../support/patchOp.js";
import { send, startTestServer, temporaryFolder, type Answer } from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { productionConfig, sameConfig, startProgram, type RunningProgram } from "./program.js";

/**
 * One pool that everybody wants, and four processes that give its seats, while people are deactivated, the capacity is
 * lowered and raised, and processes are killed. SEATKEEPER_GRANTS=20000 is the long run.
 */
const GRANTS = Number(process.env["SEATKEEPER_GRANTS"] ?? 300);
const SEATS = Math.ceil(GRANTS / 40);
const LOWERED = Math.ceil(SEATS * 0.8);
const PROCESSES = 4;
const WORKERS = 32;
/** After so many of the requests one process is killed, and started again. */
const KILLED_AT = [0.3, 0.6].map((share) => Math.floor(GRANTS * share));
/** Every so many requests the capacity changes. */
const RESIZED_EVERY = Math.ceil(GRANTS / 10);
/** The ledger and the tables are read in one go. */
const PORTION = 5_000;

let program: ReturnType<typeof compileProgram>;
beforeAll(() => {
  program = compileProgram();
});
afterAll(() => rmSync(program.directory, { recursive: true, force: true }));

describeMySql("one pool and four processes", () => {
  const folder = temporaryFolder();
  let programs: RunningProgram[] = [];
  afterEach(async () => {
    await Promise.all(programs.map((one) => one.kill()));
    programs = [];
  });
  afterAll(() => folder.remove());

  it(`sell no seat twice, lose nothing that was acknowledged and keep the list in order (${String(GRANTS)} requests, ${String(SEATS)} seats)`, async () => {
    const databaseUrl = await freshDatabase("hot_pool");
    const config = productionConfig(folder.path, databaseUrl);
    const { organisationId, connectionId, token, operator } = await setUp(databaseUrl);
    programs = await Promise.all(
      Array.from({ length: PROCESSES }, () => startProgram(program.main, config)),
    );
    const scimAt = (which: number, method: string, path: string, body?: object) =>
      send(`${programs[which]?.url ?? ""}/scim/v2/${connectionId}${path}`, method, token, body);
    const people = new People(scimAt);

    const resize = async (capacity: number): Promise<void> => {
      const url = `${programs[0]?.url ?? ""}/api/v1/organisations/${organisationId}/pools/desk`;
      expect((await send(url, "PATCH", operator, { capacity })).status).toBe(200);
    };
    const killings: Promise<void>[] = [];
    const kill = async (which: number): Promise<void> => {
      await programs[which]?.kill();
      programs[which] = await startProgram(program.main, config);
    };
    await people.come(async (count) => {
      const victim = 1 + KILLED_AT.indexOf(count);
      if (victim > 0) killings.push(kill(victim));
      const turn = count / RESIZED_EVERY;
      if (Number.isInteger(turn)) await resize(turn % 2 === 1 ? LOWERED : SEATS);
    });
    await resize(SEATS);
    await Promise.all(killings);
    expect(people.refused).toEqual([]);

    const store = await createStore({
      url: databaseUrl,
      logger: createLogger({ level: "silent" }),
    });
    try {
      await until(async () => (await store.insights.staleCount(organisationId)) === 0);
      await expectKept(store, organisationId, people);
      await expectProved(store, organisationId);
    } finally {
      await store.close();
    }
  }, 3_600_000);
});

async function setUp(databaseUrl: string) {
  const server = await startTestServer(sameConfig(databaseUrl));
  const acorn = await server.organisation("acorn");
  const { connection, token } = await acorn.connection("entra");
  await acorn.pool({ name: "desk", capacity: SEATS });
  const operator = await issueToken(server.app.administer, {
    ...{ kind: "api", organisationId: null, connectionId: null, label: "operator" },
  });
  await server.close();
  const organisationId = acorn.organisation.id;
  return { organisationId, connectionId: connection.id, token, operator: operator.token };
}

/** What was answered is so, and who has no seat of a full pool stands in the list. */
async function expectKept(store: Store, organisationId: string, people: People): Promise<void> {
  const books = await readBooks({ store }, organisationId);
  expectBalanced(books);
  const stored = new Map(books.users.map(({ id, active }) => [id, active]));
  expect([...people.acknowledged].filter(([id, active]) => stored.get(id) !== active)).toEqual([]);
  const active = books.users.filter((user) => user.active).map(({ id }) => id);
  const waiting = books.waiting.map(({ userId }) => userId);
  expect(books.seats.length).toBe(Math.min(SEATS, active.length));
  expect([...books.seats.map(({ userId }) => userId), ...waiting].sort()).toEqual(active.sort());
}

/** Never above the capacity after any entry, and nobody served before somebody who waited longer. */
async function expectProved(store: Store, organisationId: string): Promise<void> {
  const present = await store.ledger.standing(organisationId);
  const verifier = new Verifier({ present });
  const list = new Map<string, number>();
  let overtaken = 0;
  for (let after = 0; ;) {
    const lines = await store.ledger.lines(organisationId, { after, limit: PORTION });
    for (const line of lines) {
      verifier.add(line);
      overtaken += overtakes(list, line) ? 1 : 0;
    }
    after += lines.length;
    if (lines.length < PORTION) break;
  }
  expect(verifier.report()).toMatchObject({ fault: null, seatsHeld: SEATS });
  expect(overtaken).toBe(0);
}

/** @param list who waits, since when */
function overtakes(list: Map<string, number>, { kind, userId, at, reason }: Line): boolean {
  const id = userId ?? "";
  if (kind === "waiting.added") list.set(id, at);
  if (kind !== "waiting.removed") return false;
  const since = list.get(id) ?? 0;
  list.delete(id);
  // The list is in the order of its times: the first one of it is the one who has waited longest.
  const [longest = since] = list.values();
  return reason === "granted" && longest < since;
}

type Scim = (which: number, method: string, path: string, body?: object) => Promise<Answer>;

/** An identity provider that does not care which process it talks to, and remembers what was acknowledged. */
class People {
  /** User id -> active, as it was last answered. Who was being changed when a process died is not in it. */
  readonly acknowledged = new Map<string, boolean>();
  readonly refused: string[] = [];
  readonly #scim: Scim;
  #count = 0;

  constructor(scim: Scim) {
    this.#scim = scim;
  }

  /** Each comes once; every third leaves again at once, and every sixth comes back. */
  async come(counted: (count: number) => Promise<void>): Promise<void> {
    const todo = Array.from({ length: GRANTS }, (_, index) => index);
    const work = async (): Promise<void> => {
      for (let index = todo.shift(); index !== undefined; index = todo.shift()) {
        const id = await this.#create(index);
        this.acknowledged.set(id, true);
        if (index % 3 === 0) await this.#setActive(index, id, false);
        if (index % 6 === 0) await this.#setActive(index, id, true);
        await counted((this.#count += 1));
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
  }

  async #create(index: number): Promise<string> {
    const userName = `user${String(index)}@acorn.example`;
    const answer = await this.#insist(index, "POST", "/Users", { userName, externalId: userName });
    if (answer.status === 201) return answer.body.id as string;
    // It was created although the answer got lost: an identity provider looks it up.
    if (answer.status !== 409) this.refused.push(`${userName}: ${String(answer.status)}`);
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    const found = await this.#insist(index, "GET", `/Users?filter=${filter}`);
    return found.body.Resources[0].id as string;
  }

  async #setActive(index: number, id: string, value: boolean): Promise<void> {
    this.acknowledged.delete(id);
    const { status } = await this.#insist(
      index,
      "PATCH",
      `/Users/${id}`,
      patchOp({ op: "Replace", path: "active", value }),
    );
    if (status === 200 || status === 204) this.acknowledged.set(id, value);
    else this.refused.push(`${id} ${String(value)}: ${String(status)}`);
  }

  /** At another process if one is gone: what was asked twice must not be done twice. */
  async #insist(index: number, method: string, path: string, body?: object): Promise<Answer> {
    for (let which = index; ; which += 1) {
      try {
        const answer = await this.#scim(which % PROCESSES, method, path, body);
        if (answer.status !== 503) return answer;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
