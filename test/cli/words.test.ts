import { mkdtempSync, rmSync } from "node:fs";
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
    ["user erase acme x --confirm x", 'There is no user "x": nobody has that id or user name'],
  ])("%s", async (command, says) => {
    const said = await cli(command);

    expect(said).toMatchObject({ code: 1, out: "" });
    expect(said.err).toContain(says);
    expect(said.err).not.toContain("no such resource");
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
      /^PUBLIC ID +KIND +LABEL +STATE +LAST USED AT +EXPIRES AT\n/,
    );
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
