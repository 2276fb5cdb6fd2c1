import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generate } from "selfsigned";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { productionConfig } from "../e2e/program.js";
import { runCommand } from "../support/command.js";

/** The commands about keys and certificates, on a database file. */

let directory: string;
let config: string;

async function say(command: string, more: readonly string[] = []) {
  return runCommand(directory, [...command.split(" "), ...more, "--config", config]);
}

async function json(command: string): Promise<any> {
  const { code, out, err } = await say(command, ["--json"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  expect((await say("migrate")).code).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("seatkeeper keys", () => {
  it("rotate: a second key is known, waits for its time, and only one may wait", async () => {
    const made = await json("keys rotate token --in 30m");
    expect(made).toMatchObject({ name: "token-key-2", purpose: "token", endsAt: null });
    expect(Date.parse(made.signsFrom) - Date.parse(made.createdAt)).toBe(1_800_000);

    const { items } = await json("keys list");
    const tokens = items.filter(({ purpose }: { purpose: string }) => purpose === "token");
    expect(tokens.map(({ name, state }: any) => [name, state])).toEqual([
      ["access-token", "signing"],
      ["token-key-2", "announced"],
    ]);
    expect(tokens[1]).toMatchObject({ sealed: "present secret" });
    expect(tokens[1].id).toMatch(/^[\w-]{43}$/);
    const again = await say("keys rotate token");
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("waits for its turn already");
  });

  it("switch: a SAML key waits until somebody says so", async () => {
    expect((await say("keys switch saml")).err).toContain("seatkeeper keys rotate saml");
    const made = await say("keys rotate saml");
    expect(made.out).toContain("seatkeeper keys switch saml");
    expect((await json("keys switch saml --keep 2d")).signsFrom).not.toBeNull();
  });

  it("end: gives a key up that waits, and keeps the one that signs", async () => {
    expect((await say("keys end access-token")).err).toContain("--compromised");
    expect((await say("keys end token-key-2")).code).toBe(0);
    expect((await say("keys end token-key-2")).err).toContain("no key");
    const secrets = (await json("keys list")).items.find(({ name }: any) => name === "token-key-2");
    expect(secrets).toMatchObject({ state: "ended" });
    expect(secrets).not.toHaveProperty("sealed");
  });

  it("rotate master: seals under the new secret what the old one sealed, and doctor says when to", async () => {
    const before = readFileSync(config, "utf8");
    const parsed = JSON.parse(before);
    const { master } = parsed.secrets as { master: string };
    const next = `x${master}`;
    const withSecrets = (secrets: object) =>
      writeFileSync(config, JSON.stringify({ ...parsed, secrets }));
    withSecrets({ master: next, masterPrevious: master });
    expect((await say("doctor")).out).toContain("Run: seatkeeper keys rotate master");

    expect((await json("keys rotate master")).resealed).toEqual(["saml-key-2"]);

    expect((await json("keys rotate master")).resealed).toEqual([]);
    withSecrets({ master: next });
    const { items } = await json("keys list");
    expect(items.find(({ name }: any) => name === "saml-key-2")).toMatchObject({
      sealed: "present secret",
    });
    writeFileSync(config, before);
    expect((await say("keys rotate cursor")).err).toContain("cannot be opened");
  });

  it.each([
    "keys rotate nothing",
    "keys rotate token --in soon",
    "keys rotate saml --in 1d --compromised",
  ])("%s is refused", async (command) => {
    expect((await say(command)).code).not.toBe(0);
  });
});

describe("seatkeeper connection", () => {
  it("certificates and refresh: say that there is no SAML, and no address", async () => {
    await json("org create acme Acme");
    await json("connection create acme Okta");

    expect(await json("connection certificates acme Okta")).toEqual({ metadata: null, items: [] });
    expect((await say("connection refresh acme Okta")).err).toContain("no metadata address");
  });

  it.each([
    ["https://127.0.0.1/metadata", "not public (loopback)"],
    ["http://idp.example/metadata", "not an https address"],
    ["https://10.0.0.1/metadata", "not public (private)"],
    ["nonsense", "not an address"],
  ])("--metadata-url %s is refused: %s", async (url, reason) => {
    const { code, err } = await say(`connection update acme Okta --metadata-url ${url}`);

    expect(code).toBe(1);
    expect(err).toContain(reason);
  });
});

describe("seatkeeper doctor", () => {
  const DAY = 86_400_000;

  /** As a server would have left it. */
  async function connectionThatFailed(days: number): Promise<void> {
    const made = await generate([{ name: "commonName", value: "idp" }], {
      ...{ keySize: 2048, algorithm: "sha256", notBeforeDate: new Date(Date.now() - DAY) },
      notAfterDate: new Date(Date.now() + days * DAY + DAY / 2),
    });
    const logger = createLogger({ level: "silent" });
    const store = await createStore({
      url: `sqlite:${join(directory, "seatkeeper.sqlite")}`,
      logger,
    });
    const [acme] = await store.administration.listOrganisations();
    const [okta] = await store.administration.listConnections(acme?.id ?? "");
    if (okta === undefined) throw new Error("the connection is missing");
    const saml = {
      ...{ idpEntityId: "https://idp.example", ssoUrl: "https://idp.example/sso" },
      ...{ certificates: [made.cert], metadataUrl: "https://idp.example/metadata" },
      ...{ requireSignedResponse: false, nameIdFormats: [], allowCbc: false },
      justInTime: "link" as const,
    };
    const after = { ...okta, saml, version: okta.version + 1 };
    await store.administration.updateConnection(after, okta.version);
    await store.trust.metadataRefreshed(okta.id, Date.now() - DAY, 0);
    await store.trust.metadataFailed(okta.id, Date.now(), Date.now() + DAY, "It answers 404.");
    await store.close();
  }

  it.each([
    [5, "5 days left: the last warning was that of 7 days"],
    [20, "20 days left: the last warning was that of 30 days"],
  ])("tells of metadata that fails, and of a certificate with %s days left", async (days, left) => {
    await connectionThatFailed(days);

    const { out } = await say("doctor");

    expect(out).toMatch(/warning {2}metadata \(acme, Okta\): .* failed 1 times.* It answers 404\./);
    expect(out).toContain("The certificates known so far stay in force.");
    expect(out).toContain(left);
    const shown = await json("connection certificates acme Okta");
    expect(shown.metadata).toMatchObject({ failures: 1, failure: "It answers 404." });
    expect(shown.items).toMatchObject([{ state: "trusted", daysLeft: days, verifiedAt: null }]);
    expect((await say("connection certificates acme Okta")).out).toContain("It answers 404.");
  });
});
