import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { createApp, type App, type AppParts } from "./app.js";
import { withPort, type Config } from "./config.js";
import { SeatkeeperError } from "./errors.js";

/** The app on a socket. */
export interface RunningServer {
  readonly app: App;
  readonly host: string;
  /** The port that was taken, also when the configuration said 0. */
  readonly port: number;
  /**
   * Takes no new connections, answers what is under way, then lets go of the database. Resolves when all is done.
   */
  close(): Promise<void>;
}

/** Connections that a client keeps open without asking anything are closed after this long. */
const KEEP_ALIVE_MS = 65_000;

/** @throws SeatkeeperError InvalidConfiguration when the address cannot be listened on; whatever createApp throws. */
export async function startServer(config: Config, parts: AppParts = {}): Promise<RunningServer> {
  const socket = createServer();
  const { host, port } = await listen(socket, config);
  try {
    const settled = config.server.port === 0 ? withPort(config, port) : config;
    const app = await createApp(settled, parts);
    return serve(socket, settled, app, { host, port });
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * The port is taken before the app exists, because with port 0 the base URL is only known then. Requests that come in
 * between wait in the socket's queue: there is no handler yet.
 */
export async function listen(
  socket: Server,
  { server }: Config,
): Promise<{ host: string; port: number }> {
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

function serve(
  socket: Server,
  config: Config,
  app: App,
  address: { readonly host: string; readonly port: number },
): RunningServer {
  const web = express();
  web.disable("x-powered-by");
  web.disable("etag");
  web.set("trust proxy", config.server.trustProxy);
  web.use(new URL(config.server.baseUrl).pathname, app.router);
  socket.on("request", web);
  return {
    app,
    ...address,
    close: async () => {
      const closed = new Promise<void>((resolve) => socket.close(() => resolve()));
      socket.closeIdleConnections();
      await closed;
      await app.close();
    },
  };
}
