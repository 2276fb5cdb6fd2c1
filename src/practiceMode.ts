import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { issueToken, revokeToken } from "./actions/administer.js";
import type { App } from "./app.js";
import { practiceConfig } from "./config.js";
import type { Config } from "./config.js";
import { PRACTICE_FILES } from "./config/practiceData.js";
import { SeatkeeperError } from "./errors.js";
import { startServer } from "./server.js";
import { readyOf, readyText } from "./practice/announce.js";
import type { Ready } from "./practice/announce.js";
import { loadOrCreateKey } from "./practice/saml/keys.js";
import { setUp } from "./practice/setUp.js";
import { codeOf, openStorage } from "./practice/storage.js";
import type { Storage } from "./practice/storage.js";

/**
 * The practice mode: Seatkeeper, an identity provider and an example application in one process, with people in it.
 * The only file here that knows Seatkeeper's inside, because it starts it; all others talk to it over HTTP.
 */
export interface PracticeOptions {
  /** One line of JSON instead of text. */
  readonly json?: boolean | undefined;
  /** Seatkeeper's; the IdP takes the next one. 0: two free ones. */
  readonly port?: number | undefined;
  readonly dataDir?: string | undefined;
  readonly print?: (text: string) => void;
}

export interface RunningPractice {
  readonly ready: Ready;
  close(): Promise<void>;
}

const PORT = 4600;
const HOST = "127.0.0.1";
const DATA_DIR = "data";
const OPERATOR_LABEL = "practice operator";

/** @throws SeatkeeperError InvalidConfiguration when a port is taken */
export async function startPractice(options: PracticeOptions = {}): Promise<RunningPractice> {
  const port = options.port ?? PORT;
  const dataDir = resolve(options.dataDir ?? DATA_DIR);
  const storage = openStorage(dataDir);
  const now = Date.now;
  const key = await loadOrCreateKey(storage, now());
  const socket = createServer();
  const origin = await listen(socket, port === 0 ? 0 : port + 1);
  try {
    const server = await startServer(configFor(storage, dataDir, port));
    try {
      const seatkeeperUrl = `http://${HOST}:${server.port}`;
      storage.write(PRACTICE_FILES.address, seatkeeperUrl);
      const token = await operatorToken(server.app);
      const logError = (error: unknown) =>
        server.app.logger.error({ error }, "practice IdP failed");
      const made = await setUp({
        ...{ seatkeeperUrl, token, origin, storage, key, now, randomId, logError },
      });
      socket.on("request", made.site);
      const api = { baseUrl: `${seatkeeperUrl}/api/v1`, token };
      const ready = readyOf({ ...made, api, idpUrl: origin });
      const text = options.json === true ? `${JSON.stringify(ready)}\n` : readyText(ready, dataDir);
      (options.print ?? toStandardOutput)(text);
      let closing: Promise<void> | undefined;
      return { ready, close: () => (closing ??= closeAll(socket, server)) };
    } catch (error) {
      await server.close();
      throw error;
    }
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** 127.0.0.1 for both, not localhost: to a browser the two names are different sites. */
function configFor(storage: Storage, dataDir: string, port: number): Config {
  const config = practiceConfig({ port, dataDir });
  return {
    ...config,
    server: { ...config.server, host: HOST, baseUrl: `http://${HOST}:${port}` },
    secrets: { master: masterSecret(storage), masterPrevious: null },
  };
}

/** Made at the first start and kept, so that sealed keys can be opened at the next. */
function masterSecret(storage: Storage): string {
  const kept = storage.read(PRACTICE_FILES.master);
  if (kept !== undefined) return kept;
  const made = randomBytes(48).toString("base64");
  storage.write(PRACTICE_FILES.master, made);
  return made;
}

/** For all organisations. Those of earlier runs end: nobody can know them any longer. */
async function operatorToken({ administer }: App): Promise<string> {
  const everywhere = { organisationId: null, connectionId: null };
  for (const token of await administer.store.administration.listTokens(null)) {
    if (token.label !== OPERATOR_LABEL || token.revokedAt !== null) continue;
    await revokeToken(administer, everywhere, token.publicId);
  }
  const wanted = { kind: "api", ...everywhere, label: OPERATOR_LABEL } as const;
  return (await issueToken(administer, wanted)).token;
}

async function listen(socket: Server, port: number): Promise<string> {
  socket.listen(port, HOST);
  try {
    await once(socket, "listening");
  } catch (cause) {
    const taken = codeOf(cause) === "EADDRINUSE";
    const why = taken ? "is already in use" : "cannot be listened on";
    const sentence = `The practice IdP's port ${port} ${why}. Choose another with --port, or --port 0 for free ones.`;
    throw new SeatkeeperError("InvalidConfiguration", { sentence, field: "--port", cause });
  }
  return `http://${HOST}:${(socket.address() as AddressInfo).port}`;
}

async function closeAll(
  socket: Server,
  server: { readonly close: () => Promise<void> },
): Promise<void> {
  const closed = once(socket, "close");
  socket.close();
  socket.closeAllConnections();
  await closed;
  await server.close();
}

/** Fit for an XML ID, a cookie and a form field alike. */
function randomId(): string {
  return `_${randomBytes(20).toString("hex")}`;
}

function toStandardOutput(text: string): void {
  process.stdout.write(text);
}
