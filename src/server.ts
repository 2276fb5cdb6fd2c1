import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as afterEvents, setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { createApp, type App, type AppParts } from "./app.js";
import { withPort, type Config } from "./config.js";
import { SeatkeeperError } from "./errors.js";
import { takeShortcut } from "./http/shortcut.js";

/** The app on a socket. */
export interface RunningServer {
  readonly app: App;
  readonly host: string;
  /** The port that was taken, also when the configuration said 0. */
  readonly port: number;
  /**
   * Takes no new connections, answers what is under way, then lets go of the database. Resolves when all is done. Whoever
   * asks again waits for the same end.
   */
  close(): Promise<void>;
}

/** Connections that a client keeps open without asking anything are closed after this long. */
const KEEP_ALIVE_MS = 65_000;

/** @throws SeatkeeperError InvalidConfiguration when the address cannot be listened on; whatever createApp throws. */
export async function startServer(config: Config, parts: AppParts = {}): Promise<RunningServer> {
  const door = createDoor();
  const socket = createServer(door.handle);
  const address = await listen(socket, config);
  try {
    const settled = config.server.port === 0 ? withPort(config, address.port) : config;
    const app = await createApp(settled, parts);
    door.open(webFor(settled, app));
    let closing: Promise<void> | undefined;
    return { app, ...address, close: () => (closing ??= closeAll(socket, app)) };
  } catch (error) {
    door.open((_request, response) => {
      response.writeHead(503, { "Retry-After": "5", Connection: "close" }).end();
    });
    socket.close();
    throw error;
  }
}

/**
 * The port is taken before the app exists, because with port 0 the base URL is only known then. Requests that come in
 * between wait here; Node would otherwise leave them without an answer.
 */
function createDoor(): { readonly handle: RequestListener; open(handler: RequestListener): void } {
  let opened: RequestListener | null = null;
  const waiting: Parameters<RequestListener>[] = [];
  return {
    handle: (request, response) => {
      if (namesTwoHosts(request)) response.writeHead(400, { Connection: "close" }).end();
      else if (opened === null) waiting.push([request, response]);
      else opened(request, response);
    },
    open: (handler) => {
      opened = handler;
      for (const [request, response] of waiting.splice(0)) handler(request, response);
    },
  };
}

/** RFC 9112 §3.2. Node keeps the first, and what stands before us may have gone by the other. */
function namesTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  const isHost = (text: string, index: number) => index % 2 === 0 && /^host$/i.test(text);
  return rawHeaders.filter(isHost).length > 1;
}

async function listen(socket: Server, { server }: Config): Promise<{ host: string; port: number }> {
  socket.keepAliveTimeout = KEEP_ALIVE_MS;
  socket.listen(server.port, server.host);
  try {
    await once(socket, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const why = code === "EADDRINUSE" ? "is already in use" : `cannot be listened on (${code})`;
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: `server.port: ${server.host}:${String(server.port)} ${why}. Choose another port.`,
      field: "server.port",
      cause,
    });
  }
  const { port } = socket.address() as AddressInfo;
  return { host: server.host, port };
}

function webFor(config: Config, app: App): RequestListener {
  const web = express();
  web.disable("x-powered-by");
  web.disable("etag");
  web.set("trust proxy", config.server.trustProxy);
  const { pathname } = new URL(config.server.baseUrl);
  web.use(pathname, app.router);
  return takeShortcut(web, pathname.replace(/\/$/, ""), app.shortcut);
}

/** Connections that clients keep open become idle one by one, when what they asked for has been answered. */
const IDLE_SWEEP_MS = 50;

async function closeAll(socket: Server, app: App): Promise<void> {
  await untilQuiet(socket);
  const closed = new Promise<void>((resolve) => socket.close(() => resolve()));
  socket.closeIdleConnections();
  const sweep = setInterval(() => socket.closeIdleConnections(), IDLE_SWEEP_MS);
  await closed;
  clearInterval(sweep);
  await app.close();
}

const QUIET_MS = 20;
const QUIET_ROUNDS_MAX = 50;

/**
 * Who had connected when the end was asked for may still be in the system's queue, or not be read yet: closing the socket
 * would reset all of them without an answer. So it stays open until a round brings nothing new; for a second at most, because
 * others may go on asking.
 */
async function untilQuiet(socket: Server): Promise<void> {
  let arrived = 0;
  const count = (): void => void (arrived += 1);
  socket.on("connection", count).on("request", count);
  for (let round = 0; round < QUIET_ROUNDS_MAX; round += 1) {
    const before = arrived;
    await sleep(QUIET_MS);
    // A timer may come before what is there has been looked at; this comes after it.
    await afterEvents();
    if (arrived === before) break;
  }
  socket.off("connection", count).off("request", count);
}
