import { Command, CommanderError } from "commander";
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

export function buildProgram(cli: Cli): Command {
  const program = new Command("seatkeeper")
    .description("SCIM provisioning, SAML sign-in and seats that look after themselves")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(add --help for what is possible)")
    .configureOutput({
      writeOut: (text) => cli.io.out(text.trimEnd()),
      writeErr: (text) => cli.io.err(text.trimEnd()),
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
  const program = buildProgram({ io, finish: (code) => (exitCode = code) });
  const [first] = argv;
  const names = program.commands.map((command) => command.name());
  // The default command would take a misspelt one for its own argument.
  if (first !== undefined && !first.startsWith("-") && first !== "help" && !names.includes(first)) {
    io.err(`There is no command "${first}". ${suggestion(first, names)}`.trimEnd());
    return EXIT.usage;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander reports help as an error with exit code 0, and every mistake in the usage with 1.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}
