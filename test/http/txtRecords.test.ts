import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { txtRecords } from "../../src/http/txtRecords.js";
import { startNameServer, type NameServer } from "../support/nameServer.js";

/** The real resolver, against a name server that speaks the protocol on a port of this machine. */
let server: NameServer;
beforeAll(async () => {
  server = await startNameServer({
    "one.example": { records: [["v=spf1 -all"], ["seatkeeper-verification=abc"]] },
    "split.example": { records: [["seatkeeper-", "verification=", "abc"]] },
    "long.example": { records: [["x".repeat(255), "y".repeat(255)], ["z".repeat(255)]] },
    "empty.example": { records: [] },
    "gone.example": { code: "nxDomain" },
    "broken.example": { code: "serverFailure" },
    "silent.example": "silent",
  });
});
afterAll(() => server.close());

const ask = (domain: string): Promise<string[]> =>
  txtRecords(domain, { servers: [server.address], timeoutMs: 200 });

it("reads every TXT record of a name", async () => {
  expect((await ask("one.example")).toSorted()).toEqual([
    "seatkeeper-verification=abc",
    "v=spf1 -all",
  ]);
});

it("joins the strings of one record without anything between them", async () => {
  expect(await ask("split.example")).toEqual(["seatkeeper-verification=abc"]);
});

it("asks again by TCP where an answer is too long for UDP", async () => {
  expect((await ask("long.example")).toSorted()).toEqual([
    "x".repeat(255) + "y".repeat(255),
    "z".repeat(255),
  ]);
  expect(server.asked("long.example")).toEqual(["udp", "tcp"]);
});

it("says that there are none for a name that does not exist, and for one without TXT records", async () => {
  expect(await ask("gone.example")).toEqual([]);
  expect(await ask("empty.example")).toEqual([]);
});

it("fails where the server fails or says nothing: that is no proof that a record is gone", async () => {
  await expect(ask("broken.example")).rejects.toMatchObject({ code: "ESERVFAIL" });
  await expect(ask("silent.example")).rejects.toMatchObject({ code: "ETIMEOUT" });
  expect(server.asked("silent.example").length).toBeGreaterThan(1);
});
