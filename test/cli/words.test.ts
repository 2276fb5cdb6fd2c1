import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createActions } from "../../src/actions/index.js";
import { openContext } from "../../src/cli/context.js";
import { nearest } from "../../src/suggest.js";
import { productionConfig } from "../e2e/program.js";
import { runCommand } from "../support/command.js";

/** What a person reads on the command line: names instead of ids, words instead of fields. */

let directory: string;
let config: string;

async function cli(command: string) {
  return runCommand(directory, [...command.split(" "), "--config", config]);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  config = productionConfig(directory, "sqlite:seatkeeper.sqlite");
  for (const command of [
    "migrate",
    "org create acme Acme",
    "connection create acme Okta --plugin okta",
    "token create acme --connection Okta",
    "pool create acme Main --product support --tiers standard,professional --capacity 3 --policy onFull=overage,wait --policy overage=25%",
    "mapping add acme all --everyone --tier support=standard",
  ]) {
    expect(await cli(command)).toMatchObject({ code: 0 });
  }
  await provision("ann");
  await provision("benedict@acme.example");
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** As the connection does it: its id is on record as who did it. */
async function provision(userName: string): Promise<void> {
  const nothing = { out: () => undefined, err: () => undefined };
  const io = { ...nothing, readInput: () => Promise.resolve(""), environment: {}, directory };
  const context = await openContext(
    { ...io, untilStopped: () => Promise.resolve() },
    { config },
    { requireSchema: true },
  );
  const { store, ids, catalogue, logger } = context.deps;
  const organisation = (await store.administration.findOrganisation("acme"))!;
  const [connection] = await store.administration.listConnections(organisation.id);
  await createActions({ store, ids, catalogue, logger }).createUser(
    { organisationId: organisation.id, connectionId: connection!.id },
    { userName, externalId: null, displayName: null, active: true, document: { userName } },
    { type: "scim", action: "user.created", actor: connection!.id, requestId: null },
  );
  await context.close();
}

describe("what is not there is called by its name", () => {
  it.each(["org show", "pool list", "bill", "mapping list", "verify"])(
    "%s of an unknown organisation names it, and the nearest one",
    async (command) => {
      const said = await cli(`${command} acne`);

      expect(said).toMatchObject({ code: 1, out: "" });
      expect(said.err).toBe('There is no organisation "acne". Did you mean "acme"?');
    },
  );

  it.each([
    ["who nobody ann", 'There is no organisation "nobody". Known: acme.'],
    ["plan apply acme x", 'There is no plan "x": it may have been thrown away, or have expired.'],
    ["plan show acme x", "Those that there are: seatkeeper plan list acme --config"],
    ["plan discard acme x", 'There is no plan "x"'],
    ["client rotate acme x", 'There is no client "x": it may have been revoked.'],
    ["client revoke acme x", "Those that there are: seatkeeper client list acme --config"],
    ["client revoke acme x --secret y", 'There is no secret "y": the client x has none'],
    ["token revoke x acme", 'There is no token "x"'],
    ["token revoke x --operator", "Those that there are: seatkeeper token list --operator"],
    ["session revoke acme --session x", 'There is no open session "x".'],
    ["brake approve acme x", 'There is no held loss "x".'],
    ["reclaim withdraw acme x", 'There is no exemption "x".'],
    ["pool keep-capacity acme Main x", 'There is no reduction that is to come "x".'],
    ["pool contractions acme Mian", 'There is no pool "Mian". Did you mean "Main"?'],
    ["purchase request acme Mian 1", 'There is no pool "Mian". Did you mean "Main"?'],
    ["purchase decline acme x", 'There is no request "x".'],
    ["invitation create acme kim --pool Mian", 'There is no pool "Mian". Did you mean "Main"?'],
    ["invitation cancel acme x", 'There is no invitation "x".'],
    ["domain verify acme x.example", 'There is no domain "x.example".'],
    [
      "token create acme --principal x",
      'Nobody called "x" may administer. Those who may: seatkeeper',
    ],
    ["access end acme x", "seatkeeper access list"],
    ["user erase acme x --confirm x", 'There is no user "x": nobody has that id or user name'],
  ])("%s", async (command, says) => {
    const said = await cli(command);

    expect(said).toMatchObject({ code: 1, out: "" });
    expect(said.err).toContain(says);
    expect(said.err).not.toContain("no such resource");
  });

  it.each([
    "who acme",
    "preview acme",
    "billing mode acme",
    "break-glass end acme",
    "session list acme --user",
    "session revoke acme --user",
    "resource list acme --owner",
    "access grant acme --role viewer --user",
    "reclaim undo acme",
    "reclaim exempt acme --until 2099-01-01 --reason x --user",
  ])("%s somebody unknown, with the nearest name", async (command) => {
    const more = ["billing mode acme", "break-glass end acme", "reclaim undo acme"];
    const product = more.includes(command) ? " support" : "";
    const mode = command === "billing mode acme" ? " daily" : "";

    const said = await cli(`${command} bene${product}${mode}`);

    const hint = 'Did you mean "benedict@acme.example"?';
    expect(said).toEqual({
      code: 1,
      out: "",
      err: 'There is no user "bene". Known: ann, benedict@acme.example.',
    });
    const near = await cli(`${command} Bendict@acme.example${product}${mode}`);
    expect(near.err).toBe(`There is no user "Bendict@acme.example". ${hint}`);
    const short = await cli(`${command} benedict${product}${mode}`);
    expect(short.err).toBe(`There is no user "benedict". ${hint}`);
  });

  it("and a domain that all share makes nobody alike", async () => {
    const { err } = await cli("who acme zoe@acme.example");

    expect(err).not.toContain("Did you mean");
  });

  it("and a plan that was thrown away is not taken for one that never was", async () => {
    const made = await cli("plan pool acme Main --capacity 4 --json");
    const { id } = JSON.parse(made.out) as { id: string };
    expect((await cli(`plan discard acme ${id}`)).out).toBe("Discarded.");

    expect((await cli(`plan apply acme ${id}`)).err).toContain(
      `There is no plan "${id}": it may have been thrown away`,
    );
  });
});

describe("a name is suggested only where it is alike", () => {
  it.each([
    ["foo", ["log", "org"], undefined],
    ["P", ["R", "Q"], undefined],
    ["", ["a"], undefined],
    ["lgo", ["log"], "log"],
    ["poll", ["pool", "bill"], "pool"],
    ["skil", ["limit", "skills"], "skills"],
    ["usre", ["role", "user"], "user"],
    ["team-laeder", ["team-leader", "user"], "team-leader"],
    ["OKTA", ["entra", "okta"], "okta"],
  ])("%s among %j: %s", (word, known, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it("so that a command that is like none is answered without a guess", async () => {
    const said = await runCommand(directory, ["foo"]);

    expect(said).toMatchObject({ code: 2, err: 'There is no command "foo".' });
  });
});

describe("texts for people", () => {
  it("head columns in words", async () => {
    expect((await cli("token list acme")).out).toMatch(
      /^PUBLIC ID +KIND +LABEL +CONNECTION +STATE +LAST USED AT +EXPIRES AT\n/,
    );
  });

  it("tell rules in the words of the options that make them", async () => {
    const made = await cli(
      "mapping add acme leads --connection Okta --group-pattern Lead* --team Desk --role user --setting skills=3 --tier support=professional --priority support=7",
    );
    expect(made.out).toMatch(
      /^gives: +team Desk; role user; setting skills=3; tier support=professional; priority support=7$/m,
    );
    await cli("mapping add acme staff --attribute department=Sales --exclude support");

    const { out } = await cli("mapping list acme");
    expect(out).toMatch(/^NAME +FOR +CONNECTION +GIVES +ID$/m);
    expect(out).toMatch(/^all +everybody +- +tier support=standard /m);
    expect(out).toMatch(/^leads +groups "Lead\*" +Okta +team Desk; /m);
    expect(out).toMatch(/^staff +department is "Sales" +- +no seat of support /m);
    expect(out).not.toMatch(/[{}[\]]/);
    for (const name of ["leads", "staff"]) await cli(`mapping remove acme ${name}`);
  });

  it("tell what is bought by the pool's name and the price as it is written", async () => {
    const asked = await cli("purchase request acme Main 4 --json");
    const { id } = JSON.parse(asked.out) as { id: string };
    const quoted = await cli(`purchase quote acme ${id} 120000 EUR --note soon`);
    expect(quoted.out).toMatch(/^price: +1200.00 EUR$/m);
    expect(quoted.out).toMatch(/^note on the price: +soon$/m);

    const { out } = await cli("purchase list acme");
    expect(out).toMatch(/^POOL +SEATS +STATE +PRICE +IN FORCE AT +CREATED AT +ID$/m);
    expect(out).toMatch(/^Main +4 +quoted +1200.00 EUR +- /m);
    const refused = await cli(`purchase in-force acme ${id}`);
    expect(refused.err).toBe("A purchase that is quoted cannot be put in force.");
  });

  it("tell what was agreed as a price a line", async () => {
    expect((await cli("billing show acme")).out).toMatch(
      /\n\nPrices are those of the catalogue\.$/,
    );
    const { out: before } = await cli("billing show acme --json");
    const settings = JSON.parse(before) as { products: object; costCentre: object };
    const [pool] = (
      JSON.parse((await cli("pool list acme --json")).out) as { items: [{ id: string }] }
    ).items;
    settings.products = {
      support: {
        basis: "fairUse",
        fairUseDays: 14,
        tiers: { standard: { pricePerMonth: 1900, overagePerMonth: 2500 } },
        addOns: { "call-recording": { pricePerMonth: 800 } },
      },
    };
    settings.costCentre = { type: "attribute", attribute: "department" };
    const given = { ...settings, pools: { [pool.id]: { pricePerMonth: 1500 } } };
    writeFileSync(join(directory, "settings.json"), JSON.stringify(given));

    const { out, err } = await cli("billing set acme settings.json");

    expect(err).toBe("");
    expect(out).toMatch(/^costCentre: +attribute department$/m);
    expect(out).toMatch(/^support +fairUse +14$/m);
    expect(out).toMatch(/^support +standard +19.00 +- +25.00$/m);
    expect(out).toMatch(/^support +add-on call-recording +8.00 +- +-$/m);
    expect(out).toMatch(/^Main +15.00$/m);
    expect(out).not.toMatch(/[{}]/);
    const { version } = JSON.parse((await cli("billing show acme --json")).out) as {
      version: number;
    };
    const asBefore = { ...(JSON.parse(before) as object), version };
    writeFileSync(join(directory, "settings.json"), JSON.stringify(asBefore));
    expect((await cli("billing set acme settings.json")).code).toBe(0);
  });

  it("show the overage of a pool as it is given", async () => {
    expect((await cli("pool show acme Main")).out).toMatch(/^overage: +25%$/m);
    await cli("pool set acme Main --policy overage=none --policy onFull=wait");
    const { out } = await cli("pool show acme Main");
    expect(out).toMatch(/^overage: +none$/m);
    expect(out).not.toMatch(/[{}]/);
  });

  it("call an identity provider by the name of its connection where it caused a line of the bill or a seat", async () => {
    expect((await cli("bill acme")).out).toContain("(user.created by Okta)");
    expect((await cli("seats acme")).out).toContain("(user.created by Okta)");
  });

  it("ask whose sessions in the words of the options", async () => {
    for (const command of ["session revoke acme", "session revoke acme --everybody --user ann"]) {
      const { code, err } = await cli(command);
      expect(code).toBe(1);
      expect(err).toContain("--everybody");
      expect(err).not.toContain("everybody: true");
    }
  });
});

it("a rule that a command makes has its line in the ledger, as over the API", async () => {
  await cli("mapping add acme noted --everyone --role user");
  await cli("mapping remove acme noted");

  const { out } = await cli("ledger export acme");
  const lines = out.split("\n").map((line) => JSON.parse(line) as LedgerLine);
  const made = lines.filter(({ details }) => details.includes('"noted"'));
  expect(made).toHaveLength(1);
  expect(made[0]?.kind).toBe("setup.changed");
  expect(JSON.parse(made[0]?.cause ?? "")).toMatchObject({
    ...{ type: "admin", action: "rule.created", actor: "command line" },
  });
});

interface LedgerLine {
  readonly kind: string;
  readonly cause: string;
  readonly details: string;
}
