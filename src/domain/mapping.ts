import type { JsonObject, JsonValue } from "../plugin.js";
import type { Fact, FactKind, Id, MappingRule, RuleGives, Timestamp } from "./directory.js";
import type { GroupMembership } from "./snapshot.js";

/**
 * Mapping: groups and attributes -> teams, roles, permissions, settings, tier floors, pools and exclusions.
 * A pure function of the rules and of what the directory says now, so that a sync can be repeated at will.
 */

export const ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Whom the rules are applied to. */
export interface Subject {
  readonly userId: Id;
  readonly connectionId: Id | null;
  readonly groups: readonly GroupMembership[];
  readonly document: JsonObject;
}

/**
 * What the rules give this subject, each fact with its rule and with what matched.
 * The result does not depend on the order of rules or groups.
 */
export function mapSubject(
  rules: readonly MappingRule[],
  subject: Subject,
  now: Timestamp,
): Fact[] {
  const facts = new Map<string, Fact>();
  for (const rule of rules) {
    if (rule.connectionId !== null && rule.connectionId !== subject.connectionId) continue;
    const via = matchRule(rule, subject);
    if (via === null) continue;
    for (const { kind, name, value } of giftsOf(rule.gives)) {
      const fact: Fact = {
        userId: subject.userId,
        kind,
        name,
        value,
        source: { type: "rule", ruleId: rule.id, via },
        since: now,
      };
      facts.set(factKey(fact), fact);
    }
  }
  return [...facts.values()];
}

/** Whether any rule looks at this group, so that a change of its members can matter at all. */
export function groupMatters(
  rules: readonly Pick<MappingRule, "match">[],
  group: { readonly id: Id; readonly displayName: string },
): boolean {
  const asMembership = { groupId: group.id, groupName: group.displayName };
  return rules.some(({ match }) => matchGroup(match, asMembership));
}

/** Whether somebody who writes `name` means this group. */
export function isGroupNamed(name: string, group: GroupMembership): boolean {
  return name === group.groupId || fold(name) === fold(group.groupName);
}

/** Two facts with one key are the same fact for the same reason. */
export function factKey(fact: Pick<Fact, "userId" | "kind" | "name" | "value" | "source">): string {
  const { source } = fact;
  // `via` is an explanation, not an identity: a rule gives a fact once, however many groups match it.
  const reason = source.type === "rule" ? `rule:${source.ruleId}` : source.type;
  return JSON.stringify([fact.userId, fact.kind, fact.name, fact.value, reason]);
}

/** What matched, or null. Of several groups the one with the smallest id is named, so that the result is stable. */
function matchRule(rule: MappingRule, subject: Subject): string | null {
  const { match } = rule;
  if (match.type === "everyone") return "everyone";
  if (match.type === "attribute") {
    const values = attributeValues(subject.document, match.attribute);
    return values.some((value) => matchesPattern(match.equals, value))
      ? `attribute:${match.attribute}`
      : null;
  }
  const matched = subject.groups
    .filter((group) => matchGroup(match, group))
    .map((group) => group.groupId);
  return matched.length === 0 ? null : `group:${matched.reduce((a, b) => (a < b ? a : b))}`;
}

function matchGroup(match: MappingRule["match"], group: GroupMembership): boolean {
  if (match.type === "groupId") return match.groupId === group.groupId;
  if (match.type === "groupName") return fold(match.name) === fold(group.groupName);
  if (match.type === "groupPattern") return matchesPattern(match.pattern, group.groupName);
  return false;
}

function giftsOf(gives: RuleGives): { kind: FactKind; name: string; value: JsonValue }[] {
  const flags = (kind: FactKind, names: readonly string[] = []) =>
    names.map((name) => ({ kind, name, value: true }));
  const tiers = (kind: FactKind, named: RuleGives["tierFloors"] = []) =>
    named.map(({ product, tier }) => ({ kind, name: product, value: tier }));
  return [
    ...flags("team", gives.teams),
    ...flags("role", gives.roles),
    ...flags("permission", gives.permissions),
    ...Object.entries(gives.settings ?? {}).map(([name, value]) => ({
      kind: "setting" as const,
      name,
      value,
    })),
    ...tiers("tierFloor", gives.tierFloors),
    ...tiers("tierCeiling", gives.tierCeilings),
    ...tiers("tierChoice", gives.tierChoices),
    ...flags("pool", gives.pools),
    ...flags("exclusion", gives.exclusions),
    ...(gives.priorities ?? []).map((given) => ({
      kind: "priority" as const,
      name: given.product,
      value: given.class,
    })),
  ];
}

/**
 * The values of a user attribute as texts. "department" is looked for in the core and then in the enterprise
 * extension; "urn:...:User:costCenter" in the extension of that URN, the vendor's own ones included; "emails" means the values of its elements; "name.givenName"
 * goes down one step.
 */
export function attributeValues(document: JsonObject, attribute: string): string[] {
  const colon = /^urn:/i.test(attribute) ? attribute.lastIndexOf(":") : -1;
  if (colon > 0) {
    const extension = member(document, attribute.slice(0, colon));
    return isObject(extension) ? textsAt(extension, attribute.slice(colon + 1).split(".")) : [];
  }
  const path = attribute.split(".");
  const core = textsAt(document, path);
  if (core.length > 0) return core;
  const extension = member(document, ENTERPRISE_USER);
  return isObject(extension) ? textsAt(extension, path) : [];
}

function textsAt(value: JsonValue | undefined, path: readonly string[]): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((element) => textsAt(element, path));
  const [head, ...rest] = path;
  if (isObject(value)) {
    // The end of the path at a complex value means its `value` (RFC 7643 §2.4).
    return head === undefined
      ? textsAt(member(value, "value"), [])
      : textsAt(member(value, head), rest);
  }
  return head === undefined ? [String(value)] : [];
}

/** Attribute names are case-insensitive (RFC 7643 §2.1). */
function member(object: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const folded = fold(name);
  const key = Object.keys(object).find((candidate) => fold(candidate) === folded);
  return key === undefined ? undefined : object[key];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `*` stands for any run of characters; everything else is literal. Linear in the length of the text per part. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = "", ...parts] = fold(pattern).split("*");
  const folded = fold(text);
  const last = parts.pop();
  if (last === undefined) return folded === first;
  if (
    !folded.startsWith(first) ||
    folded.length < first.length + last.length ||
    !folded.endsWith(last)
  ) {
    return false;
  }
  let position = first.length;
  const end = folded.length - last.length;
  for (const part of parts) {
    const found = folded.indexOf(part, position);
    if (found < 0 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
