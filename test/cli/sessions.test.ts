import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleCatalogueFile } from "../../src/config.js";
import { masterKeys } from "../../src/config/masterKeys.js";
import { noChanges } from "../../src/domain/snapshot.js";
import { createLogger } from "../../src/http/logger.js";
import { seal } from "../../src/saml/seal.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { runCommand } from "../support/command.js";

/** The commands about sessions, attempts to sign in and domains, on a real database file. */

const MASTER = "Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM";
let directory: string;
let config: string;
let attempt: string;
let session: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = join(directory, "seatkeeper.yaml");
  writeFileSync(
    config,
    [
      "server: { baseUrl: https://seats.acorn.example }",
      "database: { url: 'sqlite:seatkeeper.sqlite' }",
      `secrets: { master: ${MASTER} }`,
      `catalogue: { file: ${exampleCatalogueFile()} }`,
    ].join("\n"),
  );
  chmodSync(config, 0o600);
  await cli("migrate");
  await cli("org create acme", "Acme Inc");
  await cli("connection create acme Okta --plugin okta");
  await fill();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function cli(command: string, ...more: string[]) {
  return runCommand(directory, [...command.split(" "), ...more, "--config", config]);
}

async function json(command: string): Promise<Record<string, unknown>> {
  const said = await cli(command, "--json");
  expect(said).toMatchObject({ code: 0, err: "" });
  return JSON.parse(said.out) as Record<string, unknown>;
}

/** Somebody who is signed in, and an attempt whose message was kept. */
async function fill(): Promise<void> {
  const logger = createLogger({ level: "silent" });
  const url = `sqlite:${join(directory, "seatkeeper.sqlite")}`;
  const store = await createStore({ url, logger });
  const organisation = (await store.administration.findOrganisation("acme"))!;
  const [connection] = await store.administration.listConnections(organisation.id);
  const { id: connectionId } = connection!;
  const owned = { organisationId: organisation.id, connectionId };
  const now = store.clock.now();
  const userId = systemIds.next();
  const user = {
    ...{ ...owned, id: userId, externalId: null, userName: "ann@acme.example" },
    ...{ displayName: "Ann", active: true, deactivatedAt: null, version: 1, lastSignInAt: now },
    ...{ document: { userName: "ann@acme.example" }, createdAt: now, updatedAt: now },
  };
  session = systemIds.next();
  const opened = {
    ...{ ...owned, id: session, idHash: "hash", userId, nameId: "ann", sessionIndex: null },
    ...{ createdAt: now, lastSeenAt: now, expiresAt: now + 3_600_000, endedAt: null },
    ...{ endReason: null, address: "192.0.2.0/24" },
  };
  await store.write(organisation.id, async (tx) => {
    await tx.load({});
    await tx.save({ ...noChanges(), usersInserted: [user], sessionsInserted: [opened] });
  });
  attempt = systemIds.next();
  const message = Buffer.from("<Response/>").toString("base64");
  const [key] = masterKeys({ secrets: { master: MASTER, masterPrevious: null } });
  await store.signInLog.append([
    {
      ...{ ...owned, id: attempt, at: now, requestId: "reference-1", code: "SignInFailed" },
      ...{ reason: "IssuerMismatch", userId: null, userName: null, sessionId: null },
      ...{ address: null, count: 1, traceUntil: now + 60_000 },
      trace: seal(key, `sign-in ${attempt}`, message, systemIds),
    },
  ]);
  await store.close();
}

it("session list and revoke show and end who is signed in, and refuse what is not clear", async () => {
  const said = await cli("session list acme");
  expect(said.out).toMatch(/ann@acme\.example.*192\.0\.2\.0\/24/);
  expect((await cli("session revoke acme")).code).toBe(1);
  expect((await cli("session revoke acme --everybody --session x")).code).toBe(1);
  expect((await cli("session revoke acme --session nobody")).code).toBe(1);

  expect(await json(`session revoke acme --session ${session}`)).toEqual({ revoked: 1 });

  expect(await json("session list acme --connection Okta")).toEqual({ items: [] });
  expect((await cli("session revoke acme --user ann@acme.example")).out).toBe("Ended 0 sessions.");
});

it("sign-in list and message show an attempt, its reason and what was sent", async () => {
  const { items } = (await json("sign-in list acme --verdict refused")) as { items: object[] };
  expect(items).toMatchObject([
    {
      ...{ id: attempt, reason: "IssuerMismatch", reference: "reference-1" },
      sentence: expect.stringContaining("entity ID") as unknown,
    },
  ]);
  expect((await cli("sign-in list acme --reference other")).out).toBe("(none)");

  expect((await cli(`sign-in message acme ${attempt}`)).out).toBe("<Response/>");

  expect((await cli("sign-in message acme none")).err).toContain("no such attempt");
});

it("sign-in trace switches on, tells and switches off", async () => {
  expect(await json("sign-in trace acme")).toMatchObject({ on: false });
  const on = await json("sign-in trace acme --minutes 5");
  expect(on).toMatchObject({ on: true, startedBy: "command line" });
  expect((await cli("sign-in trace acme --minutes 61")).code).toBe(1);
  expect((await cli("sign-in trace acme --minutes 5 --off")).code).toBe(1);
  expect(await json("sign-in trace acme --off")).toMatchObject({ on: false });
  expect((await cli(`sign-in message acme ${attempt}`)).code).toBe(1);
});

it("domain add, lead, list and remove keep what an organisation claims, with its record", async () => {
  const added = await json("domain add acme Acme.example");
  expect(added).toMatchObject({ domain: "acme.example", state: "unverified" });
  expect((await cli("domain add acme gmail.com")).err).toContain("Anybody can have an address");
  const led = await json("domain lead acme acme.example --connection Okta");
  expect(led["connectionId"]).not.toBeNull();
  expect((await cli("domain list acme")).out).toContain("seatkeeper-verification=");
  expect(await json("domain remove acme acme.example")).toEqual({ removed: "acme.example" });
  expect(await json("domain list acme")).toEqual({ items: [] });
});
