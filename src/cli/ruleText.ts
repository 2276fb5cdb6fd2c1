import type { MappingRule, RuleGives, RuleMatch } from "../domain/directory.js";

/** A mapping rule for people: whom it is for and what it gives, in the words of the options that make it. */

export function matchText(match: RuleMatch): string {
  switch (match.type) {
    case "everyone":
      return "everybody";
    case "groupName":
      return `group "${match.name}"`;
    case "groupId":
      return `group with the id ${match.groupId}`;
    case "groupPattern":
      return `groups "${match.pattern}"`;
    case "attribute":
      return `${match.attribute} is "${match.equals}"`;
  }
}

export function givesText(gives: RuleGives): string {
  const tiers = (of: RuleGives["tierFloors"] = []): string[] =>
    of.map(({ product, tier }) => `${product}=${tier}`);
  const settings = Object.entries(gives.settings ?? {});
  const priorities = gives.priorities ?? [];
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ["team", gives.teams ?? []],
    ["role", gives.roles ?? []],
    ["permission", gives.permissions ?? []],
    ["setting", settings.map(([name, value]) => `${name}=${plain(value)}`)],
    ["tier", tiers(gives.tierFloors)],
    ["tier at most", tiers(gives.tierCeilings)],
    ["tier chosen", tiers(gives.tierChoices)],
    ["pool", gives.pools ?? []],
    ["priority", priorities.map((one) => `${one.product}=${String(one.class)}`)],
    ["no seat of", gives.exclusions ?? []],
  ];
  const words = parts
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} ${names.join(", ")}`);
  return [...words, ...(gives.bundle === "atomic" ? ["all of it or nothing"] : [])].join("; ");
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** As a line of a table or a sheet; the connection by its name. */
export function ruleLine(
  { name, connectionId, match, gives, id }: MappingRule,
  connections: ReadonlyMap<string, string>,
) {
  const only = connectionId === null ? null : (connections.get(connectionId) ?? connectionId);
  return { name, for: matchText(match), gives: givesText(gives), connection: only, id };
}
