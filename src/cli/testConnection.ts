import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { createSignInTest, signInTestOf } from "../actions/signInTests.js";
import { findConnection } from "../actions/findConnection.js";
import { presentNewTest, presentTest } from "../admin/signInTests.js";
import type { Check, SignInReport } from "../domain/signIn/signInReport.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { ACTOR, type CommandContext } from "./context.js";
import type { Result } from "./io.js";

/** A practice sign-in: a real round trip that opens no session and changes nothing. */
export function addTestConnectionCommand(connection: Command, cli: Cli): void {
  databaseCommand(
    cli,
    connection
      .command("test")
      .argument("<org>", "id or slug")
      .argument("<connection>", "id or name")
      .argument("[test]", "show the result of this practice sign-in instead of making one")
      .description("try a sign-in at the identity provider without signing anybody in"),
    test,
  );
}

async function test({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const connections = await deps.store.administration.listConnections(organisation.id);
  const connection = findConnection(connections, argument(args, 1));
  const id = args[2];
  if (id === undefined) {
    const made = await createSignInTest(deps, connection, ACTOR);
    const json = presentNewTest(connection, made, deps.baseUrl);
    const text = [
      `Open this address in a browser and sign in. It works once, until ${json.expiresAt}:`,
      `  ${json.url}`,
      "The page behind it shows every check; so does this command with the id at its end:",
      `  ${json.id}`,
    ];
    return { json, text: text.join("\n") };
  }
  const json = presentTest(await signInTestOf(deps, connection, id));
  return {
    json,
    text: json.report === null ? `${json.state}: no result yet` : sheetOf(json.report),
  };
}

function sheetOf({ wouldSignIn, checks, person, account, seats }: SignInReport): string {
  const lines = [
    wouldSignIn ? "This sign-in would have worked." : "This sign-in would have been refused.",
    ...checks.flatMap(checkLines),
    ...(person === null
      ? []
      : [
          `NameID ${person.nameId}, user name ${person.userName}, display name ${person.displayName ?? "none"}, e-mail ${person.email ?? "none"}`,
          `groups: ${person.groups?.join(", ") ?? "not said"}; attributes: ${person.attributes.join(", ")}`,
        ]),
    ...(account === null ? [] : [`account: ${account.what} ${account.reason ?? ""}`.trim()]),
    ...seats.map(({ product, state, tier, reason }) =>
      [`seat of ${product}:`, state, tier, reason].filter((part) => part !== null).join(" "),
    ),
  ];
  return lines.join("\n");
}

const STATE_WIDTH = 12;

function checkLines({ name, state, reason, sentence, expected, found }: Check): string[] {
  return [
    `  ${state.padEnd(STATE_WIDTH)}${name}${reason === undefined ? "" : ` (${reason})`}`,
    ...(sentence === undefined ? [] : [`              ${sentence}`]),
    ...(expected === undefined || state !== "failed"
      ? []
      : [`              expected: ${expected}`]),
    ...(found === undefined || state !== "failed" ? [] : [`              found: ${found}`]),
  ];
}
