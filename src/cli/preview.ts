import type { Command } from "commander";
import { organisationNamed } from "../actions/administer.js";
import { changeForm, newcomerForm, newcomerPreview, userPreview } from "../admin/preview.js";
import { checked } from "../validation.js";
import {
  argument,
  type Cli,
  collectedPairs,
  databaseCommand,
  type Pairs,
  plainValues,
  repeated,
} from "./command.js";
import { ACTOR } from "./context.js";
import { personNamed } from "./personNamed.js";

/** "What would this cost, and would there be a seat?" Nothing is saved. */

interface PreviewOptions {
  readonly new?: boolean;
  readonly role?: readonly string[];
  readonly permission?: readonly string[];
  readonly withhold?: readonly string[];
  readonly setting?: Pairs;
  readonly tier?: Pairs;
  readonly groupId?: readonly string[];
  readonly breakGlass?: string;
}

export function addPreviewCommand(program: Command, cli: Cli): void {
  const command = program
    .command("preview")
    .argument("<org>", "id or slug")
    .argument("<user>", "id or user name; with --new any user name")
    .description("what somebody would need and cost with more or other settings; saves nothing")
    .option("--new", "somebody who does not exist yet")
    .option("--group-id <id>", "with --new: a group to be in; may be repeated", repeated)
    .option("--role <role>", "with this role besides; may be repeated", repeated)
    .option("--permission <permission>", "with this permission besides", repeated)
    .option("--withhold <permission>", "without this permission, whoever gives it", repeated)
    .option("--setting <name=value>", "with this value of a setting", collectedPairs)
    .option(
      "--tier <product=tier>",
      "with this tier chosen, where tiers are chosen",
      collectedPairs,
    );
  command.option("--break-glass <product>", "with a claim that beats exclusions from this product");
  databaseCommand<PreviewOptions>(cli, command, async ({ deps }, args, options) => {
    const organisation = await organisationNamed(deps, argument(args, 0));
    const give = gifts(options);
    const userName = argument(args, 1);
    if (options.new !== true) {
      const input = { give, ...drill(options, deps.store.clock.now()) };
      const change = { ...checked(changeForm, input, "InvalidValue"), by: ACTOR };
      const { id } = await personNamed(deps, organisation, userName);
      return shown(await userPreview(deps, organisation.id, id, change));
    }
    const groups = options.groupId ?? [];
    const form = checked(newcomerForm, { userName, groups, give }, "InvalidValue");
    const newcomer = { ...form, connectionId: null, document: { userName } };
    const change = { give: form.give, take: [], by: ACTOR };
    return shown(await newcomerPreview(deps, organisation.id, newcomer, change));
  });
}

/** What it is for and how long it lasts is said when it is given. */
function drill({ breakGlass: product }: PreviewOptions, now: number): object {
  if (product === undefined) return {};
  const until = new Date(now + DRILL_MS).toISOString();
  return { breakGlass: { product, reason: "preview", until } };
}

const DRILL_MS = 3_600_000;

function gifts({ role, permission, withhold, setting, tier }: PreviewOptions): object[] {
  const named = (kind: string, names: readonly string[] = []) =>
    names.map((name) => ({ kind, name }));
  return [
    ...named("role", role),
    ...named("permission", permission),
    ...named("permission", withhold).map((fact) => ({ ...fact, value: false })),
    ...Object.entries(plainValues(setting ?? [])).map(([name, value]) => ({
      kind: "setting",
      name,
      value,
    })),
    ...(tier ?? []).map(([name, value]) => ({ kind: "tierChoice", name, value })),
  ];
}

type Shown = Awaited<ReturnType<typeof userPreview>> | Awaited<ReturnType<typeof newcomerPreview>>;

const SEAT_WORDS = {
  held: "The seat is held already.",
  free: "A seat is free.",
  freeAtSignIn: "A seat is free at the next sign-in.",
  atSignIn: "All seats are taken: the next sign-in gives one, if one is free then.",
  waiting: "All seats are taken: there would be a place on the waiting list.",
  none: "There would be no seat.",
} as const;

function shown(json: Shown) {
  const parts = json.products.map(({ product, blocked, sentences, seat }) =>
    blocked === null
      ? [...sentences, SEAT_WORDS[seat.state]].join("\n")
      : `${product}: ${blocked}.`,
  );
  return { json, text: parts.length === 0 ? "Nothing is needed." : parts.join("\n\n") };
}
