import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, type ConnectionInput } from "../../src/actions/administerConnections.js";
import {
  createOrganisation,
  createPool,
  issueToken,
  saveRule,
  type PoolInput,
  type RuleInput,
} from "../../src/actions/administer.js";
import type { AppParts } from "../../src/app.js";
import { libraryConfig, type LibraryConfig } from "../../src/config.js";
import type { Connection, Organisation } from "../../src/domain/directory.js";
import type { OutboxEvent } from "../../src/domain/history.js";
import { createLogger } from "../../src/http/logger.js";
import { startServer, type RunningServer } from "../../src/server.js";
import { createStore } from "../../src/store/index.js";
import { keepKeys, lendKeys } from "./keys.js";
import { GENEROUS } from "./rateLimits.js";

/** A whole server on a socket, with its data in memory or in a folder that goes away. */
export interface TestServer extends RunningServer {
  readonly url: string;
  /** Delivered events, in the order of delivery. */
  readonly events: OutboxEvent[];
  organisation(slug: string): Promise<TestOrganisation>;
}

export interface TestOrganisation {
  readonly organisation: Organisation;
  connection(plugin: string, more?: Partial<ConnectionInput>): Promise<TestConnection>;
  pool(input: Partial<PoolInput> & { name: string }): ReturnType<typeof createPool>;
  rule(input: Omit<RuleInput, "name"> & { name?: string }): ReturnType<typeof saveRule>;
  /** JSON over the admin API. */
  api(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface TestConnection {
  readonly connection: Connection;
  readonly token: string;
  readonly baseUrl: string;
  scim(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The shape is what the test is about to assert.

  readonly body: any;
}

export async function startTestServer(
  more: LibraryConfig = {},
  parts: AppParts = {},
): Promise<TestServer> {
  const events: OutboxEvent[] = [];
  const config = libraryConfig({
    mode: "practice",
    server: { baseUrl: "http://127.0.0.1:0", port: 0 },
    log: { level: "silent" },
    ...more,
    limits: { ...GENEROUS, ...more.limits },
  });
  const sink = { deliver: (event: OutboxEvent) => Promise.resolve(void events.push(event)) };
  const { url: databaseUrl, poolSize } = config.database;
  const store =
    parts.store ??
    (await createStore({
      url: databaseUrl,
      poolSize,
      logger: createLogger({ level: "silent" }),
      pushEvents: config.eventPush !== null,
    }));
  // Lent keys are sealed with the practice mode's secret.
  const lends = more.secrets === undefined;
  await store.migrate();
  if (lends) await lendKeys(store);
  const server = await startServer(config, { sink, ...parts, store });
  if (lends) await keepKeys(store);
  const url = `http://127.0.0.1:${String(server.port)}`;
  return { ...server, url, events, organisation: (slug) => openOrganisation(server, url, slug) };
}

async function openOrganisation(
  { app }: RunningServer,
  url: string,
  slug: string,
): Promise<TestOrganisation> {
  const organisation = await createOrganisation(app.administer, { slug, name: slug });
  const api = await issueToken(app.administer, {
    kind: "api",
    organisationId: organisation.id,
    connectionId: null,
    label: "test",
  });
  // Two of one plugin cannot have one name.
  const names = new Set<string>();
  const freeName = (plugin: string): string => {
    const name = names.has(plugin) ? `${plugin} ${names.size + 1}` : plugin;
    names.add(name);
    return name;
  };
  return {
    organisation,
    connection: async (plugin, more = {}) => {
      const connection = await createConnection(app.administer, organisation.id, {
        plugin,
        ...more,
        name: more.name ?? freeName(plugin),
      });
      const { token } = await issueToken(app.administer, {
        kind: "scim",
        organisationId: organisation.id,
        connectionId: connection.id,
        label: "test",
      });
      const baseUrl = `${url}/scim/v2/${connection.id}`;
      const scim: TestConnection["scim"] = (method, path, body, headers) =>
        send(`${baseUrl}${path}`, method, token, body, {
          "content-type": "application/scim+json",
          ...headers,
        });
      return { connection, token, baseUrl, scim };
    },
    pool: (input) =>
      createPool(app.administer, organisation.id, {
        product: "support",
        tiers: ["standard"],
        kind: "locked",
        capacity: 1,
        ...input,
      }),
    rule: (input) =>
      saveRule(app.administer, organisation.id, {
        name: `rule ${JSON.stringify(input.match)}`,
        ...input,
      }),
    api: (method, path, body) =>
      send(`${url}/api/v1/organisations/${slug}${path}`, method, api.token, body),
  };
}

export async function send(
  url: string,
  method: string,
  token: string,
  body?: unknown,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<Answer> {
  const given = typeof body === "string" ? body : JSON.stringify(body);
  const all = { authorization: `Bearer ${token}`, ...headers };
  const { response, text } = await ask(url, method, all, body === undefined ? undefined : given);
  const told = Object.entries(response.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  return {
    status: response.statusCode ?? 0,
    headers: new Headers(told),
    body: text === "" ? null : parsed(text),
  };
}

/** Half of what a test of the server does is to ask it, and fetch is three times as dear as this. */
const agent = new Agent({ keepAlive: true });

function ask(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<{ response: IncomingMessage; text: string }> {
  // Node says it by itself for some methods only.
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, ...length }, agent };
    const asked = request(url, options, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => resolve({ response, text: Buffer.concat(pieces).toString() }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "seatkeeper-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
