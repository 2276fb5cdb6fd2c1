import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { who, type Who } from "../admin/who.js";
import { argument, type Cli, databaseCommand } from "./command.js";
import { sheet, table } from "./io.js";
import { personNamed } from "./personNamed.js";

/** "Why has this person this tier, or no seat?" */
export function addWhoCommand(program: Command, cli: Cli): void {
  databaseCommand(
    cli,
    program
      .command("who")
      .argument("<org>", "id or slug")
      .argument("<user>", "id or user name")
      .description("why somebody has a tier, a seat or none"),
    async ({ deps }, args) => {
      const organisation = await organisationNamed(deps, argument(args, 0));
      const { id } = await personNamed(deps, organisation, argument(args, 1));
      const json = await who(deps, organisation.id, id);
      return { json, text: whoText(json) };
    },
  );
}

function whoText({ user, groups, facts, requirements, seats, waiting, why }: Who): string {
  const head = {
    user: user.userName,
    name: user.displayName,
    active: user.active,
    id: user.id,
    groups: groups.map(({ displayName }) => displayName),
    "last sign-in": user.lastSignInAt,
  };
  const parts = [
    sheet(head),
    ...why.map(({ sentence }) => sentence),
    requirements.flatMap(({ cost }) => cost?.sentences ?? []).join("\n"),
    facts.length === 0 ? "" : table(facts, ["kind", "name", "value", "from"]),
    seats.length === 0 ? "" : table(seats, columnsOf(seats)),
    waiting.length === 0
      ? ""
      : table(waiting, ["product", "tier", "position", "reason", "since", "evictableAt"]),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function columnsOf(seats: Who["seats"]): readonly (keyof Who["seats"][number])[] {
  const always = ["product", "tier", "pool", "kind", "grantedAt", "lastUsedAt"] as const;
  const isLent = seats.some(({ borrowedUntil }) => borrowedUntil !== null);
  return isLent ? [...always, "borrowedUntil"] : always;
}
