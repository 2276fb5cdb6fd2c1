import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";

/**
 * I17 for whole synchronisations: random bulk requests are planned, and applied with or without something else in between. What
 * was told of each person and pool is what the rows say afterwards, or the plan is stale and nothing has been done.
 * SEATKEEPER_PLANS=1000 is the nightly size.
 */
const PLANS = Number(process.env["SEATKEEPER_PLANS"] ?? 100);
/** One costs as much as dozens of the plans in memory (test/plans). */
const SHARES = { SQLite: 0.2, MariaDB: 0.1 };
const isOrdinary = PLANS === 100 && (process.env["SEATKEEPER_TEST_SEED"] ?? "") === "";

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const PEOPLE = ["ann", "bob", "cid", "dan"];
const who = fc.constantFrom(...PEOPLE);
const step = fc.oneof(
  fc.record({ do: fc.constant("create" as const), leads: fc.boolean() }),
  fc.record({ do: fc.constant("active" as const), who, active: fc.boolean() }),
  fc.record({ do: fc.constant("join" as const), who }),
  fc.record({ do: fc.constant("leave" as const), who }),
  fc.record({ do: fc.constant("remove" as const), who }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const scenario = fc.record({
  first: fc.array(step, { maxLength: 3 }),
  sync: fc.array(step, { minLength: 1, maxLength: 6 }),
  meanwhile: fc.option(step, { freq: 2 }),
});

onEachDatabase("a plan of a random synchronisation", (freshDatabaseUrl, database) => {
  const times = Math.ceil(PLANS * SHARES[database]);
  let server: TestServer;
  let count = 0;
  let applied = 0;
  let stale = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });
  afterAll(() => server.close());

  it(`is done as it said, or stale and without effect (${String(times)} of them)`, async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ first, sync, meanwhile }) => {
        const office = await Office.open(server, `o${String((count += 1))}`);
        await office.send(first);
        const before = await office.picture();
        const made = await office.plan(sync);
        expect([made.status, await office.picture()]).toEqual([201, before]);
        if (meanwhile !== null) await office.send([meanwhile]);
        const then = await office.picture();

        const answer = await office.apply(made);

        const after = await office.picture();
        if (answer.status === 200) {
          applied += 1;
          expectTold(made.body, then, after);
        } else {
          stale += 1;
          expect([answer.body.error.code, after]).toEqual(["Stale", then]);
          expect(meanwhile).not.toBeNull();
        }
      }),
      { numRuns: times, endOnFailure: false, ...(isOrdinary ? { seed: 20261123 } : {}) },
    );
    // Otherwise nothing was shown; a few of a seed of one's own may all be the one or the other.
    if (isOrdinary || PLANS >= 1_000) expect([applied > 0, stale > 0]).toEqual([true, true]);
  }, 3_600_000);
});

interface Picture {
  /** By name: pool and tier of the seat, and the tier that is waited for. */
  readonly people: Readonly<Record<string, readonly [held: string | null, waits: string | null]>>;
  readonly used: Readonly<Record<string, number>>;
}

interface Told {
  readonly people: readonly {
    readonly userName: string;
    readonly held: Sides<{ readonly poolId: string; readonly tier: string }>;
    readonly waits: Sides<string>;
  }[];
  readonly pools: readonly { readonly poolId: string; readonly used: Sides<number> }[];
}
interface Sides<T> {
  readonly before: T | null;
  readonly after: T | null;
}

/** Every difference was told, and nothing else. */
function expectTold({ people, pools }: Told, before: Picture, after: Picture): void {
  const told = new Map(
    people.map(({ userName, held, waits }) => {
      const place = (side: typeof held.before) =>
        side === null ? null : `${side.poolId} ${side.tier}`;
      return [
        userName,
        { before: [place(held.before), waits.before], after: [place(held.after), waits.after] },
      ];
    }),
  );
  const nowhere = [null, null];
  for (const name of new Set([...Object.keys(before.people), ...Object.keys(after.people)])) {
    const was = before.people[name] ?? nowhere;
    const is = after.people[name] ?? nowhere;
    expect([name, told.get(name) ?? { before: was, after: was }]).toEqual([
      name,
      { before: was, after: is },
    ]);
  }
  const used = pools.map(({ poolId, used: { before: was, after: is } }) => [poolId, was, is]);
  const really = Object.keys(after.used).map((id) => [id, before.used[id], after.used[id]]);
  expect(used.sort()).toEqual(really.sort());
}

/** One organisation with four people for two Standard seats and a Professional one, which leads need. */
class Office {
  readonly #server: TestServer;
  readonly #organisation: TestOrganisation;
  readonly #idp: TestConnection;
  readonly #ids = new Map<string, string>();
  #serial = 0;

  private constructor(server: TestServer, organisation: TestOrganisation, idp: TestConnection) {
    this.#server = server;
    this.#organisation = organisation;
    this.#idp = idp;
  }

  static async open(server: TestServer, slug: string): Promise<Office> {
    const organisation = await server.organisation(slug);
    const office = new Office(server, organisation, await organisation.connection("generic"));
    await organisation.pool({ name: "Standard", tiers: ["standard"], capacity: 2 });
    await organisation.pool({ name: "Professional", tiers: ["professional"], capacity: 1 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    for (const userName of PEOPLE) await office.#post("/Users", userName, { userName });
    await office.#post("/Groups", "Leads", { displayName: "Leads" });
    return office;
  }

  async #post(path: string, name: string, body: object): Promise<void> {
    this.#ids.set(name, (await this.#idp.scim("POST", path, body)).body.id as string);
  }

  /** As a provider does who sends everything in one message; what is refused is refused in a plan, too. */
  async send(steps: readonly Step[]): Promise<void> {
    if (steps.length === 0) return;
    expect((await this.#idp.scim("POST", "/Bulk", this.#bulk(steps))).status).toBe(200);
  }

  plan(steps: readonly Step[]): Promise<Answer> {
    const bulk = this.#bulk(steps);
    const connection = this.#idp.connection.id;
    return this.#organisation.api("POST", "/plans", { type: "sync", connection, bulk });
  }

  apply({ body }: Answer): Promise<Answer> {
    return this.#organisation.api("POST", `/plans/${body.id as string}/apply`);
  }

  /** From the rows. */
  async picture(): Promise<Picture> {
    await this.#server.app.actions.reconcileAll();
    const books = await readBooks(this.#server.app, this.#organisation.organisation.id);
    expectBalanced(books);
    const people = books.users.map(({ id, userName }) => {
      const seat = books.seats.find(({ userId }) => userId === id);
      const held = seat === undefined ? null : `${seat.poolId} ${seat.tier}`;
      return [userName, [held, books.waiting.find(({ userId }) => userId === id)?.tier ?? null]];
    });
    const used = books.pools.map((pool) => [pool.id, pool.used]);
    return { people: Object.fromEntries(people), used: Object.fromEntries(used) };
  }

  #bulk(steps: readonly Step[]): object {
    return { schemas: [BULK_REQUEST], Operations: steps.flatMap((one) => this.#operations(one)) };
  }

  #operations(one: Step): object[] {
    const members = (op: "add" | "remove", id: string) => ({
      method: "PATCH",
      path: `/Groups/${this.#ids.get("Leads") ?? ""}`,
      data: patchOp(
        op === "add"
          ? { op, path: "members", value: [{ value: id }] }
          : { op, path: `members[value eq "${id}"]` },
      ),
    });
    if (one.do === "create") {
      const userName = `new${String((this.#serial += 1))}`;
      const post = { method: "POST", path: "/Users", bulkId: userName, data: { userName } };
      return one.leads ? [post, members("add", `bulkId:${userName}`)] : [post];
    }
    const id = this.#ids.get(one.who) ?? "";
    const path = `/Users/${id}`;
    switch (one.do) {
      case "active": {
        const data = patchOp({ op: "replace", path: "active", value: one.active });
        return [{ method: "PATCH", path, data }];
      }
      case "remove":
        return [{ method: "DELETE", path }];
      case "join":
        return [members("add", id)];
      case "leave":
        return [members("remove", id)];
    }
  }
}
