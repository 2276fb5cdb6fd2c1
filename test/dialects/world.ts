import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach } from "@jest/globals";
import type { LibraryConfig } from "../../src/config.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import type { FreshDatabase } from "../e2e/databases.js";

/** One server for a file of dialect cases; each test has an organisation and a connection of its own. */
export interface DialectWorld {
  server: TestServer;
  organisation: TestOrganisation;
  idp: TestConnection;
}

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const MANAGER = `${ENTERPRISE}:manager`;

export function dialectWorld(
  plugin: string,
  freshDatabaseUrl: FreshDatabase,
  more: LibraryConfig = {},
): DialectWorld {
  const world = {} as DialectWorld;
  let organisations = 0;

  beforeAll(async () => {
    world.server = await startTestServer({ ...more, database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => world.server.close());

  beforeEach(async () => {
    world.organisation = await world.server.organisation(`acorn-${(organisations += 1)}`);
    world.idp = await world.organisation.connection(plugin);
  });

  return world;
}

/** Paths with their queries, so that tests can write filters as people read them. */
export function path(base: string, query: Readonly<Record<string, string>>): string {
  return `${base}?${new URLSearchParams(query).toString()}`;
}

export async function find(idp: TestConnection, filter: string, base = "/Users"): Promise<Answer> {
  return idp.scim("GET", path(base, { filter }));
}

/** The id of a new user; fails the test when it was refused. */
export async function addUser(
  idp: TestConnection,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const userName = `${randomUUID().slice(0, 8)}@acorn.example`;
  return idOf(await idp.scim("POST", "/Users", { schemas: [USER], userName, ...more }));
}

export async function addGroup(
  idp: TestConnection,
  displayName: string,
  members: readonly string[] = [],
): Promise<string> {
  const values = members.map((value) => ({ value }));
  return idOf(
    await idp.scim("POST", "/Groups", { schemas: [GROUP], displayName, members: values }),
  );
}

function idOf({ status, body }: Answer): string {
  if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(body)}`);
  return body.id as string;
}

export async function user(idp: TestConnection, id: string): Promise<any> {
  return (await idp.scim("GET", `/Users/${id}`)).body;
}

export async function membersOf(idp: TestConnection, id: string): Promise<string[]> {
  const { body } = await idp.scim("GET", `/Groups/${id}`);
  return (body.members ?? []).map(({ value }: { value: string }) => value);
}

export async function ids(answer: Promise<Answer>): Promise<string[]> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`not a list: ${status} ${JSON.stringify(body)}`);
  return body.Resources.map(({ id }: { id: string }) => id);
}

/** The tier of the seat, "waiting", or null. */
export async function standing(
  organisation: TestOrganisation,
  userId: string,
): Promise<string | null> {
  const { body } = await organisation.api("POST", "/seats/ask", { userId, product: "support" });
  return body.waiting === null ? body.tier : "waiting";
}
