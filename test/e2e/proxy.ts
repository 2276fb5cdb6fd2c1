import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A way to a server that can be cut and mended, to play an outage. */
export interface Proxy {
  /** The address given, by way of the proxy. */
  readonly url: string;
  /** Ends every connection and takes no new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** As a firewall that has forgotten its connections: each ends when the next byte is sent. */
  forget(): void;
  /** Resolves when a client next sends something that has this text in it. */
  sees(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  const watchers = new Set<(bytes: Buffer) => void>();
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    socket.on("data", (bytes: Buffer) => {
      for (const waiting of [...watchers]) waiting(bytes);
      if (forgotten.has(socket)) socket.destroy();
      else upstream.write(bytes);
    });
    upstream.pipe(socket);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      // Half a connection is of no use: one end takes the other along.
      one.on("error", () => undefined);
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const ownPort = await listen(server, 0);
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(ownPort);

  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: url.href,
    cut,
    mend: async () => {
      await listen(server, ownPort);
    },
    sees: (text) =>
      new Promise((resolve) => {
        const look = (bytes: Buffer): void => {
          if (!bytes.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
      }),
    forget: () => sockets.forEach((socket) => forgotten.add(socket)),
    close: cut,
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
