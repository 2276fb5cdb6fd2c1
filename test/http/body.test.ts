import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import express from "express";
import { jsonBody } from "../../src/http/body.js";
import { createLogger } from "../../src/http/logger.js";
import { renderJsonErrors } from "../../src/http/errors.js";

/** Bodies whose length is known are read by ourselves, all others by Express: nobody may notice which. */

let server: Server;
let port: number;

beforeAll(async () => {
  const app = express();
  app.post("/", jsonBody({ bytesMax: 1_000 }), (request, response) => {
    response.json({ got: request.body as unknown });
  });
  app.post("/large", jsonBody({ bytesMax: 100_000 }), (_request, response) => {
    response.json({});
  });
  app.use(renderJsonErrors(createLogger({ level: "silent" })));
  server = createServer(app);
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close().closeAllConnections();
});

function post(pieces: readonly Uint8Array[], isLengthKnown: boolean, path = "/"): Promise<string> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const headers = {
    "Content-Type": "application/json",
    ...(isLengthKnown ? { "Content-Length": length } : { "Transfer-Encoding": "chunked" }),
  };
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { port, path, host: "127.0.0.1", method: "POST", headers },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(`${String(response.statusCode)} ${text}`));
      },
    );
    call.on("error", reject);
    for (const piece of pieces) call.write(piece);
    call.end();
  });
}

describe("a body whose length is known", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it.each<[string, Uint8Array[]]>([
    ["an object", [bytes('{"a":[1,"ü😀"],"__proto__":{"b":1}}')]],
    ["a list", [bytes(" [1, 2]")]],
    [
      "text in pieces, cut within a character",
      [bytes('{"a":"ü'), bytes("ü").slice(0, 1), bytes("ü").slice(1), bytes('"}')],
    ],
    ["a byte order mark", [bytes('\ufeff{"a":1}')]],
    ["bytes that are no UTF-8", [bytes('{"a":"'), new Uint8Array([0xff, 0xc3]), bytes('"}')]],
    ["a text", [bytes('"a"')]],
    ["null", [bytes("null")]],
    ["a number", [bytes("1")]],
    ["broken JSON", [bytes('{"a":')]],
    ["spaces alone", [bytes("  ")]],
    ["nothing", []],
    ["too much", [bytes(JSON.stringify({ a: "x".repeat(1_000) }))]],
  ])("reads as one whose length is not: %s", async (_what, pieces) => {
    const known = await post(pieces, true);
    expect(known).toBe(await post(pieces, false));
    expect(known).toMatch(/^(200|400|413) /);
  });

  it.each([true, false])(
    "is refused when it is no UTF-8 (RFC 8259 §8.1), length known: %s",
    async (isLengthKnown) => {
      const latin = Buffer.from('{"userName":"jörg"}', "latin1");

      expect(await post([latin], isLengthKnown)).toMatch(/^400 .*MalformedJson/);
      expect(await post([bytes('{"userName":"jörg"}')], isLengthKnown)).toContain("jörg");
    },
  );

  it.each([true, false])(
    "is an object, and is told so, length known: %s",
    async (isLengthKnown) => {
      for (const text of ["null", "5", '"a"', "true"]) {
        expect(await post([bytes(text)], isLengthKnown)).toMatch(
          /^400 .*InvalidSyntax.*The body must be a JSON object\./,
        );
      }
      expect(await post([bytes('{"a":')], isLengthKnown)).toMatch(/^400 .*MalformedJson/);
    },
  );

  it.each([true, false])(
    "is refused when nobody could take it apart to its end, length known: %s",
    async (isLengthKnown) => {
      const lists = (levels: number) => bytes("[".repeat(levels) + "]".repeat(levels));
      const objects = (levels: number) =>
        bytes(`${'{"a":'.repeat(levels)}null${"}".repeat(levels)}`);

      for (const deep of [lists(513), lists(5_000), objects(513), objects(5_000)]) {
        expect(await post([deep], isLengthKnown, "/large")).toMatch(
          /^400 .*InvalidSyntax.*nested too deeply; 512 levels are read\./,
        );
      }
      for (const body of [lists(512), objects(512)]) {
        expect(await post([body], isLengthKnown, "/large")).toMatch(/^200 /);
      }
    },
  );

  it("that does not come to its end holds up nobody", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":',
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect(await post([bytes("{}")], true)).toBe('200 {"got":{}}');
  });
});
