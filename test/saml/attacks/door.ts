import { inflateRawSync } from "node:zlib";
import { updateConnection } from "../../../src/actions/administerConnections.js";
import type { Logger } from "../../../src/ports.js";
import { createStore } from "../../../src/store/index.js";
import { dumpDatabase } from "../../support/dump.js";
import {
  startTestServer,
  temporaryFolder,
  type TestConnection,
  type TestServer,
} from "../../support/server.js";
import { ScriptedBrowser } from "../../support/simplesamlphp.js";

/** A whole server whose time stands still, with what it logs and stores in sight. */
export interface Door {
  readonly server: TestServer;
  /** Milliseconds; a test may set it. */
  readonly clock: { time: number };
  link(name: string, saml: Provider): Promise<Link>;
  /** All rows of the tables that a sign-in could change. */
  state(): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Provider {
  readonly entityId: string;
  readonly certificate: string;
  readonly ssoUrl?: string;
}

/** One connection, as a browser and a provider see it. */
export interface Link {
  readonly connection: TestConnection;
  readonly acsUrl: string;
  readonly spEntityId: string;
  readonly spCertificate: string;
  /** Begins a sign-in as a new browser. */
  ask(): Promise<Question>;
}

export interface Question {
  readonly browser: ScriptedBrowser;
  readonly requestId: string;
  /** Where our answer sent the browser. */
  readonly location: string;
  post(body: string | URLSearchParams, more?: RequestInit): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly html: string;
  readonly location: string | null;
  readonly cookies: readonly string[];
  /** Of every line about this request being refused: its code, and the reason where there is one. */
  readonly told: readonly string[];
}

/** What a refused sign-in must leave as it was. */
const TABLES =
  /^(users|user_\w+|identities|groups|memberships|seats\w*|leases|waiting\w*|facts|sessions|sign_in_requests|used_assertions|entries|ledger\w*|outbox)$/;

export async function openDoor(): Promise<Door> {
  const folder = temporaryFolder();
  const url = `sqlite:${folder.path}/door.sqlite`;
  const clock = { time: Date.now() };
  const lines: Line[] = [];
  const logger = recorder(lines);
  const store = await createStore({ url, logger, clock: { now: () => clock.time } });
  const server = await startTestServer({ database: { url } }, { store, logger });
  return {
    server,
    clock,
    link: (name, provider) => openLink(server, lines, name, provider),
    state: async () => {
      const dump = await dumpDatabase(url);
      return [...dump].filter(([name]) => TABLES.test(name)).map((table) => table.join(": "));
    },
    close: async () => {
      await server.close();
      folder.remove();
    },
  };
}

interface Line {
  readonly requestId: string;
  readonly told: string;
}

function recorder(lines: Line[]): Logger {
  const ignore = () => undefined;
  const note = (fields: object, message: string): void => {
    const { requestId, code, detail } = fields as Record<string, unknown>;
    if (!message.startsWith("request ") || typeof code !== "string") return;
    const reason = typeof detail === "string" ? (/^(\w+)(?::|$)/.exec(detail)?.[1] ?? "") : "";
    lines.push({ requestId: String(requestId), told: `${code} ${reason}`.trim() });
  };
  return { debug: ignore, info: note, warn: note, error: note };
}

let requests = 0;

/** In an organisation of its own: a name that one provider has brought in is not another's. */
async function openLink(
  server: TestServer,
  lines: readonly Line[],
  name: string,
  provider: Provider,
): Promise<Link> {
  const organisation = await server.organisation(name);
  const connection = await organisation.connection("generic");
  const { id } = connection.connection;
  await updateConnection(server.app.administer, organisation.organisation.id, id, {
    saml: {
      idpEntityId: provider.entityId,
      ssoUrl: provider.ssoUrl ?? "https://idp.example.com/sso",
      certificates: [provider.certificate],
      justInTime: "create",
    },
  });
  const base = `${server.url}/saml/${id}`;
  const metadata = await (await fetch(`${base}/metadata`)).text();
  const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
  return {
    connection,
    acsUrl: `${base}/acs`,
    spEntityId: `${base}/metadata`,
    spCertificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    ask: () => ask(base, lines),
  };
}

async function ask(base: string, lines: readonly Line[]): Promise<Question> {
  const browser = new ScriptedBrowser();
  const asked = await browser.fetch(`${base}/login`);
  const location = asked.headers.get("location") ?? "";
  const message = new URL(location).searchParams.get("SAMLRequest") ?? "";
  const xml = inflateRawSync(Buffer.from(message, "base64")).toString();
  return {
    browser,
    location,
    requestId: / ID="([^"]*)"/.exec(xml)?.[1] ?? "",
    post: async (body, more = {}) => {
      const requestId = `attack-${String((requests += 1)).padStart(8, "0")}`;
      const answer = await browser.fetch(`${base}/acs`, {
        method: "POST",
        body,
        ...more,
        headers: { ...(more.headers as Record<string, string>), "x-request-id": requestId },
      });
      return {
        status: answer.status,
        html: await answer.text(),
        location: answer.headers.get("location"),
        cookies: answer.headers.getSetCookie(),
        told: lines.filter((line) => line.requestId === requestId).map(({ told }) => told),
      };
    },
  };
}

/** The form that a browser posts. */
export function form(xml: string): URLSearchParams {
  return new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString("base64") });
}
