import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { patchOp } from "../support/patchOp.js";
import {
  send,
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { readBooks, type Books } from "./books.js";
import { onEachDatabase } from "./databases.js";

/** Fifty customers on one process: nothing of one is ever seen, named or changed by another. */

const SIZES = { SQLite: 15, MariaDB: 50 };
const PEOPLE = 4;
interface Tenant {
  readonly organisation: TestOrganisation;
  readonly idp: TestConnection;
  /** Everything that the tenant's provider was ever answered. */
  readonly answers: string[];
  readonly userIds: string[];
  groupId: string;
}

onEachDatabase("I24: many organisations at once", (freshDatabaseUrl, database) => {
  const TENANTS = SIZES[database];
  let server: TestServer;
  let tenants: Tenant[];

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    tenants = [];
    for (let index = 0; index < TENANTS; index += 1) {
      const organisation = await server.organisation(`tenant${String(index)}`);
      await organisation.pool({ name: "Seats", capacity: 2 });
      const idp = await organisation.connection(index % 2 === 0 ? "okta" : "entra");
      tenants.push({ organisation, idp, answers: [], userIds: [], groupId: "" });
    }
    await Promise.all(tenants.map(synchronise));
  }, 120_000);

  afterAll(() => server.close());

  it("answer each provider with its own ids, members and locations alone", () => {
    const idsOf = tenants.map(({ idp, userIds, groupId }) => [
      idp.connection.id,
      groupId,
      ...userIds,
    ]);
    for (const [index, tenant] of tenants.entries()) {
      const said = tenant.answers.join("\n");
      const foreign = idsOf.filter((_, other) => other !== index).flat();
      expect(foreign.filter((id) => said.includes(id))).toEqual([]);
      expect(said).toContain(`${tenant.idp.baseUrl}/Users/${tenant.userIds[0] ?? ""}`);
    }
  });

  it("give seats, entries and events to the organisation of the person alone", async () => {
    const home = new Map(
      tenants.flatMap(({ organisation, userIds }) =>
        userIds.map((id) => [id, organisation.organisation.id] as const),
      ),
    );
    for (const { organisation, userIds } of tenants) {
      const books = await readBooks(server.app, organisation.organisation.id);
      expect(books.users.map(({ id }) => id).sort()).toEqual([...userIds].sort());
      expect(books.seats.map(({ userId }) => home.get(userId))).toEqual(
        books.seats.map(() => organisation.organisation.id),
      );
      expect(books.pools.map(({ used }) => used)).toEqual([2]);
    }
    expect(server.events.length).toBeGreaterThan(TENANTS);
    for (const event of server.events) {
      if (event.userId !== null) expect(event.organisationId).toBe(home.get(event.userId));
    }
  });

  it("answer whoever names another's id, address or token exactly as if it did not exist, and change nothing", async () => {
    const before = await allBooks();
    let pairs = 0;
    for (const [index, own] of tenants.slice(0, 10).entries()) {
      const other = tenants[(index + 1) % TENANTS];
      if (other === undefined) throw new Error("no other tenant");
      const attempts = foreignAttempts(own, other);
      const answers = await Promise.all(
        attempts.map(({ foreign, missing }) => Promise.all([foreign(), missing()])),
      );
      for (const [at, [foreign, missing]] of answers.entries()) {
        const what = attempts[at]?.what;
        expect([what, comparable(foreign, own, other)]).toEqual([
          what,
          comparable(missing, own, other),
        ]);
        pairs += 1;
      }
    }
    expect(pairs).toBeGreaterThanOrEqual(500);
    expect(await allBooks()).toEqual(before);
  }, 300_000);

  /** Seats of all, and what an attack would have moved. */
  async function allBooks(): Promise<Omit<Books, "backlog">[]> {
    const books = await Promise.all(
      tenants
        .slice(0, 11)
        .map(({ organisation }) => readBooks(server.app, organisation.organisation.id)),
    );
    return books.map(({ backlog: _, ...rest }) => rest);
  }
});

async function synchronise(tenant: Tenant): Promise<void> {
  const scim = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await tenant.idp.scim(method, path, body);
    tenant.answers.push(JSON.stringify([answer.body, ...answer.headers]));
    return answer;
  };
  // The same names everywhere, as it is among real customers.
  for (let index = 0; index < PEOPLE; index += 1) {
    const userName = `person${String(index)}@common.example`;
    const { body } = await scim("POST", "/Users", {
      userName,
      externalId: `same-${String(index)}`,
    });
    tenant.userIds.push(body.id as string);
  }
  const members = tenant.userIds.map((value) => ({ value }));
  const { body } = await scim("POST", "/Groups", { displayName: "Everybody", members });
  tenant.groupId = body.id as string;
  await scim("PATCH", `/Users/${tenant.userIds[0] ?? ""}`, rename("First"));
  await scim("GET", "/Users?count=100");
  await scim("GET", "/Groups?count=100");
  await scim("GET", `/Groups/${tenant.groupId}`);
}

const rename = (displayName: string) =>
  patchOp({ op: "replace", path: "displayName", value: displayName });

interface Attempt {
  readonly what: string;
  readonly foreign: () => Promise<Answer>;
  /** The same with an id that nobody ever had. */
  readonly missing: () => Promise<Answer>;
}

type Request = readonly [method: string, path: string, body?: unknown];

/** With one's own token: the other's ids. With one's own or the other's token: at the wrong address. */
function foreignAttempts(own: Tenant, other: Tenant): Attempt[] {
  const foreignUser = other.userIds[0] ?? "";
  const byId = (id: string): Request[] => [
    ["GET", `/Users/${id}`],
    ["GET", `/Users/${id}?attributes=userName`],
    ["PUT", `/Users/${id}`, { userName: "taken@over.example" }],
    ["PATCH", `/Users/${id}`, patchOp({ op: "replace", path: "active", value: false })],
    ["PATCH", `/Users/${id}`, rename("Taken over")],
    ["DELETE", `/Users/${id}`],
    ["GET", `/Groups/${id}`],
    ["GET", `/Groups/${id}?excludedAttributes=members`],
    ["PUT", `/Groups/${id}`, { displayName: "Taken over", members: [] }],
    ["PATCH", `/Groups/${id}`, rename("Taken over")],
    ["PATCH", `/Groups/${id}`, patchOp({ op: "remove", path: "members" })],
    [
      "PATCH",
      `/Groups/${id}`,
      patchOp({ op: "add", path: "members", value: [{ value: own.userIds[0] }] }),
    ],
    ["DELETE", `/Groups/${id}`],
    ["GET", `/Users?filter=${encodeURIComponent(`id eq "${id}"`)}`],
    ["GET", `/Users?filter=${encodeURIComponent(`groups.value eq "${id}"`)}`],
    ["GET", `/Groups?filter=${encodeURIComponent(`id eq "${id}"`)}`],
    ["GET", `/Groups?filter=${encodeURIComponent(`members.value eq "${id}"`)}`],
    ["GET", `/Groups?filter=${encodeURIComponent(`members[value eq "${id}"]`)}`],
    [
      "PATCH",
      `/Groups/${own.groupId}`,
      patchOp({ op: "add", path: "members", value: [{ value: id }] }),
    ],
    [
      "PATCH",
      `/Groups/${own.groupId}`,
      patchOp({ op: "remove", path: `members[value eq "${id}"]` }),
    ],
    [
      "PATCH",
      `/Groups/${own.groupId}`,
      patchOp({ op: "remove", path: "members", value: [{ value: id }] }),
    ],
  ];
  const withOwnToken = [foreignUser, other.groupId].flatMap((id) =>
    byId(id).map((request, index) => {
      const [method, path, body] = byId(randomUUID())[index] ?? request;
      return {
        what: `${request[0]} ${request[1].replaceAll(id, ":id")} (own token, foreign id)`,
        foreign: () => own.idp.scim(...request),
        missing: () => own.idp.scim(method, path, body),
      };
    }),
  );
  const addresses: Request[] = [
    ["GET", "/Users"],
    ["GET", "/Groups"],
    ["GET", `/Users/${foreignUser}`],
    ["DELETE", `/Users/${foreignUser}`],
    ["DELETE", `/Groups/${other.groupId}`],
    ["POST", "/Users", { userName: "planted@over.example" }],
    ["GET", "/Schemas"],
    ["GET", "/ServiceProviderConfig"],
  ];
  const atForeignAddress = addresses.flatMap(([method, path, body]) =>
    [own.idp.token, `${other.idp.token}x`, "nonsense"].map((token) => ({
      what: `${method} ${path} at the other's address`,
      foreign: () => send(`${other.idp.baseUrl}${path}`, method, token, body),
      missing: () => send(`${addressOfNobody(other)}${path}`, method, token, body),
    })),
  );
  return [...withOwnToken, ...atForeignAddress];
}

function addressOfNobody({ idp }: Tenant): string {
  return idp.baseUrl.replace(idp.connection.id, randomUUID());
}

/** What the asker can see of an answer: not the ids that it sent itself, and not what tells one request from another. */
function comparable({ status, headers, body }: Answer, own: Tenant, other: Tenant): unknown {
  const kept = [...headers].filter(([name]) => !["date", "x-request-id", "etag"].includes(name));
  const text = JSON.stringify([status, kept, body]);
  // A group of one's own counts its changes.
  return text
    .replaceAll(other.groupId, ":id")
    .replaceAll(own.groupId, ":own")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, ":id");
}
