import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { createOrganisation, organisationNamed } from "../actions/administer.js";
import { organisationForm } from "../admin/forms.js";
import { presentOrganisation } from "../admin/present.js";
import { checked } from "../validation.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";

/** Organisations: the customers. */
export function addOrganisationCommands(program: Command, cli: Cli): void {
  const org = program.command("org").description("organisations: the customers");
  databaseCommand(
    cli,
    org
      .command("create")
      .argument("<slug>")
      .argument("<name>")
      .description("create an organisation"),
    create,
  );
  databaseCommand(cli, org.command("list").description("list all organisations"), list);
  databaseCommand(
    cli,
    org.command("show").argument("<org>", "id or slug").description("show an organisation"),
    show,
  );
  databaseCommand(
    cli,
    org
      .command("progress")
      .argument("<org>", "id or slug")
      .description("how far the re-evaluation after a change of rules or pools is"),
    progress,
  );
}

async function create({ deps, cause }: CommandContext, args: readonly string[]): Promise<Result> {
  const input = { slug: argument(args, 0), name: argument(args, 1) };
  const organisation = await createOrganisation(
    deps,
    checked(organisationForm, input, "InvalidValue"),
    cause("organisation.created"),
  );
  const json = presentOrganisation(organisation);
  return { json, text: sheet(json) };
}

async function list({ deps }: CommandContext): Promise<Result> {
  const items = (await deps.store.administration.listOrganisations()).map(presentOrganisation);
  return { json: { items }, text: table(items, ["slug", "name", "id"]) };
}

async function show({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const json = presentOrganisation(await organisationNamed(deps, argument(args, 0)));
  return { json, text: sheet(json) };
}

/** A command sees the speed only by looking twice. */
const LOOK_AGAIN_MS = 1_000;

async function progress({ deps }: CommandContext, args: readonly string[]): Promise<Result> {
  const { id, slug } = await organisationNamed(deps, argument(args, 0));
  const first = await deps.actions.progress(id);
  if (first.stale > 0) await sleep(LOOK_AGAIN_MS);
  const json = first.stale > 0 ? await deps.actions.progress(id) : first;
  const { stale, percent, perSecond, secondsLeft } = json;
  const speed =
    perSecond === null
      ? "Nothing has moved within a second: does a server run?"
      : `${String(perSecond)} a second: ${String(secondsLeft)} s to go.`;
  const text =
    stale === 0
      ? `${slug}: everybody is up to date.`
      : `${slug}: ${String(percent)} % done, ${String(stale)} people are left. ${speed}`;
  return { json, text };
}
