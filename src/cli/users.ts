import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { erasureForm } from "../admin/forms.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { seeking } from "./named.js";

interface EraseOptions {
  readonly confirm: string;
  readonly evenIfReliedOn?: boolean;
}

/** What administrators do to accounts themselves; everything else comes from the identity provider. */
export function addUserCommands(program: Command, cli: Cli): void {
  const user = program.command("user").description("accounts of people");
  databaseCommand<EraseOptions>(
    cli,
    user
      .command("erase")
      .argument("<org>", "id or slug")
      .argument("<user>", "id or user name, also of an account that was deleted lately")
      .requiredOption("--confirm <userName>", "the user name once more: this cannot be undone")
      .option("--even-if-relied-on", "also where others rely on this person")
      .description("erase a person's data for good; the ledger keeps the id"),
    async (context, args, { confirm, evenIfReliedOn = false }) => {
      const { deps, cause } = context;
      const organisation = await organisationNamed(deps, argument(args, 0));
      const { userName } = checked(erasureForm, { userName: confirm }, "InvalidValue");
      const person = { idOrUserName: argument(args, 1), userName, confirm: evenIfReliedOn };
      const gone = "nobody has that id or user name, and no account of it was deleted lately";
      const json = await seeking(context, { kind: "user", id: person.idOrUserName, gone }, () =>
        deps.actions.erasePerson(organisation.id, person, cause("user.erased")),
      );
      const seats = json.seatsFreed === 1 ? "1 seat" : `${String(json.seatsFreed)} seats`;
      return { json, text: `Erased ${json.userId}; ${seats} freed.` };
    },
  );
}
