import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";
import {
  adminStep,
  directoryAfter,
  meaningful,
  Provider,
  reordered,
  type AdminStep,
  type Dialect,
  type DirectoryView,
  type Send,
} from "./idpModel.js";

/**
 * Random histories of an identity provider, each played twice: once as it happened, once as a network makes it arrive
 * (answers lost and requests sent again, the same request twice at once, people in another order). The directory and
 * the seats must be the same, and the directory the provider's own. SEATKEEPER_HISTORIES=10000 is the nightly size.
 */
const HISTORIES = Number(process.env["SEATKEEPER_HISTORIES"] ?? 300);
/** Of the histories. One costs twice as much on MariaDB. */
const SHARES = { SQLite: 5 / 6, MariaDB: 1 / 6 };
/** The nightly ones are longer, too. */
const STEPS_MAX = HISTORIES > 300 ? 14 : 8;
/** Few seats in the lesser tier, so that some histories have people waiting; plenty in the other. */
const STANDARD_SEATS = 2;

const history = fc.record({
  dialect: fc.constantFrom<Dialect>("okta", "entra"),
  steps: fc.array(adminStep, { minLength: 1, maxLength: STEPS_MAX }).map(meaningful),
  choices: fc.array(fc.nat(7), { minLength: 1, maxLength: 14 }),
  /** For each request in turn: how it fares. */
  fates: fc.array(fc.constantFrom("once", "once", "answer lost", "twice at once"), {
    minLength: 1,
    maxLength: 10,
  }),
});
type Fate = "once" | "answer lost" | "twice at once";

onEachDatabase("a random history", (freshDatabaseUrl, database) => {
  const times = Math.ceil(HISTORIES * SHARES[database]);
  let server: TestServer;
  let count = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  it(`of Okta or Entra ends in the same directory and the same seats, however it arrives (${String(times)} times)`, async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ dialect, steps, choices, fates }) => {
        // Each in an organisation of its own, so neither has to wait for the other.
        const [plain, disturbed] = await Promise.all([
          played(dialect, steps, ["once"]),
          played(dialect, reordered(steps, choices), fates),
        ]);

        expect(plain.directory).toEqual(directoryAfter(steps));
        expect(disturbed).toEqual(plain);
      }),
      { numRuns: times, endOnFailure: false },
    );
  }, 3_600_000);

  async function played(dialect: Dialect, steps: readonly AdminStep[], fates: readonly Fate[]) {
    count += 1;
    const organisation = await server.organisation(`o${String(count)}`);
    const connection = await organisation.connection(dialect);
    await organisation.pool({ name: "Standard", tiers: ["standard"], capacity: STANDARD_SEATS });
    await organisation.pool({ name: "Professional", tiers: ["professional"], capacity: 100 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    const provider = new Provider(dialect, disturbedBy(fates, connection));
    await provider.pushGroups();
    for (const step of steps) await provider.play(step);
    await server.app.actions.reconcileAll();
    return outcome(server, organisation, connection);
  }
});

/** "answer lost": it was carried out, the provider hears nothing and sends it again after a while. */
function disturbedBy(fates: readonly Fate[], { scim }: TestConnection): Send {
  let turn = 0;
  return async (method, path, body): Promise<Answer> => {
    const fate = fates[turn % fates.length];
    turn += 1;
    if (fate === "answer lost") await scim(method, path, body);
    if (fate === "twice at once") {
      const [first, second] = await Promise.all([
        scim(method, path, body),
        scim(method, path, body),
      ]);
      return first.status < 300 ? first : second;
    }
    return scim(method, path, body);
  };
}

async function outcome(
  server: TestServer,
  { organisation }: TestOrganisation,
  idp: TestConnection,
) {
  const books = await readBooks(server.app, organisation.id);
  expectBalanced(books);
  const nameOf = new Map(books.users.map(({ id, userName }) => [id, userName]));
  const poolOf = new Map(books.pools.map(({ id, name }) => [id, name]));
  const userIds = books.users.map(({ id }) => id);
  const requirements = await server.app.store.insights.requirements(organisation.id, userIds);
  const needs = new Map(requirements.map(({ userId, tier }) => [userId, tier]));
  const seats = books.seats.map(({ userId, poolId, tier }) => ({
    needed: needs.get(userId),
    userName: nameOf.get(userId) ?? "",
    pool: poolOf.get(poolId) ?? "",
    tier,
  }));
  const inPool = (pool: string) => seats.filter((seat) => seat.pool === pool);
  return {
    directory: await directorySeenBy(idp),
    professional: inPool("Professional")
      .filter(({ needed }) => needed === "professional")
      .map(({ userName, tier }) => `${userName} ${tier}`)
      .sort(),
    // Who of equals has one of the few seats depends on who came first; how many are taken and awaited does not. Who keeps
    // a higher seat while he waits does (docs/adr/0025).
    standard: inPool("Standard").length,
    waiting: books.waiting.length,
  };
}

async function directorySeenBy({ scim }: TestConnection): Promise<DirectoryView> {
  const users = await scim("GET", "/Users?count=100");
  const groups = await scim("GET", "/Groups?count=100");
  const names = new Map<string, string>();
  const seen: DirectoryView["users"] = {};
  for (const { id, userName, active, title } of users.body.Resources) {
    names.set(id as string, userName as string);
    seen[userName as string] = { active: active as boolean, title: title as string };
  }
  const members = groups.body.Resources.map(
    (group: { displayName: string; members?: { value: string }[] }) => [
      group.displayName,
      (group.members ?? []).map(({ value }) => names.get(value) ?? value).sort(),
    ],
  );
  return { users: seen, groups: Object.fromEntries(members) };
}
