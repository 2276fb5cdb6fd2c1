import { Command, CommanderError } from "commander";
import { packageVersion } from "../config/packaged.js";
import { suggestion } from "../suggest.js";
import { addAdviseCommand } from "./advise.js";
import { addBillingCommands } from "./bill.js";
import { addBrakeCommands } from "./brake.js";
import { addBreakGlassCommands } from "./breakGlass.js";
import { addClientCommands } from "./clients.js";
import type { Cli } from "./command.js";
import { addConnectionCommands } from "./connections.js";
import { addDoctorCommand } from "./doctor.js";
import { addDomainCommands } from "./domains.js";
import { addHandOverCommand } from "./handOver.js";
import { EXIT, type Io } from "./io.js";
import { addInvitationCommands } from "./invitations.js";
import { addKeyCommands } from "./keys.js";
import { addLedgerCommands } from "./ledger.js";
import { addLogCommands } from "./log.js";
import { addMappingCommands } from "./mapping.js";
import { addOrganisationCommands } from "./organisations.js";
import { addWhoCommand } from "./people.js";
import { addPlanCommands } from "./plans.js";
import { addPreviewCommand } from "./preview.js";
import { addPoolCommands } from "./pools.js";
import { addPrincipalCommands } from "./principals.js";
import { addPurchaseCommands } from "./purchases.js";
import { addReclaimCommands } from "./reclaim.js";
import { addResourceCommands } from "./resources.js";
import { addMigrateCommand, addPracticeCommand, addServeCommand } from "./serve.js";
import { addTestConnectionCommand } from "./testConnection.js";
import { addSessionCommands } from "./sessions.js";
import { addSignInCommands } from "./signIns.js";
import { addTokenCommands } from "./tokens.js";
import { addUserCommands } from "./users.js";
import { addVerifyCommand } from "./verify.js";

/** The command line: what there is, and what is said about it. */

const EXAMPLES = `
Examples:
  seatkeeper                                              try it out, nothing to set up
  seatkeeper doctor --config seatkeeper.yaml              check a configuration
  seatkeeper migrate --config seatkeeper.yaml             prepare the database
  seatkeeper serve --config seatkeeper.yaml               run the server
  seatkeeper org create acme "Acme Inc"
  seatkeeper connection create acme Okta --plugin okta --metadata okta.xml
  seatkeeper token create acme --connection Okta --label "Okta provisioning"
  seatkeeper pool create acme Support --product support --tiers standard,professional --capacity 50
  seatkeeper mapping add acme "Support agents" --group Support --role user --setting skills=1
  seatkeeper who acme alice@acme.example                  why has she this tier, or no seat?
  seatkeeper bill acme                                    what is owed this month, and who caused it

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 the configuration cannot be used.
Options that are not given are taken from the environment: see docs/configuration.md.`;

/** @param sayUsage what is wrong with how a command was called, and how it is called */
export function buildProgram(cli: Cli, sayUsage = cli.io.err): Command {
  const program = new Command("seatkeeper")
    .description("SCIM provisioning, SAML sign-in and seats that look after themselves")
    .version(packageVersion(), "--version", "print the version")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(add --help for what is possible)")
    .configureOutput({
      writeOut: (text) => cli.io.out(text.trimEnd()),
      writeErr: (text) => sayUsage(text.trimEnd()),
    })
    .exitOverride();
  addPracticeCommand(program, cli);
  addServeCommand(program, cli);
  addMigrateCommand(program, cli);
  addDoctorCommand(program, cli);
  addOrganisationCommands(program, cli);
  const connection = addConnectionCommands(program, cli);
  addHandOverCommand(connection, cli);
  addTestConnectionCommand(connection, cli);
  addTokenCommands(program, cli);
  addClientCommands(program, cli);
  addKeyCommands(program, cli);
  addPoolCommands(program, cli);
  addMappingCommands(program, cli);
  addWhoCommand(program, cli);
  addPreviewCommand(program, cli);
  addPlanCommands(program, cli);
  addBrakeCommands(program, cli);
  addBreakGlassCommands(program, cli);
  addLedgerCommands(program, cli);
  addVerifyCommand(program, cli);
  addLogCommands(program, cli);
  addBillingCommands(program, cli);
  addAdviseCommand(program, cli);
  addUserCommands(program, cli);
  addReclaimCommands(program, cli);
  addResourceCommands(program, cli);
  addPrincipalCommands(program, cli);
  addInvitationCommands(program, cli);
  addPurchaseCommands(program, cli);
  addSessionCommands(program, cli);
  addSignInCommands(program, cli);
  addDomainCommands(program, cli);
  return program;
}

/** Runs one command; resolves to the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  // Who asks for JSON reads standard error by a program, too: one value, and no words around it.
  const asJson = argv.includes("--json");
  const cli: Cli = { io, finish: (code) => (exitCode = code) };
  const program = buildProgram(cli, asJson ? () => undefined : io.err);
  const unknown = unknownCommand(program, argv[0]);
  if (unknown !== null) {
    io.err(asJson ? usageJson(unknown) : unknown);
    return EXIT.usage;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander reports help as an error with exit code 0, and every mistake in the usage with 1.
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    if (asJson) io.err(usageJson(error.message));
    return EXIT.usage;
  }
}

/** The default command would take a misspelt one for its own argument. */
function unknownCommand(program: Command, first: string | undefined): string | null {
  const names = program.commands.map((command) => command.name());
  const isOne = first === undefined || first === "help" || names.includes(first);
  if (isOne || first.startsWith("-")) return null;
  return `There is no command "${first}". ${suggestion(first, names)}`.trimEnd();
}

function usageJson(message: string): string {
  const plain = message.replace(/^error: /, "");
  return JSON.stringify({ error: { code: "InvalidValue", message: plain } });
}
