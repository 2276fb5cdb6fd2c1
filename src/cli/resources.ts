import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { presentResource } from "../admin/presentReclaim.js";
import { warningsOf } from "../admin/resources.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { table } from "./io.js";
import { personNamed } from "./personNamed.js";

/** What hangs on seats, and people without whom something breaks. */

interface ListOptions {
  readonly owner?: string;
}

const SHOWN_MAX = 1_000;

export function addResourceCommands(program: Command, cli: Cli): void {
  const resource = program.command("resource").description("what hangs on somebody's seat");
  databaseCommand<ListOptions>(
    cli,
    resource
      .command("list")
      .argument("<org>", "id or slug")
      .option("--owner <user>", "id or user name")
      .description("what the application has registered"),
    async ({ deps }, args, { owner }) => {
      const organisation = await organisationNamed(deps, argument(args, 0));
      const user = owner === undefined ? null : await personNamed(deps, organisation, owner);
      const page = { limit: SHOWN_MAX, ...(user === null ? {} : { userId: user.id }) };
      const found = await deps.store.reclaims.resources(organisation.id, page);
      const items = found.map(presentResource);
      const columns = ["kind", "id", "product", "userId", "state", "indispensable"] as const;
      return { json: { items }, text: table(items, columns) };
    },
  );
  databaseCommand(
    cli,
    program
      .command("warnings")
      .argument("<org>", "id or slug")
      .description("what others rely on and nobody looks after any more"),
    async ({ deps }, args) => {
      const organisation = await organisationNamed(deps, argument(args, 0));
      const items = await warningsOf(deps, organisation.id);
      const text = items.map(({ sentence }) => sentence).join("\n");
      return { json: { items }, text: text === "" ? "Nothing." : text };
    },
  );
}
