import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createActions } from "../../src/actions/index.js";
import { openContext, type CommandContext } from "../../src/cli/context.js";
import { keyFindings } from "../../src/cli/keyFindings.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { exampleCatalogueFile } from "../../src/config.js";
import { runCommand, type Said } from "../support/command.js";

/** The commands, in this process: on a real database file, with a configuration of their own. */

let directory: string;
let config: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = join(directory, "seatkeeper.yaml");
  writeFileSync(
    config,
    [
      "server: { baseUrl: https://seats.acorn.example }",
      "database: { url: 'sqlite:seatkeeper.sqlite' }",
      "secrets: { master: Zk3mP9qLr7TnVx2cWb8dYf5gHj4sKa6QuEiRoNyM }",
      `catalogue: { file: ${exampleCatalogueFile()} }`,
    ].join("\n"),
  );
  chmodSync(config, 0o600);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** One command without any configuration. */
async function say(args: readonly string[], input = ""): Promise<Said> {
  return runCommand(directory, args, input);
}

/** One command with the configuration. */
async function cli(command: string, ...more: string[]): Promise<Said> {
  return say([...command.split(" "), ...more, "--config", config]);
}

/** Its JSON; the command must succeed. */
async function json(command: string, ...more: string[]): Promise<Record<string, unknown>> {
  const said = await cli(command, ...more, "--json");
  expect(said).toMatchObject({ code: 0, err: "" });
  return JSON.parse(said.out) as Record<string, unknown>;
}

async function migrated(): Promise<void> {
  expect((await cli("migrate")).code).toBe(0);
}

async function withAcme(): Promise<void> {
  await migrated();
  await json("org create acme", "Acme Inc");
}

/** Somebody whom the connection Okta has provisioned. */
async function oneUser(userName: string): Promise<{ userId: string }> {
  const [connection] = (await json("connection list acme"))["items"] as { id: string }[];
  const organisation = (await json("org show acme")) as { id: string };
  const io = { out: () => undefined, err: () => undefined, readInput: () => Promise.resolve("") };
  const untilStopped = () => Promise.resolve();
  const context = await openContext(
    { ...io, untilStopped, environment: {}, directory },
    { config },
    { requireSchema: true },
  );
  try {
    const { store, ids, catalogue, logger } = context.deps;
    const { user } = await createActions({ store, ids, catalogue, logger }).createUser(
      { organisationId: organisation.id, connectionId: connection?.id ?? "" },
      { userName, externalId: null, displayName: null, active: true, document: { userName } },
      context.cause("user.created"),
    );
    return { userId: user.id };
  } finally {
    await context.close();
  }
}

describe("the usage", () => {
  it("is explained with examples and exit codes", async () => {
    const { code, out } = await say(["--help"]);

    expect(code).toBe(0);
    for (const word of [
      "practice",
      "serve",
      "migrate",
      "doctor",
      "org",
      "connection",
      "token",
      "pool",
      "mapping",
      "who",
      "Examples:",
      "78",
    ]) {
      expect(out).toContain(word);
    }
  });

  it.each([
    { args: ["sreve"], says: 'There is no command "sreve". Did you mean "serve"?' },
    { args: ["org", "creat"], says: "Did you mean create?" },
    { args: ["org", "create", "acme"], says: "missing required argument 'name'" },
    { args: ["org", "list", "--jsn"], says: "Did you mean --json?" },
    { args: ["org", "list", "more"], says: "too many arguments" },
    {
      args: ["pool", "set", "acme", "x", "--capacity", "many"],
      says: "A whole number is expected.",
    },
    {
      args: ["mapping", "add", "acme", "x", "--setting", "skills"],
      says: "name=value is expected",
    },
    { args: ["org", "list", "--config", "x", "--data", "y"], says: "cannot be used with" },
  ])("that is wrong ends with 2: $args", async ({ args, says }) => {
    const { code, out, err } = await say(args);

    expect(code).toBe(2);
    expect(err).toContain(says);
    expect(out).toBe("");
  });

  it.each([
    { args: ["org", "show"], says: "missing required argument 'org'" },
    { args: ["org", "show", "acme", "--jsn"], says: "unknown option '--jsn'" },
    { args: ["sreve"], says: 'There is no command "sreve".' },
  ])("that is wrong is one JSON value where JSON was asked for: $args", async ({ args, says }) => {
    const { code, out, err } = await say([...args, "--json"]);

    expect([code, out]).toEqual([2, ""]);
    const { error } = JSON.parse(err) as { error: { code: string; message: string } };
    expect(error.code).toBe("InvalidValue");
    expect(error.message.slice(0, says.length)).toBe(says);
  });

  it("tells the version of the package", async () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    ) as { version: string };

    expect(await say(["--version"])).toEqual({ code: 0, out: version, err: "" });
  });

  it.each(["99999", "65535", "x"])("refuses the port %s in words", async (port) => {
    const { code, err } = await say(["practice", "--port", port]);

    expect(code).toBe(2);
    expect(err).toContain("A number from 0 to 65534 is expected.");
  });

  it("is the same in docs/commands.md", async () => {
    const text = readFileSync(new URL("../../docs/commands.md", import.meta.url), "utf8");
    const { out } = await say(["--help"]);
    const listed = out.slice(out.indexOf("Commands:"), out.indexOf("Examples:"));
    const commands = [...listed.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name ?? "");

    expect(commands).toContain("who");
    expect(commands).toContain("break-glass");
    for (const command of commands.filter((name) => name !== "help")) {
      expect(text).toMatch(new RegExp(`seatkeeper \\[?${command}`));
    }
  });
});

describe("a configuration that cannot be used", () => {
  it("ends with 78 and lists every problem, whatever the command", async () => {
    for (const command of ["serve", "migrate", "org list", "doctor"]) {
      const { code, out, err } = await say(command.split(" "));
      expect([command, code]).toEqual([command, 78]);
      for (const option of ["server.baseUrl", "database.url", "secrets.master", "catalogue.file"]) {
        expect(out + err).toContain(option);
      }
    }
  });

  it("is JSON on standard error with --json", async () => {
    const { code, out, err } = await say(["org", "list", "--json"]);

    expect([code, out]).toEqual([78, ""]);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: "InvalidConfiguration", field: "server.baseUrl" },
    });
  });

  it("is a directory that does not exist", async () => {
    const { code, err } = await say(["org", "list", "--data", "nowhere"]);

    expect(code).toBe(78);
    expect(err).toContain("There is no directory");
  });
});

describe("the database", () => {
  it("has to be migrated first, and the command says how", async () => {
    const { code, err } = await cli("org list");

    expect(code).toBe(1);
    expect(err).toContain("seatkeeper migrate");
    expect((await cli("migrate")).out).toMatch(/^Applied: 0001/);
    expect((await cli("migrate")).out).toBe("The database is up to date.");
    expect((await cli("org list")).out).toBe("(none)");
  });
});

describe("setting up a customer", () => {
  it("takes one command for each step, and who explains the result", async () => {
    await withAcme();
    const connection = await json(
      "connection create acme Okta --plugin okta --application-url https://app.acorn.example/sso",
    );
    const token = await json(
      "token create acme --connection Okta --label Provisioning --expires-in-days 30",
    );
    const pool = await json(
      "pool create acme Support --product support --tiers standard,professional --capacity 5 --policy onFull=reject",
    );
    const rule = await json(
      "mapping add acme Leads --group Leads --role team-leader --setting skills=3 --setting statistics=true",
      "--team",
      "Support, EMEA",
    );

    expect(connection).toMatchObject({
      plugin: "okta",
      scim: { baseUrl: `https://seats.acorn.example/scim/v2/${String(connection["id"])}` },
    });
    expect(token).toMatchObject({
      kind: "scim",
      connectionId: connection["id"],
      token: expect.stringMatching(/^sk_scim_/),
    });
    expect(pool).toMatchObject({
      capacity: 5,
      free: 5,
      policy: { onFull: ["reject"], acquireOn: "provision" },
    });
    expect(rule).toMatchObject({
      match: { type: "groupName", name: "Leads" },
      gives: {
        roles: ["team-leader"],
        settings: { skills: 3, statistics: true },
        teams: ["Support, EMEA"],
      },
    });
    expect((await cli("mapping list acme")).out).toContain("Leads");
    expect((await json("mapping remove acme Leads"))["removed"]).toBe(rule["id"]);
  });

  it("makes pools after a preset; of one with several pools it asks which is meant", async () => {
    await withAcme();
    const made = "--product support --tiers standard --capacity 5 --preset";
    const shared = await json(`pool create acme Shared ${made} locked-and-shared/shared`);
    expect(shared).toMatchObject({
      kind: "shared",
      policy: { eligibility: "anyone", evictionOrder: "lastSignIn" },
    });
    const own = await json(
      `pool create acme Licences ${made} pool-with-invitations --policy parkedConsumes=false`,
    );
    expect(own).toMatchObject({
      kind: "locked",
      policy: { acquireOn: "invite", parkedConsumes: false, onFull: ["reject"] },
      bar: { bought: 5, requested: 0 },
    });
    for (const [preset, says] of [
      ["locked-and-shared", "--preset locked-and-shared/locked or"],
      ["derived-tier", 'Did you mean "derived-tiers"?'],
      ["derived-tiers/x", "Known: seats."],
      ["../catalogue", "There is no preset"],
    ]) {
      const said = await cli(`pool create acme P ${made} ${String(preset)}`);
      expect([said.code, said.err]).toEqual([1, expect.stringContaining(String(says))]);
    }
  });

  it("lets others administer, invites people and sells more seats", async () => {
    await withAcme();
    await json("pool create acme Seats --product support --tiers standard --capacity 1");
    await json("access grant acme --service desk --role owner");
    const token = await json(
      "token create acme --principal desk --scopes licence.read --label report",
    );
    expect(token).toMatchObject({ scopes: ["licence.read"], state: "active" });
    const refused = await cli("access end acme desk");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("another owner")]);
    expect((await cli("access list acme")).out).toContain("desk");

    const invitation = await json("invitation create acme kim@else.example --team sales");
    expect(invitation).toMatchObject({ state: "pending", teams: ["sales"] });
    await json(`invitation cancel acme ${String(invitation["id"])}`);
    expect((await cli("invitation list acme")).out).toContain("cancelled");

    const { id } = await json("purchase request acme Seats 4");
    expect(await json("pool show acme Seats")).toMatchObject({ bar: { bought: 1, requested: 4 } });
    const quoted = await json(`purchase quote acme ${String(id)} 120000 EUR`);
    expect(quoted).toMatchObject({ state: "quoted", quote: { amount: 120_000 } });
    expect((await cli(`purchase in-force acme ${String(id)}`)).code).toBe(1);
    expect(await json(`purchase decline acme ${String(id)}`)).toMatchObject({ state: "declined" });
    expect((await cli("purchase list acme")).out).toContain("declined");
  });

  it("previews what somebody would need, cost and get, and saves nothing", async () => {
    await withAcme();
    await json("pool create acme Leads --product support --tiers professional --capacity 1");
    await json("mapping add acme Capped --group Temps --tier-at-most support=standard");

    const shown = await cli(
      "preview acme ann --new --role team-leader --setting call-recording=true",
    );
    expect(shown.code).toBe(0);
    expect(shown.out).toBe(
      [
        "Professional of Acorn Desk Support with Call recording (10.00), 55.00 per month.",
        "Take away the role Team Leader, and this is Standard with Call recording, 20.00 less per month.",
        "A seat is free.",
      ].join("\n"),
    );
    const withheld = "--role administrator --withhold workspace";
    expect((await json(`preview acme ann --new ${withheld}`))["pricePerMonth"]).toBe(4_500);
    expect((await cli("preview acme ann --role user")).err).toContain('There is no user "ann".');
    expect((await cli("preview acme ann --new --tier support=standard")).err).toContain(
      "cannot be chosen",
    );
  });

  it("shows the addresses for the identity provider to a person", async () => {
    await withAcme();

    const { out } = await cli("connection create acme Okta");

    expect(out).toMatch(/SCIM base URL: +https:\/\/seats\.acorn\.example\/scim\/v2\//);
    expect(out).toMatch(/SAML ACS URL: +https:\/\/seats\.acorn\.example\/saml\/[^/]+\/acs/);
  });

  it("changes connections by name, switches them off and on", async () => {
    await withAcme();
    await cli("connection create acme Okta");

    expect(await json("connection update acme Okta --disable --name Old")).toMatchObject({
      enabled: false,
      name: "Old",
    });
    expect(await json("connection update acme Old --enable --plugin entra")).toMatchObject({
      enabled: true,
      plugin: "entra",
    });
    expect((await cli("connection show acme Odl")).err).toBe(
      'There is no connection "Odl". Did you mean "Old"?',
    );
  });

  it("reads metadata from a file or standard input and explains what is wrong with it", async () => {
    await withAcme();
    writeFileSync(join(directory, "idp.xml"), "<html/>");

    expect((await cli("connection create acme Okta --metadata idp.xml")).err).toContain(
      "saml.metadata",
    );
    expect((await cli("connection create acme Okta --metadata missing.xml")).err).toContain(
      "cannot be read",
    );
    const piped = await say(
      ["connection", "create", "acme", "Okta", "--metadata", "-", "--config", config],
      "<html/>",
    );
    expect(piped.err).toContain("saml.metadata");
  });

  it("rotates a token with an overlap, and never guesses which one", async () => {
    await withAcme();
    await json("connection create acme Okta");
    const old = await json("token create acme --connection Okta");
    const next = await json("token rotate acme --connection Okta --overlap 2d");

    expect(next).toMatchObject({
      token: expect.stringMatching(/^sk_scim_/),
      state: "active",
      replaced: { publicId: old["publicId"], state: "expiring" },
    });
    expect((await cli("token list acme")).out).toContain("expiring");
    const unclear = await cli("token rotate acme --connection Okta");
    expect(unclear.code).toBe(1);
    expect(unclear.err).toContain(String(old["publicId"]));
    const rotate = `token rotate acme --token ${String(next["publicId"])}`;
    expect((await cli(`${rotate} --overlap soon`)).err).toContain("7d");
    expect((await cli(rotate)).code).toBe(0);
    const { out } = await cli("doctor");
    expect(out).toMatch(/warning {2}token .*seatkeeper token rotate acme --token/);
  });

  it("makes, rotates and revokes OAuth clients, and sets whom to trust", async () => {
    await withAcme();
    const connection = await json("connection create acme Entra --plugin entra");
    const made = await json("client create acme --connection Entra --expires-in-days 10");
    const id = String(made["id"]);
    const tokenUrl = `https://seats.acorn.example/oauth/${String(connection["id"])}/token`;
    expect(made).toMatchObject({ tokenUrl, secret: expect.stringMatching(/^sk_client_/) });
    expect((await cli("connection show acme Entra")).out).toContain(tokenUrl);

    const next = await json(`client rotate acme ${id} --overlap 1d`);
    expect((await cli(`client revoke acme ${id} --secret ${String(next["publicId"])}`)).code).toBe(
      0,
    );
    const list = (await cli("client list acme")).out;
    expect(list).toContain("expiring");
    expect(list).toContain("revoked");
    expect(list).not.toContain(String(made["secret"]).slice(-20));
    expect((await cli("doctor")).out).toContain(`seatkeeper client rotate acme ${id}`);
    const trust = "client trust acme --connection Entra --subject s --audience a";
    const keys = "--jwks-url https://login.example/keys";
    expect(await json(`${trust} --issuer https://login.example/t ${keys}`)).toMatchObject({
      tokenUrl,
      trust: { issuer: "https://login.example/t", subject: "s", audience: "a" },
    });
    expect((await cli(`${trust} --issuer x --jwks-url http://login.example`)).err).toContain(
      "https",
    );
    expect((await cli(`client revoke acme ${id}`)).code).toBe(0);
    expect((await cli(`client revoke acme ${id}`)).code).toBe(1);
  });

  it("lists and revokes tokens, those of operators apart", async () => {
    await withAcme();
    const token = await json("token create acme --label Console");
    const operator = await json("token create --operator --label Ops");

    expect(operator).toMatchObject({ kind: "api", organisationId: null });
    expect((await cli("token list acme")).out).toContain("Console");
    expect((await cli("token list acme")).out).not.toContain("Ops");
    expect((await cli("token list --operator")).out).toContain("Ops");
    expect((await cli("token list")).err).toContain("--operator");
    expect((await cli(`token revoke ${String(token["publicId"])} acme`)).code).toBe(0);
    expect((await cli(`token revoke ${String(token["publicId"])} acme`)).code).toBe(1);
    expect((await cli(`token revoke ${String(operator["publicId"])} acme`)).code).toBe(1);
  });

  it("hands accounts over from one connection to another, and takes that back", async () => {
    await withAcme();
    const from = (await json("connection create acme", "Okta")) as { id: string };
    const to = (await json("connection create acme", "Entra")) as { id: string };

    const one = await json("connection hand-over acme Okta Entra --user", "Alice@acme.example");
    expect(one["items"]).toMatchObject([
      { from: from.id, to: to.id, userName: "Alice@acme.example" },
    ]);
    const all = await cli("connection hand-over acme Okta Entra");
    expect([all.code, all.out]).toEqual([0, expect.stringContaining("every account")]);
    expect(await json("connection hand-over acme Okta --withdraw")).toEqual({ withdrawn: 2 });
    const itself = await cli("connection hand-over acme Okta Okta");
    expect([itself.code, itself.err]).toEqual([1, expect.stringContaining("Another connection")]);
    expect((await cli("connection hand-over acme Okta Nobody")).code).toBe(1);
  });

  it("erases a person only when the user name is said twice", async () => {
    await withAcme();
    await json("connection create acme", "Okta");
    const { userId } = await oneUser("alice@acme.example");

    expect((await cli("user erase acme alice@acme.example")).code).toBe(2);
    const wrong = await cli("user erase acme alice@acme.example --confirm", "bob@acme.example");
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("nothing was erased")]);
    expect((await cli("who acme alice@acme.example")).code).toBe(0);
    const done = await json("user erase acme", userId, "--confirm", "alice@acme.example");
    expect(done).toEqual({ userId, seatsFreed: 0 });
    expect((await cli("who acme alice@acme.example")).code).toBe(1);
    const again = await cli("user erase acme alice@acme.example --confirm", "alice@acme.example");
    expect(again.code).toBe(1);
  });

  it("changes pools and shows them", async () => {
    await withAcme();
    await cli("pool create acme Support --product support --tiers standard --capacity 2");

    expect(
      await json("pool set acme Support --capacity 9 --tiers standard,enterprise"),
    ).toMatchObject({ capacity: 9, tiers: ["standard", "enterprise"] });
    expect(await json("pool set acme Support --policy onFull=reject")).toMatchObject({
      capacity: 9,
      policy: { onFull: ["reject"] },
    });
    expect(
      await json("pool set acme Support --policy onFull=overage,wait --policy overage=25%"),
    ).toMatchObject({
      policy: { onFull: ["overage", "wait"], overage: { type: "factor", percent: 25 } },
    });
    expect(await json("pool set acme Support --policy reservations=Sales=1,Field=2")).toMatchObject(
      {
        policy: {
          reservations: [
            { group: "Sales", seats: 1 },
            { group: "Field", seats: 2 },
          ],
        },
        reservations: [
          { group: "Sales", seats: 1, filled: 0, held: 1 },
          { group: "Field", seats: 2, filled: 0, held: 2 },
        ],
      },
    );
    expect((await cli("pool show acme Support")).out).toContain("Sales 0 of 1 (no such group)");
    expect(await json("mapping add acme vips --group Vip --priority support=3")).toMatchObject({
      gives: { priorities: [{ product: "support", class: 3 }] },
    });
    expect((await cli("pool list acme")).out).toMatch(/^NAME +PRODUCT/);
    expect((await cli("pool show acme Suport")).err).toBe(
      'There is no pool "Suport". Did you mean "Support"?',
    );
  });

  it.each([
    { command: "org create Acme x", says: "A slug is lower-case letters" },
    { command: "org create acme x", says: 'There already is an organisation "acme".' },
    { command: "org show nobody", says: 'There is no organisation "nobody".' },
    {
      command: "pool create acme P --product suport --tiers standard --capacity 1",
      says: 'Did you mean "support"?',
    },
    {
      command: "pool create acme P --product support --tiers standard",
      says: "capacity: Missing.",
    },
    {
      command:
        "pool create acme P --product support --tiers standard --capacity 1 --policy onFul=wait",
      says: 'Did you mean "onFull"?',
    },
    { command: "mapping add acme R --role user", says: "Say once whom the rule is for" },
    {
      command: "mapping add acme R --everyone --group G --role user",
      says: "Say once whom the rule is for",
    },
    { command: "mapping add acme R --everyone", says: "A rule gives something" },
    { command: "mapping add acme R --everyone --role usr", says: 'Did you mean "user"?' },
    {
      command: "mapping add acme R --everyone --tier support=gold",
      says: 'no tier of support "gold"',
    },
    { command: "mapping remove acme R", says: 'There is no rule "R".' },
    { command: "who acme nobody", says: 'There is no user "nobody".' },
  ])("refuses with a sentence and exit code 1: $command", async ({ command, says }) => {
    await withAcme();

    const { code, out, err } = await cli(command);

    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(says);
    expect(err).not.toContain("    at ");
  });
});

describe("doctor", () => {
  it("is content with a sound set-up", async () => {
    await withAcme();

    const said = await cli("doctor", "--json");

    expect(said.code).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({ healthy: true });
    expect(said.out).not.toContain('"state": "warning"');
  });

  it("says that migrations have not run", async () => {
    const { code, out } = await cli("doctor");

    expect(code).toBe(1);
    expect(out).toMatch(/PROBLEM {2}migrations: 0001.*Run: seatkeeper migrate/);
  });

  it("warns of a configuration with secrets that everybody can read", async () => {
    await migrated();
    chmodSync(config, 0o644);

    const { code, out } = await cli("doctor");

    expect(code).toBe(0);
    expect(out).toContain("warning  file permissions");
  });

  it("finds a receiver of events that does not answer", async () => {
    await migrated();
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    writeFileSync(
      config,
      `${readFileSync(config, "utf8")}\nwebhook: { url: 'http://127.0.0.1:1/hook', secret: ${secret} }`,
    );

    const { code, out } = await cli("doctor");

    expect(code).toBe(1);
    expect(out).toContain("PROBLEM  webhook: 127.0.0.1:1 does not answer");
  });

  it("finds triggers that are not there, without which a pool could be oversold", async () => {
    await withAcme();
    expect((await cli("doctor")).out).toContain("ok       triggers: all there");
    const database = await openSqlite(join(directory, "seatkeeper.sqlite"), 1);
    await database.change((sql) => sql.run("DROP TRIGGER seats_moved"));
    await database.close();

    const { code, out } = await cli("doctor");

    expect(code).toBe(1);
    expect(out).toContain("PROBLEM  triggers: seats_moved");
  });

  it("warns of keys that cannot be had where clients sign their requests", async () => {
    await withAcme();
    await json("connection create acme Entra --plugin entra");
    const trust = "client trust acme --connection Entra --subject s --audience a --issuer";
    await json(`${trust} https://login.acorn.invalid/ --jwks-url https://login.acorn.invalid/keys`);

    const { code, out } = await cli("doctor");

    expect(code).toBe(0);
    expect(out).toContain("warning  keys (acme, Entra): https://login.acorn.invalid/keys: ");
  });

  it.each([
    [200, '{"keys":[{},{}]}', { state: "ok", message: "login.acorn.invalid answers (2 keys)" }],
    [
      200,
      '{"keys":[]}',
      { state: "warning", message: expect.stringContaining("without any keys") },
    ],
    [200, "<html>", { state: "warning", message: expect.stringContaining("with JSON") }],
    [200, "null", { state: "warning", message: expect.stringContaining("without any keys") }],
    [503, "", { state: "warning", message: expect.stringContaining("answers 503") }],
  ])("reads the answer %s %s of an address of keys", async (status, body, finding) => {
    const trust = { jwksUrl: "https://login.acorn.invalid/keys" };
    const store = {
      pendingMigrations: () => Promise.resolve([]),
      administration: {
        listOrganisations: () => Promise.resolve([{ id: "o", slug: "acme" }]),
        listConnections: () => Promise.resolve([{ id: "c", name: "Entra" }]),
      },
      clients: {
        listClients: () =>
          Promise.resolve([{ client: { connectionId: "c", trust, revokedAt: null }, secrets: [] }]),
      },
    };
    const context = { config: { mode: "production" }, deps: { store } };
    const findings = await keyFindings(context as unknown as CommandContext, () =>
      Promise.resolve({ status, body }),
    );
    expect(findings).toEqual([{ check: "keys (acme, Entra)", ...finding }]);
  });

  it("finds a database that cannot be opened", async () => {
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace("sqlite:seatkeeper.sqlite", "sqlite:/dev/null/x.sqlite"),
    );

    const { code, out } = await cli("doctor");

    expect(code).toBe(1);
    expect(out).toContain("PROBLEM  database:");
  });
});

describe("money", () => {
  it("prints a bill as a table, as JSON and as CSV, after what was agreed", async () => {
    await withAcme();
    await json("connection create acme Okta --plugin okta");
    await json(
      "pool create acme Support --product support --tiers standard,professional --capacity 5",
    );
    await oneUser("ann@acorn.example");
    const shown = await json("billing show acme");
    expect(shown).toMatchObject({ currency: "USD", timeZone: "UTC", version: 0 });
    const settings = JSON.stringify({
      ...shown,
      currency: "USD",
      anchor: null,
      rounding: "halfEven",
    });
    const set = await say(["billing", "set", "acme", "-", "--config", config, "--json"], settings);
    expect(JSON.parse(set.out)).toMatchObject({ rounding: "halfEven", version: 1 });

    const window = "--from 2126-01-01 --to 2126-02-01";
    expect(await json(`bill acme ${window}`)).toMatchObject({ total: 2_500, currency: "USD" });
    const told = await cli(`bill acme ${window} --changes`);
    expect(told.out).toContain("Total: 25.00 USD");
    expect(told.out).toContain("claimed (user.created by command line)");
    const csv = await cli(`bill acme ${window} --csv`);
    expect(csv.out.split("\r\n")[1]).toContain("seat,support,standard,,Support,ann@acorn.example,");

    const daily = await cli("billing mode acme ann@acorn.example support daily");
    expect([daily.code, daily.err]).toEqual([
      1,
      "This person's tier is not offered by the day; Professional, Enterprise can be charged so.",
    ]);
    const monthly = await cli("billing mode acme ann@acorn.example support monthly");
    expect([monthly.code, monthly.out]).toEqual([
      0,
      "ann@acorn.example is charged monthly for support from tomorrow on.",
    ]);
    expect((await cli("bill acme --from yesterday --to 2126-02-01")).err).toContain(
      "A date is expected",
    );
  });

  it("advises in sentences, also where nothing is on record", async () => {
    await withAcme();
    const { code, out } = await cli("advise acme support --concurrent 1750");
    expect(code).toBe(0);
    expect(out).toContain("0 people, at most 0 at once");
    expect(out).toContain("With this mix nobody would have been refused.");
    expect((await cli("advise acme suport")).err).toContain('Did you mean "support"?');
  });
});

describe("what a customer has called something", () => {
  const name = "evil\u001b[2J\u009b1A\u202e\nok       tokens: all fine";

  it("neither moves the operator's cursor nor begins a line of its own", async () => {
    await withAcme();
    await json("connection create acme", name, "--plugin", "okta");

    const listed = await cli("connection list acme");
    const shown = await cli("connection show acme", name);
    const refused = await cli("connection show acme nobody");

    for (const text of [listed.out, shown.out, refused.err]) {
      expect(text).toContain("evil\\u001b[2J\\u009b1A\\u202e");
      // eslint-disable-next-line no-control-regex -- there must be none
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(`${listed.out}\n${shown.out}`).not.toMatch(/^ok/m);
  });
});

describe("a database that cannot be reached", () => {
  it.each(["serve", "doctor", "pool list acme"])(
    "is told of by %s with what the system said",
    async (command) => {
      const text = readFileSync(config, "utf8");
      writeFileSync(
        config,
        text.replace("sqlite:seatkeeper.sqlite", "mysql://a:hidden@127.0.0.1:1/c"),
      );

      const { code, out, err } = await cli(command);

      expect(code).toBe(1);
      expect(out + err).toContain("ECONNREFUSED");
      expect(out + err).toContain("The database is not available. Check database.url");
      expect(out + err).not.toContain("hidden");
    },
  );
});
