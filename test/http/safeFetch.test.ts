import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch, type Address, type SafeFetchOptions } from "../../src/http/safeFetch.js";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const resolvingTo = (...addresses: string[]): SafeFetchOptions => ({
  resolve: async (): Promise<readonly Address[]> =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
});

describe("an address that a customer typed in (N-109)", () => {
  it.each([
    "http://idp.example/keys",
    "file:///etc/passwd",
    "https://user:password@idp.example/",
    "nonsense",
    "https://",
  ])("%s is refused before anything is resolved", async (url) => {
    let resolved = 0;
    const fetch = createSafeFetch({ resolve: async () => ((resolved += 1), []) });

    await expect(fetch(url)).rejects.toThrow(/^it /);
    expect(resolved).toBe(0);
  });

  it.each([
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
  ])("may not lead to %s, by name or literally", async (address) => {
    const literal = address.includes(":") ? `[${address}]` : address;

    await expect(createSafeFetch(resolvingTo(address))("https://idp.example/")).rejects.toThrow(
      "not public",
    );
    await expect(createSafeFetch()(`https://${literal}/`)).rejects.toThrow("not public");
  });

  it.each(["https://0x7f.1/", "https://2130706433/", "https://0177.0.0.1/", "https://127.1/"])(
    "%s is 127.0.0.1 in disguise, and refused",
    async (url) => {
      await expect(createSafeFetch()(url)).rejects.toThrow("not public (loopback)");
    },
  );

  it("is refused when only one of its name's addresses is private", async () => {
    const fetch = createSafeFetch(resolvingTo("93.184.216.34", "10.0.0.1"));

    await expect(fetch("https://idp.example/")).rejects.toThrow("not public (private)");
  });

  it("is asked at the address that was checked, whatever the name means a moment later", async () => {
    const hosts: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      hosts.push(request.headers.host);
      response.end("{}");
    });
    let resolved = 0;
    const fetch = createSafeFetch({
      allowLoopback: true,
      resolve: async () => ((resolved += 1), [{ address: "127.0.0.1", family: 4 }]),
    });

    const answer = await fetch(`http://rebinding.example:${String(port)}/keys`);

    expect(answer).toEqual({ status: 200, body: "{}" });
    expect(resolved).toBe(1);
    expect(hosts).toEqual([`rebinding.example:${String(port)}`]);
  });

  it("may be this machine in the practice mode, and still no other private one", async () => {
    const fetch = createSafeFetch({ ...resolvingTo("10.0.0.1"), allowLoopback: true });

    await expect(fetch("http://idp.example/")).rejects.toThrow("not public");
    await expect(fetch("https://idp.example/")).rejects.toThrow("not public");
  });
});

describe("an answer", () => {
  const local = (options: SafeFetchOptions = {}) =>
    createSafeFetch({ allowLoopback: true, ...options });

  it("that leads elsewhere is not followed", async () => {
    const paths: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: "/inside" }).end();
    });

    expect((await local()(`http://127.0.0.1:${String(port)}/keys`)).status).toBe(302);
    expect(paths).toEqual(["/keys"]);
  });

  it("that is too large is cut off", async () => {
    const port = await serve((_request, response) => {
      const more = () => response.write("x".repeat(65_536), () => !response.destroyed && more());
      more();
    });
    const fetch = local({ bytesMax: 100_000 });

    await expect(fetch(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow("too large");
  });

  it("that is compressed is refused: its size could be any", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("x");
    });

    await expect(local()(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow("compressed");
  });

  it("that does not come, or never ends, is not waited for", async () => {
    const silent = await serve(() => undefined);
    const endless = await serve((_request, response) => {
      response.writeHead(200);
      response.write("x");
    });
    const fetch = local({ timeoutMs: 200 });
    const unresolved = local({ timeoutMs: 200, resolve: () => new Promise(() => undefined) });

    await expect(fetch(`http://127.0.0.1:${String(silent)}/`)).rejects.toThrow();
    await expect(fetch(`http://127.0.0.1:${String(endless)}/`)).rejects.toThrow();
    await expect(unresolved("https://idp.example/")).rejects.toThrow();
  });
});

describe("redirects, where they are followed", () => {
  const local = (options: SafeFetchOptions = {}) =>
    createSafeFetch({ allowLoopback: true, redirectsMax: 3, ...options });

  /** Leads from /0 to /1 and so on, until `last`, which answers. */
  async function chain(last: number): Promise<string> {
    const port = await serve((request, response) => {
      const place = Number(request.url?.slice(1));
      if (place === last) response.end("here");
      else response.writeHead(302, { location: `/${String(place + 1)}` }).end("elsewhere");
    });
    return `http://127.0.0.1:${String(port)}/0`;
  }

  it("are three at most", async () => {
    expect(await local()(await chain(3))).toEqual({ status: 200, body: "here" });
    await expect(local()(await chain(4))).rejects.toThrow("from one address to the next");
  });

  it.each([
    ["an address inside", "https://10.0.0.1/latest", "not public (private)"],
    ["the cloud's metadata", "https://169.254.169.254/latest/meta-data", "not public (linkLocal)"],
    ["an IPv4 address in IPv6", "https://[::ffff:10.0.0.1]/", "not public (private)"],
    ["a unique local address", "https://[fd00::1]/", "not public (uniqueLocal)"],
    ["plain http elsewhere", "http://192.0.2.1/", "not public"],
    ["a file", "file:///etc/passwd", "not an https address"],
    ["credentials", "https://user:password@127.0.0.1/", "credentials"],
    ["nowhere", "https://", "without saying where"],
  ])("to %s are refused, as the first address would be", async (_, location, reason) => {
    const port = await serve((_request, response) => {
      response.writeHead(307, { location }).end();
    });

    await expect(local()(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow(reason);
  });

  it("ask the resolver again, for it may answer otherwise the second time", async () => {
    const port = await serve((request, response) => {
      const location = `http://second.example:${String(port)}/inside`;
      if (request.url === "/") response.writeHead(302, { location }).end();
      else response.end("secret");
    });
    const asked: string[] = [];
    const fetch = local({
      resolve: async (hostname) => {
        asked.push(hostname);
        return [{ address: asked.length === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }];
      },
    });

    await expect(fetch(`http://first.example:${String(port)}/`)).rejects.toThrow("not public");
    expect(asked).toEqual(["first.example", "second.example"]);
  });

  it("share the time of the first request", async () => {
    const port = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: "/" }).end(), 80).unref();
    });

    await expect(local({ timeoutMs: 200 })(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow(
      /timeout|aborted/,
    );
  });
});

describe("a hostile server", () => {
  it("that sends a byte now and then is left when the time is over", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 20);
      response.once("close", () => clearInterval(timer));
    });
    const fetch = createSafeFetch({ allowLoopback: true, timeoutMs: 300 });

    await expect(fetch(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow();
  });

  it("that sends 10 MB is left after the first one", async () => {
    let sent = 0;
    const port = await serve((_request, response) => {
      const more = (): void => {
        sent += 65_536;
        if (sent > 10_485_760) response.end();
        else response.write("x".repeat(65_536), () => !response.destroyed && more());
      };
      more();
    });
    const fetch = createSafeFetch({ allowLoopback: true, bytesMax: 1_048_576 });

    await expect(fetch(`http://127.0.0.1:${String(port)}/`)).rejects.toThrow("too large");
    expect(sent).toBeLessThan(10_485_760);
  });
});
