import type { Command } from "commander";
import { deleteRule, organisationNamed, saveRule } from "../actions/administer.js";
import { findConnection } from "../actions/findConnection.js";
import { ruleForm } from "../admin/forms.js";
import { presentRule } from "../admin/present.js";
import type { MappingRule, RuleGives } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
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
import type { CommandContext } from "./context.js";
import { type Result, sheet, table } from "./io.js";
import { connectionNames } from "./named.js";
import { ruleLine } from "./ruleText.js";

/** Mapping rules: which group or attribute gives what. */

export interface RuleOptions {
  readonly group?: string;
  readonly groupId?: string;
  readonly groupPattern?: string;
  readonly attribute?: Pairs;
  readonly everyone?: boolean;
  readonly connection?: string;
  readonly team?: readonly string[];
  readonly role?: readonly string[];
  readonly permission?: readonly string[];
  readonly setting?: Pairs;
  readonly tier?: Pairs;
  readonly tierAtMost?: Pairs;
  readonly tierChoice?: Pairs;
  readonly pool?: readonly string[];
  readonly exclude?: readonly string[];
  readonly priority?: Pairs;
  readonly atomic?: boolean;
}

export function addMappingCommands(program: Command, cli: Cli): void {
  const mapping = program
    .command("mapping")
    .description("rules: which group or attribute gives what");
  databaseCommand<RuleOptions>(cli, ruleOptions(mapping.command("add")), addRule);
  databaseCommand(
    cli,
    mapping.command("list").argument("<org>", "id or slug").description("list the rules"),
    async ({ deps }, args) => {
      const organisation = await organisationNamed(deps, argument(args, 0));
      const rules = await deps.store.administration.listRules(organisation.id);
      const connections = await connectionNames(deps, organisation.id);
      const lines = rules.map((rule) => ruleLine(rule, connections));
      const isForSome = lines.some(({ connection }) => connection !== null);
      const columns = [
        ...(["name", "for"] as const),
        ...(isForSome ? (["connection"] as const) : []),
        ...(["gives", "id"] as const),
      ];
      return { json: { items: rules.map(presentRule) }, text: table(lines, columns) };
    },
  );
  databaseCommand(
    cli,
    mapping
      .command("remove")
      .argument("<org>", "id or slug")
      .argument("<rule>", "id or name")
      .description("remove a rule with everything that it alone gave"),
    async (context, args) => {
      const { deps } = context;
      const organisation = await organisationNamed(deps, argument(args, 0));
      const rules = await deps.store.administration.listRules(organisation.id);
      const rule = ruleNamed(rules, argument(args, 1));
      await deleteRule(deps, organisation.id, rule.id, context.cause("rule.deleted"));
      await context.settle(organisation.id);
      return { json: { removed: rule.id }, text: `Removed the rule "${rule.name}".` };
    },
  );
}

export function ruleOptions(command: Command): Command {
  return command
    .argument("<org>", "id or slug")
    .argument("<name>", "of the rule")
    .description("add a rule, and apply it to everybody")
    .option("--group <name>", "who is in the group of this name")
    .option("--group-id <id>", "who is in the group with this id")
    .option("--group-pattern <pattern>", 'who is in a group that matches; "*" stands for anything')
    .option("--attribute <name=value>", "whose attribute has this value", collectedPairs)
    .option("--everyone", "all users")
    .option("--connection <id or name>", "only users of this connection")
    .option("--team <team>", "gives a team; may be repeated", repeated)
    .option("--role <role>", "gives a role", repeated)
    .option("--permission <permission>", "gives a permission", repeated)
    .option("--setting <name=value>", "gives a setting", collectedPairs)
    .option(
      "--tier <product=tier>",
      "gives at least this tier, and a claim to a seat",
      collectedPairs,
    )
    .option(
      "--tier-at-most <product=tier>",
      "never more than this tier; a demand for more is a conflict",
      collectedPairs,
    )
    .option(
      "--tier-choice <product=tier>",
      "this tier, where tiers of the product are chosen",
      collectedPairs,
    )
    .option("--pool <pool>", "gives a seat of this pool", repeated)
    .option("--exclude <product>", "no seat of this product, whatever else says so", repeated)
    .option(
      "--priority <product=class>",
      "a class on the waiting list of the product, 1 to 9",
      collectedPairs,
    )
    .option(
      "--atomic",
      "seats of all the products of --tier, --tier-choice and --pool, or of none",
    );
}

async function addRule(
  context: CommandContext,
  args: readonly string[],
  options: RuleOptions,
): Promise<Result> {
  const { deps } = context;
  const organisation = await organisationNamed(deps, argument(args, 0));
  const input = await ruleInput(context, args, options);
  const rule = await saveRule(deps, organisation.id, checked(ruleForm, input, "InvalidValue"), {
    cause: context.cause("rule.created"),
  });
  await context.settle(organisation.id);
  const line = ruleLine(rule, await connectionNames(deps, organisation.id));
  return { json: presentRule(rule), text: sheet(line) };
}

/** The rule that the arguments and options describe; not checked yet. */
export async function ruleInput(
  { deps }: CommandContext,
  args: readonly string[],
  options: RuleOptions,
): Promise<object> {
  const organisation = await organisationNamed(deps, argument(args, 0));
  const connections = await deps.store.administration.listConnections(organisation.id);
  const connectionId =
    options.connection === undefined ? null : findConnection(connections, options.connection).id;
  return {
    name: argument(args, 1),
    connectionId,
    match: matchOf(options),
    gives: givesOf(options),
  };
}

function matchOf(options: RuleOptions): object {
  const [attribute, ...more] = options.attribute ?? [];
  const given = [
    options.group === undefined ? [] : [{ type: "groupName", name: options.group }],
    options.groupId === undefined ? [] : [{ type: "groupId", groupId: options.groupId }],
    options.groupPattern === undefined
      ? []
      : [{ type: "groupPattern", pattern: options.groupPattern }],
    attribute === undefined
      ? []
      : [{ type: "attribute", attribute: attribute[0], equals: attribute[1] }],
    options.everyone === true ? [{ type: "everyone" }] : [],
  ].flat();
  const [match] = given;
  if (match === undefined || given.length > 1 || more.length > 0) {
    const sentence =
      "Say once whom the rule is for: --group, --group-id, --group-pattern, --attribute or --everyone.";
    throw new SeatkeeperError("InvalidValue", { sentence });
  }
  return match;
}

function givesOf(options: RuleOptions): RuleGives {
  const { team, role, permission, setting, pool, exclude } = options;
  return {
    ...(team === undefined ? {} : { teams: team }),
    ...(role === undefined ? {} : { roles: role }),
    ...(permission === undefined ? {} : { permissions: permission }),
    ...(setting === undefined ? {} : { settings: plainValues(setting) }),
    ...tiersOf("tierFloors", options.tier),
    ...tiersOf("tierCeilings", options.tierAtMost),
    ...tiersOf("tierChoices", options.tierChoice),
    ...(pool === undefined ? {} : { pools: pool }),
    ...(exclude === undefined ? {} : { exclusions: exclude }),
    ...prioritiesOf(options.priority),
    ...(options.atomic === true ? { bundle: "atomic" as const } : {}),
  };
}

function tiersOf(
  effect: "tierFloors" | "tierCeilings" | "tierChoices",
  pairs: Pairs | undefined,
): RuleGives {
  return pairs === undefined
    ? {}
    : { [effect]: pairs.map(([product, tier]) => ({ product, tier })) };
}

function prioritiesOf(pairs: Pairs | undefined): RuleGives {
  if (pairs === undefined) return {};
  return { priorities: pairs.map(([product, value]) => ({ product, class: Number(value) })) };
}

function ruleNamed(rules: readonly MappingRule[], idOrName: string): MappingRule {
  const rule = rules.find(({ id, name }) => id === idOrName || name === idOrName);
  if (rule === undefined) {
    throw new SeatkeeperError("NotFound", {
      sentence: unknownName(
        "rule",
        idOrName,
        rules.map(({ name }) => name),
      ),
    });
  }
  return rule;
}
