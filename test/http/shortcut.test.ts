import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import express, { type RequestHandler } from "express";
import { takeShortcut, type Shortcut } from "../../src/http/shortcut.js";

/** The short way to what is asked most must be no other way than the long one. */

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

const seen: RequestHandler = (request, _response, next) => {
  request.params = { ...request.params, seen: request.path };
  next();
};

const answer: RequestHandler = async (request, response) => {
  const kind = request.headers["x-case"];
  if (kind === "rejects") throw new Error("rejected");
  if (kind === "half") {
    response.write("half");
    throw new Error("half-way");
  }
  const { originalUrl, url, path, ip, params } = request;
  response.end(JSON.stringify({ way: "short", originalUrl, url, path, ip, seen: params["seen"] }));
};

const shortcut: Shortcut = {
  prefix: "/scim/v2",
  leadsTo: (path) => /^\/[^/]+\/Users(?:\/[^/]+)?$/.test(path),
  before: [seen],
  handlers: [answer],
  onError: [
    (error: Error, _request, _response, next) => next(new Error(`noted: ${error.message}`)),
    (error: Error, _request, response, next) => {
      if (response.headersSent) {
        next(error);
        return;
      }
      response.statusCode = 500;
      response.end(error.message);
    },
  ],
};

async function serving(base: string, change: Partial<Shortcut> = {}): Promise<number> {
  const web = express();
  web.set("trust proxy", "loopback");
  web.use((_request, response) => void response.end("long"));
  const server = createServer(takeShortcut(web, base, { ...shortcut, ...change }));
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ port, path, headers, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(`${String(response.statusCode)} ${text}`));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end();
  });
}

describe("the shortcut", () => {
  it("is taken for its paths only, whatever stands in front of them or follows", async () => {
    const port = await serving("/seats");
    const long = "200 long";
    for (const path of [
      "/seats/scim/v2/c/Groups",
      "/seats/scim/v2/c/Users/1/2",
      "/seats/scim/v2c/Users",
      "/seats/SCIM/v2/c/Users",
      "/scim/v2/c/Users",
      "/seats/scim/v2?x=/c/Users",
      "/",
      "*",
      "http://other/seats/scim/v2/c/Users",
    ]) {
      expect(await get(port, path)).toBe(long);
    }
    expect(await get(port, "/seats/scim/v2/c/Users")).not.toBe(long);
  });

  it("shows handlers what a router would", async () => {
    const port = await serving("/seats");
    const text = await get(port, "/seats/scim/v2/c/Users/1?filter=a%20b", {
      "X-Forwarded-For": "203.0.113.7",
    });
    expect(JSON.parse(text.slice(4))).toEqual({
      way: "short",
      originalUrl: "/seats/scim/v2/c/Users/1?filter=a%20b",
      url: "/c/Users/1?filter=a%20b",
      path: "/c/Users/1",
      ip: "203.0.113.7",
      seen: "/seats/scim/v2/c/Users/1",
    });
  });

  it("leads every failure through the handlers of errors, in their order", async () => {
    const thrower: RequestHandler = () => {
      throw new Error("thrown");
    };
    const nexter: RequestHandler = (_request, _response, next) => next(new Error("passed on"));
    const failures = [
      await get(await serving(""), "/scim/v2/c/Users", { "x-case": "rejects" }),
      await get(await serving("", { handlers: [thrower] }), "/scim/v2/c/Users"),
      await get(await serving("", { before: [nexter] }), "/scim/v2/c/Users"),
    ];
    expect(failures).toEqual(["500 noted: rejected", "500 noted: thrown", "500 noted: passed on"]);
  });

  it("cuts the connection where half an answer is out, so that nobody takes it for a whole one", async () => {
    const port = await serving("");
    await expect(get(port, "/scim/v2/c/Users", { "x-case": "half" })).rejects.toThrow(
      /aborted|hang up/,
    );
  });
});
